package sqlstore

import (
	"context"
	"slices"
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
	key:   []string{"external_id"},
	derived: findingColumns(
		func(patient domain.Patient) int { return patient.Version },
		derived[domain.Patient]{"name_folded", func(patient domain.Patient) any { return domain.SortKey(patient.Name.String()) }},
		derived[domain.Patient]{"phone_digits", func(patient domain.Patient) any { return patient.Phone.Digits() }},
	),
	noReference: func() error { return domain.ErrNoSuchReference("created_by") },
})

// assignedDoctors is the column assigned_doctors of a patient's row.
const assignedDoctors = `,
			COALESCE((
				SELECT string_agg(CAST(assigned.doctor_id AS TEXT), ',' ORDER BY assigned.doctor_id)
				FROM mappings AS assigned
				WHERE assigned.patient_id = patients.id
			), '') AS assigned_doctors`

var patientListSQL = listSQL{
	table:     "patients",
	columns:   patientKind.short,
	freeTexts: patientKind.freeTexts,
	derived:   assignedDoctors,
	conditions: map[string]conditionSQL{
		"gender":        {expression: "COALESCE(patients.gender, 'none')", indexed: true, choice: true},
		"date_of_birth": {expression: birthOrder, present: birthOrder + " <> '" + noDay + "'", argument: dayArgument, indexed: true},
		"created_by":    byIndex("patients.created_by"),
		"doctor_id":     {join: "mappings AS of_doctor", id: "of_doctor.patient_id", expression: "of_doctor.doctor_id"},
		"has_doctor":    {yes: "EXISTS (" + anyDoctor + ")", no: "NOT EXISTS (" + anyDoctor + ")"},
		"external_id":   byColumn("patients.external_id"),
		// The indexes on these leave out patients who have none.
		"email":        byColumn("patients.email <> '' AND patients.email"),
		"phone_number": byColumn("patients.phone_digits <> '' AND patients.phone_digits"),
		"created_at":   byIndex("patients.created_at"),
		"updated_at":   byIndex("patients.updated_at"),
	},
	orders: map[string]orderSQL{
		"name":          {expression: "patients.name_folded"},
		"date_of_birth": {expression: birthOrder, argument: dayOrLast},
		"created_at":    {expression: "patients.created_at"},
		"updated_at":    {expression: "patients.updated_at"},
	},
}

// birthOrder is the expression of the index on dates of birth.
const birthOrder = "COALESCE(patients.date_of_birth, '" + noDay + "')"

const anyDoctor = "SELECT 1 FROM mappings AS assigned WHERE assigned.patient_id = patients.id"

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
	lists[patientViewRow, domain.PatientView]
}

func (s patients) GetView(ctx context.Context, id domain.ID, fields ...string) (domain.PatientView, error) {
	columns := patientKind.short
	for _, column := range patientKind.freeTexts {
		if fields == nil || slices.Contains(fields, column) {
			columns += ", patients." + column
		}
	}
	var row patientViewRow
	err := s.records.get(ctx, &row, "SELECT "+columns+assignedDoctors+" FROM patients WHERE patients.id = $1"+s.records.locking(forChange), id)
	return row.entity(), err
}
