package application_test

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// tamperedStore is a store that changes what is read from the trail. A nil function changes
// nothing.
type tamperedStore struct {
	ports.Store
	events func([]domain.AuditEvent) []domain.AuditEvent
	seals  func([]domain.Seal) []domain.Seal
	// commitments changes the commitments of the stored versions.
	commitments func([]domain.Commitment) []domain.Commitment
}

func (s *tamperedStore) View(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.View(ctx, func(tx ports.Tx) error { return fn(tamperedTx{tx, s}) })
}

func (s *tamperedStore) Update(ctx context.Context, fn func(ports.Tx) error) error {
	return s.Store.Update(ctx, func(tx ports.Tx) error { return fn(tamperedTx{tx, s}) })
}

type tamperedTx struct {
	ports.Tx
	store *tamperedStore
}

func (t tamperedTx) Audit() ports.Audit { return tamperedAudit{t.Tx.Audit(), t.store} }
func (t tamperedTx) Seals() ports.Seals { return tamperedSeals{t.Tx.Seals(), t.store} }

var whole = domain.Page{Limit: math.MaxInt}

type tamperedAudit struct {
	ports.Audit
	store *tamperedStore
}

func (a tamperedAudit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	if a.store.events == nil || filter != (domain.AuditFilter{}) {
		return a.Audit.List(ctx, filter, page)
	}
	events, err := a.Audit.List(ctx, filter, whole)
	return onPage(a.store.events(events), page, func(event domain.AuditEvent) domain.ID { return event.ID }), err
}

func (a tamperedAudit) ListEvidence(ctx context.Context, page domain.Page) ([]domain.AuditEvent, error) {
	events, err := a.List(ctx, domain.AuditFilter{}, page)
	for i, event := range events {
		events[i] = domain.AuditEvent{ID: event.ID, Evidence: event.Evidence}
	}
	return events, err
}

func (a tamperedAudit) ListCommitments(ctx context.Context, after domain.VersionName, limit int) ([]domain.Commitment, error) {
	if a.store.commitments == nil {
		return a.Audit.ListCommitments(ctx, after, limit)
	}
	all, err := a.Audit.ListCommitments(ctx, domain.VersionName{}, math.MaxInt)
	all = a.store.commitments(all)
	slices.SortStableFunc(all, func(a, b domain.Commitment) int { return compareNames(a.VersionName, b.VersionName) })
	all = slices.DeleteFunc(all, func(c domain.Commitment) bool { return compareNames(c.VersionName, after) <= 0 })
	return all[:min(limit, len(all))], err
}

func compareNames(a, b domain.VersionName) int {
	return cmp.Or(
		cmp.Compare(a.Record.Kind, b.Record.Kind), cmp.Compare(a.Record.ID, b.Record.ID), cmp.Compare(a.Number, b.Number),
	)
}

type tamperedSeals struct {
	ports.Seals
	store *tamperedStore
}

func (s tamperedSeals) List(ctx context.Context, page domain.Page) ([]domain.Seal, error) {
	if s.store.seals == nil {
		return s.Seals.List(ctx, page)
	}
	seals, err := s.Seals.List(ctx, whole)
	return onPage(s.store.seals(seals), page, func(seal domain.Seal) domain.ID { return seal.Number }), err
}

func (s tamperedSeals) Last(ctx context.Context) (domain.Seal, error) {
	seals, err := s.List(ctx, whole)
	if err == nil && len(seals) == 0 {
		err = domain.ErrNotFound()
	}
	if err != nil {
		return domain.Seal{}, err
	}
	return seals[len(seals)-1], nil
}

func onPage[T any](list []T, page domain.Page, id func(T) domain.ID) []T {
	slices.SortStableFunc(list, func(a, b T) int { return int(id(a) - id(b)) })
	list = slices.DeleteFunc(list, func(item T) bool { return id(item) <= page.After })
	return list[:min(page.Limit, len(list))]
}

// tamper replaces the clinic's store by a tamperedStore.
func (c *clinic) tamper() *tamperedStore {
	store := &tamperedStore{Store: c.Ports.Store}
	c.use(onStore(store))
	return store
}

// attest returns the evidence that the clinic's trail would make.
func (c *clinic) attest(event domain.AuditEvent) domain.Evidence {
	return domain.Evidence{Hash: event.Hash(), MAC: c.Ports.MACs.Sum(domain.MACInput(event.ID, event.Hash()))}
}

// addEvents adds n events with evidence, and returns the last one's ID.
func (c *clinic) addEvents(n int, evidence func(domain.AuditEvent) domain.Evidence) domain.ID {
	c.t.Helper()
	events := make([]domain.AuditEvent, n)
	for i := range events {
		events[i] = domain.AuditEvent{
			At: c.Now(), Action: domain.DoctorRead, Subject: domain.Subject{Kind: domain.SubjectDoctor, ID: 7}, Outcome: domain.Allowed, Version: i, Format: domain.EventFormat,
		}
	}
	require.NoError(c.t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) error { return tx.Audit().Add(c.ctx, evidence, events...) }))
	trail := c.Events()
	return trail[len(trail)-1].ID
}

func (c *clinic) seals() (seals []domain.Seal) {
	c.t.Helper()
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
		seals, err = tx.Seals().List(c.ctx, whole)
		return err
	}))
	return seals
}

// lastSeal returns the last seal and records no event.
func (c *clinic) lastSeal() (head domain.Head) {
	c.t.Helper()
	if seals := c.seals(); len(seals) > 0 {
		head = seals[len(seals)-1].Head()
	}
	return head
}

// sealed returns the IDs of all sealed events, in order.
func (c *clinic) sealed() []domain.ID {
	c.t.Helper()
	all := ids()
	for _, seal := range c.seals() {
		for _, event := range seal.Events {
			all = append(all, event.ID)
		}
	}
	slices.Sort(all)
	return all
}

// seal seals all events. None of them may be foreign.
func (c *clinic) seal() {
	c.t.Helper()
	found, err := c.Sealer.Seal(c.ctx)
	require.NoError(c.t, err)
	require.Zero(c.t, found)
}

// leaveEvent makes a call that records one event.
func (c *clinic) leaveEvent() error {
	_, err := c.Audit.Adopt(c.ctx, operator, domain.Head{Number: missingID})
	if domain.KindOf(err) == domain.Conflict {
		return nil
	}
	return err
}

// verify verifies the trail, and then records an event.
func (c *clinic) verify(kept domain.Head) domain.Verification {
	c.t.Helper()
	found, err := c.Verifier.Verify(c.ctx, kept)
	require.NoError(c.t, err)
	require.NoError(c.t, c.leaveEvent())
	return found
}

// upTo returns the IDs from 1 to last.
func upTo(last domain.ID) []domain.ID {
	all := ids()
	for id := range last {
		all = append(all, id+1)
	}
	return all
}
