package httpapi

import (
	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/domain"
)

func readMapping(b *body) domain.MappingInput {
	return domain.MappingInput{
		Patient: b.reference("patient"),
		Doctor:  b.reference("doctor"),
		Unknown: b.rest("id", "assigned_at", "version"),
	}
}

func showMapping(mapping domain.Mapping) recordView { return showRecord(mapping) }

func showAssignment(assignment domain.Assignment) object { return recordjson.Assignment(assignment) }
