package application

import "example.com/healthcare/domain"

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next continues the list when given as the next PageInput's cursor; zero
	// on the last page.
	Next domain.ID
}

// readPage reads one entity more than page asks for, to know whether more follow.
func readPage[T any](page domain.Page, id func(T) domain.ID, list func(domain.Page) ([]T, error)) (Page[T], error) {
	items, err := list(domain.Page{After: page.After, Limit: page.Limit + 1})
	if err != nil {
		return Page[T]{}, err
	}
	if len(items) <= page.Limit {
		return Page[T]{Items: items}, nil
	}
	items = items[:page.Limit]
	return Page[T]{Items: items, Next: id(items[len(items)-1])}, nil
}
