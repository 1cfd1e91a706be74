package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Mappings is the use-cases on who is assigned to whom.
type Mappings struct {
	store ports.Store
	clock ports.Clock
}

// NewMappings returns the use-cases on mappings.
func NewMappings(store ports.Store, clock ports.Clock) *Mappings {
	return &Mappings{store: store, clock: clock}
}

// Assign assigns a doctor to a patient. A doctor or patient who does not exist
// is Invalid, a pair that is mapped already a Conflict.
func (s *Mappings) Assign(ctx context.Context, actor domain.Actor, in domain.MappingInput) (domain.Mapping, error) {
	if err := domain.Authorize(actor, domain.MappingCreate); err != nil {
		return domain.Mapping{}, err
	}
	mapping, err := domain.NewMapping(in, s.clock())
	if err != nil {
		return domain.Mapping{}, err
	}
	return update(ctx, s.store, func(tx ports.Tx) (domain.Mapping, error) {
		return tx.Mappings().Add(ctx, mapping)
	})
}

// List returns a page of the mappings that the query asks for.
func (s *Mappings) List(ctx context.Context, actor domain.Actor, query domain.MappingQuery) (Page[domain.Assignment], error) {
	if err := domain.Authorize(actor, domain.MappingRead); err != nil {
		return Page[domain.Assignment]{}, err
	}
	filter, page, err := query.Parse()
	if err != nil {
		return Page[domain.Assignment]{}, err
	}
	assignments, err := list(ctx, s.store, page, func(assignment domain.Assignment) domain.ID { return assignment.ID },
		func(tx ports.Tx, page domain.Page) ([]domain.Assignment, error) {
			return tx.Mappings().List(ctx, filter, page)
		})
	for i := range assignments.Items {
		assignments.Items[i].Doctor = assignments.Items[i].Doctor.VisibleTo(actor)
	}
	return assignments, err
}

// Replace sets both sides of a mapping. It refuses what Assign refuses.
func (s *Mappings) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput) (domain.Mapping, error) {
	if err := domain.Authorize(actor, domain.MappingUpdate); err != nil {
		return domain.Mapping{}, err
	}
	return change(ctx, s.store, mappings, id, func(mapping domain.Mapping) (domain.Mapping, error) {
		return mapping.Replace(in, s.clock())
	})
}

// Change sets the given side of a mapping. It refuses what Assign refuses.
func (s *Mappings) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput) (domain.Mapping, error) {
	if err := domain.Authorize(actor, domain.MappingUpdate); err != nil {
		return domain.Mapping{}, err
	}
	return change(ctx, s.store, mappings, id, func(mapping domain.Mapping) (domain.Mapping, error) {
		return mapping.Change(in, s.clock())
	})
}

func mappings(tx ports.Tx) repository[domain.Mapping] { return tx.Mappings() }

// Unassign ends a mapping.
func (s *Mappings) Unassign(ctx context.Context, actor domain.Actor, id domain.ID) error {
	if err := domain.Authorize(actor, domain.MappingDelete); err != nil {
		return err
	}
	return s.store.Update(ctx, func(tx ports.Tx) error { return tx.Mappings().Delete(ctx, id) })
}
