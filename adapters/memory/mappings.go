package memory

import (
	"cmp"
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
	if err := s.refuseMapping(mapping); err != nil {
		return domain.Mapping{}, r.tx.refuse(err)
	}
	mapping.ID = s.mappings.nextID()
	s.putMapping(mapping)
	return s.mappings.get(mapping.ID)
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
	if err := s.refuseMapping(mapping); err != nil {
		return r.tx.refuse(err)
	}
	s.unmap(mapping.ID)
	s.putMapping(mapping)
	return nil
}

func (r mappings) Delete(ctx context.Context, id domain.ID) (domain.Mapping, error) {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return domain.Mapping{}, err
	}
	if !s.mappings.has(id) {
		return domain.Mapping{}, domain.ErrNotFound()
	}
	return s.unmap(id), nil
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

// refuseMapping says why the mapping cannot be stored, or nothing.
func (s *state) refuseMapping(mapping domain.Mapping) error {
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

func (s *state) putMapping(mapping domain.Mapping) {
	s.mappings.set(mapping.ID, timed(mapping))
	s.byPatient = s.byPatient.set(pair{mapping.PatientID, mapping.DoctorID}, mapping.ID)
	s.byDoctor = s.byDoctor.set(pair{mapping.DoctorID, mapping.PatientID}, mapping.ID)
}

// timed returns the mapping with its time as it is kept.
func timed(mapping domain.Mapping) domain.Mapping {
	mapping.AssignedAt = ports.Kept(mapping.AssignedAt)
	return mapping
}

// unmapAll ends the mappings of owner and returns them in ascending order of ID.
func (s *state) unmapAll(pairs tree[pair, domain.ID], owner domain.ID) []domain.Mapping {
	ended := []domain.Mapping{}
	for _, id := range of(pairs, owner, 0) {
		ended = append(ended, s.unmap(id))
	}
	slices.SortFunc(ended, func(a, b domain.Mapping) int { return cmp.Compare(a.ID, b.ID) })
	return ended
}

func (s *state) unmap(id domain.ID) domain.Mapping {
	mapping, _ := s.mappings.rows.get(id)
	s.mappings.delete(id)
	s.byPatient = s.byPatient.delete(pair{mapping.PatientID, mapping.DoctorID})
	s.byDoctor = s.byDoctor.delete(pair{mapping.DoctorID, mapping.PatientID})
	return mapping
}
