package httpapi

import "example.com/healthcare/domain"

func readDoctor(b *body) domain.DoctorInput {
	return domain.DoctorInput{
		Name:           b.text("name"),
		Specialization: b.text("specialization"),
		LicenseNumber:  b.text("license_number"),
		Salary:         b.number("salary"),
		Unknown:        b.rest("id", "joined_at", "created_at", "updated_at", "version"),
	}
}

func showDoctor(doctor domain.Doctor) recordView { return showRecord(doctor) }
