package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Store tells which store the use-cases work on.
type Store struct{ store ports.Store }

// ID returns the ID of the store, for exports to name. It is not a use-case: it needs no
// permission, because it returns no data of any person.
func (s *Store) ID(ctx context.Context) (domain.StoreID, error) {
	return viewStore(ctx, s.store, func(tx ports.Tx) (domain.StoreID, error) { return tx.StoreID(ctx) })
}
