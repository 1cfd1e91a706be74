package recordfiles

import (
	"bufio"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/domain"
)

// Format is a format of files, named by its media type.
type Format string

// The formats.
const (
	CSV    Format = "text/csv"
	NDJSON Format = "application/x-ndjson"
)

// ContentType is the value of the header Content-Type for a file.
func (f Format) ContentType() string {
	if f == CSV {
		return "text/csv; charset=utf-8; header=present"
	}
	return string(f)
}

// Kind says how records of one kind are written.
type Kind[T any] struct {
	name    string
	listing domain.Listing[T]
	show    func(T) recordjson.Object
	// flattened are the members that are objects, each with those of its members that have
	// columns in CSV. The column patient_name has the member name of the member patient.
	flattened map[string][]string
}

// The kinds.
var (
	Patients = Kind[domain.PatientView]{name: "patients", listing: domain.PatientList, show: recordjson.Patient}
	Doctors  = Kind[domain.Doctor]{name: "doctors", listing: domain.DoctorList, show: recordjson.Doctor}
	Mappings = Kind[domain.Assignment]{name: "mappings", listing: domain.AssignmentList, show: recordjson.Assignment, flattened: map[string][]string{
		"patient": {"id", "external_id", "name"}, "doctor": {"id", "license_number", "name"},
	}}
	Users = Kind[domain.User]{name: "users", listing: domain.UserList, show: recordjson.User}
)

// File writes records of one kind in one format.
type File[T any] struct {
	Kind[T]
	format Format
	// members are those of a record that are written, in their usual order.
	members []string
	origin  string
}

// File returns a file with the members that actor can see. If fields is given, it has only
// those that this parameter of a list names. store is the ID of the store that the records
// are in.
func (k Kind[T]) File(format Format, actor domain.Actor, fields domain.Input, store domain.StoreID) (File[T], error) {
	in := domain.Parameters{}
	if fields != (domain.Input{}) {
		in["fields"] = fields
	}
	members, err := k.listing.ParseFields(actor, in)
	if members == nil {
		members = k.listing.Members(actor)
	}
	return File[T]{Kind: k, format: format, members: members, origin: origin{k.name, store}.String()}, err
}

// Header returns the first row of a table, with the names of the columns. NDJSON has none.
func (f File[T]) Header() string {
	if f.format == NDJSON {
		return ""
	}
	var names []string
	for _, member := range f.members {
		parts, isObject := f.flattened[member]
		if !isObject {
			names = append(names, member)
		}
		for _, part := range parts {
			names = append(names, member+"_"+part)
		}
	}
	return string(AppendRow(nil, append(names, storeColumn)...))
}

// Write writes records after those that were written before.
func (f File[T]) Write(w io.Writer, records []T) error {
	out := bufio.NewWriterSize(w, 64<<10)
	write := f.writeRows
	if f.format == NDJSON {
		write = f.writeLines
	}
	if err := write(out, records); err != nil {
		return err
	}
	return out.Flush()
}

func (f File[T]) writeRows(out *bufio.Writer, records []T) error {
	var row []byte
	var cells []string
	for _, record := range records {
		shown := f.show(record)
		cells = cells[:0]
		for _, member := range f.members {
			value := shown.Value(member)
			parts, isObject := f.flattened[member]
			if !isObject {
				cells = append(cells, cell(value))
			}
			for _, part := range parts {
				cells = append(cells, cell(value.(recordjson.Object).Value(part)))
			}
		}
		row = AppendRow(row[:0], append(cells, f.origin)...)
		if _, err := out.Write(row); err != nil {
			return err
		}
	}
	return nil
}

// writeLines writes U+FFFD in place of bytes that are not UTF-8, which SQLite can hold: one
// such text must not make a whole export fail.
func (f File[T]) writeLines(out *bufio.Writer, records []T) error {
	encoder := jsontext.NewEncoder(out, jsontext.AllowInvalidUTF8(true))
	for _, record := range records {
		line := append(f.show(record).Only(f.members...), recordjson.Member{Name: storeColumn, Value: f.origin})
		if err := line.MarshalJSONTo(encoder); err != nil {
			return err
		}
	}
	return nil
}

// AppendRow appends a row of CSV (RFC 4180) to table. Unlike encoding/csv, it keeps the line
// breaks within cells as they are.
func AppendRow(table []byte, cells ...string) []byte {
	for i, cell := range cells {
		if i > 0 {
			table = append(table, ',')
		}
		if strings.ContainsAny(cell, "\",;\t\r\n") || strings.TrimSpace(cell) != cell {
			cell = `"` + strings.ReplaceAll(cell, `"`, `""`) + `"`
		}
		table = append(table, cell...)
	}
	return append(table, "\r\n"...)
}
