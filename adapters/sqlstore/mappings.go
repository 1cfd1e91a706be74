package sqlstore

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Locks are taken in one order: mappings, then patients, then doctors. That is
// why deleting a patient or doctor locks its mappings first.
const (
	mappingColumns = `id, patient_id, doctor_id, assigned_at`
	selectMapping  = `
		SELECT ` + mappingColumns + `
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
	deleteMapping = `DELETE FROM mappings WHERE id = $1 RETURNING ` + mappingColumns
)

var restoreMappings = forRows(`INSERT INTO mappings (patient_id, doctor_id, assigned_at, id) VALUES`, 4, ``)

type mappingRow struct {
	ID         domain.ID `db:"id" json:"id"`
	PatientID  domain.ID `db:"patient_id" json:"patient_id"`
	DoctorID   domain.ID `db:"doctor_id" json:"doctor_id"`
	AssignedAt instant   `db:"assigned_at" json:"assigned_at"`
}

func newMappingRow(mapping domain.Mapping) mappingRow {
	return mappingRow{
		ID:         mapping.ID,
		PatientID:  mapping.PatientID,
		DoctorID:   mapping.DoctorID,
		AssignedAt: instant{ports.Kept(mapping.AssignedAt)},
	}
}

func (r mappingRow) entity() domain.Mapping {
	return domain.Mapping{ID: r.ID, PatientID: r.PatientID, DoctorID: r.DoctorID, AssignedAt: r.AssignedAt.Time}
}

// mappings implements ports.Mappings.
type mappings struct{ *querier }

func (s mappings) Add(ctx context.Context, mapping domain.Mapping) (domain.Mapping, error) {
	if err := s.refer(ctx, mapping); err != nil {
		return domain.Mapping{}, err
	}
	mapping.AssignedAt = ports.Kept(mapping.AssignedAt)
	err := s.returning(ctx, &mapping.ID, insertMapping, mapping.PatientID, mapping.DoctorID, mapping.AssignedAt)
	if err != nil {
		return domain.Mapping{}, err
	}
	return mapping, nil
}

func (s mappings) restore(ctx context.Context, list []domain.Mapping) error {
	if err := s.refer(ctx, list...); err != nil {
		return err
	}
	return changeRows(ctx, s.querier, restoreMappings, list, func(mapping domain.Mapping) []any {
		return []any{mapping.PatientID, mapping.DoctorID, ports.Kept(mapping.AssignedAt), mapping.ID}
	})
}

// refer locks the patients and the doctors against being deleted, or says which
// of a mapping's do not exist.
func (s mappings) refer(ctx context.Context, list ...domain.Mapping) error {
	if s.tx == nil {
		return errWriteInView
	}
	var patientIDs, doctorIDs []domain.ID
	for _, mapping := range list {
		patientIDs, doctorIDs = append(patientIDs, mapping.PatientID), append(doctorIDs, mapping.DoctorID)
	}
	patientIDs, err := patients(s).Existing(ctx, patientIDs...)
	if err != nil {
		return err
	}
	doctorIDs, err = doctors(s).Existing(ctx, doctorIDs...)
	if err != nil {
		return err
	}
	for _, mapping := range list {
		var missing []string
		if !isIn(patientIDs, mapping.PatientID) {
			missing = append(missing, "patient")
		}
		if !isIn(doctorIDs, mapping.DoctorID) {
			missing = append(missing, "doctor")
		}
		if len(missing) > 0 {
			return s.refuse(domain.ErrNoSuchReference(missing...))
		}
	}
	return nil
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

func (s mappings) Delete(ctx context.Context, id domain.ID) (domain.Mapping, error) {
	var row mappingRow
	err := s.returning(ctx, &row, deleteMapping, id)
	return row.entity(), err
}

// end deletes the mappings of a patient or doctor who is to be deleted next, and
// returns them in ascending order of ID. Those that come about until lockOwner
// has the row are among them, and none does after that.
func (s mappings) end(ctx context.Context, owner domain.ID, lockMappings, lockOwner, deleteMappings string) ([]domain.Mapping, error) {
	if s.tx == nil {
		return nil, errWriteInView
	}
	for _, query := range []string{lockMappings, lockOwner} {
		if err := s.lock(ctx, query, owner); err != nil {
			return nil, err
		}
	}
	ended, err := entities[mappingRow](ctx, s.querier, deleteMappings, owner)
	slices.SortFunc(ended, func(a, b domain.Mapping) int { return cmp.Compare(a.ID, b.ID) })
	return ended, err
}

// missed makes a collision, after which the Update runs again, of an owner's delete
// that failed because end has missed a mapping.
func (s mappings) missed(err error) error {
	if isNoReference(err) {
		return s.refuse(&failed{kind: Collision, text: "a mapping came about while its patient or doctor was deleted"})
	}
	return err
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
