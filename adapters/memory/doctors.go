package memory

import (
	"context"

	"example.com/healthcare/domain"
)

type doctors struct{ tx *tx }

func (r doctors) Add(ctx context.Context, doctor domain.Doctor) (domain.Doctor, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Doctor{}, err
	}
	doctor.ID = 0
	if err := s.refuseDoctor(doctor); err != nil {
		return domain.Doctor{}, r.tx.refuse(err)
	}
	doctor.ID = s.doctors.nextID()
	s.putDoctor(doctor)
	return doctor, nil
}

func (r doctors) Get(ctx context.Context, id domain.ID) (domain.Doctor, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Doctor{}, err
	}
	return s.doctors.get(id)
}

func (r doctors) Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return among(ids, s.doctors.has), nil
}

func (r doctors) Save(ctx context.Context, doctor domain.Doctor) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	before, err := s.doctors.get(doctor.ID)
	if err != nil {
		return err
	}
	if err := s.refuseDoctor(doctor); err != nil {
		return r.tx.refuse(err)
	}
	doctor.JoinedAt = before.JoinedAt
	s.licenses = s.licenses.delete(before.LicenseNumber.Key())
	s.putDoctor(doctor)
	return nil
}

func (r doctors) Delete(ctx context.Context, id domain.ID) (domain.Doctor, []domain.Mapping, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Doctor{}, nil, err
	}
	doctor, err := s.doctors.get(id)
	if err != nil {
		return domain.Doctor{}, nil, err
	}
	ended := s.unmapAll(s.byDoctor, id)
	s.licenses = s.licenses.delete(doctor.LicenseNumber.Key())
	s.doctors.delete(id)
	return doctor, ended, nil
}

func (r doctors) List(ctx context.Context, page domain.Page) ([]domain.Doctor, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, keys(s.doctors.rows.after(page.After)), s.doctors.get)
}

func (r doctors) OfPatient(ctx context.Context, patient domain.ID, page domain.Page) ([]domain.Doctor, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, keys(of(s.byPatient, patient, page.After)), s.doctors.get)
}

// refuseDoctor says why the doctor cannot be stored, or nothing.
func (s *state) refuseDoctor(doctor domain.Doctor) error {
	if owner, taken := s.licenses.get(doctor.LicenseNumber.Key()); taken && owner != doctor.ID {
		return domain.ErrLicenseTaken()
	}
	return nil
}

func (s *state) putDoctor(doctor domain.Doctor) {
	s.licenses = s.licenses.set(doctor.LicenseNumber.Key(), doctor.ID)
	s.doctors.set(doctor.ID, doctor)
}
