package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Mappings is the use-cases on who is assigned to whom.
type Mappings struct {
	History[domain.Mapping]
	clock ports.Clock
}

var mappingRecords = records[domain.Mapping]{
	RecordKind: domain.RecordKindOf(domain.SubjectMapping),
	repository: func(tx ports.Tx) ports.Records[domain.Mapping] { return tx.Mappings() },
	history:    ports.Tx.MappingHistory,
}

// Assign assigns a doctor to a patient. A doctor or patient who does not exist
// is Invalid, a pair that is mapped already a Conflict.
func (s *Mappings) Assign(ctx context.Context, actor domain.Actor, in domain.MappingInput) (domain.Mapping, error) {
	mapping, invalid := domain.NewMapping(in, s.clock())
	return write(ctx, s.trail, attempt{by: actor, to: domain.MappingCreate, on: some(domain.SubjectMapping), naming: in.References(), invalid: invalid},
		func(tx ports.Tx, e *entry) (domain.Mapping, error) {
			return mappingRecords.add(ctx, tx, e, mapping)
		})
}

// List returns a page of the mappings that the query asks for.
func (s *Mappings) List(ctx context.Context, actor domain.Actor, query domain.MappingQuery) (Page[domain.Assignment], error) {
	filter, page, invalid := query.Parse()
	return read(ctx, s.trail, attempt{by: actor, to: domain.MappingRead, on: some(domain.SubjectMapping), naming: query.References(), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.Assignment], error) {
			id := func(assignment domain.Assignment) domain.ID { return assignment.ID }
			assignments, err := list(e, page, id, func(page domain.Page) ([]domain.Assignment, error) {
				return tx.Mappings().List(ctx, filter, page)
			})
			for _, assignment := range assignments.Items { // Their names are shown.
				e.about(
					domain.Reference{Kind: domain.SubjectPatient, ID: assignment.PatientID},
					domain.Reference{Kind: domain.SubjectDoctor, ID: assignment.Doctor.ID},
				)
			}
			return assignments, err
		})
}

// Replace sets both sides of a mapping. It refuses what Assign refuses.
func (s *Mappings) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput) (domain.Mapping, error) {
	return s.update(ctx, actor, id, in, func(mapping domain.Mapping) (domain.Mapping, error) { return mapping.Replace(in, s.clock()) })
}

// Change sets the given side of a mapping. It refuses what Assign refuses.
func (s *Mappings) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput) (domain.Mapping, error) {
	return s.update(ctx, actor, id, in, func(mapping domain.Mapping) (domain.Mapping, error) { return mapping.Change(in, s.clock()) })
}

func (s *Mappings) update(ctx context.Context, actor domain.Actor, id domain.ID, in domain.MappingInput,
	change func(domain.Mapping) (domain.Mapping, error),
) (domain.Mapping, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.MappingUpdate, on: one(domain.SubjectMapping, id), naming: in.References()},
		func(tx ports.Tx, e *entry) (domain.Mapping, error) {
			before, err := tx.Mappings().Get(ctx, id)
			if err != nil {
				return before, err
			}
			e.about(before.Parents()...)
			mapping, err := change(before)
			if err != nil {
				return mapping, err
			}
			return mappingRecords.save(ctx, tx, e, before, mapping)
		})
}

// Unassign ends a mapping.
func (s *Mappings) Unassign(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.MappingDelete, on: one(domain.SubjectMapping, id)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			return nothing{}, mappingRecords.delete(ctx, tx, e)
		})
	return err
}

// Restore puts a mapping back that was ended. NotFound when it was not, a Conflict
// when its patient or doctor is deleted, or the pair is mapped anew.
func (s *Mappings) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Mapping, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.MappingRestore, on: one(domain.SubjectMapping, id)},
		func(tx ports.Tx, e *entry) (domain.Mapping, error) {
			return mappingRecords.restore(ctx, tx, e)
		})
}
