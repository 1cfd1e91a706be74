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
	patientRecordView
	AssignedDoctors []domain.ID `json:"assigned_doctors"`
}

// patientRecordView is what versions have of a patient: mappings have versions of
// their own.
type patientRecordView struct {
	ID            domain.ID `json:"id"`
	CreatedBy     domain.ID `json:"created_by"`
	Name          string    `json:"name"`
	DateOfBirth   *string   `json:"date_of_birth"`
	Phone         string    `json:"phone_number"`
	Gender        *string   `json:"gender"`
	Address       string    `json:"address"`
	MedicalRecord string    `json:"medical_record"`
}

func showPatient(patient domain.Patient) patientView {
	return patientView{showPatientRecord(patient), patient.AssignedDoctors}
}

func showPatientRecord(patient domain.Patient) patientRecordView {
	return patientRecordView{
		ID:            patient.ID,
		CreatedBy:     patient.CreatedBy,
		Name:          patient.Name.String(),
		DateOfBirth:   nullIfEmpty(patient.DateOfBirth.String()),
		Phone:         patient.Phone.String(),
		Gender:        nullIfEmpty(patient.Gender.String()),
		Address:       patient.Address.String(),
		MedicalRecord: patient.MedicalRecord.String(),
	}
}

type deletedPatientView struct {
	patientRecordView
	deletionView
}

func showDeletedPatient(version domain.Version[domain.Patient]) deletedPatientView {
	return deletedPatientView{showPatientRecord(version.Record), showDeletion(version)}
}

func (p patientView) location() string { return "/api/patients/" + p.ID.String() + "/" }

func nullIfEmpty(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
