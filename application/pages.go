package application

import (
	"example.com/healthcare/domain"
)

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next continues the list when given as the next PageInput's cursor; zero
	// on the last page.
	Next domain.ID
}

// VisibleTo returns what actor may see of the page.
func (p Page[T]) VisibleTo(actor domain.Actor) Page[T] {
	for i, item := range p.Items {
		p.Items[i] = domain.VisibleTo(item, actor)
	}
	return p
}

// list reads a page, and says in the event which records it shows.
func listAndShow[T any](event *pendingEvent, page domain.Page, id func(T) domain.ID,
	read func(domain.Page) ([]T, error),
) (Page[T], error) {
	listed, err := readPage(page, id, read)
	event.Subject.Shown = make([]domain.ID, len(listed.Items))
	for i, item := range listed.Items {
		event.Subject.Shown[i] = id(item)
	}
	return listed, err
}

// readPage reads one item more than the page has, to know whether any follow. If the
// list ended early because of its size, it reads once more to find out.
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

// idOf is the id of a record, for lists.
func recordID[T domain.Record](record T) domain.ID { return record.Self().ID }
