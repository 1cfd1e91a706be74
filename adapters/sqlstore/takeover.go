package sqlstore

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var (
	insertOldUsers = forRows(`
		INSERT INTO users (id, email, password_hash, first_name, last_name, phone_number, role,
			password_temporary, is_active, totp_key, totp_confirmed, totp_last_step, recovery_hashes, phone_number_long,
			version, updated_at, last_name_folded, search_text, folding, folded_version, created_at)
		VALUES`, 21, ``)
	selectUserIDs = forIDs(`SELECT id FROM users WHERE `, `id`, ` ORDER BY id`)
)

// takeover implements ports.Takeover.
type takeover struct{ tx }

func (s takeover) AddUsers(ctx context.Context, users ...domain.User) error {
	if len(users) == 0 {
		return nil
	}
	if s.tx.tx == nil {
		return errWriteInView
	}
	ids := make([]domain.ID, len(users))
	for i, user := range users {
		ids[i] = user.ID
	}
	taken, err := readIDs(ctx, s.querier, selectUserIDs, forReference, ids)
	if err != nil {
		return err
	}
	if len(taken) > 0 {
		return s.refuse(domain.ErrIDTaken())
	}
	err = changeRows(ctx, s.querier, insertOldUsers, users, func(user domain.User) []any {
		return slices.Concat([]any{user.ID}, userValues(user), []any{ports.ToMicroseconds(user.CreatedAt)})
	})
	if err != nil {
		return err
	}
	return s.ReserveIDs(ctx, domain.SubjectUser, slices.Max(ids))
}

func (s takeover) AddDoctors(ctx context.Context, doctors ...domain.Doctor) error {
	return takeOver(ctx, s.tx, doctorKind, doctors)
}

func (s takeover) AddPatients(ctx context.Context, patients ...domain.Patient) error {
	return takeOver(ctx, s.tx, patientKind, patients)
}

func (s takeover) AddMappings(ctx context.Context, mappings ...domain.Mapping) error {
	return takeOver(ctx, s.tx, mappingKind, mappings)
}

func takeOver[R rowOf[T], T domain.Record](ctx context.Context, t tx, kind kind[R, T], list []T) error {
	if len(list) == 0 {
		return nil
	}
	if t.tx == nil {
		return errWriteInView
	}
	ids := make([]domain.ID, len(list))
	for i, record := range list {
		ids[i] = record.Self().ID
	}
	existing, err := kind.existing(ctx, t.querier, ids)
	if err != nil {
		return err
	}
	deleted, err := historyOf(t, kind).DeletedIDs(ctx, ids...)
	if err != nil {
		return err
	}
	if len(existing)+len(deleted) > 0 {
		return t.refuse(domain.ErrIDTaken())
	}
	if err := recordsOf(t, kind).restoreAll(ctx, list); err != nil {
		return err
	}
	return t.advanceIDs(ctx, kind.table, slices.Max(ids))
}

func (s takeover) ReserveIDs(ctx context.Context, kind domain.SubjectKind, last domain.ID) error {
	if kind == domain.SubjectUser {
		return s.advanceIDs(ctx, "users", last)
	}
	return s.advanceIDs(ctx, domain.RecordKindOf(kind).Plural, last)
}

// advanceIDs makes the engine assign only IDs greater than last to rows of the table.
func (q *querier) advanceIDs(ctx context.Context, table string, last domain.ID) error {
	for _, statement := range q.engine.AdvanceIDs(table) {
		if err := q.changeAny(ctx, statement, last); err != nil {
			return err
		}
	}
	return nil
}
