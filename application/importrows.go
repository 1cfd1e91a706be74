package application

import (
	"context"
	"iter"

	"example.com/healthcare/domain"
)

// ImportRow is one row of a file of records. In is domain.PatientInput, domain.DoctorInput
// or MappingKeys.
type ImportRow[In any] struct {
	// Line is the line of the file on which the row begins, from 1.
	Line int
	// Store and ID name the record if the row is from an export. Both are zero otherwise.
	// The ID counts only in the store that it came from.
	Store domain.StoreID
	ID    domain.ID
	// Input has the values of the row. Empty cells are absent, so they change nothing.
	Input In
	// Cells are the row as it was read, for the file of refused rows.
	Cells []string
	// Err says why the row cannot be read: it is Invalid, with Fields by column. Such a
	// row is refused, and the rows after it are read.
	Err error
}

// ImportRows reads a file from its beginning, each time that it is called. An error is
// about the file and not about a row, and ends the sequence.
type ImportRows[In any] func(ctx context.Context) iter.Seq2[ImportRow[In], error]

// MappingKeys are the two sides of a mapping in a file: the patient's external id and the
// doctor's licence number. Patient and Doctor are the ids, in a row from an export.
type MappingKeys struct {
	PatientExternalID   domain.Input
	DoctorLicenseNumber domain.Input
	Patient             domain.Input
	Doctor              domain.Input
}
