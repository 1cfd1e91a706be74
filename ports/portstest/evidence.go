package portstest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testEvidence checks that evidence is computed from the event as it is stored, and
// stored with it.
func testEvidence(s suite) {
	testAttestation(s)
	testMentions(s)
	testListEvidence(s)
}

func testAttestation(s suite) {
	s.promise("attest gets each event as it will be read, and its result is stored", func(t *testing.T, store ports.Store) {
		var events, attested []domain.AuditEvent
		for _, change := range eventVariants {
			event := newPatientRead()
			change(&event)
			event.ID, event.Evidence.Hash = 7, domain.Hash{1}
			event.At = event.At.Add(999 * time.Nanosecond).In(time.FixedZone("", -60*60))
			event.Actor.Duty, event.Actor.SecondFactor, event.Actor.Origin.Device = domain.DutyPassword, true, "Ward tablet"
			events = append(events, event)
		}
		update(t, store, func(tx ports.Tx) error {
			attested = nil // Update can call fn again.
			return tx.Audit().Add(t.Context(), func(event domain.AuditEvent) domain.Evidence {
				require.Zero(t, event.Evidence.MAC)
				event.Evidence = attest(event)
				attested = append(attested, event)
				return event.Evidence
			}, events...)
		})
		require.Equal(t, attested, allEvents(t, store))
	})
}

func testMentions(s suite) {
	s.promise("ListMentions pages through the mentions of all events, each once", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.Mention{}, mentionsFrom(t, store, domain.Mention{}, 10))
		var events []domain.AuditEvent
		for _, change := range eventVariants {
			event := newPatientRead()
			change(&event)
			events = append(events, event)
		}
		var want []domain.Mention
		for _, event := range addEvents(t, store, events...) {
			want = append(want, event.Mentions()...)
		}
		require.ElementsMatch(t, want, mentionsFrom(t, store, domain.Mention{}, len(want)+1))
		for _, limit := range []int{7, 400} {
			var all []domain.Mention
			for page := mentionsFrom(t, store, domain.Mention{}, limit); len(page) > 0; page = mentionsFrom(t, store, page[len(page)-1], limit) {
				require.LessOrEqual(t, len(page), limit)
				all = append(all, page...)
			}
			require.ElementsMatch(t, want, all)
		}
	})
}

func testListEvidence(s suite) {
	s.promise("any evidence is stored, also the zero Evidence", func(t *testing.T, store ports.Store) {
		given := []domain.Evidence{{}, {Hash: domain.Hash{1}}, {MAC: domain.MAC{15: 2}}, {Hash: domain.Hash{31: 255}, MAC: domain.MAC{255}}, {}}
		update(t, store, func(tx ports.Tx) error {
			next := 0
			return tx.Audit().Add(t.Context(), func(domain.AuditEvent) domain.Evidence {
				next++
				return given[next-1]
			}, make([]domain.AuditEvent, len(given))...)
		})
		var stored []domain.Evidence
		for _, event := range allEvents(t, store) {
			stored = append(stored, event.Evidence)
		}
		require.Equal(t, given, stored)
	})

	s.promise("ListEvidence lists only IDs and evidence", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.AuditEvent{}, allEvidence(t, store, wholeList))
		var want []domain.AuditEvent
		for range 2 {
			for _, event := range addEvents(t, store, newPatientRead(), newPatientRead(), newPatientRead()) {
				want = append(want, domain.AuditEvent{ID: event.ID, Evidence: event.Evidence})
			}
		}
		require.Equal(t, want, allEvidence(t, store, wholeList))
		for first, event := range want {
			for limit := range 4 {
				page := want[first+1:]
				page = append([]domain.AuditEvent{}, page[:min(limit, len(page))]...)
				require.Equal(t, page, allEvidence(t, store, domain.Page{After: event.ID, Limit: limit}))
			}
		}
	})

	s.race("in parallel Updates, each Update's events get IDs in their order", func(t *testing.T, store ports.Store) {
		const each = 5
		requireEachAllowed(t, runConcurrently(callers, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				for n := range each {
					events := make([]domain.AuditEvent, n)
					for e := range events {
						events[e] = newPatientRead()
						events[e].Actor.UserID, events[e].Version = domain.ID(i+1), n*each+e
					}
					yield()
					if err := tx.Audit().Add(t.Context(), attest, events...); err != nil {
						return err
					}
				}
				return nil
			})
		}))
		events := allEvents(t, store)
		require.Len(t, events, callers*(0+1+2+3+4))
		require.True(t, slices.IsSortedFunc(events, func(a, b domain.AuditEvent) int { return cmp.Compare(a.ID, b.ID) }))
		for i := range callers {
			list := versions(eventsOf(t, store, domain.AuditFilter{Actor: domain.ID(i + 1)}, wholeList))
			require.Equal(t, []int{5, 10, 11, 15, 16, 17, 20, 21, 22, 23}, list)
		}
	})
}

func allEvidence(t tester, store ports.Store, page domain.Page) []domain.AuditEvent {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.AuditEvent, error) { return tx.Audit().ListEvidence(t.Context(), page) })
}

func mentionsFrom(t tester, store ports.Store, after domain.Mention, limit int) []domain.Mention {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Mention, error) { return tx.Audit().ListMentions(t.Context(), after, limit) })
}
