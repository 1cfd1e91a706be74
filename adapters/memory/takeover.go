package memory

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// takeover implements ports.Takeover.
type takeover struct{ tx *tx }

func (r takeover) AddUsers(ctx context.Context, users ...domain.User) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	for _, user := range users {
		if s.users.has(user.ID) {
			return r.tx.refuse(domain.ErrIDTaken())
		}
		if _, taken := s.emails.get(user.Email.String()); taken {
			return r.tx.refuse(domain.ErrEmailTaken())
		}
		user.CreatedAt, user.UpdatedAt = ports.ToMicroseconds(user.CreatedAt), ports.ToMicroseconds(user.UpdatedAt)
		s.emails = s.emails.set(user.Email.String(), user.ID)
		s.users.set(user.ID, user)
		s.users.last = max(s.users.last, user.ID)
	}
	return nil
}

func (r takeover) AddDoctors(ctx context.Context, doctors ...domain.Doctor) error {
	return takeOver(ctx, r.tx, doctorKind, doctors)
}

func (r takeover) AddPatients(ctx context.Context, patients ...domain.Patient) error {
	return takeOver(ctx, r.tx, patientKind, patients)
}

func (r takeover) AddMappings(ctx context.Context, mappings ...domain.Mapping) error {
	return takeOver(ctx, r.tx, mappingKind, mappings)
}

func (r takeover) ReserveIDs(ctx context.Context, kind domain.SubjectKind, last domain.ID) error {
	s, err := r.tx.writing(ctx)
	if err != nil {
		return err
	}
	if kind == domain.SubjectUser {
		s.users.last = max(s.users.last, last)
		return nil
	}
	kinds[kind].reserve(s, last)
	return nil
}

func (k kind[T]) reserve(s *state, last domain.ID) {
	stored := k.collection(s)
	stored.last = max(stored.last, last)
}

func takeOver[T domain.Record](ctx context.Context, tx *tx, kind kind[T], list []T) error {
	s, err := tx.writing(ctx)
	if err != nil {
		return err
	}
	stored := kind.collection(s)
	for _, record := range list {
		id := record.Self().ID
		if stored.has(id) || stored.archive.isDeleted(id) {
			return tx.refuse(domain.ErrIDTaken())
		}
		record = kind.withID(record, id)
		if err := kind.check(s, record); err != nil {
			return tx.refuse(err)
		}
		kind.put(s, record)
		stored.last = max(stored.last, id)
	}
	return nil
}
