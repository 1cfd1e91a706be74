package httpapi

import "example.com/healthcare/domain"

func readMapping(b *body) domain.MappingInput {
	return domain.MappingInput{
		Patient: b.reference("patient"),
		Doctor:  b.reference("doctor"),
		Unknown: b.rest("id", "assigned_at", "version"),
	}
}

func showMapping(mapping domain.Mapping) recordView { return showRecord(mapping) }

type assignmentView struct {
	ID         domain.ID      `json:"id"`
	Patient    patientRefView `json:"patient"`
	Doctor     recordView     `json:"doctor"`
	AssignedAt string         `json:"assigned_at"`
	Version    int            `json:"version"`
}

type patientRefView struct {
	ID   domain.ID `json:"id"`
	Name string    `json:"name"`
}

func showAssignment(assignment domain.Assignment) assignmentView {
	return assignmentView{
		ID:         assignment.ID,
		Patient:    patientRefView{ID: assignment.PatientID, Name: assignment.PatientName.String()},
		Doctor:     showDoctor(assignment.Doctor),
		AssignedAt: showInstant(assignment.AssignedAt),
		Version:    assignment.Version,
	}
}
