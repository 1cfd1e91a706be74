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

var patientKind = kind[domain.Patient]{
	subject:      domain.AboutPatient,
	readVersions: domain.PatientReadHistory,
	readDeleted:  domain.PatientReadDeleted,
	id:           func(patient domain.Patient) domain.ID { return patient.ID },
	repository:   func(tx ports.Tx) repository[domain.Patient] { return tx.Patients() },
	history:      ports.Tx.PatientHistory,
	about:        noOther[domain.Patient],
	visibleTo: func(patient domain.Patient, _ domain.Actor) domain.Patient {
		patient.AssignedDoctors = nil // Mappings have versions of their own.
		return patient
	},
}

// NewPatients returns the use-cases on patients.
func NewPatients(trail *Trail, clock ports.Clock) *Patients {
	return &Patients{History: History[domain.Patient]{trail: trail, kind: patientKind}, clock: clock}
}

// Create adds a patient, whom actor registers.
func (s *Patients) Create(ctx context.Context, actor domain.Actor, in domain.PatientInput) (domain.Patient, error) {
	return account(ctx, s.trail, actor, domain.PatientCreate, on(domain.AboutPatient, 0), func(e *entry) (domain.Patient, error) {
		patient, err := domain.NewPatient(in, actor, s.clock())
		if err != nil {
			return domain.Patient{}, err
		}
		return patientKind.add(ctx, e, func(tx ports.Tx) (domain.Patient, error) {
			return tx.Patients().Add(ctx, patient)
		})
	})
}

// Get returns one patient.
func (s *Patients) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Patient, error) {
	return account(ctx, s.trail, actor, domain.PatientRead, on(domain.AboutPatient, id), func(*entry) (domain.Patient, error) {
		return view(ctx, s.trail.store, func(tx ports.Tx) (domain.Patient, error) {
			return tx.Patients().Get(ctx, id)
		})
	})
}

// List returns a page of all patients.
func (s *Patients) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Patient], error) {
	return account(ctx, s.trail, actor, domain.PatientRead, on(domain.AboutPatient, 0), func(e *entry) (Page[domain.Patient], error) {
		return s.list(ctx, e, in, func(tx ports.Tx, page domain.Page) ([]domain.Patient, error) {
			return tx.Patients().List(ctx, page)
		})
	})
}

// OfDoctor returns a page of the patients to whom a doctor is assigned. They
// are shown in full, so it needs PatientRead. An unknown doctor is NotFound.
func (s *Patients) OfDoctor(ctx context.Context, actor domain.Actor, doctor domain.ID, in domain.PageInput) (Page[domain.Patient], error) {
	return account(ctx, s.trail, actor, domain.PatientRead, on(domain.AboutPatient, 0), func(e *entry) (Page[domain.Patient], error) {
		e.about(domain.AboutDoctor, doctor)
		return s.list(ctx, e, in, func(tx ports.Tx, page domain.Page) ([]domain.Patient, error) {
			if _, err := tx.Doctors().Get(ctx, doctor); err != nil {
				return nil, err
			}
			return tx.Patients().OfDoctor(ctx, doctor, page)
		})
	})
}

func (s *Patients) list(ctx context.Context, e *entry, in domain.PageInput,
	read func(ports.Tx, domain.Page) ([]domain.Patient, error),
) (Page[domain.Patient], error) {
	page, err := in.Parse()
	if err != nil {
		return Page[domain.Patient]{}, err
	}
	return list(ctx, e, page, patientKind.id, read)
}

// Replace sets all that may be set of a patient; what is absent gets its default.
func (s *Patients) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PatientInput) (domain.Patient, error) {
	return account(ctx, s.trail, actor, domain.PatientUpdate, on(domain.AboutPatient, id), func(e *entry) (domain.Patient, error) {
		return patientKind.change(ctx, e, func(patient domain.Patient) (domain.Patient, error) {
			return patient.Replace(in, s.clock())
		})
	})
}

// Change sets what is given of a patient.
func (s *Patients) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PatientInput) (domain.Patient, error) {
	return account(ctx, s.trail, actor, domain.PatientUpdate, on(domain.AboutPatient, id), func(e *entry) (domain.Patient, error) {
		return patientKind.change(ctx, e, func(patient domain.Patient) (domain.Patient, error) {
			return patient.Change(in, s.clock())
		})
	})
}

// Delete deletes a patient, and their mappings with them.
func (s *Patients) Delete(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.PatientDelete, on(domain.AboutPatient, id), func(e *entry) error {
		return e.update(ctx, func(tx ports.Tx) error {
			patient, ended, err := tx.Patients().Delete(ctx, id)
			if err != nil {
				return err
			}
			if err := patientKind.keep(ctx, tx, e, domain.Deleted, patient); err != nil {
				return err
			}
			return e.endMappings(ctx, tx, ended)
		})
	})
}

// Restore puts a deleted patient back, and the mappings that were deleted with
// them. NotFound when the patient is not deleted.
func (s *Patients) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Patient, error) {
	return account(ctx, s.trail, actor, domain.PatientRestore, on(domain.AboutPatient, id), func(e *entry) (domain.Patient, error) {
		return update(ctx, e, func(tx ports.Tx) (domain.Patient, error) {
			if _, err := patientKind.restore(ctx, tx, e); err != nil {
				return domain.Patient{}, err
			}
			if err := e.restoreMappings(ctx, tx); err != nil {
				return domain.Patient{}, err
			}
			return tx.Patients().Get(ctx, id)
		})
	})
}
