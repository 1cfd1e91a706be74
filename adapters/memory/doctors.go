package memory

import (
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var doctorKind = kind[domain.Doctor]{
	collection: func(s *state) *collection[domain.Doctor] { return &s.doctors },
	withID: func(doctor domain.Doctor, id domain.ID) domain.Doctor {
		doctor.ID = id
		return ports.StampToMicroseconds(doctor)
	},
	saved: func(before, doctor domain.Doctor) domain.Doctor {
		doctor.JoinedAt, doctor.CreatedAt = before.JoinedAt, before.CreatedAt
		return doctor
	},
}

// doctors implements ports.Doctors.
type doctors struct {
	records[domain.Doctor]
	lists[domain.Doctor]
}
