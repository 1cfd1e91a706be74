package httpapi

import (
	"context"

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

func showMapping(mapping domain.Mapping) recordView { return showRecord(mapping) }

type assignmentView struct {
	ID         domain.ID      `json:"id"`
	Patient    patientRefView `json:"patient"`
	Doctor     recordView     `json:"doctor"`
	AssignedAt string         `json:"assigned_at"`
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
