package application

import (
	"context"
	"errors"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the next page, empty on the last page.
	Next string
	// Total is the number of entities on all pages, nil if the caller did not ask for it.
	Total *int
}

// VisibleTo returns the page with the fields that actor may see.
func (p Page[T]) VisibleTo(actor domain.Actor) Page[T] {
	for i, item := range p.Items {
		p.Items[i] = domain.VisibleTo(item, actor)
	}
	return p
}

// lister lists the entities of one kind, as their listing declares.
type lister[T any] struct {
	listing domain.Listing[T]
	trail   *Trail
	cursors ports.Cursors
	// search is the permission for a list with search words.
	search domain.Permission
	kind   domain.SubjectKind
	lists  func(ports.Tx) ports.Lists[T]
	id     func(T) domain.ID
	// related returns the other records that an entity shows. It can be nil.
	related func(T) []domain.Reference
}

// within narrows a list to the entities that belong to one record.
type within[T any] struct {
	// filter is the name of the filter by that record.
	filter string
	record domain.Reference
	// find returns NotFound if the record does not exist.
	find func(ports.Tx) error
}

// list returns a page of the list. read is the permission to list without a search.
func (l lister[T]) list(ctx context.Context, actor domain.Actor, read domain.Permission, in domain.Parameters) (Page[T], error) {
	return l.run(ctx, actor, read, in, in.References(), nil)
}

// listWithin is list for the entities that belong to one record.
func (l lister[T]) listWithin(ctx context.Context, actor domain.Actor, read domain.Permission, in domain.Parameters, w within[T]) (Page[T], error) {
	fixed := domain.Condition{Filter: w.filter, Comparison: domain.Equal, Value: w.record.ID}
	return l.run(ctx, actor, read, in, append(in.References(), w.record), w.find, fixed)
}

func (l lister[T]) run(ctx context.Context, actor domain.Actor, read domain.Permission, in domain.Parameters,
	named []domain.Reference, find func(ports.Tx) error, fixed ...domain.Condition,
) (Page[T], error) {
	query, inputErr := l.listing.Parse(actor, in, l.cursors.Open, fixed...)
	permission := read
	if l.listing.Searchable() && in.HasSearch() { // The event says that the list was a search.
		permission = l.search
	}
	return runView(ctx, l.trail, call{actor: actor, permission: permission, kind: l.kind, named: named, inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (Page[T], error) {
			event.Subject.Shown = []domain.ID{}
			if err := domain.Authorize(actor, read); err != nil {
				return Page[T]{}, err
			}
			page, err := l.readPageInTime(ctx, tx, query)
			// If the list has items, the record to which they belong exists: it need not be read.
			if err == nil && len(page.Items) == 0 && find != nil {
				if err := find(tx); err != nil {
					return Page[T]{}, err
				}
			}
			for _, item := range page.Items {
				event.Subject.Shown = append(event.Subject.Shown, l.id(item))
				if l.related != nil {
					event.addRelated(l.related(item)...)
				}
			}
			return page, err
		})
}

// ListTimeout is less than the time that a request has, so that a list that takes too long can
// still be recorded and answered.
const ListTimeout = 18 * time.Second

// readPageInTime is readPage within ListTimeout. After it, the error says how to narrow the list.
func (l lister[T]) readPageInTime(ctx context.Context, tx ports.Tx, query domain.ListQuery) (Page[T], error) {
	limited, cancel := context.WithTimeout(ctx, ListTimeout)
	defer cancel()
	page, err := l.readPage(limited, tx, query)
	if err != nil && ctx.Err() == nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return Page[T]{}, domain.ErrListTooSlow(err)
	}
	return page, err
}

func (l lister[T]) readPage(ctx context.Context, tx ports.Tx, query domain.ListQuery) (Page[T], error) {
	items, more, err := readPage(query.Limit, func(last *T, limit int) ([]T, error) {
		from := query
		from.Limit = limit
		if last != nil {
			position := l.listing.PositionOf(query, *last)
			from.After = &position
		}
		return l.lists(tx).List(ctx, from)
	})
	if err != nil {
		return Page[T]{}, err
	}
	page := Page[T]{Items: items}
	if more {
		page.Next = l.cursors.Seal(l.listing.Cursor(query, items[len(items)-1]))
	}
	if query.Count {
		total, err := l.lists(tx).Count(ctx, query)
		if err != nil {
			return Page[T]{}, err
		}
		page.Total = &total
	}
	return page, nil
}

// listShown reads a page of a list by ID and sets in the event which records it shows.
func listShown[T any](event *pendingEvent, page domain.Page, id func(T) domain.ID,
	read func(domain.Page) ([]T, error),
) (Page[T], error) {
	listed, err := readPageByID(page, id, read)
	event.Subject.Shown = make([]domain.ID, len(listed.Items))
	for i, item := range listed.Items {
		event.Subject.Shown[i] = id(item)
	}
	return listed, err
}

// readPageByID reads a page of a list by ID. The cursor of the next page is the last ID.
func readPageByID[T any](page domain.Page, id func(T) domain.ID, read func(domain.Page) ([]T, error)) (Page[T], error) {
	items, more, err := readPage(page.Limit, func(last *T, limit int) ([]T, error) {
		from := domain.Page{After: page.After, Limit: limit}
		if last != nil {
			from.After = id(*last)
		}
		return read(from)
	})
	listed := Page[T]{Items: items}
	if more {
		listed.Next = id(items[len(items)-1]).String()
	}
	return listed, err
}

// readPage reads up to limit items, and reports whether more follow. To find out, it reads one
// item more. If the store ended the page early because of its size, it reads once more, after
// the last item. read gets nil for the start of the page.
func readPage[T any](limit int, read func(last *T, limit int) ([]T, error)) (items []T, more bool, err error) {
	items, err = read(nil, limit+1)
	if err != nil || len(items) == 0 {
		return items, false, err
	}
	if len(items) > limit {
		return items[:limit], true, nil
	}
	size := 0
	for _, item := range items {
		size += domain.TextBytes(item)
	}
	if size < domain.MaxPageBytes {
		return items, false, nil
	}
	following, err := read(&items[len(items)-1], 1)
	return items, len(following) > 0, err
}

// recordID returns the ID of a record.
func recordID[T domain.Record](record T) domain.ID { return record.Self().ID }
