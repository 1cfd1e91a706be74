package domain

import (
	"fmt"
	"strconv"
)

// The sizes of a page.
const (
	DefaultPageLimit = 100
	MaxPageLimit     = 1000
)

// MaxPageBytes is the amount of free text after which a page ends early, so that a list
// of long records does not exhaust memory.
const MaxPageBytes = 8 << 20

// TextBytes returns the size in bytes of the entity's free text, which can be long. It is
// zero for entities without free text.
func TextBytes(entity any) int {
	if long, ok := entity.(interface{ TextBytes() int }); ok {
		return long.TextBytes()
	}
	return 0
}

// Page selects up to Limit entities of a list, in ascending order of ID, whose IDs are
// greater than After.
type Page struct {
	After ID
	Limit int
}

// PageInput is a page as the caller requests it. Cursor is opaque to callers: it is the
// value that the previous page returned.
type PageInput struct {
	Limit  Input
	Cursor Input
	// Refused lists parameters that this list does not support. They are errors, because
	// ignoring a misspelt filter would return the wrong list.
	Refused FieldErrors
}

// Parse returns the page. By default it is the first page, of DefaultPageLimit. Every
// invalid field is reported.
func (p PageInput) Parse() (Page, error) {
	form := newForm(false)
	page := p.read(form)
	return page, form.err()
}

func (p PageInput) read(form *form) Page {
	form.refuse(p.Refused)
	page := Page{
		After: optional(form, "cursor", p.Cursor, 0, func(text string) (ID, error) {
			id, err := ParseID(text)
			if err != nil {
				return 0, invalid("Invalid cursor: follow the link to the next page as it was given.")
			}
			return id, nil
		}),
		Limit: optional(form, "limit", p.Limit, 0, parseLimit),
	}
	if page.Limit == 0 {
		page.Limit = DefaultPageLimit
	}
	return page
}

func parseLimit(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > MaxPageLimit {
		return 0, invalid(fmt.Sprintf("An integer from 1 to %d is required.", MaxPageLimit))
	}
	return n, nil
}
