package sqlstore

import (
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type mappingRow struct {
	ID         domain.ID `db:"id" json:"id"`
	PatientID  domain.ID `db:"patient_id" json:"patient_id"`
	DoctorID   domain.ID `db:"doctor_id" json:"doctor_id"`
	AssignedAt instant   `db:"assigned_at" json:"assigned_at"`
	Version    int       `db:"version" json:"version"`
	CreatedAt  instant   `db:"created_at" json:"created_at"`
	UpdatedAt  instant   `db:"updated_at" json:"updated_at"`
}

func newMappingRow(mapping domain.Mapping) mappingRow {
	return mappingRow{
		ID:         mapping.ID,
		PatientID:  mapping.PatientID,
		DoctorID:   mapping.DoctorID,
		AssignedAt: newInstant(mapping.AssignedAt),
		Version:    mapping.Version,
		CreatedAt:  newInstant(mapping.CreatedAt),
		UpdatedAt:  newInstant(mapping.UpdatedAt),
	}
}

func (r mappingRow) entity() domain.Mapping {
	return domain.Mapping{
		ID:         r.ID,
		PatientID:  r.PatientID,
		DoctorID:   r.DoctorID,
		AssignedAt: r.AssignedAt.Time,
		Stamp:      domain.Stamp{Version: r.Version, CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time},
	}
}

var mappingKind = newKind(kind[mappingRow, domain.Mapping]{
	subject: domain.SubjectMapping,
	table:   "mappings",
	row:     newMappingRow,
	added: func(mapping domain.Mapping, id domain.ID) domain.Mapping {
		mapping.ID = id
		mapping.AssignedAt = ports.ToMicroseconds(mapping.AssignedAt)
		return mapping
	},
	fixed: []string{"created_at"},
	key:   []string{"patient_id", "doctor_id"},
})

var assignmentListSQL = listSQL{
	table: "mappings",
	columns: `mappings.id AS mapping_id, mappings.patient_id, mappings.assigned_at, mappings.version AS mapping_version,
			patients.name AS patient_name, patients.external_id AS patient_external_id, ` + doctorKind.columns,
	joins: ` JOIN patients ON patients.id = mappings.patient_id JOIN doctors ON doctors.id = mappings.doctor_id`,
	conditions: map[string]conditionSQL{
		"patient_id":  byIndex("mappings.patient_id"),
		"doctor_id":   byIndex("mappings.doctor_id"),
		"assigned_at": byIndex("mappings.assigned_at"),
	},
	orders: map[string]orderSQL{
		"assigned_at": {expression: "mappings.assigned_at"},
	},
}

// mappings implements ports.Mappings.
type mappings struct {
	records[mappingRow, domain.Mapping]
	lists[assignmentRow, domain.Assignment]
}

type assignmentRow struct {
	MappingID         domain.ID    `db:"mapping_id"`
	PatientID         domain.ID    `db:"patient_id"`
	PatientName       string       `db:"patient_name"`
	PatientExternalID nullableText `db:"patient_external_id"`
	AssignedAt        instant      `db:"assigned_at"`
	MappingVersion    int          `db:"mapping_version"`
	doctorRow
}

func (r assignmentRow) entity() domain.Assignment {
	return domain.Assignment{
		ID:                r.MappingID,
		PatientID:         r.PatientID,
		PatientName:       domain.FromStored[domain.Name](r.PatientName),
		PatientExternalID: domain.FromStored[domain.ExternalID](string(r.PatientExternalID)),
		Doctor:            r.doctorRow.entity(),
		AssignedAt:        r.AssignedAt.Time,
		Version:           r.MappingVersion,
	}
}
