package sqlstore

import (
	"context"

	"example.com/healthcare/domain"
)

const (
	doctorColumns = `doctors.id, doctors.name, CAST(doctors.joined_at AS TEXT) AS joined_at, doctors.specialization,
			doctors.license_number, CAST(doctors.salary AS TEXT) AS salary`
	selectDoctor = `
		SELECT ` + doctorColumns + `
		FROM doctors
		WHERE doctors.id = $1`
	selectDoctors = `
		SELECT ` + doctorColumns + `
		FROM doctors
		WHERE doctors.id > $1
		ORDER BY doctors.id
		LIMIT $2`
	selectDoctorsOfPatient = `
		SELECT ` + doctorColumns + `
		FROM mappings JOIN doctors ON doctors.id = mappings.doctor_id
		WHERE mappings.patient_id = $1 AND mappings.doctor_id > $2
		ORDER BY mappings.doctor_id
		LIMIT $3`
	insertDoctor = `
		INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary)
		VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING id`
	updateDoctor = `
		UPDATE doctors
		SET name = $2, specialization = $3, license_number = $4, license_key = $5, salary = $6
		WHERE id = $1`
	deleteDoctor           = `DELETE FROM doctors WHERE id = $1 RETURNING ` + doctorColumns
	lockDoctor             = `SELECT id FROM doctors WHERE id = $1 FOR UPDATE`
	lockMappingsOfDoctor   = `SELECT id FROM mappings WHERE doctor_id = $1 ORDER BY id FOR UPDATE`
	deleteMappingsOfDoctor = `DELETE FROM mappings WHERE doctor_id = $1 RETURNING ` + mappingColumns
)

var (
	selectDoctorIDs = forIDs(`SELECT id FROM doctors WHERE `, `id`, ` ORDER BY id`)
	restoreDoctors  = forRows(`
		INSERT INTO doctors (name, joined_at, specialization, license_number, license_key, salary, id)
		VALUES`, 7, ``)
)

type doctorRow struct {
	ID             domain.ID `db:"id" json:"id"`
	Name           string    `db:"name" json:"name"`
	JoinedAt       string    `db:"joined_at" json:"joined_at"`
	Specialization string    `db:"specialization" json:"specialization"`
	LicenseNumber  string    `db:"license_number" json:"license_number"`
	Salary         string    `db:"salary" json:"salary"`
}

func newDoctorRow(doctor domain.Doctor) doctorRow {
	return doctorRow{
		ID:             doctor.ID,
		Name:           doctor.Name.String(),
		JoinedAt:       doctor.JoinedAt.String(),
		Specialization: doctor.Specialization.String(),
		LicenseNumber:  doctor.LicenseNumber.String(),
		Salary:         doctor.Salary.String(),
	}
}

func (r doctorRow) entity() domain.Doctor {
	return domain.Doctor{
		ID:             r.ID,
		Name:           domain.Restore[domain.Name](r.Name),
		JoinedAt:       domain.Restore[domain.Date](r.JoinedAt),
		Specialization: domain.Restore[domain.Specialization](r.Specialization),
		LicenseNumber:  domain.Restore[domain.LicenseNumber](r.LicenseNumber),
		Salary:         domain.Restore[domain.Salary](r.Salary),
	}
}

// doctors implements ports.Doctors.
type doctors struct{ *querier }

func (s doctors) Add(ctx context.Context, doctor domain.Doctor) (domain.Doctor, error) {
	if err := s.returning(ctx, &doctor.ID, insertDoctor, doctorValues(doctor)...); err != nil {
		return domain.Doctor{}, err
	}
	return doctor, nil
}

func (s doctors) restore(ctx context.Context, list []domain.Doctor) error {
	return changeRows(ctx, s.querier, restoreDoctors, list, func(doctor domain.Doctor) []any {
		return append(doctorValues(doctor), doctor.ID)
	})
}

// doctorValues are what Add stores, in the order of the statement.
func doctorValues(doctor domain.Doctor) []any {
	return []any{
		doctor.Name.String(), doctor.JoinedAt.String(), doctor.Specialization.String(),
		doctor.LicenseNumber.String(), doctor.LicenseNumber.Key(), doctor.Salary.String(),
	}
}

func (s doctors) Get(ctx context.Context, id domain.ID) (domain.Doctor, error) {
	var row doctorRow
	err := s.get(ctx, &row, selectDoctor+s.locking(forChange), id)
	return row.entity(), err
}

func (s doctors) Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	return readIDs(ctx, s.querier, selectDoctorIDs, forReference, ids)
}

func (s doctors) Save(ctx context.Context, doctor domain.Doctor) error {
	return s.change(ctx, updateDoctor, doctor.ID,
		doctor.Name.String(), doctor.Specialization.String(),
		doctor.LicenseNumber.String(), doctor.LicenseNumber.Key(), doctor.Salary.String())
}

func (s doctors) Delete(ctx context.Context, id domain.ID) (domain.Doctor, []domain.Mapping, error) {
	ended, err := mappings(s).end(ctx, id, lockMappingsOfDoctor, lockDoctor, deleteMappingsOfDoctor)
	if err != nil {
		return domain.Doctor{}, nil, err
	}
	var row doctorRow
	err = mappings(s).missed(s.returning(ctx, &row, deleteDoctor, id))
	return row.entity(), ended, err
}

func (s doctors) List(ctx context.Context, page domain.Page) ([]domain.Doctor, error) {
	return entities[doctorRow](ctx, s.querier, selectDoctors, page.After, page.Limit)
}

func (s doctors) OfPatient(ctx context.Context, patient domain.ID, page domain.Page) ([]domain.Doctor, error) {
	return entities[doctorRow](ctx, s.querier, selectDoctorsOfPatient, patient, page.After, page.Limit)
}
