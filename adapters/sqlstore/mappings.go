package sqlstore

import (
	"context"
	"strconv"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Locks are taken in one order: mappings, then patients, then doctors. That is
// why deleting a patient or doctor locks its mappings first.
const (
	selectMapping = `
		SELECT id, patient_id, doctor_id, assigned_at
		FROM mappings
		WHERE id = $1`
	selectAssignments = `
		SELECT mappings.id AS mapping_id, mappings.patient_id, mappings.assigned_at,
			patients.name AS patient_name, ` + doctorColumns + `
		FROM mappings
			JOIN patients ON patients.id = mappings.patient_id
			JOIN doctors ON doctors.id = mappings.doctor_id
		WHERE mappings.id > $1`
	insertMapping = `
		INSERT INTO mappings (patient_id, doctor_id, assigned_at)
		VALUES ($1, $2, $3)
		RETURNING id`
	updateMapping = `
		UPDATE mappings
		SET patient_id = $2, doctor_id = $3, assigned_at = $4
		WHERE id = $1`
	deleteMapping = `DELETE FROM mappings WHERE id = $1`
)

type mappingRow struct {
	ID         domain.ID `db:"id"`
	PatientID  domain.ID `db:"patient_id"`
	DoctorID   domain.ID `db:"doctor_id"`
	AssignedAt instant   `db:"assigned_at"`
}

func (r mappingRow) entity() domain.Mapping {
	return domain.Mapping{ID: r.ID, PatientID: r.PatientID, DoctorID: r.DoctorID, AssignedAt: r.AssignedAt.Time}
}

// mappings implements ports.Mappings.
type mappings struct{ *querier }

func (s mappings) Add(ctx context.Context, mapping domain.Mapping) (domain.Mapping, error) {
	mapping.AssignedAt = ports.Kept(mapping.AssignedAt)
	if err := s.refer(ctx, mapping); err != nil {
		return domain.Mapping{}, err
	}
	err := s.insert(ctx, &mapping.ID, insertMapping, mapping.PatientID, mapping.DoctorID, mapping.AssignedAt)
	if err != nil {
		return domain.Mapping{}, err
	}
	return mapping, nil
}

// refer locks the patient and the doctor against being deleted, or says which
// of them does not exist. The scalar sub-selects run in the order in which they
// stand, which is the order of locks.
func (s mappings) refer(ctx context.Context, mapping domain.Mapping) error {
	if s.tx == nil {
		return errWriteInView
	}
	share := s.locking(` FOR KEY SHARE`)
	var found struct {
		Patient bool `db:"patient"`
		Doctor  bool `db:"doctor"`
	}
	err := s.get(ctx, &found, `
		SELECT (SELECT id FROM patients WHERE id = $1`+share+`) IS NOT NULL AS patient,
			(SELECT id FROM doctors WHERE id = $2`+share+`) IS NOT NULL AS doctor`,
		mapping.PatientID, mapping.DoctorID)
	var missing []string
	if !found.Patient {
		missing = append(missing, "patient")
	}
	if !found.Doctor {
		missing = append(missing, "doctor")
	}
	if err == nil && len(missing) > 0 {
		return s.refuse(domain.ErrNoSuchReference(missing...))
	}
	return err
}

func (s mappings) Get(ctx context.Context, id domain.ID) (domain.Mapping, error) {
	var row mappingRow
	err := s.get(ctx, &row, selectMapping+s.locking(forChange), id)
	return row.entity(), err
}

func (s mappings) Save(ctx context.Context, mapping domain.Mapping) error {
	if _, err := s.Get(ctx, mapping.ID); err != nil {
		return err
	}
	if err := s.refer(ctx, mapping); err != nil {
		return err
	}
	return s.change(ctx, updateMapping, mapping.ID, mapping.PatientID, mapping.DoctorID, ports.Kept(mapping.AssignedAt))
}

func (s mappings) Delete(ctx context.Context, id domain.ID) error {
	return s.change(ctx, deleteMapping, id)
}

type assignmentRow struct {
	MappingID   domain.ID `db:"mapping_id"`
	PatientID   domain.ID `db:"patient_id"`
	PatientName string    `db:"patient_name"`
	AssignedAt  instant   `db:"assigned_at"`
	doctorRow
}

func (r assignmentRow) entity() domain.Assignment {
	return domain.Assignment{
		ID:          r.MappingID,
		PatientID:   r.PatientID,
		PatientName: domain.Restore[domain.Name](r.PatientName),
		Doctor:      r.doctorRow.entity(),
		AssignedAt:  r.AssignedAt.Time,
	}
}

func (s mappings) List(ctx context.Context, filter domain.MappingFilter, page domain.Page) ([]domain.Assignment, error) {
	// One text for each combination lets each have a plan of its own, which
	// "$2 = 0 OR patient_id = $2" would not.
	query, args := selectAssignments, []any{page.After, page.Limit}
	if filter.PatientID != 0 {
		args = append(args, filter.PatientID)
		query += ` AND mappings.patient_id = $` + strconv.Itoa(len(args))
	}
	if filter.DoctorID != 0 {
		args = append(args, filter.DoctorID)
		query += ` AND mappings.doctor_id = $` + strconv.Itoa(len(args))
	}
	return entities[assignmentRow](ctx, s.querier, query+` ORDER BY mappings.id LIMIT $2`, args...)
}
