package application

import (
	"time"

	"example.com/healthcare/domain"
)

// ImportRules say how an import treats a file.
type ImportRules struct {
	// CreatedBy is the user who becomes the creator of new patients.
	CreatedBy domain.ID
	// AddKeyless adds patients without an external id. They are added again each time that
	// the file is imported.
	AddKeyless bool
	// DryRun only reports what an import would do.
	DryRun bool
	// Batch is the largest number of rows that are committed together. If it is zero, all
	// rows are, and nothing is imported if one of them is refused.
	Batch int
	// Pause is the time between two batches, in which other writers get a turn. A store with
	// one writer at a time needs it.
	Pause time.Duration
}

// ImportOutcome is what an import does with a row.
type ImportOutcome string

// The outcomes.
const (
	ImportNew     ImportOutcome = "new"
	ImportChanged ImportOutcome = "changed"
	ImportSame    ImportOutcome = "same"
	ImportRefused ImportOutcome = "refused"
)

// ImportResult is what happened, or would happen, to one row. It has no values of the record.
type ImportResult struct {
	Line    int
	Cells   []string
	Outcome ImportOutcome
	// ID is the record's. It is zero for a refused row, and for a new record that is not
	// added yet.
	ID domain.ID
	// Changed are the names of the fields that change.
	Changed []string
	// Reason is why the row is refused: Invalid or Conflict.
	Reason error
	// Namesakes are existing patients with the folded name and the birth date of a new one.
	// NamesakeLine is an earlier line of the file with such a patient, zero if there is none.
	Namesakes    []domain.ID
	NamesakeLine int
}

// ImportSummary counts the rows of an import by outcome.
type ImportSummary struct {
	New, Changed, Same, Refused int
	// Written says whether the new and changed rows were written. It is false after a dry
	// run, and if a refused row has prevented the import.
	Written bool
}

// Add counts a row.
func (s *ImportSummary) Add(outcome ImportOutcome) {
	switch outcome {
	case ImportNew:
		s.New++
	case ImportChanged:
		s.Changed++
	case ImportSame:
		s.Same++
	case ImportRefused:
		s.Refused++
	}
}
