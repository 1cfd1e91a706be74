package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// view returns what read finds, the zero T if it fails.
func view[T any](ctx context.Context, store ports.Store, read func(ports.Tx) (T, error)) (T, error) {
	var result, none T
	err := store.View(ctx, func(tx ports.Tx) (err error) {
		result, err = read(tx)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// update returns what write made once it is committed together with e, the zero
// T if it fails.
func update[T any](ctx context.Context, e *entry, write func(ports.Tx) (T, error)) (T, error) {
	var result, none T
	err := e.update(ctx, func(tx ports.Tx) (err error) {
		result, err = write(tx)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// add adds an entity, which becomes the subject of e.
func add[T any](ctx context.Context, e *entry, id func(T) domain.ID, add func(ports.Tx) (T, error)) (T, error) {
	return update(ctx, e, func(tx ports.Tx) (T, error) {
		entity, err := add(tx)
		e.Subject.ID = id(entity)
		return entity, err
	})
}

// repository is what change needs of an aggregate's repository.
type repository[T any] interface {
	Get(ctx context.Context, id domain.ID) (T, error)
	Save(ctx context.Context, entity T) error
}

// change reads the entity that e is about, changes it and saves it, in one transaction.
func change[T any](ctx context.Context, e *entry, of func(ports.Tx) repository[T], with func(T) (T, error)) (T, error) {
	return update(ctx, e, func(tx ports.Tx) (T, error) {
		_, entity, err := save(ctx, tx, e, of, with)
		return entity, err
	})
}

func save[T any](ctx context.Context, tx ports.Tx, e *entry, of func(ports.Tx) repository[T], with func(T) (T, error)) (before, after T, err error) {
	if before, err = of(tx).Get(ctx, e.Subject.ID); err != nil {
		return before, after, err
	}
	if after, err = with(before); err != nil {
		return before, after, err
	}
	return before, after, of(tx).Save(ctx, after)
}

// ending runs an Update that revokes sessions and returns which. They are out on
// this instance as soon as it is committed.
func ending(ctx context.Context, e *entry, revocations ports.Revocations, write func(ports.Tx) ([]domain.ID, error)) error {
	revoked, err := update(ctx, e, write)
	revocations.Revoke(revoked...)
	return err
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next continues the list when given as the next PageInput's cursor; zero
	// on the last page.
	Next domain.ID
}

// list reads the page of a list. It reads one entity more, to know whether any
// follow; after a list that ended early because of its size, it looks. What it
// returns is what e says was shown.
func list[T any](ctx context.Context, e *entry, page domain.Page, id func(T) domain.ID,
	read func(ports.Tx, domain.Page) ([]T, error),
) (Page[T], error) {
	listed, err := readPage(ctx, e.trail.store, page, id, read)
	e.Subject.Shown = make([]domain.ID, len(listed.Items))
	for i, item := range listed.Items {
		e.Subject.Shown[i] = id(item)
	}
	return listed, err
}

func readPage[T any](ctx context.Context, store ports.Store, page domain.Page, id func(T) domain.ID,
	read func(ports.Tx, domain.Page) ([]T, error),
) (Page[T], error) {
	return view(ctx, store, func(tx ports.Tx) (Page[T], error) {
		items, err := read(tx, domain.Page{After: page.After, Limit: page.Limit + 1})
		if err != nil || len(items) == 0 {
			return Page[T]{Items: items}, err
		}
		more := len(items) > page.Limit
		items = items[:min(len(items), page.Limit)]
		last := id(items[len(items)-1])
		size := 0
		for _, item := range items {
			size += domain.FreeText(item)
		}
		if !more && size >= domain.MaxPageBytes {
			following, err := read(tx, domain.Page{After: last, Limit: 1})
			if err != nil {
				return Page[T]{}, err
			}
			more = len(following) > 0
		}
		if !more {
			last = 0
		}
		return Page[T]{Items: items, Next: last}, nil
	})
}
