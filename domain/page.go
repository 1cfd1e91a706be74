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

// MaxPageBytes is how much free text a page may hold before it ends early, so
// that a list of long records does not exhaust the memory.
const MaxPageBytes = 8 << 20

// TextBytes is the size of what has no tight bound in an entity, in bytes.
func TextBytes(entity any) int {
	if long, ok := entity.(interface{ TextBytes() int }); ok {
		return long.TextBytes()
	}
	return 0
}

// Page asks for the part of a list, in ascending order of id, that comes after
// After, at most Limit long.
type Page struct {
	After ID
	Limit int
}

// PageInput is a page as a caller asks for it. Cursor is opaque to callers: it
// is what the page before gave as its continuation.
type PageInput struct {
	Limit  Input
	Cursor Input
	// Refused are the other parameters that came with the page and that the list does
	// not have, with the reasons: a filter that is misspelt would leave the list as it
	// is, and answer another question.
	Refused FieldErrors
}

// Parse returns the page; absent fields mean the first page of DefaultPageLimit.
// Every bad field is reported.
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
