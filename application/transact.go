package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// view returns what read finds, the zero T if it fails.
func view[T any](ctx context.Context, store ports.Store, read func(ports.Tx) (T, error)) (T, error) {
	return within(ctx, store.View, read)
}

// update returns what write made once it is committed, the zero T if it fails.
func update[T any](ctx context.Context, store ports.Store, write func(ports.Tx) (T, error)) (T, error) {
	return within(ctx, store.Update, write)
}

func within[T any](ctx context.Context, transact func(context.Context, func(ports.Tx) error) error, fn func(ports.Tx) (T, error)) (T, error) {
	var result, none T
	err := transact(ctx, func(tx ports.Tx) (err error) {
		result, err = fn(tx)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// repository is what change needs of an aggregate's repository.
type repository[T any] interface {
	Get(ctx context.Context, id domain.ID) (T, error)
	Save(ctx context.Context, entity T) error
}

// change reads an entity, changes it and saves it, in one transaction.
func change[T any](ctx context.Context, store ports.Store, of func(ports.Tx) repository[T], id domain.ID, with func(T) (T, error)) (T, error) {
	return update(ctx, store, func(tx ports.Tx) (entity T, err error) {
		if entity, err = of(tx).Get(ctx, id); err != nil {
			return entity, err
		}
		if entity, err = with(entity); err != nil {
			return entity, err
		}
		return entity, of(tx).Save(ctx, entity)
	})
}

// ending runs an Update that revokes sessions and returns which. They are out on
// this instance as soon as it is committed.
func ending(ctx context.Context, store ports.Store, revocations ports.Revocations, write func(ports.Tx) ([]domain.ID, error)) error {
	revoked, err := update(ctx, store, write)
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
// follow; after a list that ended early because of its size, it looks.
func list[T any](ctx context.Context, store ports.Store, page domain.Page, id func(T) domain.ID,
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
