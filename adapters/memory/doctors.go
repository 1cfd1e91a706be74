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
	key := doctor.LicenseNumber.Key()
	if _, taken := s.licenses.get(key); taken {
		return domain.Doctor{}, r.tx.refuse(domain.ErrLicenseTaken())
	}
	doctor.ID = s.doctors.nextID()
	s.licenses = s.licenses.set(key, doctor.ID)
	s.doctors.set(doctor.ID, doctor)
	return doctor, nil
}

func (r doctors) Get(ctx context.Context, id domain.ID) (domain.Doctor, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Doctor{}, err
	}
	return s.doctors.get(id)
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
	key := doctor.LicenseNumber.Key()
	if owner, taken := s.licenses.get(key); taken && owner != doctor.ID {
		return r.tx.refuse(domain.ErrLicenseTaken())
	}
	doctor.JoinedAt = before.JoinedAt
	s.licenses = s.licenses.delete(before.LicenseNumber.Key()).set(key, doctor.ID)
	s.doctors.set(doctor.ID, doctor)
	return nil
}

func (r doctors) Delete(ctx context.Context, id domain.ID) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	doctor, err := s.doctors.get(id)
	if err != nil {
		return err
	}
	for _, mapping := range of(s.byDoctor, id, 0) {
		s.unmap(mapping)
	}
	s.licenses = s.licenses.delete(doctor.LicenseNumber.Key())
	s.doctors.delete(id)
	return nil
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
