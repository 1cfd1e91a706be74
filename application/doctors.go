package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Doctors is the use-cases on doctors. An actor without the permission to read
// salaries gets doctors without them.
type Doctors struct {
	History[domain.Doctor]
	clock ports.Clock
}

var doctorRecords = records[domain.Doctor]{
	RecordKind: domain.RecordKindOf(domain.SubjectDoctor),
	repository: func(tx ports.Tx) ports.Records[domain.Doctor] { return tx.Doctors() },
	history:    ports.Tx.DoctorHistory,
}

// Create adds a doctor who joins today. A taken licence number is a Conflict.
func (s *Doctors) Create(ctx context.Context, actor domain.Actor, in domain.DoctorInput) (domain.Doctor, error) {
	doctor, invalid := domain.NewDoctor(in, s.clock())
	return write(ctx, s.trail, attempt{by: actor, to: domain.DoctorCreate, on: some(domain.SubjectDoctor), invalid: invalid},
		func(tx ports.Tx, e *entry) (domain.Doctor, error) {
			return doctorRecords.add(ctx, tx, e, doctor)
		})
}

// Get returns one doctor.
func (s *Doctors) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Doctor, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.DoctorRead, on: one(domain.SubjectDoctor, id)},
		func(tx ports.Tx, _ *entry) (domain.Doctor, error) {
			return tx.Doctors().Get(ctx, id)
		})
}

// List returns a page of all doctors.
func (s *Doctors) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Doctor], error) {
	page, invalid := in.Parse()
	return read(ctx, s.trail, attempt{by: actor, to: domain.DoctorRead, on: some(domain.SubjectDoctor), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.Doctor], error) {
			return list(e, page, idOf, func(page domain.Page) ([]domain.Doctor, error) {
				return tx.Doctors().List(ctx, domain.DoctorFilter{}, page)
			})
		})
}

// OfPatient returns a page of the doctors assigned to a patient. Who treats
// whom is what mappings say, so it needs MappingRead. An unknown patient is NotFound.
func (s *Doctors) OfPatient(ctx context.Context, actor domain.Actor, patient domain.ID, in domain.PageInput) (Page[domain.Doctor], error) {
	page, invalid := in.Parse()
	named := []domain.Reference{{Kind: domain.SubjectPatient, ID: patient}}
	return read(ctx, s.trail, attempt{by: actor, to: domain.MappingRead, on: some(domain.SubjectDoctor), naming: named, invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.Doctor], error) {
			return list(e, page, idOf, func(page domain.Page) ([]domain.Doctor, error) {
				if _, err := tx.Patients().Get(ctx, patient); err != nil {
					return nil, err
				}
				return tx.Doctors().List(ctx, domain.DoctorFilter{PatientID: patient}, page)
			})
		})
}

// Replace sets all that may be set of a doctor.
func (s *Doctors) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.DoctorInput) (domain.Doctor, error) {
	return s.update(ctx, actor, id, func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Replace(in) })
}

// Change sets what is given of a doctor.
func (s *Doctors) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.DoctorInput) (domain.Doctor, error) {
	return s.update(ctx, actor, id, func(doctor domain.Doctor) (domain.Doctor, error) { return doctor.Change(in) })
}

func (s *Doctors) update(ctx context.Context, actor domain.Actor, id domain.ID,
	change func(domain.Doctor) (domain.Doctor, error),
) (domain.Doctor, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.DoctorUpdate, on: one(domain.SubjectDoctor, id)},
		func(tx ports.Tx, e *entry) (domain.Doctor, error) {
			before, err := tx.Doctors().Get(ctx, id)
			if err != nil {
				return before, err
			}
			doctor, err := change(before)
			if err != nil {
				return doctor, err
			}
			return doctorRecords.save(ctx, tx, e, before, doctor)
		})
}

// Delete deletes a doctor, and their mappings with them.
func (s *Doctors) Delete(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.DoctorDelete, on: one(domain.SubjectDoctor, id)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			return nothing{}, doctorRecords.delete(ctx, tx, e)
		})
	return err
}

// Restore puts a deleted doctor back, and the mappings that were deleted with them.
// NotFound when the doctor is not deleted, a Conflict when the licence number
// has become another doctor's.
func (s *Doctors) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Doctor, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.DoctorRestore, on: one(domain.SubjectDoctor, id)},
		func(tx ports.Tx, e *entry) (domain.Doctor, error) {
			return doctorRecords.restore(ctx, tx, e)
		})
}
