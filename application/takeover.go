package application

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Takeover holds the use-cases that make the users and records of this store equal to those
// of the old backend. The function TakeOver calls them. Each compares a batch of rows with
// what is here, and writes the differences in one Update, with one event that names what it
// wrote.
type Takeover struct {
	trail     *Trail
	passwords ports.Passwords
}

// TakeoverRules are what the operator decides.
type TakeoverRules struct {
	// CreatedBy becomes the user who registered the patients of deleted users. If it is
	// zero, these patients are refused.
	CreatedBy domain.ID
	// DeleteGone deletes the records, and deactivates the users, that are gone from the old
	// backend.
	DeleteGone bool
	// DryRun only plans.
	DryRun bool
}

// TakeoverBatch is a number of consecutive rows of one kind.
type TakeoverBatch[Row any] struct {
	Rows  []Row
	Rules TakeoverRules
	// Earlier is what the earlier batches of this run did. It can be nil.
	Earlier *TakeoverMemory
}

// TakeoverOutcome says what became of a row, or would become of it.
type TakeoverOutcome string

// The outcomes.
const (
	TakenNew     TakeoverOutcome = "new"
	TakenChanged TakeoverOutcome = "changed"
	TakenSame    TakeoverOutcome = "same"
	// TakenRefused is a row that is not here as it is in the old backend.
	TakenRefused TakeoverOutcome = "refused"
	// TakenGone is a record that was taken over and is gone from the old backend. It is
	// still here.
	TakenGone TakeoverOutcome = "gone"
	// TakenDeleted is such a record, deleted here. A user is deactivated.
	TakenDeleted TakeoverOutcome = "deleted"
)

// TakeoverRow is the result for one row of the old backend.
type TakeoverRow struct {
	Record  domain.Reference
	Outcome TakeoverOutcome
	// Changed are the names of the fields that changed.
	Changed []string
	// Problems are why the row was refused, or is still here.
	Problems []TakeoverNote
	// Notes are what else the operator should know about the row.
	Notes []TakeoverNote

	// isHere says that the record is here, perhaps in another state, or would be.
	isHere bool
	// key is unique among the rows of the kind.
	key string
}

// TakeoverNote is a remark on a field of a row. It contains no value of the row.
type TakeoverNote struct {
	Field string
	Why   string
	// Remedy says what to do. It is empty if there is nothing to do.
	Remedy string
}

const (
	mend     = "Correct it in the old backend and run the command again."
	runAgain = "Correct one of them in the old backend and run the command again."
)

// refuse makes the row refused.
func (r *TakeoverRow) refuse(field, why, remedy string) {
	r.Outcome = TakenRefused
	r.Changed = nil
	r.Problems = append(r.Problems, TakeoverNote{field, why, remedy})
}

// refuseInvalid refuses the row for each field that an Invalid error names. It returns any
// other error.
func (r *TakeoverRow) refuseInvalid(err error) error {
	invalid, ok := errors.AsType[*domain.Error](err)
	if !ok || invalid.Kind != domain.Invalid {
		return err
	}
	for _, field := range slices.Sorted(maps.Keys(invalid.Fields)) {
		r.refuse(field, strings.Join(invalid.Fields[field], " "), mend)
	}
	return nil
}

func (r *TakeoverRow) note(field, why, remedy string) {
	r.Notes = append(r.Notes, TakeoverNote{field, why, remedy})
}

// newTakeoverRow returns the result for a row, as far as it is known before the row is read.
func newTakeoverRow(kind domain.SubjectKind, id domain.ID) TakeoverRow {
	row := TakeoverRow{Record: domain.Reference{Kind: kind, ID: id}, Outcome: TakenNew}
	if id <= 0 {
		row.refuse("id", "An id must be positive.", mend)
	}
	return row
}

// planned is a row and what it makes of the entity here.
type planned[Row, T any] struct {
	TakeoverRow
	row Row
	// before is zero if there is no entity here.
	before, after T
}

func (p planned[Row, T]) writes() bool {
	return p.Outcome == TakenNew || p.Outcome == TakenChanged
}

// needsUpdate reports whether the row is written, or its ID must be reserved.
func (p planned[Row, T]) needsUpdate() bool { return p.writes() || !p.isHere }

// takeOverBatch runs one use-case of Takeover. plan runs in a View and, if there is something
// to write, once more in the Update, where it locks what it reads.
func takeOverBatch[Row, T any](ctx context.Context, trail *Trail, actor domain.Actor, kind domain.SubjectKind, dryRun bool,
	plan func(ports.Tx) ([]planned[Row, T], error), write func(ports.Tx, *pendingEvent, []planned[Row, T]) error,
) ([]TakeoverRow, error) {
	return runUseCase(ctx, trail, call{actor: actor, permission: domain.StoreTakeOver, kind: kind}, func(ctx context.Context, event *pendingEvent) ([]TakeoverRow, error) {
		plans, err := viewStore(ctx, trail.store, plan)
		if err != nil || dryRun || !slices.ContainsFunc(plans, planned[Row, T].needsUpdate) {
			return resultsOf(plans), err
		}
		return updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) ([]TakeoverRow, error) {
			plans, err := plan(tx)
			if err != nil {
				return nil, err
			}
			for _, planned := range plans {
				if planned.writes() {
					event.Subject.Shown = append(event.Subject.Shown, planned.Record.ID)
				}
			}
			if err := write(tx, event, plans); err != nil {
				return nil, err
			}
			// A row that was refused keeps its ID for the next run.
			return resultsOf(plans), tx.Takeover().ReserveIDs(ctx, kind, plans[len(plans)-1].Record.ID)
		})
	})
}

func resultsOf[Row, T any](plans []planned[Row, T]) []TakeoverRow {
	rows := make([]TakeoverRow, len(plans))
	for i, planned := range plans {
		rows[i] = planned.TakeoverRow
		if planned.Outcome == TakenRefused { // Its notes are about what was not done.
			rows[i].Notes = nil
		}
	}
	return rows
}

// origin says what the trail knows about how an entity came to be as it is.
type origin int

const (
	// madeHere was not taken over.
	madeHere origin = iota
	// changedHere was taken over, and somebody changed it here since.
	changedHere
	// takenOver is as it was taken over.
	takenOver
)

// originOf asks the trail whether the last change of an entity was a takeover. The event of a
// takeover has the time of the changes that it made.
func originOf(ctx context.Context, tx ports.Tx, record domain.Reference, updatedAt time.Time) (origin, error) {
	filter := domain.AuditFilter{Record: record, Action: domain.StoreTakeOver, Outcome: domain.Allowed}
	last := filter
	last.From, last.To = updatedAt, updatedAt.Add(time.Microsecond)
	for _, find := range []struct {
		filter domain.AuditFilter
		found  origin
	}{{last, takenOver}, {filter, changedHere}} {
		events, err := tx.Audit().List(ctx, find.filter, domain.Page{Limit: 1})
		if err != nil {
			return madeHere, err
		}
		// The first event about a record that was taken over is the one that added it. Events
		// about its mappings name it, too.
		if len(events) > 0 && events[0].Subject.Kind == record.Kind {
			return find.found, nil
		}
	}
	return madeHere, nil
}

// requireTakenOver refuses a row that differs from the entity with its ID here, unless the
// entity is as it was taken over. An entity that was made here is another one.
func requireTakenOver(ctx context.Context, tx ports.Tx, row *TakeoverRow, updatedAt time.Time) error {
	found, err := originOf(ctx, tx, row.Record, updatedAt)
	switch {
	case err != nil:
		return err
	case found == madeHere:
		row.isHere = false
		row.refuse("id", "Another "+string(row.Record.Kind)+" has this id here, which did not come from the old backend.",
			"Take over into a store without users and records.")
	case found == changedHere && row.Outcome == TakenChanged:
		row.refuse(strings.Join(row.Changed, ", "), "Differs, and somebody has changed the "+string(row.Record.Kind)+" here since it was taken over.",
			"Make both equal, here or in the old backend.")
	}
	return nil
}

// TakeoverMemory is what a run remembers of the rows that it has seen: the keys of users and
// doctors, of which there are few, and the refused rows without a record here.
type TakeoverMemory struct {
	owners map[ownedKey]domain.ID
	absent map[domain.Reference]bool
}

type ownedKey struct {
	kind domain.SubjectKind
	key  string
}

func newTakeoverMemory() *TakeoverMemory {
	return &TakeoverMemory{owners: map[ownedKey]domain.ID{}, absent: map[domain.Reference]bool{}}
}

// add remembers the results of a batch.
func (m *TakeoverMemory) add(rows []TakeoverRow) {
	for _, row := range rows {
		if row.key != "" {
			m.owners[ownedKey{row.Record.Kind, row.key}] = row.Record.ID
		}
		if !row.isHere {
			m.absent[row.Record] = true
		}
	}
}

// owner returns the row that has the key, or zero.
func (m *TakeoverMemory) owner(kind domain.SubjectKind, key string) domain.ID {
	if m == nil {
		return 0
	}
	return m.owners[ownedKey{kind, key}]
}

// isAbsent reports whether the record of the old backend that another one refers to is not
// here, and would not be. isHere says whether there is a record with its ID: it can be another
// one. Before a dry run's batches are written, only the memory knows.
func (m *TakeoverMemory) isAbsent(record domain.Reference, isHere, dryRun bool) bool {
	return m != nil && m.absent[record] || !isHere && !dryRun
}
