package portstest

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testAuditLists checks which events a list contains.
func testAuditLists(s suite) {
	testEventsByRecord(s)
	testEventsByTime(s)
	testEventFilters(s)
}

func testEventsByRecord(s suite) {
	s.promise("a list without events is empty, not nil", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.AuditEvent{}, allEvents(t, store))
		addEvents(t, store, newPatientRead())
		for _, filter := range []domain.AuditFilter{
			{Actor: 8},
			{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 6}},
			{Action: domain.DoctorRead},
			{Outcome: domain.Failed},
			{From: now.Add(time.Microsecond)},
			{To: now},
		} {
			require.Equal(t, []domain.AuditEvent{}, eventsOf(t, store, filter, wholeList), "%+v", filter)
		}
	})

	s.promise("a filter by record finds events by subject, by listed record and by related record", func(t *testing.T, store ports.Store) {
		patient, doctor := domain.Reference{Kind: domain.SubjectPatient, ID: 5}, domain.Reference{Kind: domain.SubjectDoctor, ID: 5}
		versioned := func(version int, subject domain.Subject, about ...domain.Reference) domain.AuditEvent {
			event := newPatientRead()
			event.Version, event.Subject, event.Related = version, subject, about
			return event
		}
		addEvents(t, store,
			versioned(1, domain.Subject{Kind: domain.SubjectPatient, ID: 5}),
			versioned(2, domain.Subject{Kind: domain.SubjectPatient, Shown: []domain.ID{4, 5, 55}}),
			versioned(3, domain.Subject{Kind: domain.SubjectMapping, ID: 7}, patient, doctor),
			versioned(4, domain.Subject{Kind: domain.SubjectMapping, Shown: []domain.ID{5}}),
			versioned(5, domain.Subject{Kind: domain.SubjectDoctor, ID: 5}),
			versioned(6, domain.Subject{Kind: domain.SubjectPatient, Shown: []domain.ID{55}}),
			versioned(7, domain.Subject{Kind: domain.SubjectPatient, Shown: []domain.ID{}}),
			versioned(8, domain.Subject{Kind: domain.SubjectPatient}),
			versioned(9, domain.Subject{Kind: domain.SubjectPatient, ID: 5, Shown: []domain.ID{5, 5}}, patient, patient),
			versioned(10, domain.Subject{Kind: domain.SubjectDoctor, Shown: []domain.ID{5}}, doctor),
		)
		for about, want := range map[domain.Reference][]int{
			patient:                                 {1, 2, 3, 9},
			doctor:                                  {3, 5, 10},
			{Kind: domain.SubjectMapping, ID: 5}:    {4},
			{Kind: domain.SubjectMapping, ID: 7}:    {3},
			{Kind: domain.SubjectPatient, ID: 55}:   {2, 6},
			{Kind: domain.SubjectPatient, ID: 4}:    {2},
			{Kind: domain.SubjectPatient, ID: 7}:    {},
			{Kind: domain.SubjectUser, ID: 5}:       {},
			{Kind: domain.SubjectPatient, ID: 1000}: {},
		} {
			require.Equal(t, want, versions(eventsOf(t, store, domain.AuditFilter{Record: about}, wholeList)), "%+v", about)
		}
	})

	s.promise("a filter by record finds a list only if the list showed the record", func(t *testing.T, store ports.Store) {
		const formats = domain.EventFormat + 1 // Earlier releases wrote the lower ones.
		// ofLists returns the events of these lists, in all formats.
		ofLists := func(lists ...int) []int {
			versions := []int{}
			for _, list := range lists {
				for format := range formats {
					versions = append(versions, formats*list+format)
				}
			}
			return versions
		}
		var events []domain.AuditEvent
		for version, shown := range [][]domain.ID{{1}, {2, 12}, {12}, {112}, {}, {2}, {64}, {65, 2}, {12, 2, 1, 2}, {1 << 62}, {120, 3}} {
			for format := range formats {
				event := newPatientRead()
				event.Format, event.Version = format, formats*version+format
				event.Subject = domain.Subject{Kind: domain.SubjectPatient, Shown: shown}
				events = append(events, event)
			}
		}
		for _, version := range ofLists(6) { // It showed 64.
			events[version].Subject.Kind = domain.SubjectDoctor
		}
		addEvents(t, store, events...)
		for id, want := range map[domain.ID][]int{
			1: ofLists(0, 8), 2: ofLists(1, 5, 7, 8), 12: ofLists(1, 2, 8), 112: ofLists(3), 65: ofLists(7), 3: ofLists(10), 120: ofLists(10),
			64: {}, 11: {}, 0: {}, 1 << 62: ofLists(9), 1<<62 + 1: {},
		} {
			filter := domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: id}}
			require.Equal(t, want, versions(eventsOf(t, store, filter, wholeList)), "patient %d", id)
			for limit := range len(want) {
				require.Equal(t, want[:limit], versions(eventsOf(t, store, filter, domain.Page{Limit: limit})), "patient %d", id)
			}
		}
		filter := domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectDoctor, ID: 64}}
		require.Equal(t, ofLists(6), versions(eventsOf(t, store, filter, wholeList)))
	})
}

func testEventsByTime(s suite) {
	s.promise("From is inclusive and To exclusive, both cut to the microsecond", func(t *testing.T, store ports.Store) {
		var events []domain.AuditEvent
		for i := range 4 {
			event := newPatientRead()
			event.Version = i
			event.At = now.Add(time.Duration(i) * time.Microsecond)
			events = append(events, event)
		}
		addEvents(t, store, events...)
		for _, zone := range []*time.Location{time.UTC, time.FixedZone("", -11*60*60)} {
			filter := domain.AuditFilter{From: events[1].At.In(zone), To: events[3].At.In(zone)}
			require.Equal(t, []int{1, 2}, versions(eventsOf(t, store, filter, wholeList)))
			filter.From, filter.To = filter.From.Add(999*time.Nanosecond), filter.To.Add(999*time.Nanosecond)
			require.Equal(t, []int{1, 2}, versions(eventsOf(t, store, filter, wholeList)))
		}
	})

	s.promise("an event with a time years off hides no other events", func(t *testing.T, store ports.Store) {
		var events []domain.AuditEvent
		for i, years := range []int{0, 0, 30, 0, -30, 0, 0} {
			event := newPatientRead()
			event.Version = i
			event.At = now.AddDate(years, 0, i)
			events = append(events, event)
		}
		addEvents(t, store, events...)
		require.Equal(t, []int{0, 1, 3, 4, 5, 6}, versions(eventsOf(t, store, domain.AuditFilter{To: now.AddDate(1, 0, 0)}, wholeList)))
		require.Subset(t, versions(eventsOf(t, store, domain.AuditFilter{From: now.AddDate(-1, 0, 0)}, wholeList)), []int{0, 1, 3, 5, 6})
		require.Subset(t, versions(eventsOf(t, store, domain.AuditFilter{From: events[3].At, To: events[6].At}, wholeList)), []int{3, 5})
	})
}

func testEventFilters(s suite) {
	s.promise("random combinations of filters and pages return the right events", func(t *testing.T, store ports.Store) {
		var events []domain.AuditEvent
		for range 10 {
			// Failed Updates leave gaps between IDs.
			require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
				require.NoError(t, tx.Audit().Add(t.Context(), attest, newPatientRead(), newPatientRead()))
				return errAborted
			}), errAborted)
			added := make([]domain.AuditEvent, 30)
			for i := range added {
				added[i] = eventExample.Example(len(events) + i)
				added[i].At = added[i].At.Add(time.Duration(len(events)+i) * 24 * time.Hour / 300)
			}
			events = append(events, addEvents(t, store, added...)...)
		}
		require.Len(t, events, 300)
		rapid.Check(t, func(t *rapid.T) {
			filter, page := drawFilter(t), domain.Page{Limit: rapid.IntRange(1, 40).Draw(t, "limit")}
			if rapid.Bool().Draw(t, "after some") {
				page.After = rapid.SampledFrom(events).Draw(t, "last").ID
			}
			want := []domain.AuditEvent{}
			inOrder := slices.Clone(events)
			if filter.NewestFirst {
				slices.Reverse(inOrder)
			}
			for _, event := range inOrder {
				follows := event.ID > page.After
				if filter.NewestFirst {
					follows = page.After == 0 || event.ID < page.After
				}
				if follows && len(want) < page.Limit && selects(filter, event) {
					want = append(want, event)
				}
			}
			require.Equal(t, want, eventsOf(t, store, filter, page))
		})
	})
}

// Few values, so that a random filter selects some events and leaves out others.
var (
	someActors   = []domain.ID{0, 1, 2}
	someActions  = []domain.Permission{domain.PatientRead, domain.DoctorRead, domain.MappingCreate}
	someOutcomes = []domain.Outcome{domain.Allowed, domain.Denied, domain.Failed}
	someKinds    = []domain.SubjectKind{domain.SubjectPatient, domain.SubjectDoctor}
	someIDs      = []domain.ID{1, 2, 63, 64} // the last one is in another block
)

// someTime generates times on the day of the events, or shortly before or after it.
func someTime() *rapid.Generator[time.Time] {
	return rapid.Map(rapid.IntRange(-60, 26*60), func(n int) time.Time { return now.Add(time.Duration(n) * time.Minute) })
}

// someDisorder generates differences less than ports.MaxEventSkew.
func someDisorder() *rapid.Generator[time.Duration] {
	return rapid.Map(rapid.IntRange(0, int(ports.MaxEventSkew/time.Minute)-1), func(n int) time.Duration { return time.Duration(n) * time.Minute })
}

func someReference() *rapid.Generator[domain.Reference] {
	return rapid.Custom(func(t *rapid.T) domain.Reference {
		return domain.Reference{Kind: rapid.SampledFrom(someKinds).Draw(t, "kind"), ID: rapid.SampledFrom(someIDs).Draw(t, "id")}
	})
}

var eventExample = rapid.Custom(func(t *rapid.T) domain.AuditEvent {
	event := newPatientRead()
	event.At = now.Add(someDisorder().Draw(t, "at"))
	event.Actor.UserID = rapid.SampledFrom(someActors).Draw(t, "actor")
	event.Format = rapid.IntRange(0, domain.EventFormat).Draw(t, "form of event")
	event.Action = rapid.SampledFrom(someActions).Draw(t, "action")
	event.Outcome = rapid.SampledFrom(someOutcomes).Draw(t, "outcome")
	event.Subject = domain.Subject{Kind: rapid.SampledFrom(someKinds).Draw(t, "subject")}
	switch rapid.IntRange(0, 2).Draw(t, "form") {
	case 0:
		event.Subject.ID = rapid.SampledFrom(someIDs).Draw(t, "id")
	case 1:
		event.Subject.Shown = rapid.SliceOfN(rapid.SampledFrom(someIDs), 0, 3).Draw(t, "shown")
	default:
		event.Subject.ID = rapid.SampledFrom(someIDs).Draw(t, "id")
		event.Related = rapid.SliceOfN(someReference(), 1, 3).Draw(t, "about")
	}
	return event
})

func drawFilter(t *rapid.T) (filter domain.AuditFilter) {
	filter.Actor = rapid.SampledFrom(someActors).Draw(t, "actor")
	filter.NewestFirst = rapid.Bool().Draw(t, "newest first")
	if rapid.Bool().Draw(t, "by action") {
		filter.Action = rapid.SampledFrom(someActions).Draw(t, "action")
	}
	if rapid.Bool().Draw(t, "by outcome") {
		filter.Outcome = rapid.SampledFrom(someOutcomes).Draw(t, "outcome")
	}
	if rapid.Bool().Draw(t, "from some time") {
		filter.From = someTime().Draw(t, "from")
	}
	if rapid.Bool().Draw(t, "to some time") {
		filter.To = someTime().Draw(t, "to")
	}
	if rapid.Bool().Draw(t, "about a record") {
		filter.Record = someReference().Draw(t, "about")
	}
	return filter
}

// selects reports whether the filter should select the event.
func selects(filter domain.AuditFilter, event domain.AuditEvent) bool {
	about := filter.Record == domain.Reference{} ||
		filter.Record == domain.Reference{Kind: event.Subject.Kind, ID: event.Subject.ID}
	for _, id := range event.Subject.Shown {
		about = about || filter.Record == domain.Reference{Kind: event.Subject.Kind, ID: id}
	}
	for _, reference := range event.Related {
		about = about || filter.Record == reference
	}
	return about &&
		(filter.Actor == 0 || filter.Actor == event.Actor.UserID) &&
		(filter.Action == "" || filter.Action == event.Action) &&
		(filter.Outcome == "" || filter.Outcome == event.Outcome) &&
		(filter.From.IsZero() || !event.At.Before(filter.From)) &&
		(filter.To.IsZero() || event.At.Before(filter.To))
}
