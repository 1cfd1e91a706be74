package portstest

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testAudit(s suite) {
	s.promise("an event comes back as it was added", func(t *testing.T, store ports.Store) {
		for name, change := range eventChanges {
			event := newEvent()
			change(&event)
			require.Equal(t, event, asGiven(addEvents(t, store, event)[0]), name)
		}
	})

	s.promise("every action of the policy is kept", func(t *testing.T, store ports.Store) {
		var events []domain.AuditEvent
		for _, rule := range domain.Policy() {
			event := newEvent()
			event.Action = rule.Permission
			events = append(events, event)
		}
		require.Equal(t, events, allAsGiven(addEvents(t, store, events...)))
	})

	s.promise("of the actor, neither the duty nor the device is kept", func(t *testing.T, store ports.Store) {
		event := newEvent()
		event.Actor.Duty, event.Actor.Origin.Device = domain.DutyPassword, "Ward tablet"
		require.Equal(t, newEvent(), asGiven(addEvents(t, store, event)[0]))
	})

	s.promise("an event's time is cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		event := newEvent()
		event.At = now.Add(999 * time.Nanosecond).In(time.FixedZone("", 13*60*60))
		require.Equal(t, now, addEvents(t, store, event)[0].At)
	})

	s.promise("IDs are in the order of events, whatever IDs they are given", func(t *testing.T, store ports.Store) {
		first, second, third, fourth := newEvent(), newEvent(), newEvent(), newEvent()
		first.Version, second.Version, third.Version, fourth.Version = 1, 2, 3, 4
		first.ID, second.ID, fourth.ID = 1<<40, 7, 7
		update(t, store, func(tx ports.Tx) error {
			require.NoError(t, tx.Audit().Add(t.Context(), attest, first, second, third))
			require.NoError(t, tx.Audit().Add(t.Context(), attest, fourth))
			within, err := tx.Audit().List(t.Context(), domain.AuditFilter{}, everything)
			require.Equal(t, []int{1, 2, 3, 4}, versions(within))
			return err
		})
		stored := allEvents(t, store)
		require.Equal(t, []int{1, 2, 3, 4}, versions(stored))
		require.NotEqual(t, domain.ID(1<<40), stored[0].ID)
	})

	for _, count := range []int{0, 1, 2, 3, 64, 127, 128, 300} {
		s.promise(fmt.Sprintf("%d events can be added at once", count), func(t *testing.T, store ports.Store) {
			events := []domain.AuditEvent{}
			for i := range count {
				event := newEvent()
				event.Version = i + 1
				event.Related = []domain.Reference{{Kind: domain.SubjectDoctor, ID: domain.ID(i % 100)}}
				events = append(events, event)
			}
			require.Equal(t, events, allAsGiven(addEvents(t, store, events...)))
			about := domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectDoctor, ID: 1}}
			want := []int{}
			for i := 1; i < count; i += 100 {
				want = append(want, i+1)
			}
			require.Equal(t, want, versions(eventsOf(t, store, about, everything)))
		})
	}

	s.promise("what is done to slices of an event changes nothing stored", func(t *testing.T, store ports.Store) {
		given := newEvent()
		given.Subject = domain.Subject{Kind: domain.SubjectPatient, Shown: []domain.ID{1, 2}}
		given.Related = []domain.Reference{{Kind: domain.SubjectDoctor, ID: 3}}
		given.Commitments = []domain.Commitment{{Digest: [16]byte{1}}}
		scribble := func(event domain.AuditEvent) {
			event.Subject.Shown[0], event.Related[0].ID, event.Commitments[0].Number = 100, 100, 100
		}
		want := given
		want.Subject.Shown, want.Related, want.Commitments = slices.Clone(given.Subject.Shown), slices.Clone(given.Related), slices.Clone(given.Commitments)
		returned := addEvents(t, store, given)[0]
		scribble(given)
		scribble(returned)
		require.Equal(t, want, asGiven(allEvents(t, store)[0]))
	})

	s.promise("an event outlives what it is about", func(t *testing.T, store ports.Store) {
		patient := patients.addNew(t, store)
		about := domain.Reference{Kind: domain.SubjectPatient, ID: patient.ID}
		event := newEvent()
		event.Subject = domain.Subject{Kind: about.Kind, ID: about.ID}
		want := addEvents(t, store, event)
		patients.delete(t, store, patient.ID)
		require.Equal(t, want, eventsOf(t, store, domain.AuditFilter{Record: about}, everything))
	})

	s.race("no event is lost when many Updates add some at once", func(t *testing.T, store ports.Store) {
		const each = 13
		requireEach(t, together(crowd, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				var events []domain.AuditEvent
				for n := range each {
					event := newEvent()
					event.Actor.UserID = domain.ID(i + 1)
					event.Subject = domain.Subject{Kind: domain.SubjectPatient, Shown: []domain.ID{1, 2, domain.ID(100 + n)}}
					events = append(events, event)
				}
				return tx.Audit().Add(t.Context(), attest, events...)
			})
		}))
		require.Len(t, allEvents(t, store), crowd*each)
		for i := range crowd {
			filter := domain.AuditFilter{Actor: domain.ID(i + 1), Record: domain.Reference{Kind: domain.SubjectPatient, ID: 2}}
			for n, event := range eventsOf(t, store, filter, everything) {
				require.Equal(t, domain.ID(100+n), event.Subject.Shown[2])
			}
		}
	})
}

// eventChanges turn what newEvent gives into all else that an event may hold.
var eventChanges = map[string]func(*domain.AuditEvent){
	"as it is":            func(*domain.AuditEvent) {},
	"nobody signed in":    func(event *domain.AuditEvent) { event.Actor = domain.Actor{Origin: event.Actor.Origin} },
	"the command line":    func(event *domain.AuditEvent) { event.Actor = domain.Actor{Role: domain.Operator} },
	"an administrator":    func(event *domain.AuditEvent) { event.Actor.Role = domain.Admin },
	"an IPv6 address":     func(event *domain.AuditEvent) { event.Actor.Origin.Address = netip.MustParseAddr("2001:db8::1") },
	"the longest request": func(event *domain.AuditEvent) { event.Actor.Origin.RequestID = strings.Repeat("x", 64) },
	"the greatest numbers": func(event *domain.AuditEvent) {
		event.Actor.UserID, event.Actor.SessionID, event.Subject.ID = 1<<63-1, 1<<63-2, 1<<63-3
	},
	"no record yet": func(event *domain.AuditEvent) { event.Subject = domain.Subject{Kind: domain.SubjectMapping} },
	"an empty list": func(event *domain.AuditEvent) { event.Subject.ID, event.Subject.Shown = 0, []domain.ID{} },
	"a list of one": func(event *domain.AuditEvent) { event.Subject.ID, event.Subject.Shown = 0, []domain.ID{5} },
	"the longest list": func(event *domain.AuditEvent) {
		event.Subject.ID = 0
		for i := range domain.MaxPageLimit {
			event.Subject.Shown = append(event.Subject.Shown, 1<<63-1-domain.ID(i))
		}
	},
	"a record that is shown twice": func(event *domain.AuditEvent) { event.Subject.Shown = []domain.ID{event.Subject.ID, 2, 2} },
	"a seal that was known":        func(event *domain.AuditEvent) { event.Seal = 1<<63 - 4 },
	"the form of this release":     func(event *domain.AuditEvent) { event.Format = domain.EventFormat },
	"a list in blocks": func(event *domain.AuditEvent) {
		event.Format, event.Subject.ID, event.Subject.Shown = domain.EventFormat, 0, []domain.ID{1, 63, 64, 128, 5, 1<<63 - 1}
		event.Related = []domain.Reference{{Kind: domain.SubjectPatient, ID: 1}}
	},
	"a change":  func(event *domain.AuditEvent) { event.Version = 1<<31 - 1 },
	"a denial":  func(event *domain.AuditEvent) { event.Outcome = domain.Denied },
	"a failure": func(event *domain.AuditEvent) { event.Outcome = domain.Failed },
	"other records": func(event *domain.AuditEvent) {
		event.Related = []domain.Reference{
			{Kind: domain.SubjectPatient, ID: 1<<63 - 1},
			{Kind: domain.SubjectDoctor, ID: 2},
			{Kind: domain.SubjectPatient, ID: 1<<63 - 1},
		}
	},
	"the last moment": func(event *domain.AuditEvent) {
		event.At = time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC)
	},
}

// newEvent is a look at a patient's record.
func newEvent() domain.AuditEvent {
	return domain.AuditEvent{
		At: now,
		Actor: domain.Actor{UserID: 7, Role: domain.Staff, SessionID: 9, Origin: domain.Origin{
			Address: netip.MustParseAddr("203.0.113.7"), RequestID: "a.request_of-1",
		}},
		Action:  domain.PatientRead,
		Subject: domain.Subject{Kind: domain.SubjectPatient, ID: 5},
		Outcome: domain.Allowed,
	}
}

// addEvents returns the events as they are stored.
func addEvents(t tester, store ports.Store, events ...domain.AuditEvent) []domain.AuditEvent {
	t.Helper()
	before := len(allEvents(t, store))
	update(t, store, func(tx ports.Tx) error { return tx.Audit().Add(t.Context(), attest, events...) })
	return allEvents(t, store)[before:]
}

func eventsOf(t tester, store ports.Store, filter domain.AuditFilter, page domain.Page) []domain.AuditEvent {
	t.Helper()
	return read(t, store, func(tx ports.Tx) ([]domain.AuditEvent, error) { return tx.Audit().List(t.Context(), filter, page) })
}

func allEvents(t tester, store ports.Store) []domain.AuditEvent {
	t.Helper()
	return eventsOf(t, store, domain.AuditFilter{}, everything)
}

// attest gives evidence that differs between events that differ in anything.
func attest(event domain.AuditEvent) domain.Evidence {
	hash := event.Hash()
	return domain.Evidence{Hash: hash, MAC: domain.MAC(hash[len(domain.MAC{}):])}
}

// asGiven is the event without what the store adds.
func asGiven(event domain.AuditEvent) domain.AuditEvent {
	event.ID, event.Evidence = 0, domain.Evidence{}
	return event
}

func allAsGiven(events []domain.AuditEvent) []domain.AuditEvent {
	events = slices.Clone(events)
	for i := range events {
		events[i] = asGiven(events[i])
	}
	return events
}

// versions tells events apart that differ in nothing else.
func versions(events []domain.AuditEvent) []int {
	list := []int{}
	for _, event := range events {
		list = append(list, event.Version)
	}
	return list
}
