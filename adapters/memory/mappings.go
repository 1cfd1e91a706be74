package memory

import (
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var mappingKind = kind[domain.Mapping]{
	collection: func(s *state) *collection[domain.Mapping] { return &s.mappings },
	withID: func(mapping domain.Mapping, id domain.ID) domain.Mapping {
		mapping.ID = id
		mapping.AssignedAt = ports.ToMicroseconds(mapping.AssignedAt)
		return ports.StampToMicroseconds(mapping)
	},
	saved: func(before, mapping domain.Mapping) domain.Mapping {
		mapping.CreatedAt = before.CreatedAt
		return mapping
	},
	index: func(s *state, mapping domain.Mapping) {
		s.byPatient = s.byPatient.set(pair{mapping.PatientID, mapping.DoctorID}, mapping.ID)
		s.byDoctor = s.byDoctor.set(pair{mapping.DoctorID, mapping.PatientID}, mapping.ID)
	},
	unindex: func(s *state, mapping domain.Mapping) {
		s.byPatient = s.byPatient.delete(pair{mapping.PatientID, mapping.DoctorID})
		s.byDoctor = s.byDoctor.delete(pair{mapping.DoctorID, mapping.PatientID})
	},
}

// mappings implements ports.Mappings.
type mappings struct {
	records[domain.Mapping]
	lists[domain.Assignment]
}

// assignment returns the mapping with the data of its patient and doctor.
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
		Version:     mapping.Version,
	}, err
}
