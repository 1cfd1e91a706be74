package application

import (
	"context"
	"fmt"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// importKind says how an import treats the rows of one kind of records.
type importKind[In any, T domain.Record] struct {
	versionedRecords[T]
	importing, creating, updating domain.Permission
	// propose returns what each row asks for. It reads the store, but not the records
	// themselves.
	propose func(ctx context.Context, tx ports.Tx, job importJob, rows []ImportRow[In]) ([]proposal[T], error)
	// personKey and namesakes find patients who are probably one person. Both are nil for
	// other kinds.
	personKey func(T) string
	namesakes func(ctx context.Context, tx ports.Tx, records ...T) ([]T, error)
}

// importJob is one import of one file.
type importJob struct {
	ImportRules
	actor domain.Actor
	now   time.Time
	// store is the ID of the store, which tells the rows of its own exports.
	store domain.StoreID
}

// proposal is what a row asks for.
type proposal[T domain.Record] struct {
	// id is that of a row from an export of this store, zero for other rows.
	id domain.ID
	// key is the NaturalKey of the row, empty if it has none, and keyed a record with this key.
	key   domain.NaturalKey
	keyed T
	// fresh is the record that the row adds if there is no such record yet, and freshErr why
	// it cannot be added.
	fresh    T
	freshErr error
	// change returns a stored record as the row changes it.
	change func(stored T) (T, error)
	// err is why the row is refused whatever is stored.
	err error
}

// decision is what an import does with a row.
type decision[T domain.Record] struct {
	ImportResult
	before, after T
	// matched is the record that the row was compared with, zero if there is none, and parents
	// are its parents.
	matched domain.ID
	parents []domain.Reference
}

// planner decides what an import does with the rows of a file, chunk after chunk.
type planner[In any, T domain.Record] struct {
	importKind[In, T]
	importJob
	// seen are the keys of all earlier rows, and the records that they matched.
	seen *seenKeys
}

// plan decides what to do with some rows, in the order of the file. In an Update it locks the
// records that they match.
func (p planner[In, T]) plan(ctx context.Context, tx ports.Tx, rows []ImportRow[In]) ([]decision[T], error) {
	proposals, err := p.propose(ctx, tx, p.importJob, rows)
	if err != nil {
		return nil, err
	}
	stored, err := p.match(ctx, tx, proposals)
	if err != nil {
		return nil, err
	}
	decisions := make([]decision[T], len(rows))
	for i, row := range rows {
		decisions[i] = decision[T]{ImportResult: ImportResult{Line: row.Line, Cells: row.Cells}}
		if row.Err != nil {
			proposals[i].err = row.Err
		}
		if err := p.decide(&decisions[i], proposals[i], stored); err != nil {
			decisions[i].Outcome, decisions[i].Reason = ImportRefused, err
		}
	}
	return decisions, nil
}

// storedRecords are the records that the rows of a chunk match.
type storedRecords[T domain.Record] struct {
	byKey map[domain.NaturalKey]T
	byID  map[domain.ID]T
	// deleted are the IDs that belong to deleted records.
	deleted []domain.ID
}

// match reads the records that the rows name by their key or their ID.
func (p planner[In, T]) match(ctx context.Context, tx ports.Tx, proposals []proposal[T]) (storedRecords[T], error) {
	stored := storedRecords[T]{byKey: map[domain.NaturalKey]T{}, byID: map[domain.ID]T{}}
	var keyed []T
	for _, proposal := range proposals {
		if proposal.key != "" {
			keyed = append(keyed, proposal.keyed)
		}
	}
	found, err := p.repository(tx).ListByKeys(ctx, keyed...)
	if err != nil {
		return stored, err
	}
	for _, record := range found {
		stored.byKey[record.NaturalKey()], stored.byID[record.Self().ID] = record, record
	}
	var missing []domain.ID
	for _, proposal := range proposals {
		if _, known := stored.byID[proposal.id]; known || proposal.id == 0 {
			continue
		}
		record, err := p.repository(tx).Get(ctx, proposal.id)
		switch {
		case err == nil:
			stored.byID[proposal.id] = record
		case domain.KindOf(err) == domain.NotFound:
			missing = append(missing, proposal.id)
		default:
			return stored, err
		}
	}
	stored.deleted, err = p.history(tx).DeletedIDs(ctx, missing...)
	return stored, err
}

// decide decides what to do with one row. The error is why it is refused.
func (p planner[In, T]) decide(d *decision[T], proposal proposal[T], stored storedRecords[T]) error {
	before, found := stored.byID[proposal.id]
	if !found && proposal.key != "" {
		before, found = stored.byKey[proposal.key]
	}
	if found {
		d.matched, d.parents = before.Self().ID, before.Parents()
	}
	if err := p.refuseSecond(d.Line, proposal.key, before, found); err != nil {
		return err
	}
	switch {
	case proposal.err != nil:
		return proposal.err
	case found:
		return p.decideChange(d, proposal, stored, before)
	case proposal.id != 0:
		d.matched = proposal.id
		return p.errMissing(proposal.id, stored)
	case proposal.freshErr != nil:
		return proposal.freshErr
	case proposal.key == "" && !p.AddKeyless:
		return errKeyless()
	}
	d.Outcome, d.after = ImportNew, proposal.fresh
	return nil
}

// decideChange decides what to do with a row that matches the stored record before. It refuses
// the row if its key belongs to another record.
func (p planner[In, T]) decideChange(d *decision[T], proposal proposal[T], stored storedRecords[T], before T) error {
	after, err := proposal.change(before)
	if err != nil {
		return err
	}
	if key := after.NaturalKey(); key != before.NaturalKey() && key != "" {
		if _, taken := stored.byKey[key]; taken {
			return p.ErrKeyTaken()
		}
	}
	d.ID, d.before, d.after, d.Outcome = before.Self().ID, before, after, ImportSame
	for _, change := range domain.Diff(&before, after) {
		d.Changed, d.Outcome = append(d.Changed, change.Name), ImportChanged
	}
	return nil
}

// refuseSecond refuses a row about a record that an earlier row of the file is about.
func (p planner[In, T]) refuseSecond(line int, key domain.NaturalKey, before T, found bool) error {
	first := 0
	if key != "" {
		first = p.seen.add("key", string(key), line)
	}
	if found {
		if same := p.seen.add("id", before.Self().ID.String(), line); first == 0 {
			first = same
		}
	}
	if first != 0 {
		return errRow(domain.Conflict, domain.NonField, "", fmt.Sprintf("Line %d is about the same %s.", first, p.Kind))
	}
	return nil
}

// errMissing returns why a row of an own export is refused whose record does not exist.
func (p planner[In, T]) errMissing(id domain.ID, stored storedRecords[T]) error {
	if contains(stored.deleted, id) {
		return errRow(domain.Conflict, "id", "", fmt.Sprintf("This %s was deleted since the export. Restore it, or leave out the id to add a new one.", p.Kind))
	}
	return errRow(domain.Conflict, "id", "", fmt.Sprintf("No %s has this id any more. Leave out the id to add a new one.", p.Kind))
}

// CodeKeyless is the code of the error of a patient without an external id.
const CodeKeyless = "keyless"

func errKeyless() error {
	return errRow(domain.Invalid, "external_id", CodeKeyless, "Without an external id, each import would add this patient again.")
}

func errRow(kind domain.Kind, field, code, message string) error {
	return &domain.Error{Kind: kind, Code: code, Message: "Invalid input.", Fields: domain.FieldErrors{field: {message}}}
}

// warn adds warnings about namesakes to the results of new records.
func (p planner[In, T]) warn(ctx context.Context, tx ports.Tx, decisions []decision[T]) error {
	if p.namesakes == nil {
		return nil
	}
	var added []T
	for i, d := range decisions {
		if d.Outcome != ImportNew {
			continue
		}
		if key := p.personKey(d.after); key != "" {
			added = append(added, d.after)
			decisions[i].NamesakeLine = p.seen.add("person", key, d.Line)
		}
	}
	found, err := p.namesakes(ctx, tx, added...)
	if err != nil {
		return err
	}
	ids := map[string][]domain.ID{}
	for _, namesake := range found {
		key := p.personKey(namesake)
		ids[key] = append(ids[key], namesake.Self().ID)
	}
	for i, d := range decisions {
		if d.Outcome == ImportNew {
			decisions[i].Namesakes = ids[p.personKey(d.after)]
		}
	}
	return nil
}
