package sqlstore

import (
	"example.com/healthcare/domain"
)

type doctorRow struct {
	ID             domain.ID `db:"id" json:"id"`
	Name           string    `db:"name" json:"name"`
	JoinedAt       day       `db:"joined_at" json:"joined_at"`
	Specialization string    `db:"specialization" json:"specialization"`
	LicenseNumber  string    `db:"license_number" json:"license_number"`
	// LicenseKey is equal for all spellings of a licence number. The versions of older
	// releases do not have it.
	LicenseKey string  `db:"license_key" json:"license_key"`
	Salary     string  `db:"salary" json:"salary"`
	Version    int     `db:"version" json:"version"`
	CreatedAt  instant `db:"created_at" json:"created_at"`
	UpdatedAt  instant `db:"updated_at" json:"updated_at"`
}

func newDoctorRow(doctor domain.Doctor) doctorRow {
	return doctorRow{
		ID:             doctor.ID,
		Name:           doctor.Name.String(),
		JoinedAt:       day(doctor.JoinedAt.String()),
		Specialization: doctor.Specialization.String(),
		LicenseNumber:  doctor.LicenseNumber.String(),
		LicenseKey:     doctor.LicenseNumber.Key(),
		Salary:         doctor.Salary.String(),
		Version:        doctor.Version,
		CreatedAt:      newInstant(doctor.CreatedAt),
		UpdatedAt:      newInstant(doctor.UpdatedAt),
	}
}

func (r doctorRow) entity() domain.Doctor {
	return domain.Doctor{
		ID:             r.ID,
		Name:           domain.FromStored[domain.Name](r.Name),
		JoinedAt:       domain.FromStored[domain.Date](string(r.JoinedAt)),
		Specialization: domain.FromStored[domain.Specialization](r.Specialization),
		LicenseNumber:  domain.StoredLicenseNumber(r.LicenseNumber, r.LicenseKey),
		Salary:         domain.FromStored[domain.Salary](r.Salary),
		Stamp:          domain.Stamp{Version: r.Version, CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time},
	}
}

var doctorKind = newKind(kind[doctorRow, domain.Doctor]{
	subject: domain.SubjectDoctor,
	table:   "doctors",
	row:     newDoctorRow,
	added: func(doctor domain.Doctor, id domain.ID) domain.Doctor {
		doctor.ID = id
		return doctor
	},
	fixed: []string{"joined_at", "created_at"},
	key:   []string{"license_key"},
	derived: findingColumns(
		func(doctor domain.Doctor) int { return doctor.Version },
		derived[domain.Doctor]{"name_folded", func(doctor domain.Doctor) any { return domain.SortKey(doctor.Name.String()) }},
		derived[domain.Doctor]{"specialization_folded", func(doctor domain.Doctor) any { return domain.SortKey(doctor.Specialization.String()) }},
		derived[domain.Doctor]{"license_number_folded", func(doctor domain.Doctor) any { return domain.SortKey(doctor.LicenseNumber.String()) }},
	),
})

var doctorListSQL = listSQL{
	table:   "doctors",
	columns: doctorKind.columns,
	conditions: map[string]conditionSQL{
		"specialization": byIndex("doctors.specialization_folded"),
		"license_number": byColumn("doctors.license_key"),
		"joined_at":      {expression: "doctors.joined_at", argument: dayArgument, indexed: true},
		"patient_id":     {join: "mappings AS of_patient", id: "of_patient.doctor_id", expression: "of_patient.patient_id"},
		"created_at":     byIndex("doctors.created_at"),
		"updated_at":     byIndex("doctors.updated_at"),
	},
	orders: map[string]orderSQL{
		"name":           {expression: "doctors.name_folded"},
		"specialization": {expression: "doctors.specialization_folded"},
		"license_number": {expression: "doctors.license_number_folded"},
		"joined_at":      {expression: "doctors.joined_at", argument: dayArgument},
		"created_at":     {expression: "doctors.created_at"},
		"updated_at":     {expression: "doctors.updated_at"},
	},
}

// doctors implements ports.Doctors.
type doctors struct {
	records[doctorRow, domain.Doctor]
	lists[doctorRow, domain.Doctor]
}
