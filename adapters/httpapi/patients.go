package httpapi

import "example.com/healthcare/domain"

func readPatient(b *body) domain.PatientInput {
	return domain.PatientInput{
		Name:          b.text("name"),
		DateOfBirth:   b.date("date_of_birth"),
		Phone:         b.text("phone_number"),
		Gender:        b.text("gender"),
		Address:       b.text("address"),
		MedicalRecord: b.text("medical_record"),
		Unknown:       b.rest("id", "created_by", "assigned_doctors"),
	}
}

func showPatient(patient domain.PatientView) recordView {
	return showRecord(patient, member{"assigned_doctors", patient.AssignedDoctors})
}
