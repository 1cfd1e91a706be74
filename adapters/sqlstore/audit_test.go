package sqlstore_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// newEvents returns n events. Each is about one record or, if shown is positive, about a
// list of that many records.
func newEvents(n, shown int) []domain.AuditEvent {
	events := make([]domain.AuditEvent, n)
	for i := range events {
		events[i] = domain.AuditEvent{
			At: now,
			Actor: domain.Actor{UserID: 7, Role: domain.Staff, SessionID: 9, Origin: domain.Origin{
				Address: netip.MustParseAddr("203.0.113.7"), RequestID: "ZXY3JBGVLDDY4C6ZXJ2ZQ4R5QA",
			}},
			Action:  domain.PatientRead,
			Subject: domain.Subject{Kind: domain.SubjectPatient, ID: domain.ID(i + 1)},
			Outcome: domain.Allowed,
			Format:  domain.EventFormat,
		}
		if shown > 0 {
			events[i].Subject.ID = 0
			for id := range shown {
				events[i].Subject.Shown = append(events[i].Subject.Shown, domain.ID(id+1))
			}
		}
	}
	return events
}

// noEvidence gives events no evidence, like those of older releases.
func noEvidence(domain.AuditEvent) domain.Evidence { return domain.Evidence{} }

func addEvents(t testing.TB, store ports.Store, events []domain.AuditEvent) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error { return tx.Audit().Add(t.Context(), noEvidence, events...) })
}

func TestEventsAreWrittenWithFewStatements(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var counter counter
			store := engine.open(t, counter.wrap)
			for _, test := range []struct {
				events, shown int
				statements    int64 // of SQLite
			}{
				{0, 0, 0},
				// The first statement gets the IDs.
				{1, 0, 1 + 1},
				{13, 0, 1 + 3},
				{16, 0, 1 + 1},
				{64, 0, 1 + 1},
				{128, 0, 1 + 2},
				{1, 100, 1 + 1 + 1}, // The list covers two blocks.
				{16, 8, 1 + 1 + 1},
			} {
				want := test.statements
				if engine.name == "PostgreSQL" && test.events > 0 {
					want = 1 + 1
				}
				for range 2 { // The second time, the statements are prepared.
					got := counter.during(func() { addEvents(t, store, newEvents(test.events, test.shown)) })
					require.Equal(t, want, got, "statements for %+v", test)
				}
			}
		})
	}
}

func BenchmarkAudit(b *testing.B) {
	for _, engine := range engines {
		for _, size := range []struct{ events, shown int }{{1, 0}, {16, 0}, {64, 0}, {1, 100}, {1, 1000}} {
			b.Run(fmt.Sprintf("%s/%d_events_of_%d_shown", engine.name, size.events, size.shown), func(b *testing.B) {
				store := engine.open(b, nil)
				events := newEvents(size.events, size.shown)
				for b.Loop() {
					addEvents(b, store, events)
				}
			})
		}
	}
}

// The times must not grow with the number of events, except that of "later": it reads every
// event after page.After.
func BenchmarkAuditList(b *testing.B) {
	for _, engine := range engines {
		for _, batches := range []int{10, 1000} {
			store := engine.open(b, nil)
			for range batches {
				addEvents(b, store, append(newEvents(32, 0), newEvents(2, 20)...))
			}
			for name, filter := range map[string]domain.AuditFilter{
				"all":     {},
				"subject": {Record: domain.Reference{Kind: domain.SubjectPatient, ID: 30}},
				"both":    {Record: domain.Reference{Kind: domain.SubjectPatient, ID: 3}},
				"actor":   {Actor: 7},
				"nobody":  {Actor: 8},
				"later":   {From: now.AddDate(1, 0, 0)},
			} {
				b.Run(fmt.Sprintf("%s/%s/%d_events", engine.name, name, 34*batches), func(b *testing.B) {
					for b.Loop() {
						require.NoError(b, store.View(b.Context(), func(tx ports.Tx) error {
							_, err := tx.Audit().List(b.Context(), filter, domain.Page{Limit: domain.DefaultPageLimit})
							return err
						}))
					}
				})
			}
		}
	}
}
