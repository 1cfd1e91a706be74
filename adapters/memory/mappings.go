package memory

import (
	"context"
	"iter"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type mappings struct{ tx *tx }

func (r mappings) Add(ctx context.Context, mapping domain.Mapping) (domain.Mapping, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Mapping{}, err
	}
	mapping.ID = 0
	if err := s.clash(mapping); err != nil {
		return domain.Mapping{}, r.tx.refuse(err)
	}
	mapping.ID = s.mappings.nextID()
	return s.mapPair(mapping), nil
}

func (r mappings) Get(ctx context.Context, id domain.ID) (domain.Mapping, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return domain.Mapping{}, err
	}
	return s.mappings.get(id)
}

func (r mappings) Save(ctx context.Context, mapping domain.Mapping) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.mappings.get(mapping.ID); err != nil {
		return err
	}
	if err := s.clash(mapping); err != nil {
		return r.tx.refuse(err)
	}
	s.unmap(mapping.ID)
	s.mapPair(mapping)
	return nil
}

func (r mappings) Delete(ctx context.Context, id domain.ID) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	if _, err := s.mappings.get(id); err != nil {
		return err
	}
	s.unmap(id)
	return nil
}

func (r mappings) List(ctx context.Context, filter domain.MappingFilter, page domain.Page) ([]domain.Assignment, error) {
	s, err := r.tx.reading(ctx)
	if err != nil {
		return nil, err
	}
	return take(page.Limit, s.mapped(filter, page.After), s.assignment)
}

// mapped iterates over the IDs of the mappings that pass filter, in ascending
// order, from above after.
func (s *state) mapped(filter domain.MappingFilter, after domain.ID) iter.Seq[domain.ID] {
	if filter == (domain.MappingFilter{}) {
		return keys(s.mappings.rows.after(after))
	}
	pairs, owner, other := s.byPatient, filter.PatientID, filter.DoctorID
	if owner == 0 {
		pairs, owner, other = s.byDoctor, filter.DoctorID, 0
	}
	var ids []domain.ID
	for who, id := range of(pairs, owner, 0) {
		if id > after && (other == 0 || who == other) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return slices.Values(ids)
}

// assignment returns a mapping as it is listed.
func (s *state) assignment(id domain.ID) (domain.Assignment, error) {
	mapping, err := s.mappings.get(id)
	if err != nil {
		return domain.Assignment{}, err
	}
	patient, err := s.patients.get(mapping.PatientID)
	if err != nil {
		return domain.Assignment{}, err
	}
	doctor, err := s.doctors.get(mapping.DoctorID)
	return domain.Assignment{
		ID:          id,
		PatientID:   patient.ID,
		PatientName: patient.Name,
		Doctor:      doctor,
		AssignedAt:  mapping.AssignedAt,
	}, err
}

// clash says why the mapping cannot be stored, or nothing.
func (s *state) clash(mapping domain.Mapping) error {
	var missing []string
	if !s.patients.has(mapping.PatientID) {
		missing = append(missing, "patient")
	}
	if !s.doctors.has(mapping.DoctorID) {
		missing = append(missing, "doctor")
	}
	if len(missing) > 0 {
		return domain.ErrNoSuchReference(missing...)
	}
	if owner, taken := s.byPatient.get(pair{mapping.PatientID, mapping.DoctorID}); taken && owner != mapping.ID {
		return domain.ErrAlreadyAssigned()
	}
	return nil
}

func (s *state) mapPair(mapping domain.Mapping) domain.Mapping {
	mapping.AssignedAt = ports.Kept(mapping.AssignedAt)
	s.mappings.set(mapping.ID, mapping)
	s.byPatient = s.byPatient.set(pair{mapping.PatientID, mapping.DoctorID}, mapping.ID)
	s.byDoctor = s.byDoctor.set(pair{mapping.DoctorID, mapping.PatientID}, mapping.ID)
	return mapping
}

func (s *state) unmap(id domain.ID) {
	mapping, _ := s.mappings.rows.get(id)
	s.mappings.delete(id)
	s.byPatient = s.byPatient.delete(pair{mapping.PatientID, mapping.DoctorID})
	s.byDoctor = s.byDoctor.delete(pair{mapping.DoctorID, mapping.PatientID})
}
