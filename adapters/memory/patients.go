package memory

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
)

// patients keeps patients without AssignedDoctors: they are made from the
// mappings, whenever a patient is read.
type patients struct{ tx *tx }

func (r patients) Add(ctx context.Context, patient domain.Patient) (domain.Patient, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Patient{}, err
	}
	if err := s.refusePatient(patient); err != nil {
		return domain.Patient{}, r.tx.refuse(err)
	}
	patient.ID = s.patients.nextID()
	s.putPatient(patient)
	return s.patient(patient.ID)
}

func (r patients) Get(ctx context.Context, id domain.ID) (domain.Patient, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Patient{}, err
	}
	return s.patient(id)
}

func (r patients) Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return among(ids, s.patients.has), nil
}

func (r patients) Save(ctx context.Context, patient domain.Patient) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	before, err := s.patients.get(patient.ID)
	if err != nil {
		return err
	}
	patient.CreatedBy = before.CreatedBy
	s.putPatient(patient)
	return nil
}

func (r patients) Delete(ctx context.Context, id domain.ID) (domain.Patient, []domain.Mapping, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Patient{}, nil, err
	}
	patient, err := s.patient(id)
	if err != nil {
		return domain.Patient{}, nil, err
	}
	ended := s.unmapAll(s.byPatient, id)
	s.patients.delete(id)
	return patient, ended, nil
}

func (r patients) List(ctx context.Context, page domain.Page) ([]domain.Patient, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, keys(s.patients.rows.after(page.After)), s.patient)
}

func (r patients) OfDoctor(ctx context.Context, doctor domain.ID, page domain.Page) ([]domain.Patient, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, keys(of(s.byDoctor, doctor, page.After)), s.patient)
}

// patient returns a patient as it is read.
func (s *state) patient(id domain.ID) (domain.Patient, error) {
	patient, err := s.patients.get(id)
	if err != nil {
		return domain.Patient{}, err
	}
	patient.AssignedDoctors = slices.AppendSeq([]domain.ID{}, keys(of(s.byPatient, id, 0)))
	return patient, nil
}

// refusePatient says why the patient cannot be stored, or nothing.
func (s *state) refusePatient(patient domain.Patient) error {
	if !s.users.has(patient.CreatedBy) {
		return domain.ErrNoSuchReference("created_by")
	}
	return nil
}

func (s *state) putPatient(patient domain.Patient) { s.patients.set(patient.ID, unassigned(patient)) }

func unassigned(patient domain.Patient) domain.Patient {
	patient.AssignedDoctors = nil
	return patient
}
