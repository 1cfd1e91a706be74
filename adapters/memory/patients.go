package memory

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var patientKind = kind[domain.Patient]{
	collection: func(s *state) *collection[domain.Patient] { return &s.patients },
	withID: func(patient domain.Patient, id domain.ID) domain.Patient {
		patient.ID = id
		return ports.StampToMicroseconds(patient)
	},
	saved: func(before, patient domain.Patient) domain.Patient {
		patient.CreatedBy, patient.CreatedAt = before.CreatedBy, before.CreatedAt
		return patient
	},
	refuse: func(s *state, patient domain.Patient) error {
		if !s.users.has(patient.CreatedBy) {
			return domain.ErrNoSuchReference("created_by")
		}
		return nil
	},
}

// patients implements ports.Patients.
type patients struct {
	records[domain.Patient]
	lists[domain.PatientView]
}

func (r patients) GetView(ctx context.Context, id domain.ID, _ ...string) (domain.PatientView, error) {
	s, err := r.records.tx.reading(ctx)
	if err != nil {
		return domain.PatientView{}, err
	}
	return s.patientView(id)
}

func (s *state) patientView(id domain.ID) (domain.PatientView, error) {
	patient, err := s.patients.get(id)
	if err != nil {
		return domain.PatientView{}, err
	}
	return domain.PatientView{Patient: patient, AssignedDoctors: slices.AppendSeq([]domain.ID{}, keys(pairsOf(s.byPatient, id, 0)))}, nil
}
