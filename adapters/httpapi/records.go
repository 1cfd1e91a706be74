package httpapi

import (
	"time"

	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/domain"
)

// The shapes of JSON objects that files of records share with the API.
type (
	member = recordjson.Member
	object = recordjson.Object
)

// recordView shows a record or an account as one JSON object.
type recordView struct {
	object
	path string
}

// location is the path of the record.
func (v recordView) location() string { return v.path }

// showRecord shows a record, and then the members that a view adds.
func showRecord(record domain.Record, added ...member) recordView {
	return newRecordView(record, recordjson.Record(record, added...))
}

func newRecordView(record domain.Record, shown object) recordView {
	self := record.Self()
	return recordView{shown, listPath(domain.RecordKindOf(self.Kind)) + self.ID.String() + "/"}
}

// listPath returns the path of the list of a kind of records.
func listPath(kind domain.RecordKind) string { return "/api/" + kind.Plural + "/" }

func showInstant(at time.Time) string { return recordjson.Instant(at) }
