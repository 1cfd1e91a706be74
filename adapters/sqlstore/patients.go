package sqlstore

import (
	"context"
	"strconv"
	"strings"

	"example.com/healthcare/domain"
)

type patientRow struct {
	ID            domain.ID    `db:"id" json:"id"`
	CreatedBy     domain.ID    `db:"created_by" json:"created_by"`
	Name          string       `db:"name" json:"name"`
	DateOfBirth   day          `db:"date_of_birth" json:"date_of_birth"`
	Phone         string       `db:"phone_number" json:"phone_number"`
	LongPhone     nullableText `db:"phone_number_long" json:"phone_number_long,omitempty"`
	Gender        nullableText `db:"gender" json:"gender"`
	Address       freeText     `db:"address" json:"address"`
	MedicalRecord freeText     `db:"medical_record" json:"medical_record"`
	Email         string       `db:"email" json:"email"`
	ExternalID    nullableText `db:"external_id" json:"external_id"`
	Version       int          `db:"version" json:"version"`
	CreatedAt     instant      `db:"created_at" json:"created_at"`
	UpdatedAt     instant      `db:"updated_at" json:"updated_at"`
}

func newPatientRow(patient domain.Patient) patientRow {
	phone, longPhone := phoneColumns(patient.Phone)
	return patientRow{
		ID:            patient.ID,
		CreatedBy:     patient.CreatedBy,
		Name:          patient.Name.String(),
		DateOfBirth:   day(patient.DateOfBirth.String()),
		Phone:         phone,
		LongPhone:     longPhone,
		Gender:        nullableText(patient.Gender.String()),
		Address:       freeText(patient.Address.String()),
		MedicalRecord: freeText(patient.MedicalRecord.String()),
		Email:         patient.Email.String(),
		ExternalID:    nullableText(patient.ExternalID.String()),
		Version:       patient.Version,
		CreatedAt:     newInstant(patient.CreatedAt),
		UpdatedAt:     newInstant(patient.UpdatedAt),
	}
}

func (r patientRow) entity() domain.Patient {
	return domain.Patient{
		ID:            r.ID,
		CreatedBy:     r.CreatedBy,
		Name:          domain.FromStored[domain.Name](r.Name),
		DateOfBirth:   domain.FromStored[domain.Date](string(r.DateOfBirth)),
		Phone:         phoneOf(r.Phone, r.LongPhone),
		Gender:        domain.FromStored[domain.Gender](string(r.Gender)),
		Address:       domain.FromStored[domain.Text](string(r.Address)),
		MedicalRecord: domain.FromStored[domain.Text](string(r.MedicalRecord)),
		Email:         domain.FromStored[domain.Email](r.Email),
		ExternalID:    domain.FromStored[domain.ExternalID](string(r.ExternalID)),
		Stamp:         domain.Stamp{Version: r.Version, CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time},
	}
}

var patientKind = newKind(kind[patientRow, domain.Patient]{
	subject: domain.SubjectPatient,
	table:   "patients",
	row:     newPatientRow,
	added: func(patient domain.Patient, id domain.ID) domain.Patient {
		patient.ID = id
		return patient
	},
	fixed: []string{"created_by", "created_at"},
	derived: findingColumns(
		func(patient domain.Patient) int { return patient.Version },
		derived[domain.Patient]{"name_folded", func(patient domain.Patient) any { return domain.SortKey(patient.Name.String()) }},
		derived[domain.Patient]{"phone_digits", func(patient domain.Patient) any { return patient.Phone.Digits() }},
	),
	noReference: func() error { return domain.ErrNoSuchReference("created_by") },
})

var (
	patientViewColumns = patientKind.columns + `,
			COALESCE((
				SELECT string_agg(CAST(assigned.doctor_id AS TEXT), ',' ORDER BY assigned.doctor_id)
				FROM mappings AS assigned
				WHERE assigned.patient_id = patients.id
			), '') AS assigned_doctors`
	selectPatientView = `
		SELECT ` + patientViewColumns + `
		FROM patients
		WHERE patients.id = $1`
	// A page ends once its rows have $3 bytes of free text. The database must check this: it
	// would send all rows even if the store stopped reading.
	selectPatients = `
		SELECT ` + patientViewColumns + `
		FROM (
			SELECT patients.*, ` + patientKind.freeTextBefore + `
			FROM patients
			WHERE patients.id > $1
			ORDER BY patients.id
			LIMIT $2
		) AS patients
		WHERE patients.free_text_before < $3
		ORDER BY patients.id`
	selectPatientsOfDoctor = `
		SELECT ` + patientViewColumns + `
		FROM (
			SELECT patients.*, ` + patientKind.freeTextBefore + `
			FROM mappings JOIN patients ON patients.id = mappings.patient_id
			WHERE mappings.doctor_id = $4 AND mappings.patient_id > $1
			ORDER BY mappings.patient_id
			LIMIT $2
		) AS patients
		WHERE patients.free_text_before < $3
		ORDER BY patients.id`
)

type patientViewRow struct {
	patientRow
	AssignedDoctors idList `db:"assigned_doctors"`
}

func (r patientViewRow) entity() domain.PatientView {
	return domain.PatientView{Patient: r.patientRow.entity(), AssignedDoctors: r.AssignedDoctors.ids()}
}

// idList is a column that holds IDs as text: "3,5".
type idList string

func (l idList) ids() []domain.ID {
	if l == "" {
		return []domain.ID{}
	}
	texts := strings.Split(string(l), ",")
	ids := make([]domain.ID, len(texts))
	for i, text := range texts {
		n, _ := strconv.ParseInt(text, 10, 64) // The database made the text from an integer.
		ids[i] = domain.ID(n)
	}
	return ids
}

// patients implements ports.Patients.
type patients struct {
	records[patientRow, domain.Patient]
}

func (s patients) GetView(ctx context.Context, id domain.ID) (domain.PatientView, error) {
	var row patientViewRow
	err := s.get(ctx, &row, selectPatientView+s.locking(forChange), id)
	return row.entity(), err
}

func (s patients) List(ctx context.Context, filter domain.PatientFilter, page domain.Page) ([]domain.PatientView, error) {
	if filter.DoctorID != 0 {
		return entities[patientViewRow](ctx, s.querier, selectPatientsOfDoctor, page.After, page.Limit, domain.MaxPageBytes, filter.DoctorID)
	}
	return entities[patientViewRow](ctx, s.querier, selectPatients, page.After, page.Limit, domain.MaxPageBytes)
}
