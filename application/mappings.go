package application

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Mappings is the use-cases on who is assigned to whom.
type Mappings struct {
	History[domain.Mapping]
	clock ports.Clock
}

var mappingKind = kind[domain.Mapping]{
	subject:      domain.AboutMapping,
	readVersions: domain.MappingReadHistory,
	readDeleted:  domain.MappingReadDeleted,
	id:           func(mapping domain.Mapping) domain.ID { return mapping.ID },
	repository:   func(tx ports.Tx) repository[domain.Mapping] { return tx.Mappings() },
	history:      ports.Tx.MappingHistory,
	about:        (*entry).aboutPairOnce,
	visibleTo:    func(mapping domain.Mapping, _ domain.Actor) domain.Mapping { return mapping },
}

// NewMappings returns the use-cases on mappings.
func NewMappings(trail *Trail, clock ports.Clock) *Mappings {
	return &Mappings{History: History[domain.Mapping]{trail: trail, kind: mappingKind}, clock: clock}
}

// Assign assigns a doctor to a patient. A doctor or patient who does not exist
// is Invalid, a pair that is mapped already a Conflict.
func (s *Mappings) Assign(ctx context.Context, actor domain.Actor, in domain.MappingInput) (domain.Mapping, error) {
	return account(ctx, s.trail, actor, domain.MappingCreate, on(domain.AboutMapping, 0), func(e *entry) (domain.Mapping, error) {
		mapping, err := domain.NewMapping(in, s.clock())
		if err != nil {
			return domain.Mapping{}, err
		}
		e.aboutPair(mapping)
		return mappingKind.add(ctx, e, func(tx ports.Tx) (domain.Mapping, error) {
			return tx.Mappings().Add(ctx, mapping)
		})
	})
}

// aboutPair says that an event concerns both sides of a mapping.
func (e *entry) aboutPair(mapping domain.Mapping) {
	e.about(domain.AboutPatient, mapping.PatientID)
	e.about(domain.AboutDoctor, mapping.DoctorID)
}

// aboutPairOnce is aboutPair for versions, most of which have the same pair.
func (e *entry) aboutPairOnce(mapping domain.Mapping) {
	if !slices.Contains(e.About, domain.Reference{Kind: domain.AboutPatient, ID: mapping.PatientID}) ||
		!slices.Contains(e.About, domain.Reference{Kind: domain.AboutDoctor, ID: mapping.DoctorID}) {
		e.aboutPair(mapping)
	}
}

// List returns a page of the mappings that the query asks for.
func (s *Mappings) List(ctx context.Context, actor domain.Actor, query domain.MappingQuery) (Page[domain.Assignment], error) {
	return account(ctx, s.trail, actor, domain.MappingRead, on(domain.AboutMapping, 0), func(e *entry) (Page[domain.Assignment], error) {
		filter, page, err := query.Parse()
		if err != nil {
			return Page[domain.Assignment]{}, err
		}
		if filter.PatientID != 0 {
			e.about(domain.AboutPatient, filter.PatientID)
		}
		if filter.DoctorID != 0 {
			e.about(domain.AboutDoctor, filter.DoctorID)
		}
		assignments, err := list(ctx, e, page, func(assignment domain.Assignment) domain.ID { return assignment.ID },
			func(tx ports.Tx, page domain.Page) ([]domain.Assignment, error) {
				return tx.Mappings().List(ctx, filter, page)
			})
		for i, assignment := range assignments.Items {
			// Their names are shown.
			e.about(domain.AboutPatient, assignment.PatientID)
			e.about(domain.AboutDoctor, assignment.Doctor.ID)
			assignments.Items[i].Doctor = assignment.Doctor.VisibleTo(actor)
		}
		return assignments, err
	})
}

// Replace sets both sides of a mapping. It refuses what Assign refuses.
func (s *Mappings) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput) (domain.Mapping, error) {
	return account(ctx, s.trail, actor, domain.MappingUpdate, on(domain.AboutMapping, id), func(e *entry) (domain.Mapping, error) {
		return s.change(ctx, e, func(mapping domain.Mapping) (domain.Mapping, error) {
			return mapping.Replace(in, s.clock())
		})
	})
}

// Change sets the given side of a mapping. It refuses what Assign refuses.
func (s *Mappings) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput) (domain.Mapping, error) {
	return account(ctx, s.trail, actor, domain.MappingUpdate, on(domain.AboutMapping, id), func(e *entry) (domain.Mapping, error) {
		return s.change(ctx, e, func(mapping domain.Mapping) (domain.Mapping, error) {
			return mapping.Change(in, s.clock())
		})
	})
}

// change concerns the pair of before and the one after.
func (s *Mappings) change(ctx context.Context, e *entry, with func(domain.Mapping) (domain.Mapping, error)) (domain.Mapping, error) {
	return mappingKind.change(ctx, e, func(mapping domain.Mapping) (domain.Mapping, error) {
		e.aboutPair(mapping)
		changed, err := with(mapping)
		e.aboutPair(changed)
		return changed, err
	})
}

// Unassign ends a mapping.
func (s *Mappings) Unassign(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.MappingDelete, on(domain.AboutMapping, id), func(e *entry) error {
		return e.update(ctx, func(tx ports.Tx) error {
			mapping, err := tx.Mappings().Delete(ctx, id)
			if err != nil {
				return err
			}
			e.aboutPair(mapping)
			return mappingKind.keep(ctx, tx, e, domain.Deleted, mapping)
		})
	})
}

// Restore puts a mapping back that was ended. NotFound when it was not, a Conflict
// when its patient or doctor is deleted, or the pair is mapped anew.
func (s *Mappings) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Mapping, error) {
	return account(ctx, s.trail, actor, domain.MappingRestore, on(domain.AboutMapping, id), func(e *entry) (domain.Mapping, error) {
		return update(ctx, e, func(tx ports.Tx) (domain.Mapping, error) {
			// What is deleted does not change. Its sides are locked first, as by
			// whoever restores one of them.
			deleted, err := tx.MappingHistory().Deleted(ctx, domain.Reference{}, domain.Page{After: id - 1, Limit: 1})
			if err != nil {
				return domain.Mapping{}, err
			}
			if len(deleted) == 0 || deleted[0].Record.ID != id {
				return domain.Mapping{}, domain.ErrNotFound()
			}
			e.aboutPair(deleted[0].Record)
			missing, err := missingSides(ctx, tx, deleted[0].Record)
			if err == nil && len(missing) > 0 {
				err = domain.ErrSideDeleted(missing...)
			}
			if err != nil {
				return domain.Mapping{}, err
			}
			return mappingKind.restore(ctx, tx, e)
		})
	})
}
