package domain

import (
	"fmt"
	"slices"
)

// UserName is all that colleagues see of a user.
type UserName struct {
	ID   ID
	Name string
}

// MaxNames is how many names a caller can ask for at once.
const MaxNames = 100

// NamesQuery lists the users whose names the caller asks for.
type NamesQuery struct {
	IDs []Input
	// Refused are parameters that the list does not take.
	Refused FieldErrors
}

// References returns the users that the query names, each once.
func (q NamesQuery) References() []Reference {
	var named []Reference
	for _, in := range q.IDs[:min(len(q.IDs), MaxNames)] {
		for _, user := range in.reference(SubjectUser) {
			if !slices.Contains(named, user) {
				named = append(named, user)
			}
		}
	}
	return named
}

// Parse returns the IDs. Every invalid field is reported.
func (q NamesQuery) Parse() ([]ID, error) {
	form := newForm(false)
	form.refuse(q.Refused)
	if len(q.IDs) > MaxNames {
		form.addError("id", fmt.Sprintf("Ask for at most %d ids at once.", MaxNames))
		return nil, form.err()
	}
	ids := make([]ID, len(q.IDs))
	for i, in := range q.IDs {
		id, err := ParseID(in.Text())
		if err != nil {
			form.addError("id", "A valid id (a positive integer) is required.")
			break
		}
		ids[i] = id
	}
	return ids, form.err()
}
