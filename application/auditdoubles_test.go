package application_test

import (
	"context"
	"errors"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// auditedStore is a store whose Audit().Add is replaced by add. next is the original Add.
type auditedStore struct {
	ports.Store
	add func(ctx context.Context, events []domain.AuditEvent, next func() error) error
}

func (s *auditedStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.Update(ctx, func(tx ports.Tx) error { return fn(auditedTx{tx, s}) })
}

type auditedTx struct {
	ports.Tx
	store *auditedStore
}

func (t auditedTx) Audit() ports.Audit { return auditedAudit{t.Tx.Audit(), t.store} }

type auditedAudit struct {
	ports.Audit
	store *auditedStore
}

func (a auditedAudit) Add(ctx context.Context, attest func(domain.AuditEvent) domain.Evidence, events ...domain.AuditEvent) error {
	next := func() error { return a.Audit.Add(ctx, attest, events...) }
	if a.store.add == nil {
		return next()
	}
	return a.store.add(ctx, events, next)
}

// collidingStore is a store in which every Update collides with another one when it commits,
// and is then run again. between runs once, before the second run.
type collidingStore struct {
	ports.Store
	between func()
}

func (s *collidingStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	_ = s.Store.Update(ctx, func(tx ports.Tx) error {
		_ = fn(tx)
		return errors.New("collided")
	})
	if between := s.between; between != nil {
		s.between = nil
		between()
	}
	return s.Store.Update(ctx, fn)
}
