package sqlstore

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

const (
	patientOwnColumns = `patients.id, patients.created_by, patients.name,
			COALESCE(CAST(patients.date_of_birth AS TEXT), '') AS date_of_birth,
			patients.phone_number, COALESCE(patients.gender, '') AS gender, patients.address, patients.medical_record`
	patientColumns = patientOwnColumns + `,
			COALESCE((
				SELECT string_agg(CAST(assigned.doctor_id AS TEXT), ',' ORDER BY assigned.doctor_id)
				FROM mappings AS assigned
				WHERE assigned.patient_id = patients.id
			), '') AS assigned_doctors`
	selectPatient = `
		SELECT ` + patientColumns + `
		FROM patients
		WHERE patients.id = $1`
	// The lists end where the rows before have $3 bytes of free text. It is decided
	// in the database: stopping to read would not keep it from sending the rest.
	selectPatients = `
		SELECT ` + patientColumns + `
		FROM (
			SELECT patients.*, ` + freeTextBefore + `
			FROM patients
			WHERE patients.id > $1
			ORDER BY patients.id
			LIMIT $2
		) AS patients
		WHERE patients.free_text_before < $3
		ORDER BY patients.id`
	selectPatientsOfDoctor = `
		SELECT ` + patientColumns + `
		FROM (
			SELECT patients.*, ` + freeTextBefore + `
			FROM mappings JOIN patients ON patients.id = mappings.patient_id
			WHERE mappings.doctor_id = $4 AND mappings.patient_id > $1
			ORDER BY mappings.patient_id
			LIMIT $2
		) AS patients
		WHERE patients.free_text_before < $3
		ORDER BY patients.id`
	freeTextBefore = `
				COALESCE(SUM(octet_length(patients.address) + octet_length(patients.medical_record))
					OVER (ORDER BY patients.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS free_text_before`
	insertPatient = `
		INSERT INTO patients (created_by, name, date_of_birth, phone_number, gender, address, medical_record)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		RETURNING id`
	updatePatient = `
		UPDATE patients
		SET name = $2, date_of_birth = $3, phone_number = $4, gender = $5, address = $6, medical_record = $7
		WHERE id = $1`
	deletePatient           = `DELETE FROM patients WHERE id = $1 RETURNING ` + patientOwnColumns
	lockPatient             = `SELECT id FROM patients WHERE id = $1 FOR UPDATE`
	lockMappingsOfPatient   = `SELECT id FROM mappings WHERE patient_id = $1 ORDER BY id FOR UPDATE`
	deleteMappingsOfPatient = `DELETE FROM mappings WHERE patient_id = $1 RETURNING ` + mappingColumns
)

var (
	selectPatientIDs = forIDs(`SELECT id FROM patients WHERE `, `id`, ` ORDER BY id`)
	restorePatients  = forRows(`
		INSERT INTO patients (created_by, name, date_of_birth, phone_number, gender, address, medical_record, id)
		VALUES`, 8, ``)
)

type patientRow struct {
	ID              domain.ID `db:"id" json:"id"`
	CreatedBy       domain.ID `db:"created_by" json:"created_by"`
	Name            string    `db:"name" json:"name"`
	DateOfBirth     string    `db:"date_of_birth" json:"date_of_birth"`
	Phone           string    `db:"phone_number" json:"phone_number"`
	Gender          string    `db:"gender" json:"gender"`
	Address         string    `db:"address" json:"address"`
	MedicalRecord   string    `db:"medical_record" json:"medical_record"`
	AssignedDoctors idList    `db:"assigned_doctors" json:"-"`
}

func newPatientRow(patient domain.Patient) patientRow {
	return patientRow{
		ID:            patient.ID,
		CreatedBy:     patient.CreatedBy,
		Name:          patient.Name.String(),
		DateOfBirth:   patient.DateOfBirth.String(),
		Phone:         patient.Phone.String(),
		Gender:        patient.Gender.String(),
		Address:       patient.Address.String(),
		MedicalRecord: patient.MedicalRecord.String(),
	}
}

func (r patientRow) entity() domain.Patient {
	return domain.Patient{
		ID:              r.ID,
		CreatedBy:       r.CreatedBy,
		Name:            domain.Restore[domain.Name](r.Name),
		DateOfBirth:     domain.Restore[domain.Date](r.DateOfBirth),
		Phone:           domain.Restore[domain.Phone](r.Phone),
		Gender:          domain.Restore[domain.Gender](r.Gender),
		Address:         domain.Restore[domain.Text](r.Address),
		MedicalRecord:   domain.Restore[domain.Text](r.MedicalRecord),
		AssignedDoctors: r.AssignedDoctors.ids(),
	}
}

// idList is ids as one column: "3,5".
type idList string

func (l idList) ids() []domain.ID {
	if l == "" {
		return []domain.ID{}
	}
	texts := strings.Split(string(l), ",")
	ids := make([]domain.ID, len(texts))
	for i, text := range texts {
		n, _ := strconv.ParseInt(text, 10, 64) // The database wrote it from an integer.
		ids[i] = domain.ID(n)
	}
	return ids
}

// patients implements ports.Patients.
type patients struct{ *querier }

func (s patients) Add(ctx context.Context, patient domain.Patient) (domain.Patient, error) {
	if err := s.returning(ctx, &patient.ID, insertPatient, patientValues(patient)...); err != nil {
		return domain.Patient{}, s.unregistered(err)
	}
	patient.AssignedDoctors = []domain.ID{}
	return patient, nil
}

func (s patients) restore(ctx context.Context, list []domain.Patient) error {
	return s.unregistered(changeRows(ctx, s.querier, restorePatients, list, func(patient domain.Patient) []any {
		return append(patientValues(patient), patient.ID)
	}))
}

// patientValues are what Add stores, in the order of the statement.
func patientValues(patient domain.Patient) []any {
	return []any{
		patient.CreatedBy, patient.Name.String(), textOrNull(patient.DateOfBirth), patient.Phone.String(),
		textOrNull(patient.Gender), patient.Address.String(), patient.MedicalRecord.String(),
	}
}

// unregistered says of an error of an insert that there is no such user.
func (s patients) unregistered(err error) error {
	if isNoReference(err) {
		return s.refuse(domain.ErrNoSuchReference("created_by"))
	}
	return err
}

func (s patients) Get(ctx context.Context, id domain.ID) (domain.Patient, error) {
	var row patientRow
	err := s.get(ctx, &row, selectPatient+s.locking(forChange), id)
	return row.entity(), err
}

func (s patients) Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error) {
	return readIDs(ctx, s.querier, selectPatientIDs, forReference, ids)
}

func (s patients) Save(ctx context.Context, patient domain.Patient) error {
	return s.change(ctx, updatePatient, patient.ID,
		patient.Name.String(), textOrNull(patient.DateOfBirth), patient.Phone.String(),
		textOrNull(patient.Gender), patient.Address.String(), patient.MedicalRecord.String())
}

func (s patients) Delete(ctx context.Context, id domain.ID) (domain.Patient, []domain.Mapping, error) {
	ended, err := mappings(s).end(ctx, id, lockMappingsOfPatient, lockPatient, deleteMappingsOfPatient)
	if err != nil {
		return domain.Patient{}, nil, err
	}
	var row patientRow
	err = mappings(s).missed(s.returning(ctx, &row, deletePatient, id))
	patient := row.entity()
	for _, mapping := range ended {
		patient.AssignedDoctors = append(patient.AssignedDoctors, mapping.DoctorID)
	}
	slices.Sort(patient.AssignedDoctors)
	return patient, ended, err
}

func (s patients) List(ctx context.Context, page domain.Page) ([]domain.Patient, error) {
	return entities[patientRow](ctx, s.querier, selectPatients, page.After, page.Limit, domain.MaxPageBytes)
}

func (s patients) OfDoctor(ctx context.Context, doctor domain.ID, page domain.Page) ([]domain.Patient, error) {
	return entities[patientRow](ctx, s.querier, selectPatientsOfDoctor, page.After, page.Limit, domain.MaxPageBytes, doctor)
}
