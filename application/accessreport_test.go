package application_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// reported returns the lines of the access report on a patient, part by part.
func (c *clinic) reported(by domain.Actor, patient domain.ID) (parts [][]string) {
	c.t.Helper()
	var report application.AccessReport
	for {
		var err error
		report, err = c.Audit.ReportAccesses(c.ctx, by, patient, report)
		require.NoError(c.t, err)
		part := []string{}
		for _, use := range report.Items {
			part = append(part, fmt.Sprintf("%s %s %s %s %d", use.Day, use.ActorName, use.Action, use.Outcome, use.Times))
		}
		if parts = append(parts, part); report.Next == "" {
			return parts
		}
	}
}

// addUses adds events about a patient to the trail.
func (c *clinic) addUses(patient domain.ID, by domain.Actor, times ...time.Time) {
	c.t.Helper()
	var events []domain.AuditEvent
	for _, at := range times {
		events = append(events, domain.AuditEvent{
			At: at, Actor: by, Action: domain.PatientRead, Outcome: domain.Allowed,
			Subject: domain.Subject{Kind: domain.SubjectPatient, ID: patient},
		})
	}
	require.NoError(c.t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) error {
		return tx.Audit().Add(c.ctx, func(domain.AuditEvent) domain.Evidence { return domain.Evidence{} }, events...)
	}))
}

func (c *clinic) rename(user domain.Actor, first, last string) {
	c.t.Helper()
	_, err := c.Account.ChangeMe(c.ctx, user, unconditional, domain.Profile{FirstName: domain.Given(first), LastName: domain.Given(last)})
	require.NoError(c.t, err)
}

func TestAccessReportNamesUsersAndUsesOfEachDay(t *testing.T) {
	c := newClinic(t)
	admin, staff := c.Admin(), c.Staff()
	c.rename(staff, "Sam", "Lee")
	c.SetTime(time.Date(2026, time.March, 2, 23, 30, 0, 0, time.UTC))
	ada := c.addPatient(staff, "Ada")
	eve := c.addPatient(staff, "Eve")
	_, err := c.Patients.Get(c.ctx, staff, ada.ID, nil)
	require.NoError(t, err)
	_, err = c.Patients.Get(c.ctx, staff, eve.ID, nil)
	require.NoError(t, err)
	_, err = c.Patients.List(c.ctx, staff, nil)
	require.NoError(t, err)
	_, err = c.Patients.Get(c.ctx, domain.Actor{}, ada.ID, nil)
	require.Error(t, err)
	c.Advance(time.Hour)
	require.NoError(t, c.Patients.Delete(c.ctx, staff, ada.ID, unconditional))
	_, err = c.Patients.Get(c.ctx, staff, ada.ID, nil)
	require.Error(t, err)
	want := []string{
		"2026-03-02  patient:read denied 1",
		"2026-03-02 Sam Lee patient:create allowed 1",
		"2026-03-02 Sam Lee patient:read allowed 2",
		"2026-03-03 Sam Lee patient:delete allowed 1",
		"2026-03-03 Sam Lee patient:read failed 1",
	}
	assert.Equal(t, [][]string{want}, c.reported(admin, ada.ID))
	left := c.LastEvent()
	assert.Equal(t, []any{admin.UserID, domain.AuditRead, domain.Allowed, domain.Subject{Kind: domain.SubjectAudit}, []domain.Reference{patientRef(ada.ID)}},
		[]any{left.Actor.UserID, left.Action, left.Outcome, left.Subject, left.Related})
	assert.Equal(t, [][]string{append([]string{want[0], want[1], want[2]}, "2026-03-03  audit:read allowed 1", want[3], want[4])},
		c.reported(admin, ada.ID), "the report is in the report, of an Admin without a name")
	assert.Equal(t, [][]string{{}}, c.reported(admin, missingID))
}

// Around midnight, events of two days can be in any order, because clocks differ.
func TestAccessReportContainsEachDayOnce(t *testing.T) {
	c := newClinic(t)
	staff := c.Staff()
	midnight := time.Date(2026, time.March, 3, 0, 0, 0, 0, time.UTC)
	times := make([]time.Time, 25_001) // More than two parts of the report can contain.
	for i := range times {
		apart := time.Duration(i%2) * (ports.MaxEventSkew - time.Second)
		times[i] = midnight.Add(time.Duration(i-12_000)*10*time.Second - apart)
	}
	const patient = 7
	c.addUses(patient, staff, times...)
	parts := c.reported(c.Admin(), patient)
	require.Len(t, parts, 3)
	days, total := map[string]bool{}, 0
	for _, part := range parts {
		for _, line := range part {
			var day, action, outcome string
			var count int
			_, err := fmt.Sscan(line, &day, &action, &outcome, &count)
			require.NoError(t, err)
			if action == "patient:read" {
				assert.False(t, days[day], "%s is reported twice", day)
				days[day] = true
				total += count
			}
		}
	}
	assert.Len(t, days, 4)
	assert.Equal(t, len(times), total)
}

func TestUserNamesInTheTrailAreShownOnlyToActorsWhoMayReadUsers(t *testing.T) {
	c := newClinic(t)
	admin, staff := c.Admin(), c.Staff()
	c.rename(staff, "Sam", "")
	c.addUses(7, staff, c.Now())
	c.addUses(7, domain.Actor{UserID: missingID, Role: domain.Staff}, c.Now())
	names := func() (names []string) {
		events, err := c.Audit.Accesses(c.ctx, admin, 7, domain.AccessQuery{Page: domain.PageInput{Limit: domain.Given("2")}})
		require.NoError(t, err)
		for _, event := range events.Items {
			names = append(names, event.ActorName)
		}
		return names
	}
	assert.Equal(t, []string{"Sam", ""}, names(), "no user has the second ID")
	require.NoError(t, c.Users.Deactivate(c.ctx, admin, staff.UserID, unconditional))
	_, err := c.Users.Change(c.ctx, admin, staff.UserID, unconditional, domain.UserChange{Profile: domain.Profile{LastName: domain.Given("Lee")}})
	require.NoError(t, err)
	assert.Equal(t, []string{"Sam Lee", ""}, names(), "the current name; accounts are never deleted")

	for _, role := range []domain.Role{domain.Anonymous, domain.Staff} {
		view := domain.AuditEventView{ActorName: "Sam Lee"}
		use := application.AccessReport{Page: application.Page[domain.DailyUse]{Items: []domain.DailyUse{{ActorName: "Sam Lee"}}}}
		assert.Empty(t, domain.VisibleTo(view, domain.Actor{Role: role}).ActorName)
		assert.Empty(t, domain.VisibleTo(use, domain.Actor{Role: role}).Items[0].ActorName)
	}
}

func TestTheTrailCanBeReadFromItsEnd(t *testing.T) {
	c := newClinic(t)
	admin, staff := c.Admin(), c.Staff()
	for range 5 {
		c.addUses(7, staff, c.Now())
	}
	newestFirst := func(cursor domain.Input) domain.AccessQuery {
		return domain.AccessQuery{Ordering: domain.Given("-id"), Page: domain.PageInput{Limit: domain.Given("2"), Cursor: cursor}}
	}
	page, err := c.Audit.Accesses(c.ctx, admin, 7, newestFirst(domain.Input{}))
	require.NoError(t, err)
	require.Len(t, page.Items, 2)
	last := page.Items[0].ID
	assert.Equal(t, []domain.ID{last, last - 1}, []domain.ID{page.Items[0].ID, page.Items[1].ID})
	page, err = c.Audit.Accesses(c.ctx, admin, 7, newestFirst(domain.Given(page.Next)))
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{last - 2, last - 3}, []domain.ID{page.Items[0].ID, page.Items[1].ID})
	page, err = c.Audit.Accesses(c.ctx, admin, 7, newestFirst(domain.Given(page.Next)))
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Zero(t, page.Next)
	for _, bad := range []domain.Input{domain.Given(""), domain.Given("at"), domain.Given("+id"), domain.Given("id,-id"), domain.Null()} {
		_, err := c.Audit.Accesses(c.ctx, admin, 7, domain.AccessQuery{Ordering: bad})
		assert.Equal(t, domain.Invalid, domain.KindOf(err))
		_, err = c.Audit.List(c.ctx, admin, domain.AuditQuery{Ordering: bad})
		assert.Equal(t, domain.Invalid, domain.KindOf(err))
	}
}
