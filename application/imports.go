package application

import (
	"context"
	"iter"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Imports holds the use-cases that add and change records from a file. A row changes the record
// that it matches, and otherwise adds one. Rows of an export match by ID in the store that it
// came from. Other rows match by the external id of patients, the licence number of doctors and
// the two sides of mappings. Absent fields keep their value.
//
// report is called once for each row, in the order of the file. An import is in the trail as
// events of its permission, which name the records that it compared with rows of the file, and
// as events of the permissions to create and to update, which name the records that it changed.
type Imports struct {
	trail *Trail
	clock ports.Clock
}

// Patients imports patients.
func (s *Imports) Patients(ctx context.Context, actor domain.Actor, rows ImportRows[domain.PatientInput], rules ImportRules, report func(ImportResult) error) (ImportSummary, error) {
	return runImport(ctx, s, actor, importedPatients, rows, rules, report)
}

// Doctors imports doctors. New ones join today.
func (s *Imports) Doctors(ctx context.Context, actor domain.Actor, rows ImportRows[domain.DoctorInput], rules ImportRules, report func(ImportResult) error) (ImportSummary, error) {
	return runImport(ctx, s, actor, importedDoctors, rows, rules, report)
}

// Mappings imports mappings, which begin now. It changes none.
func (s *Imports) Mappings(ctx context.Context, actor domain.Actor, rows ImportRows[MappingKeys], rules ImportRules, report func(ImportResult) error) (ImportSummary, error) {
	return runImport(ctx, s, actor, importedMappings, rows, rules, report)
}

// runImport is the use-case of an import of one kind.
func runImport[In any, T domain.Record](ctx context.Context, s *Imports, actor domain.Actor, kind importKind[In, T], rows ImportRows[In], rules ImportRules, report func(ImportResult) error) (ImportSummary, error) {
	c := call{actor: actor, permission: kind.importing, kind: kind.Kind}
	if rules.CreatedBy != 0 {
		c.named = []domain.Reference{{Kind: domain.SubjectUser, ID: rules.CreatedBy}}
	}
	return runUseCase(ctx, s.trail, c, func(context.Context, *pendingEvent) (ImportSummary, error) {
		run := importRun[In, T]{trail: s.trail, clock: s.clock, rows: rows, report: report, planner: planner[In, T]{
			importKind: kind, importJob: importJob{ImportRules: rules, actor: actor, now: s.clock()}, seen: newSeenKeys(),
		}}
		if err := run.prepare(ctx); err != nil {
			return ImportSummary{}, err
		}
		err := run.do(ctx)
		return run.summary, err
	})
}

// importRun is an import that is running.
type importRun[In any, T domain.Record] struct {
	planner[In, T]
	trail   *Trail
	clock   ports.Clock
	rows    ImportRows[In]
	report  func(ImportResult) error
	summary ImportSummary
}

// prepare checks that the creator of new patients exists, and reads the ID of the store.
func (r *importRun[In, T]) prepare(ctx context.Context) error {
	return r.trail.store.View(ctx, func(tx ports.Tx) (err error) {
		if r.CreatedBy != 0 {
			if _, err := tx.Users().Get(ctx, r.CreatedBy); domain.KindOf(err) == domain.NotFound {
				return domain.ErrNoSuchReference("created_by")
			} else if err != nil {
				return err
			}
		}
		r.store, err = tx.StoreID(ctx)
		return err
	})
}

// do plans and writes the rows. Batches are planned as they are written. Otherwise the whole
// file is planned first, and written only if no row is refused.
func (r *importRun[In, T]) do(ctx context.Context) error {
	if r.Batch > 0 && !r.DryRun {
		return r.writeBatches(ctx)
	}
	if err := r.planFile(ctx); err != nil {
		return err
	}
	if r.DryRun || r.summary.Refused > 0 || r.summary.New+r.summary.Changed == 0 {
		return nil
	}
	return r.writeFile(ctx)
}

// Rows are planned and written in chunks. A chunk ends early when its cells have maxChunkBytes,
// so that it needs a bounded amount of memory.
const (
	maxChunkRows  = 1000
	maxChunkBytes = domain.MaxPageBytes
)

// chunks splits the rows of the file into chunks of up to size rows.
func (r *importRun[In, T]) chunks(ctx context.Context, size int) iter.Seq2[[]ImportRow[In], error] {
	return func(yield func([]ImportRow[In], error) bool) {
		if r.rows == nil {
			return
		}
		var chunk []ImportRow[In]
		bytes := 0
		for row, err := range r.rows(ctx) {
			if err != nil {
				yield(nil, err)
				return
			}
			chunk = append(chunk, row)
			for _, cell := range row.Cells {
				bytes += len(cell)
			}
			if len(chunk) < size && bytes < maxChunkBytes {
				continue
			}
			if !yield(chunk, nil) {
				return
			}
			chunk, bytes = nil, 0
		}
		if len(chunk) > 0 {
			yield(chunk, nil)
		}
	}
}

// planFile reports what would happen to each row. The report of a chunk follows its event.
func (r *importRun[In, T]) planFile(ctx context.Context) error {
	for chunk, err := range r.chunks(ctx, maxChunkRows) {
		if err != nil {
			return err
		}
		decisions, err := viewStore(ctx, r.trail.store, func(tx ports.Tx) ([]decision[T], error) {
			r.seen.forget()
			decisions, err := r.plan(ctx, tx, chunk)
			if err != nil {
				return nil, err
			}
			return decisions, r.warn(ctx, tx, decisions)
		})
		if err != nil {
			return err
		}
		r.seen.keep()
		if event := r.readEvent(decisions); len(event.Subject.Shown) > 0 {
			if err := r.trail.recordEvent(ctx, event); err != nil {
				return auditUnavailable(err)
			}
		}
		if err := r.reportAll(decisions); err != nil {
			return err
		}
	}
	return nil
}

// reportAll counts the rows and reports them to the caller.
func (r *importRun[In, T]) reportAll(decisions []decision[T]) error {
	for _, decision := range decisions {
		r.summary.Add(decision.Outcome)
		if r.report == nil {
			continue
		}
		if err := r.report(decision.ImportResult); err != nil {
			return err
		}
	}
	return nil
}

// readEvent returns the event that names the records with which rows were compared.
func (r *importRun[In, T]) readEvent(decisions []decision[T]) domain.AuditEvent {
	event := r.newEvent(r.importing)
	for _, decision := range decisions {
		if decision.matched != 0 {
			event.Subject.Shown = append(event.Subject.Shown, decision.matched)
		}
		event.Subject.Shown = append(event.Subject.Shown, decision.Namesakes...)
		event.addRelated(decision.parents...)
	}
	slices.Sort(event.Subject.Shown)
	event.Subject.Shown = slices.Compact(event.Subject.Shown)
	return event.AuditEvent
}

// newEvent returns an event of this import that lists records.
func (r *importRun[In, T]) newEvent(action domain.Permission) *pendingEvent {
	return &pendingEvent{trail: r.trail, AuditEvent: domain.AuditEvent{
		At: r.clock(), Actor: r.actor, Action: action, Subject: domain.Subject{Kind: r.Kind}, Outcome: domain.Allowed,
	}}
}
