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
	clock ports.Clock
}

var doctorRecords = versionedRecords[domain.Doctor]{
	RecordKind: domain.RecordKindOf(domain.SubjectDoctor),
	repository: func(tx ports.Tx) ports.Records[domain.Doctor] { return tx.Doctors() },
	history:    ports.Tx.DoctorHistory,
}

// Create adds a doctor who joins today. A licence number that another doctor has is a Conflict.
func (s *Doctors) Create(ctx context.Context, actor domain.Actor, in domain.DoctorInput) (domain.Doctor, error) {
	doctor, inputErr := domain.NewDoctor(in, s.clock())
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.DoctorCreate, kind: domain.SubjectDoctor, inputErr: inputErr},
		func(tx ports.Tx, event *pendingEvent) (domain.Doctor, error) {
			return doctorRecords.create(ctx, tx, event, doctor)
		})
}

// Get returns one doctor.
func (s *Doctors) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Doctor, error) {
	return runView(ctx, s.trail, call{actor: actor, permission: domain.DoctorRead, kind: domain.SubjectDoctor, id: id},
		func(tx ports.Tx, _ *pendingEvent) (domain.Doctor, error) {
			return tx.Doctors().Get(ctx, id)
		})
}

// List returns a page of all doctors.
func (s *Doctors) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Doctor], error) {
	page, inputErr := in.Parse()
	return runView(ctx, s.trail, call{actor: actor, permission: domain.DoctorRead, kind: domain.SubjectDoctor, inputErr: inputErr},
		func(tx ports.Tx, event *pendingEvent) (Page[domain.Doctor], error) {
			return listShown(event, page, recordID, func(page domain.Page) ([]domain.Doctor, error) {
				return tx.Doctors().List(ctx, domain.DoctorFilter{}, page)
			})
		})
}

// ListByPatient returns a page of the doctors assigned to a patient. It needs MappingRead,
// because it shows who treats the patient. An unknown patient is NotFound.
func (s *Doctors) ListByPatient(ctx context.Context, actor domain.Actor, patient domain.ID, in domain.PageInput) (Page[domain.Doctor], error) {
	page, inputErr := in.Parse()
	named := []domain.Reference{{Kind: domain.SubjectPatient, ID: patient}}
	return runView(ctx, s.trail, call{actor: actor, permission: domain.MappingRead, kind: domain.SubjectDoctor, named: named, inputErr: inputErr},
		func(tx ports.Tx, event *pendingEvent) (Page[domain.Doctor], error) {
			return listShown(event, page, recordID, func(page domain.Page) ([]domain.Doctor, error) {
				if _, err := tx.Patients().Get(ctx, patient); err != nil {
					return nil, err
				}
				return tx.Doctors().List(ctx, domain.DoctorFilter{PatientID: patient}, page)
			})
		})
}

// Replace sets all editable fields of a doctor.
func (s *Doctors) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.DoctorInput) (domain.Doctor, error) {
	return s.update(ctx, actor, id, func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Replace(in) })
}

// Change sets the given fields of a doctor.
func (s *Doctors) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.DoctorInput) (domain.Doctor, error) {
	return s.update(ctx, actor, id, func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Change(in) })
}

func (s *Doctors) update(ctx context.Context, actor domain.Actor, id domain.ID,
	change func(domain.Doctor) (domain.Doctor, error),
) (domain.Doctor, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.DoctorUpdate, kind: domain.SubjectDoctor, id: id},
		func(tx ports.Tx, event *pendingEvent) (domain.Doctor, error) {
			before, err := tx.Doctors().Get(ctx, id)
			if err != nil {
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
func (s *Doctors) Delete(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.DoctorDelete, kind: domain.SubjectDoctor, id: id},
		func(tx ports.Tx, event *pendingEvent) (nothing, error) {
			return nothing{}, doctorRecords.delete(ctx, tx, event)
		})
	return err
}

// Restore restores a deleted doctor and the mappings that were deleted with the doctor. The
// error is NotFound if the doctor is not deleted, and a Conflict if another doctor has the
// licence number now.
func (s *Doctors) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Doctor, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.DoctorRestore, kind: domain.SubjectDoctor, id: id},
		func(tx ports.Tx, event *pendingEvent) (domain.Doctor, error) {
			return doctorRecords.restore(ctx, tx, event)
		})
}
