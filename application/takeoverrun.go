package application

import (
	"context"
	"errors"
	"iter"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TakeoverOptions are what the operator asks for.
type TakeoverOptions struct {
	// CreatedBy is the address of the user who becomes the one who registered the patients
	// of deleted users. It can be zero, and can be the address of a user who is taken over.
	CreatedBy  domain.Email
	DeleteGone bool
	DryRun     bool
}

// ErrNoSuchCreator says that no user has the address of TakeoverOptions.CreatedBy.
var ErrNoSuchCreator = errors.New("no user has the address")

// TakeOver makes the store equal to the old backend: it adds and changes users, doctors,
// patients and mappings, in this order, and deals with those that are gone from there. It
// calls report for each row, also those that are the same. An error ends the run. What was
// written until then stays, in whole batches, and another run goes on from there.
func TakeOver(ctx context.Context, s *Takeover, actor domain.Actor, old ports.OldBackend, options TakeoverOptions, report func(TakeoverRow) error) error {
	r := takeoverRun{
		actor: actor, old: old, report: report, memory: newTakeoverMemory(),
		rules: TakeoverRules{DeleteGone: options.DeleteGone, DryRun: options.DryRun},
	}
	// First delete what is gone, so that other rows can have its licence number or pair.
	// Deleting a patient or doctor deletes their mappings.
	for _, kind := range []domain.SubjectKind{domain.SubjectDoctor, domain.SubjectPatient, domain.SubjectMapping} {
		if err := r.gone(ctx, s, kind); err != nil {
			return err
		}
	}
	if err := takeOverRows(ctx, &r, old.Users(ctx), s.Users, nil); err != nil {
		return err
	}
	if err := r.setCreator(ctx, s, options.CreatedBy); err != nil {
		return err
	}
	if err := takeOverRows(ctx, &r, old.Doctors(ctx), s.Doctors, nil); err != nil {
		return err
	}
	if err := takeOverRows(ctx, &r, old.Patients(ctx), s.Patients, oldTextBytes); err != nil {
		return err
	}
	if err := takeOverRows(ctx, &r, old.Mappings(ctx), s.Mappings, nil); err != nil {
		return err
	}
	// Users last: another administrator can have come.
	return r.gone(ctx, s, domain.SubjectUser)
}

// takeoverRun is one run of TakeOver.
type takeoverRun struct {
	actor  domain.Actor
	old    ports.OldBackend
	report func(TakeoverRow) error
	memory *TakeoverMemory
	rules  TakeoverRules
}

// gone calls Gone for all pages of a kind.
func (r *takeoverRun) gone(ctx context.Context, s *Takeover, kind domain.SubjectKind) error {
	page := TakeoverPage{Kind: kind, Rules: r.rules, existing: r.old.ExistingIDs}
	for {
		gone, err := s.Gone(ctx, r.actor, page)
		if err != nil {
			return err
		}
		for _, row := range gone.Rows {
			if err := r.report(row); err != nil {
				return err
			}
		}
		if gone.next == 0 {
			return nil
		}
		page.after = gone.next
	}
}

// setCreator finds the user with the address among the rows that were read, and here.
func (r *takeoverRun) setCreator(ctx context.Context, s *Takeover, email domain.Email) error {
	if email == (domain.Email{}) {
		return nil
	}
	r.rules.CreatedBy = r.memory.owner(domain.SubjectUser, email.String())
	if r.rules.CreatedBy != 0 {
		return nil
	}
	user, err := viewStore(ctx, s.trail.store, func(tx ports.Tx) (domain.User, error) { return tx.Users().ByEmail(ctx, email) })
	if domain.KindOf(err) == domain.NotFound {
		return ErrNoSuchCreator
	}
	r.rules.CreatedBy = user.ID
	return err
}

// maxTakeoverRows and maxTakeoverBytes bound a batch, because other writers wait for it, its
// event names every record, and its rows are in memory.
const (
	maxTakeoverRows  = 500
	maxTakeoverBytes = domain.MaxPageBytes
)

// oldTextBytes returns the size of the long texts of a row.
func oldTextBytes(row domain.OldPatient) int {
	return len(row.Address.Text()) + len(row.MedicalRecord.Text())
}

// takeOverRows passes all rows to a use-case, in batches. size is the size of a row's texts. It
// can be nil.
func takeOverRows[Row any](ctx context.Context, r *takeoverRun, rows iter.Seq2[Row, error],
	useCase func(context.Context, domain.Actor, TakeoverBatch[Row]) ([]TakeoverRow, error), size func(Row) int,
) error {
	batch := TakeoverBatch[Row]{Rules: r.rules, Earlier: r.memory}
	bytes := 0
	flush := func() error {
		if len(batch.Rows) == 0 {
			return nil
		}
		results, err := useCase(ctx, r.actor, batch)
		if err != nil {
			return err
		}
		r.memory.add(results)
		for _, row := range results {
			if err := r.report(row); err != nil {
				return err
			}
		}
		batch.Rows, bytes = batch.Rows[:0], 0
		return nil
	}
	for row, err := range rows {
		if err != nil {
			return err
		}
		batch.Rows = append(batch.Rows, row)
		if size != nil {
			bytes += size(row)
		}
		if len(batch.Rows) == maxTakeoverRows || bytes >= maxTakeoverBytes {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	return flush()
}
