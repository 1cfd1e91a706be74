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
	testEventFields(s)
	testAddingEvents(s)
}

func testEventFields(s suite) {
	s.promise("List returns an event as it was added", func(t *testing.T, store ports.Store) {
		for name, change := range eventVariants {
			event := newPatientRead()
			change(&event)
			require.Equal(t, event, withoutStored(addEvents(t, store, event)[0]), name)
		}
	})

	s.promise("an event can have every action of the policy", func(t *testing.T, store ports.Store) {
		var events []domain.AuditEvent
		for _, rule := range domain.Policy() {
			event := newPatientRead()
			event.Action = rule.Permission
			events = append(events, event)
		}
		require.Equal(t, events, allWithoutStored(addEvents(t, store, events...)))
	})

	s.promise("the actor's duty and device are not stored", func(t *testing.T, store ports.Store) {
		event := newPatientRead()
		event.Actor.Duty, event.Actor.Origin.Device = domain.DutyPassword, "Ward tablet"
		require.Equal(t, newPatientRead(), withoutStored(addEvents(t, store, event)[0]))
	})

	s.promise("an event's time is cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		event := newPatientRead()
		event.At = now.Add(999 * time.Nanosecond).In(time.FixedZone("", 13*60*60))
		require.Equal(t, now, addEvents(t, store, event)[0].At)
	})

	s.promise("Add assigns IDs in the order of the events and ignores the IDs given", func(t *testing.T, store ports.Store) {
		first, second, third, fourth := newPatientRead(), newPatientRead(), newPatientRead(), newPatientRead()
		first.Version, second.Version, third.Version, fourth.Version = 1, 2, 3, 4
		first.ID, second.ID, fourth.ID = 1<<40, 7, 7
		update(t, store, func(tx ports.Tx) error {
			require.NoError(t, tx.Audit().Add(t.Context(), attest, first, second, third))
			require.NoError(t, tx.Audit().Add(t.Context(), attest, fourth))
			within, err := tx.Audit().List(t.Context(), domain.AuditFilter{}, wholeList)
			require.Equal(t, []int{1, 2, 3, 4}, versions(within))
			return err
		})
		stored := allEvents(t, store)
		require.Equal(t, []int{1, 2, 3, 4}, versions(stored))
		require.NotEqual(t, domain.ID(1<<40), stored[0].ID)
	})
}

func testAddingEvents(s suite) {
	for _, count := range []int{0, 1, 2, 3, 64, 127, 128, 300} {
		s.promise(fmt.Sprintf("Add adds %d events in one call", count), func(t *testing.T, store ports.Store) {
			events := []domain.AuditEvent{}
			for i := range count {
				event := newPatientRead()
				event.Version = i + 1
				event.Related = []domain.Reference{{Kind: domain.SubjectDoctor, ID: domain.ID(i % 100)}}
				events = append(events, event)
			}
			require.Equal(t, events, allWithoutStored(addEvents(t, store, events...)))
			about := domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectDoctor, ID: 1}}
			want := []int{}
			for i := 1; i < count; i += 100 {
				want = append(want, i+1)
			}
			require.Equal(t, want, versions(eventsOf(t, store, about, wholeList)))
		})
	}

	s.promise("changing the slices of an event changes nothing stored", func(t *testing.T, store ports.Store) {
		given := newPatientRead()
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
		require.Equal(t, want, withoutStored(allEvents(t, store)[0]))
	})

	s.promise("an event remains after its subject is deleted", func(t *testing.T, store ports.Store) {
		patient := patients.addNew(t, store)
		about := domain.Reference{Kind: domain.SubjectPatient, ID: patient.ID}
		event := newPatientRead()
		event.Subject = domain.Subject{Kind: about.Kind, ID: about.ID}
		want := addEvents(t, store, event)
		patients.delete(t, store, patient.ID)
		require.Equal(t, want, eventsOf(t, store, domain.AuditFilter{Record: about}, wholeList))
	})

	s.race("parallel Updates lose no events", func(t *testing.T, store ports.Store) {
		const each = 13
		requireEachAllowed(t, runConcurrently(callers, func(i int) error {
			return store.Update(t.Context(), func(tx ports.Tx) error {
				var events []domain.AuditEvent
				for n := range each {
					event := newPatientRead()
					event.Actor.UserID = domain.ID(i + 1)
					event.Subject = domain.Subject{Kind: domain.SubjectPatient, Shown: []domain.ID{1, 2, domain.ID(100 + n)}}
					events = append(events, event)
				}
				return tx.Audit().Add(t.Context(), attest, events...)
			})
		}))
		require.Len(t, allEvents(t, store), callers*each)
		for i := range callers {
			filter := domain.AuditFilter{Actor: domain.ID(i + 1), Record: domain.Reference{Kind: domain.SubjectPatient, ID: 2}}
			for n, event := range eventsOf(t, store, filter, wholeList) {
				require.Equal(t, domain.ID(100+n), event.Subject.Shown[2])
			}
		}
	})
}

// eventVariants change the event of newPatientRead so that together they cover every
// value that an event can have.
var eventVariants = map[string]func(*domain.AuditEvent){
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

// newPatientRead returns the event of reading a patient.
func newPatientRead() domain.AuditEvent {
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

// addEvents adds events and returns them as they are stored.
func addEvents(t tester, store ports.Store, events ...domain.AuditEvent) []domain.AuditEvent {
	t.Helper()
	before := len(allEvents(t, store))
	update(t, store, func(tx ports.Tx) error { return tx.Audit().Add(t.Context(), attest, events...) })
	return allEvents(t, store)[before:]
}

func eventsOf(t tester, store ports.Store, filter domain.AuditFilter, page domain.Page) []domain.AuditEvent {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.AuditEvent, error) { return tx.Audit().List(t.Context(), filter, page) })
}

func allEvents(t tester, store ports.Store) []domain.AuditEvent {
	t.Helper()
	return eventsOf(t, store, domain.AuditFilter{}, wholeList)
}

// attest returns evidence that differs between any two different events.
func attest(event domain.AuditEvent) domain.Evidence {
	hash := event.Hash()
	return domain.Evidence{Hash: hash, MAC: domain.MAC(hash[len(domain.MAC{}):])}
}

// withoutStored returns the event without the fields that the store sets.
func withoutStored(event domain.AuditEvent) domain.AuditEvent {
	event.ID, event.Evidence = 0, domain.Evidence{}
	return event
}

func allWithoutStored(events []domain.AuditEvent) []domain.AuditEvent {
	events = slices.Clone(events)
	for i := range events {
		events[i] = withoutStored(events[i])
	}
	return events
}

// versions returns the Version of each event, by which tests tell events apart.
func versions(events []domain.AuditEvent) []int {
	list := []int{}
	for _, event := range events {
		list = append(list, event.Version)
	}
	return list
}
