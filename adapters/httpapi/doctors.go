package httpapi

import "example.com/healthcare/domain"

func readDoctor(b *body) domain.DoctorInput {
	return domain.DoctorInput{
		Name:           b.text("name"),
		Specialization: b.text("specialization"),
		LicenseNumber:  b.text("license_number"),
		Salary:         b.number("salary"),
		Unknown:        b.rest("id", "joined_at"),
	}
}

type doctorView struct {
	ID             domain.ID `json:"id"`
	Name           string    `json:"name"`
	JoinedAt       string    `json:"joined_at"`
	Specialization string    `json:"specialization"`
	LicenseNumber  string    `json:"license_number"`
	Salary         string    `json:"salary,omitempty"`
}

func showDoctor(doctor domain.Doctor) doctorView {
	return doctorView{
		ID:             doctor.ID,
		Name:           doctor.Name.String(),
		JoinedAt:       doctor.JoinedAt.String(),
		Specialization: doctor.Specialization.String(),
		LicenseNumber:  doctor.LicenseNumber.String(),
		Salary:         doctor.Salary.String(),
	}
}

type deletedDoctorView struct {
	doctorView
	deletionView
}

func showDeletedDoctor(version domain.Version[domain.Doctor]) deletedDoctorView {
	return deletedDoctorView{showDoctor(version.Record), showDeletion(version)}
}

func (d doctorView) location() string { return "/api/doctors/" + d.ID.String() + "/" }
