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
	refuse: func(s *state, doctor domain.Doctor) error {
		if owner, taken := s.licenses.get(doctor.LicenseNumber.Key()); taken && owner != doctor.ID {
			return domain.ErrLicenseTaken()
		}
		return nil
	},
	index: func(s *state, doctor domain.Doctor) {
		s.licenses = s.licenses.set(doctor.LicenseNumber.Key(), doctor.ID)
	},
	unindex: func(s *state, doctor domain.Doctor) {
		s.licenses = s.licenses.delete(doctor.LicenseNumber.Key())
	},
}

// doctors implements ports.Doctors.
type doctors struct {
	records[domain.Doctor]
	lists[domain.Doctor]
}
