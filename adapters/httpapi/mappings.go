package httpapi

import (
	"context"
	"time"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func readMapping(b *body) domain.MappingInput {
	return domain.MappingInput{
		Patient: b.reference("patient"),
		Doctor:  b.reference("doctor"),
		Unknown: b.rest("id", "assigned_at"),
	}
}

type mappingView struct {
	ID         domain.ID `json:"id"`
	Patient    domain.ID `json:"patient"`
	Doctor     domain.ID `json:"doctor"`
	AssignedAt time.Time `json:"assigned_at"`
}

func showMapping(mapping domain.Mapping) mappingView {
	return mappingView{ID: mapping.ID, Patient: mapping.PatientID, Doctor: mapping.DoctorID, AssignedAt: mapping.AssignedAt}
}

type deletedMappingView struct {
	mappingView
	deletionView
	// EndedWith is the doctor or patient with whom the mapping was deleted; null
	// where it was ended by itself.
	EndedWith *recordView `json:"ended_with"`
}

func showDeletedMapping(version domain.Version[domain.Mapping]) deletedMappingView {
	return deletedMappingView{showMapping(version.Record), showDeletion(version), showReference(version.With)}
}

func (m mappingView) location() string { return "/api/mappings/" + m.ID.String() + "/" }

type assignmentView struct {
	ID         domain.ID      `json:"id"`
	Patient    patientRefView `json:"patient"`
	Doctor     doctorView     `json:"doctor"`
	AssignedAt time.Time      `json:"assigned_at"`
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
		AssignedAt: assignment.AssignedAt,
	}
}

func listMappings(mappings *application.Mappings) handler {
	return func(c echo.Context, actor domain.Actor) error {
		query, err := readQuery(c)
		if err != nil {
			return err
		}
		return list(func(ctx context.Context, actor domain.Actor, page domain.PageInput) (application.Page[domain.Assignment], error) {
			return mappings.List(ctx, actor, domain.MappingQuery{
				Patient: query.input("patient_id"),
				Doctor:  query.input("doctor_id"),
				Page:    page,
			})
		}, showAssignment)(c, actor)
	}
}
