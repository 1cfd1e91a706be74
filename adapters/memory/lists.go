package memory

import (
	"context"
	"iter"
	"slices"

	"example.com/healthcare/domain"
)

// list is one list of a state: its declaration, the IDs of the entities that can be on it,
// in ascending order, and a function that returns the entity with an ID.
type list[T any] struct {
	listing domain.Listing[T]
	ids     func(s *state, query domain.ListQuery, after domain.ID) iter.Seq[domain.ID]
	entity  func(s *state, id domain.ID) (T, error)
}

// lists implements ports.Lists.
type lists[T any] struct {
	tx   *tx
	list list[T]
}

func (r lists[T]) List(ctx context.Context, query domain.ListQuery) ([]T, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	if query.ByID() && !query.Descending { // The order of the IDs: read no more than the page.
		var after domain.ID
		if query.After != nil {
			after = query.After.ID
		}
		return readPage(query.Limit, r.matching(s, query, after))
	}
	type placed struct {
		entity T
		at     domain.Position
	}
	var found []placed
	for entity, err := range r.matching(s, query, 0) {
		if err != nil {
			return nil, err
		}
		if at := r.list.listing.PositionOf(query, entity); query.IsOnPage(at) {
			found = append(found, placed{entity, at})
		}
	}
	slices.SortFunc(found, func(a, b placed) int { return query.Compare(a.at, b.at) })
	return readPage(query.Limit, func(yield func(T, error) bool) {
		for _, each := range found {
			if !yield(each.entity, nil) {
				return
			}
		}
	})
}

func (r lists[T]) Count(ctx context.Context, query domain.ListQuery) (int, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, err := range r.matching(s, query, 0) {
		if err != nil {
			return 0, err
		}
		n++
	}
	return n, nil
}

// matching iterates over the entities that the query selects and whose IDs are above after,
// in ascending order of ID.
func (r lists[T]) matching(s *state, query domain.ListQuery, after domain.ID) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		read := func(id domain.ID) (T, error) { return r.list.entity(s, id) }
		for entity, err := range each(r.list.ids(s, query, after), read) {
			if (err != nil || r.list.listing.Matches(query, entity)) && !yield(entity, err) {
				return
			}
		}
	}
}

// filteredBy returns the ID that the query's conditions require for a filter, zero if there
// is no such condition.
func filteredBy(query domain.ListQuery, filter string) domain.ID {
	for _, condition := range query.Conditions {
		if condition.Filter == filter {
			return condition.Value.(domain.ID)
		}
	}
	return 0
}

var doctorList = list[domain.Doctor]{
	listing: domain.DoctorList,
	entity:  func(s *state, id domain.ID) (domain.Doctor, error) { return s.doctors.get(id) },
	ids: func(s *state, query domain.ListQuery, after domain.ID) iter.Seq[domain.ID] {
		if patient := filteredBy(query, "patient_id"); patient != 0 {
			return keys(pairsOf(s.byPatient, patient, after))
		}
		return keys(s.doctors.rows.after(after))
	},
}

var patientList = list[domain.PatientView]{
	listing: domain.PatientList,
	entity:  (*state).patientView,
	ids: func(s *state, query domain.ListQuery, after domain.ID) iter.Seq[domain.ID] {
		if doctor := filteredBy(query, "doctor_id"); doctor != 0 {
			return keys(pairsOf(s.byDoctor, doctor, after))
		}
		return keys(s.patients.rows.after(after))
	},
}

var assignmentList = list[domain.Assignment]{
	listing: domain.AssignmentList,
	entity:  (*state).assignment,
	ids: func(s *state, query domain.ListQuery, after domain.ID) iter.Seq[domain.ID] {
		if patient := filteredBy(query, "patient_id"); patient != 0 {
			return s.mappings.children(domain.Reference{Kind: domain.SubjectPatient, ID: patient}, after)
		}
		if doctor := filteredBy(query, "doctor_id"); doctor != 0 {
			return s.mappings.children(domain.Reference{Kind: domain.SubjectDoctor, ID: doctor}, after)
		}
		return keys(s.mappings.rows.after(after))
	},
}

var userList = list[domain.User]{
	listing: domain.UserList,
	entity:  func(s *state, id domain.ID) (domain.User, error) { return s.users.get(id) },
	ids: func(s *state, _ domain.ListQuery, after domain.ID) iter.Seq[domain.ID] {
		return keys(s.users.rows.after(after))
	},
}
