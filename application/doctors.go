package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Doctors holds the use-cases on doctors. An actor without the permission to read salaries gets
// doctors without a salary.
type Doctors struct {
	History[domain.Doctor]
	lister        lister[domain.Doctor]
	clock         ports.Clock
	preconditions PreconditionRule
	macs          ports.RequestMACs
}

var doctorRecords = versionedRecords[domain.Doctor]{
	RecordKind: domain.RecordKindOf(domain.SubjectDoctor),
	repository: func(tx ports.Tx) ports.Records[domain.Doctor] { return tx.Doctors() },
	history:    ports.Tx.DoctorHistory,
}

// Create adds a doctor who joins today. A licence number that another doctor has is a Conflict.
func (s *Doctors) Create(ctx context.Context, actor domain.Actor, once Once, in domain.DoctorInput) (domain.Doctor, error) {
	doctor, inputErr := domain.NewDoctor(in, s.clock())
	return runOnce(ctx, s.trail, s.macs, call{actor: actor, permission: domain.DoctorCreate, kind: domain.SubjectDoctor, inputErr: inputErr}, once,
		onceWrite[domain.Doctor]{
			operation: "create", content: contentOf(in),
			do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.Doctor, error) {
				return doctorRecords.create(ctx, tx, event, doctor)
			},
			replay: doctorRecords.replayOne,
		})
}

// Get returns one doctor. in can have the parameter fields.
func (s *Doctors) Get(ctx context.Context, actor domain.Actor, id domain.ID, in domain.Parameters) (domain.Doctor, error) {
	_, inputErr := domain.DoctorList.ParseFields(actor, in)
	return runView(ctx, s.trail, call{actor: actor, permission: domain.DoctorRead, kind: domain.SubjectDoctor, id: id, named: in.References(), inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (domain.Doctor, error) {
			return tx.Doctors().Get(ctx, id)
		})
}

// List returns a page of the doctors that the parameters select (see domain.DoctorList).
func (s *Doctors) List(ctx context.Context, actor domain.Actor, in domain.Parameters) (Page[domain.Doctor], error) {
	return s.lister.list(ctx, actor, domain.DoctorRead, in)
}

// ListByPatient is List for the doctors who are assigned to a patient. It needs MappingRead,
// because it shows who treats the patient. An unknown patient is NotFound.
func (s *Doctors) ListByPatient(ctx context.Context, actor domain.Actor, patient domain.ID, in domain.Parameters) (Page[domain.Doctor], error) {
	return s.lister.listWithin(ctx, actor, domain.MappingRead, in, within[domain.Doctor]{
		filter: "patient_id", record: domain.Reference{Kind: domain.SubjectPatient, ID: patient},
		find: func(tx ports.Tx) error {
			_, err := tx.Patients().Get(ctx, patient)
			return err
		},
	})
}

// Replace sets all editable fields of a doctor.
func (s *Doctors) Replace(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.DoctorInput) (domain.Doctor, error) {
	return s.update(ctx, actor, id, expected, func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Replace(in) })
}

// Change sets the given fields of a doctor.
func (s *Doctors) Change(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.DoctorInput) (domain.Doctor, error) {
	return s.update(ctx, actor, id, expected, func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Change(in) })
}

func (s *Doctors) update(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition,
	change func(domain.Doctor) (domain.Doctor, error),
) (domain.Doctor, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.DoctorUpdate, kind: domain.SubjectDoctor, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.Doctor, error) {
			before, err := tx.Doctors().Get(ctx, id)
			if err != nil {
				return before, err
			}
			if err := domain.CheckPrecondition(expected, before, actor); err != nil {
				return before, err
			}
			doctor, err := change(before)
			if err != nil {
				return doctor, err
			}
			return doctorRecords.update(ctx, tx, event, before, doctor)
		})
}

// Delete deletes a doctor and the doctor's mappings.
func (s *Doctors) Delete(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.DoctorDelete, kind: domain.SubjectDoctor, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			return nothing{}, doctorRecords.delete(ctx, tx, event, func(doctor domain.Doctor, _ []domain.Record) error {
				return domain.CheckPrecondition(expected, doctor, actor)
			})
		})
	return err
}

// Restore restores a deleted doctor and the mappings that were deleted with the doctor. The
// error is NotFound if the doctor is not deleted, and a Conflict if another doctor has the
// licence number now.
func (s *Doctors) Restore(ctx context.Context, actor domain.Actor, once Once, id domain.ID) (domain.Doctor, error) {
	return runOnce(ctx, s.trail, s.macs, call{actor: actor, permission: domain.DoctorRestore, kind: domain.SubjectDoctor, id: id}, once,
		onceWrite[domain.Doctor]{
			operation: "restore", content: contentOf[nothing](),
			do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.Doctor, error) {
				return doctorRecords.restore(ctx, tx, event)
			},
			replay: doctorRecords.replayOne,
		})
}
