package sqlstore

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"example.com/healthcare/domain"
)

// rowOf is a row of a T.
type rowOf[T any] interface{ entity() T }

// snapshot is a row as one column: a JSON object. A member that it lacks is zero,
// so that a column can be added to a table without a change to the snapshots.
type snapshot[R any] struct{ row R }

// Scan implements sql.Scanner.
func (s *snapshot[R]) Scan(stored any) error {
	switch stored := stored.(type) {
	case string:
		return json.Unmarshal([]byte(stored), &s.row)
	case []byte:
		return json.Unmarshal(stored, &s.row)
	default:
		return fmt.Errorf("sqlstore: a snapshot is stored as %T", stored)
	}
}

// Value implements driver.Valuer.
func (s snapshot[R]) Value() (driver.Value, error) {
	text, err := json.Marshal(s.row)
	return string(text), err
}

// kind is what tells the histories of the kinds of records apart.
type kind[R rowOf[T], T any] struct {
	subject domain.SubjectKind
	id      func(T) domain.ID
	row     func(T) R
	// restore adds records under their IDs, and refuses what Add refuses.
	restore func(context.Context, *querier, []T) error
}

var (
	doctorKind = kind[doctorRow, domain.Doctor]{
		subject: domain.AboutDoctor,
		id:      func(doctor domain.Doctor) domain.ID { return doctor.ID },
		row:     newDoctorRow,
		restore: func(ctx context.Context, q *querier, list []domain.Doctor) error {
			return doctors{q}.restore(ctx, list)
		},
	}
	patientKind = kind[patientSnapshot, domain.Patient]{
		subject: domain.AboutPatient,
		id:      func(patient domain.Patient) domain.ID { return patient.ID },
		row:     func(patient domain.Patient) patientSnapshot { return patientSnapshot{newPatientRow(patient)} },
		restore: func(ctx context.Context, q *querier, list []domain.Patient) error {
			return patients{q}.restore(ctx, list)
		},
	}
	mappingKind = kind[mappingRow, domain.Mapping]{
		subject: domain.AboutMapping,
		id:      func(mapping domain.Mapping) domain.ID { return mapping.ID },
		row:     newMappingRow,
		restore: func(ctx context.Context, q *querier, list []domain.Mapping) error {
			return mappings{q}.restore(ctx, list)
		},
	}
)

// patientSnapshot is a patient without AssignedDoctors.
type patientSnapshot struct{ patientRow }

func (s patientSnapshot) entity() domain.Patient {
	patient := s.patientRow.entity()
	patient.AssignedDoctors = nil
	return patient
}
