package httpapi

import (
	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/domain"
)

func readPatient(b *body) domain.PatientInput {
	return domain.PatientInput{
		Name:          b.text("name"),
		DateOfBirth:   b.date("date_of_birth"),
		Phone:         b.text("phone_number"),
		Gender:        b.text("gender"),
		Address:       b.text("address"),
		MedicalRecord: b.text("medical_record"),
		Email:         b.text("email"),
		ExternalID:    b.text("external_id"),
		Unknown:       b.rest("id", "created_by", "created_at", "updated_at", "version", "assigned_doctors"),
	}
}

func showPatient(patient domain.PatientView) recordView {
	return newRecordView(patient, recordjson.Patient(patient))
}
