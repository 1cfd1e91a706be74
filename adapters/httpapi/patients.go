package httpapi

import "example.com/healthcare/domain"

func readPatient(b *body) domain.PatientInput {
	return domain.PatientInput{
		Name:          b.text("name"),
		DateOfBirth:   b.text("date_of_birth"),
		Phone:         b.text("phone_number"),
		Gender:        b.text("gender"),
		Address:       b.text("address"),
		MedicalRecord: b.text("medical_record"),
		Unknown:       b.rest("id", "created_by", "assigned_doctors"),
	}
}

type patientView struct {
	ID              domain.ID   `json:"id"`
	CreatedBy       domain.ID   `json:"created_by"`
	Name            string      `json:"name"`
	DateOfBirth     *string     `json:"date_of_birth"`
	Phone           string      `json:"phone_number"`
	Gender          *string     `json:"gender"`
	Address         string      `json:"address"`
	MedicalRecord   string      `json:"medical_record"`
	AssignedDoctors []domain.ID `json:"assigned_doctors"`
}

func showPatient(patient domain.Patient) patientView {
	return patientView{
		ID:              patient.ID,
		CreatedBy:       patient.CreatedBy,
		Name:            patient.Name.String(),
		DateOfBirth:     nullIfEmpty(patient.DateOfBirth.String()),
		Phone:           patient.Phone.String(),
		Gender:          nullIfEmpty(patient.Gender.String()),
		Address:         patient.Address.String(),
		MedicalRecord:   patient.MedicalRecord.String(),
		AssignedDoctors: patient.AssignedDoctors,
	}
}

func (p patientView) location() string { return "/api/patients/" + p.ID.String() + "/" }

func nullIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
