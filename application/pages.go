package application

import (
	"example.com/healthcare/domain"
)

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page, zero on the last page.
	Next domain.ID
}

// VisibleTo returns the page with the fields that actor may see.
func (p Page[T]) VisibleTo(actor domain.Actor) Page[T] {
	for i, item := range p.Items {
		p.Items[i] = domain.VisibleTo(item, actor)
	}
	return p
}

// listShown reads a page and sets in the event which records it shows.
func listShown[T any](event *pendingEvent, page domain.Page, id func(T) domain.ID,
	read func(domain.Page) ([]T, error),
) (Page[T], error) {
	listed, err := readPage(page, id, read)
	event.Subject.Shown = make([]domain.ID, len(listed.Items))
	for i, item := range listed.Items {
		event.Subject.Shown[i] = id(item)
	}
	return listed, err
}

// readPage reads one item more than the page holds, to find out whether there is a next page.
// If the store ended the page early because of its size, it reads once more.
func readPage[T any](page domain.Page, id func(T) domain.ID, read func(domain.Page) ([]T, error)) (Page[T], error) {
	items, err := read(domain.Page{After: page.After, Limit: page.Limit + 1})
	if err != nil || len(items) == 0 {
		return Page[T]{Items: items}, err
	}
	more := len(items) > page.Limit
	items = items[:min(len(items), page.Limit)]
	last := id(items[len(items)-1])
	size := 0
	for _, item := range items {
		size += domain.TextBytes(item)
	}
	if !more && size >= domain.MaxPageBytes {
		following, err := read(domain.Page{After: last, Limit: 1})
		if err != nil {
			return Page[T]{}, err
		}
		more = len(following) > 0
	}
	if !more {
		last = 0
	}
	return Page[T]{Items: items, Next: last}, nil
}

// recordID returns the ID of a record.
func recordID[T domain.Record](record T) domain.ID { return record.Self().ID }
