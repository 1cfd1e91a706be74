package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Mappings holds the use-cases on the assignment of doctors to patients.
type Mappings struct {
	History[domain.Mapping]
	lister        lister[domain.Assignment]
	clock         ports.Clock
	preconditions PreconditionRule
	macs          ports.RequestMACs
}

var mappingRecords = versionedRecords[domain.Mapping]{
	RecordKind: domain.RecordKindOf(domain.SubjectMapping),
	repository: func(tx ports.Tx) ports.Records[domain.Mapping] { return tx.Mappings() },
	history:    ports.Tx.MappingHistory,
}

// Assign assigns a doctor to a patient. A doctor or patient that does not exist is Invalid. A
// pair that is already mapped is a Conflict.
func (s *Mappings) Assign(ctx context.Context, actor domain.Actor, once Once, in domain.MappingInput) (domain.Mapping, error) {
	mapping, inputErr := domain.NewMapping(in, s.clock())
	return runOnce(ctx, s.trail, s.macs, call{actor: actor, permission: domain.MappingCreate, kind: domain.SubjectMapping, named: in.References(), inputErr: inputErr}, once,
		onceWrite[domain.Mapping]{
			operation: "create", content: contentOf(in),
			do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.Mapping, error) {
				return mappingRecords.create(ctx, tx, event, mapping)
			},
			replay: mappingRecords.replayOne,
		})
}

// List returns a page of the mappings that the parameters select (see domain.AssignmentList).
func (s *Mappings) List(ctx context.Context, actor domain.Actor, in domain.Parameters) (Page[domain.Assignment], error) {
	return s.lister.list(ctx, actor, domain.MappingRead, in)
}

// shownWith returns the patient and the doctor whose names are shown with a mapping.
func shownWith(assignment domain.Assignment) []domain.Reference {
	return []domain.Reference{
		{Kind: domain.SubjectPatient, ID: assignment.PatientID},
		{Kind: domain.SubjectDoctor, ID: assignment.Doctor.ID},
	}
}

// Replace sets the patient and the doctor of a mapping. It returns the same errors as Assign.
func (s *Mappings) Replace(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.MappingInput) (domain.Mapping, error) {
	return s.update(ctx, actor, id, expected, in, func(mapping domain.Mapping) (domain.Mapping, error) { return mapping.Replace(in, s.clock()) })
}

// Change sets the patient or the doctor of a mapping, whichever is given. It returns the same
// errors as Assign.
func (s *Mappings) Change(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.MappingInput) (domain.Mapping, error) {
	return s.update(ctx, actor, id, expected, in, func(mapping domain.Mapping) (domain.Mapping, error) { return mapping.Change(in, s.clock()) })
}

func (s *Mappings) update(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.MappingInput,
	change func(domain.Mapping) (domain.Mapping, error),
) (domain.Mapping, error) {
	return runUpdate(ctx, s.trail, call{
		actor: actor, permission: domain.MappingUpdate, kind: domain.SubjectMapping, id: id, named: in.References(), inputErr: s.preconditions.missing(expected),
	},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.Mapping, error) {
			before, err := tx.Mappings().Get(ctx, id)
			if err != nil {
				return before, err
			}
			event.addRelated(before.Parents()...)
			if err := domain.CheckPrecondition(expected, before, actor); err != nil {
				return before, err
			}
			mapping, err := change(before)
			if err != nil {
				return mapping, err
			}
			return mappingRecords.update(ctx, tx, event, before, mapping)
		})
}

// Unassign deletes a mapping.
func (s *Mappings) Unassign(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.MappingDelete, kind: domain.SubjectMapping, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			return nothing{}, mappingRecords.delete(ctx, tx, event, func(mapping domain.Mapping, _ []domain.Record) error {
				return domain.CheckPrecondition(expected, mapping, actor)
			})
		})
	return err
}

// Restore restores a deleted mapping. The error is NotFound if the mapping is not deleted, and
// a Conflict if its patient or doctor is deleted or the pair has a new mapping.
func (s *Mappings) Restore(ctx context.Context, actor domain.Actor, once Once, id domain.ID) (domain.Mapping, error) {
	return runOnce(ctx, s.trail, s.macs, call{actor: actor, permission: domain.MappingRestore, kind: domain.SubjectMapping, id: id}, once,
		onceWrite[domain.Mapping]{
			operation: "restore", content: contentOf[nothing](),
			do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.Mapping, error) {
				return mappingRecords.restore(ctx, tx, event)
			},
			replay: mappingRecords.replayOne,
		})
}
