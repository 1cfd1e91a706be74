package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Patients is the use-cases on patients' records.
type Patients struct {
	History[domain.Patient]
	clock ports.Clock
}

var patientRecords = records[domain.Patient]{
	RecordKind: domain.RecordKindOf(domain.SubjectPatient),
	repository: func(tx ports.Tx) ports.Records[domain.Patient] { return tx.Patients() },
	history:    ports.Tx.PatientHistory,
}

// Create adds a patient, whom actor registers.
func (s *Patients) Create(ctx context.Context, actor domain.Actor, in domain.PatientInput) (domain.PatientView, error) {
	patient, invalid := domain.NewPatient(in, actor, s.clock())
	return write(ctx, s.trail, attempt{by: actor, to: domain.PatientCreate, on: some(domain.SubjectPatient), invalid: invalid},
		func(tx ports.Tx, e *entry) (domain.PatientView, error) {
			added, err := patientRecords.add(ctx, tx, e, patient)
			return domain.PatientView{Patient: added, AssignedDoctors: []domain.ID{}}, err
		})
}

// Get returns one patient.
func (s *Patients) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.PatientView, error) {
	return read(ctx, s.trail, attempt{by: actor, to: domain.PatientRead, on: one(domain.SubjectPatient, id)},
		func(tx ports.Tx, _ *entry) (domain.PatientView, error) {
			return tx.Patients().GetView(ctx, id)
		})
}

// List returns a page of all patients.
func (s *Patients) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.PatientView], error) {
	page, invalid := in.Parse()
	return read(ctx, s.trail, attempt{by: actor, to: domain.PatientRead, on: some(domain.SubjectPatient), invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.PatientView], error) {
			return list(e, page, idOf, func(page domain.Page) ([]domain.PatientView, error) {
				return tx.Patients().List(ctx, domain.PatientFilter{}, page)
			})
		})
}

// OfDoctor returns a page of the patients to whom a doctor is assigned. They
// are shown in full, so it needs PatientRead. An unknown doctor is NotFound.
func (s *Patients) OfDoctor(ctx context.Context, actor domain.Actor, doctor domain.ID, in domain.PageInput) (Page[domain.PatientView], error) {
	page, invalid := in.Parse()
	named := []domain.Reference{{Kind: domain.SubjectDoctor, ID: doctor}}
	return read(ctx, s.trail, attempt{by: actor, to: domain.PatientRead, on: some(domain.SubjectPatient), naming: named, invalid: invalid},
		func(tx ports.Tx, e *entry) (Page[domain.PatientView], error) {
			return list(e, page, idOf, func(page domain.Page) ([]domain.PatientView, error) {
				if _, err := tx.Doctors().Get(ctx, doctor); err != nil {
					return nil, err
				}
				return tx.Patients().List(ctx, domain.PatientFilter{DoctorID: doctor}, page)
			})
		})
}

// Replace sets all that may be set of a patient; what is absent gets its default.
func (s *Patients) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PatientInput) (domain.PatientView, error) {
	return s.update(ctx, actor, id, func(patient domain.Patient) (domain.Patient, error) { return patient.Replace(in, s.clock()) })
}

// Change sets what is given of a patient.
func (s *Patients) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PatientInput) (domain.PatientView, error) {
	return s.update(ctx, actor, id, func(patient domain.Patient) (domain.Patient, error) { return patient.Change(in, s.clock()) })
}

func (s *Patients) update(ctx context.Context, actor domain.Actor, id domain.ID,
	change func(domain.Patient) (domain.Patient, error),
) (domain.PatientView, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.PatientUpdate, on: one(domain.SubjectPatient, id)},
		func(tx ports.Tx, e *entry) (domain.PatientView, error) {
			patient, err := tx.Patients().GetView(ctx, id)
			if err != nil {
				return patient, err
			}
			before := patient.Patient
			if patient.Patient, err = change(before); err != nil {
				return patient, err
			}
			patient.Patient, err = patientRecords.save(ctx, tx, e, before, patient.Patient)
			return patient, err
		})
}

// Delete deletes a patient, and their mappings with them.
func (s *Patients) Delete(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := write(ctx, s.trail, attempt{by: actor, to: domain.PatientDelete, on: one(domain.SubjectPatient, id)},
		func(tx ports.Tx, e *entry) (nothing, error) {
			return nothing{}, patientRecords.delete(ctx, tx, e)
		})
	return err
}

// Restore puts a deleted patient back, and the mappings that were deleted with
// them. NotFound when the patient is not deleted.
func (s *Patients) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.PatientView, error) {
	return write(ctx, s.trail, attempt{by: actor, to: domain.PatientRestore, on: one(domain.SubjectPatient, id)},
		func(tx ports.Tx, e *entry) (domain.PatientView, error) {
			if _, err := patientRecords.restore(ctx, tx, e); err != nil {
				return domain.PatientView{}, err
			}
			return tx.Patients().GetView(ctx, id)
		})
}
