package console_test

import (
	"context"
	"encoding/csv"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestTheTrailSaysInWordsWhoDidWhat(t *testing.T) {
	d := newDesk(t)
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	clerk := d.signedIn("clerk@clinic.example", domain.Staff)
	patient := d.addPatientNamed("Ada Lovelace")
	_, err := d.Doctors.Get(t.Context(), d.Staff(), d.addDoctorNamed("Dora", "L-1").ID, nil)
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, clerk.get("/console/audit/").StatusCode)

	shown := boss.get("/console/audit/")
	assert.Equal(t, http.StatusOK, shown.StatusCode)
	assert.Regexp(t, `user without a name tried to see the audit trail Refused 127\.0\.0\.1 Request `, shown.text())
	assert.Contains(t, shown.body, `<a href="/console/patients/`+patient.String()+`/">Patient `+patient.String()+`</a>`)
	assert.Contains(t, shown.text(), "added a patient version 1 Patient "+patient.String()+" Done")
	assert.Less(t, strings.Index(shown.body, "Refused</strong>"), strings.LastIndex(shown.body, "added a patient"), "the newest first")
}

func TestTheTrailIsFilteredByNamesAndByDaysAsPeopleWriteThem(t *testing.T) {
	d := newDesk(t)
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	d.haveUser("grace@clinic.example", "Grace", "Hopper", domain.Staff)
	grace, err := d.Users.List(t.Context(), d.Admin(), domain.Parameters{"search": domain.Given("grace")})
	require.NoError(t, err)
	patient := d.addPatientNamed("Ada Lovelace")
	d.addPatientNamed("Bea Twin")
	d.addPatientNamed("Bea Twin")

	filter := func(namesAndValues ...string) answer {
		return boss.get("/console/audit/").submit("/console/audit/", namesAndValues...)
	}
	byPatient := filter("patient", "lovelace", "action", "patient:create", "from", "22/11/2026", "to", "22 Nov 2026")
	assert.Equal(t, http.StatusOK, byPatient.StatusCode)
	assert.Equal(t, 1, strings.Count(byPatient.body, "<tr>\n<td"), "one event")
	assert.NotContains(t, strings.ToLower(strings.Join(byPatient.redirects, " ")), "lovelace")
	again := byPatient.form("/console/audit/")
	assert.Equal(t, "Ada Lovelace (#"+patient.String()+")", again.Get("patient"))
	assert.Equal(t, "22.11.2026", again.Get("from"))
	assert.Contains(t, byPatient.submit("/console/audit/", "to", "21.11.2026", "from", "").text(), "There is no such event.")

	assert.Equal(t, "Grace Hopper (#"+grace.Items[0].ID.String()+")", filter("actor", "Hopper").form("/console/audit/").Get("actor"))

	several := filter("patient", "twin")
	assert.Equal(t, http.StatusUnprocessableEntity, several.StatusCode)
	assert.Contains(t, several.text(), "Several match. Choose one")
	assert.Equal(t, "twin", several.form("/console/audit/").Get("patient"), "what was typed is kept")
	assert.Equal(t, http.StatusUnprocessableEntity, several.submit("/console/audit/").StatusCode, "none was chosen")
	chosen := several.submit("/console/audit/", "patient_match", matchFor(several, "Bea Twin, Patient 2"))
	assert.Equal(t, http.StatusOK, chosen.StatusCode)
	assert.Contains(t, chosen.text(), "The events that you asked for")
	assert.Equal(t, "Bea Twin (#2)", chosen.form("/console/audit/").Get("patient"))
	wrongDay := several.submit("/console/audit/", "patient_match", matchFor(several, "Bea Twin, Patient 2"), "from", "31.2.2026")
	assert.Equal(t, http.StatusUnprocessableEntity, wrongDay.StatusCode)
	assert.Equal(t, "Bea Twin (#2)", wrongDay.form("/console/audit/").Get("patient"), "the choice is kept")
	other := several.submit("/console/audit/", "patient", "lovelace", "patient_match", matchFor(several, "Bea Twin"))
	assert.Equal(t, "Ada Lovelace (#1)", other.form("/console/audit/").Get("patient"), "a choice does not count for another name")

	bad := filter("patient", "nobody at all", "doctor", "3", "action", "patient:eat", "outcome", "maybe", "from", "soon", "actor", strings.Repeat("x", 201))
	assert.Equal(t, http.StatusUnprocessableEntity, bad.StatusCode)
	for _, problem := range []string{
		"No record has this name.", "Not a permission of the policy.", "Not a valid choice: use allowed, denied or failed.",
		"Write a date with day, month and year, such as 30.11.1987.", "This is too long for a name.",
	} {
		assert.Contains(t, bad.text(), problem)
	}
	assert.Equal(t, http.StatusUnprocessableEntity, filter("patient", "1", "doctor", "1").StatusCode)
	assert.Equal(t, http.StatusBadRequest, boss.get("/console/audit/?after=x").StatusCode)
}

// TestStaffCannotFilterTheTrail sends filters that name two patients or none. The trail of a clinic
// is not for Staff, and an answer about the names would hide the refusal.
func TestStaffCannotFilterTheTrail(t *testing.T) {
	d := newDesk(t)
	clerk := d.signedIn("clerk@clinic.example", domain.Staff)
	d.addPatientNamed("Bea Twin")
	d.addPatientNamed("Bea Twin")
	filters := url.Values{"patient": {"twin"}, "actor": {"nobody at all"}, "from": {"soon"}}
	for _, path := range []string{"/console/audit/", "/console/patients/1/accesses/"} {
		got := clerk.post(path, filters)
		assert.Equal(t, http.StatusForbidden, got.StatusCode, path)
		assert.NotContains(t, got.text(), "Twin")
	}
	refused, err := d.Audit.List(t.Context(), d.Admin(), domain.AuditQuery{Outcome: domain.Given("denied")})
	require.NoError(t, err)
	assert.Len(t, refused.Items, 2)
}

func TestTheTrailHasPages(t *testing.T) {
	d := newDesk(t)
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	for range 60 {
		d.addPatientNamed("Ada")
	}
	first := boss.get("/console/audit/").submit("/console/audit/", "action", "patient:create")
	assert.Equal(t, 50, strings.Count(first.body, "<tr>\n<td"))
	second := boss.get(first.link("Next page"))
	assert.Equal(t, 10, strings.Count(second.body, "<tr>\n<td"), "the filter stays")
	assert.Less(t, len(first.body), 100<<10)
}

func TestAnExportHasAllEventsThatThePageSelects(t *testing.T) {
	d := newDesk(t)
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	d.haveUser("grace@clinic.example", "=HYPERLINK(1)", "Hopper", domain.Staff)
	for range 450 {
		d.addPatientNamed("Ada")
	}
	patients := boss.get("/console/audit/").submit("/console/audit/", "action", "patient:create")
	exported := patients.submit("/console/audit/export/")
	assert.Equal(t, http.StatusOK, exported.StatusCode)
	assert.Equal(t, "text/csv; charset=utf-8; header=present", exported.Header.Get("Content-Type"))
	assert.Equal(t, `attachment; filename="audit-trail-2026-11-22.csv"`, exported.Header.Get("Content-Disposition"))
	assert.Equal(t, "no-store", exported.Header.Get("Cache-Control"))
	rows, err := csv.NewReader(strings.NewReader(exported.body)).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 451)
	assert.Equal(t, []string{"patient:create", "add patients", "patient", "450", "allowed"}, rows[1][6:11])

	all, err := csv.NewReader(strings.NewReader(boss.get("/console/audit/").submit("/console/audit/export/").body)).ReadAll()
	require.NoError(t, err)
	assert.Greater(t, len(all), 451)

	for _, forged := range []string{"x", patients.form("/console/audit/export/").Get("q") + "A"} {
		assert.Equal(t, http.StatusBadRequest, boss.post("/console/audit/export/", url.Values{"q": {forged}}).StatusCode)
	}
	clerk := d.signedIn("clerk@clinic.example", domain.Staff)
	assert.Equal(t, http.StatusForbidden, clerk.post("/console/audit/export/", url.Values{}).StatusCode)
}

func TestAnExportCannotRunFormulas(t *testing.T) {
	d := newDesk(t)
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	me := d.SignIn("boss@clinic.example")
	_, err := d.Account.ChangeMe(t.Context(), me, domain.Precondition{}, domain.Profile{FirstName: domain.Given(`=cmd|' /C calc'!A0`)})
	require.NoError(t, err)
	exported := boss.get("/console/audit/").submit("/console/audit/export/")
	rows, err := csv.NewReader(strings.NewReader(exported.body)).ReadAll()
	require.NoError(t, err)
	for _, row := range rows {
		for _, cell := range row {
			assert.NotRegexp(t, `^[=+\-@\t\r]`, cell)
		}
	}
	assert.Contains(t, exported.body, `'=cmd|' /C calc'!A0`)
}

// brokenTrail is a store whose trail has one page that can be read.
type brokenTrail struct{ ports.Store }

func (s brokenTrail) View(ctx context.Context, do func(ports.Tx) error) error {
	return s.Store.View(ctx, func(tx ports.Tx) error { return do(brokenTx{tx}) })
}

type brokenTx struct{ ports.Tx }

func (t brokenTx) Audit() ports.Audit { return brokenAudit{t.Tx.Audit()} }

type brokenAudit struct{ ports.Audit }

func (a brokenAudit) List(ctx context.Context, filter domain.AuditFilter, page domain.Page) ([]domain.AuditEvent, error) {
	if page.After != 0 {
		return nil, errors.New("the disk is broken")
	}
	return a.Audit.List(ctx, filter, page)
}

func TestAnExportThatFailsInTheMiddleDoesNotLookComplete(t *testing.T) {
	d := newDesk(t, func(p *application.Ports, _ *application.Rules) { p.Store = brokenTrail{p.Store} })
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	for range 250 {
		d.addPatientNamed("Ada")
	}
	client := http.Client{Jar: boss.jar}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, d.url+"/console/audit/export/", strings.NewReader("a=b"))
	require.NoError(t, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := client.Do(req)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Contains(t, string(body), "patient:create")
	assert.NotContains(t, string(body), "<html")
	d.stop() // The service has logged every request then.
	assert.Contains(t, d.log.String(), "the disk is broken")
}

// A client of HTTP/1.0 cannot tell that an answer was cut off.
func TestAnExportIsRefusedOverHTTP10(t *testing.T) {
	d := newDesk(t)
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	var dialer net.Dialer
	conn, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(d.url, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	cookies := boss.sessionCookies()
	_, err = io.WriteString(conn, "POST /console/audit/export/ HTTP/1.0\r\nCookie: "+cookies+"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b")
	require.NoError(t, err)
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	assert.Contains(t, string(got), " 426 Upgrade Required")
	assert.Contains(t, string(got), "This browser is too old")
}

// watchedTrail is a store that calls listed after each use of the trail.
type watchedTrail struct {
	ports.Store
	listed func()
}

func (s watchedTrail) View(ctx context.Context, do func(ports.Tx) error) error {
	usesTrail := false
	err := s.Store.View(ctx, func(tx ports.Tx) error { return do(watchedTx{tx, &usesTrail}) })
	if usesTrail {
		s.listed()
	}
	return err
}

type watchedTx struct {
	ports.Tx
	usesTrail *bool
}

func (t watchedTx) Audit() ports.Audit {
	*t.usesTrail = true
	return t.Tx.Audit()
}

func TestAnExportEndsWithTheSession(t *testing.T) {
	listed := func() {}
	d := newDesk(t, func(p *application.Ports, _ *application.Rules) {
		p.Store = watchedTrail{p.Store, func() { listed() }}
	})
	boss := d.signedIn("boss@clinic.example", domain.Admin)
	user, other := d.SignIn("boss@clinic.example").UserID, d.Admin()
	for range 450 {
		d.addPatientNamed("Ada")
	}
	pages := 0
	listed = func() {
		if pages++; pages == 1 {
			assert.NoError(t, d.Users.RevokeSessions(t.Context(), other, user))
		}
	}
	client := http.Client{Jar: boss.jar}
	resp, err := client.Post(d.url+"/console/audit/export/", urlEncoded, strings.NewReader("a=b"))
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 1, pages, "no page was read after the session had ended")
}
