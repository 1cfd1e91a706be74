package console_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// longTrail is a store in whose trail a patient was seen a thousand times on each of many days.
type longTrail struct {
	ports.Store
	events domain.ID
	// end is the error after the last event. Nil is the end of the trail.
	end error
}

func (s longTrail) View(ctx context.Context, do func(ports.Tx) error) error {
	return s.Store.View(ctx, func(tx ports.Tx) error { return do(longTrailTx{tx, s}) })
}

type longTrailTx struct {
	ports.Tx
	trail longTrail
}

func (t longTrailTx) Audit() ports.Audit { return longAudit{t.Tx.Audit(), t.trail} }

type longAudit struct {
	ports.Audit
	trail longTrail
}

func (a longAudit) List(_ context.Context, _ domain.AuditFilter, page domain.Page) (events []domain.AuditEvent, err error) {
	for id := page.After + 1; id <= a.trail.events && len(events) < page.Limit; id++ {
		events = append(events, domain.AuditEvent{
			ID: id, At: clinictest.Start.AddDate(0, 0, int(id-1)/1000), Actor: domain.Actor{UserID: 1, Role: domain.Staff},
			Action: domain.PatientRead, Outcome: domain.Allowed, Subject: domain.Subject{Kind: domain.SubjectPatient, ID: 1},
		})
	}
	if len(events) == 0 {
		err = a.trail.end
	}
	return events, err
}

// longTrailDesk is a desk with a patient who was seen many times, and the report for the patient.
func longTrailDesk(t *testing.T, events domain.ID, end error) (d *desk, boss *browser, report string) {
	t.Helper()
	d = newDesk(t, func(p *application.Ports, _ *application.Rules) { p.Store = longTrail{p.Store, events, end} })
	boss = d.signedIn("boss@clinic.example", domain.Admin)
	return d, boss, accessesPath(d.addPatientAs(d.Staff(), named("Ada Byron"))) + "report/"
}

func TestALongReportIsOnOnePage(t *testing.T) {
	_, boss, report := longTrailDesk(t, 60_000, nil) // The use-case reports 50,000 events at once.
	shown := boss.get(report)
	rows := shown.rows()
	require.Len(t, rows, 60)
	assert.Equal(t, []string{"22 November 2026", "user without a name", "saw the record", "1,000"}, rows[0])
	assert.Equal(t, []string{"20 January 2027", "user without a name", "saw the record", "1,000"}, rows[59])
	assert.True(t, strings.HasSuffix(strings.TrimSpace(shown.body), "</html>"))
}

func TestAReportThatFailsInTheMiddleDoesNotLookComplete(t *testing.T) {
	d, boss, report := longTrailDesk(t, 60_000, errors.New("the disk is broken"))
	client := http.Client{Jar: boss.jar}
	resp, err := client.Get(d.url + report)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Contains(t, string(body), "22 November 2026", "the first part was sent")
	assert.NotContains(t, string(body), "</html>")
	d.stop() // The service has logged every request then.
	assert.Contains(t, d.log.String(), "the disk is broken")
}

func TestHeadReadsOnlyTheFirstPartOfAReport(t *testing.T) {
	d, boss, report := longTrailDesk(t, 60_000, errors.New("the disk is broken"))
	request := httptest.NewRequestWithContext(t.Context(), http.MethodHead, report, nil)
	request.RemoteAddr = "127.0.0.1:1"
	request.Header.Set("Cookie", boss.sessionCookies())
	read := make(chan struct{})
	close(read)
	answer := httptest.NewRecorder()
	assert.NotPanics(t, func() { d.handler.ServeHTTP(slowReader{answer, func() {}, read}, request) }, "the second part, which fails, is not read")
	assert.Equal(t, http.StatusOK, answer.Code)
}

// A report holds one part in memory, and a user holds two such answers at most.
func TestReportsThatAreNotReadHoldABoundedAmountOfMemory(t *testing.T) {
	d, boss, report := longTrailDesk(t, 10, nil)
	other := d.signedIn("other@clinic.example", domain.Admin)
	read := make(chan struct{})
	var begun, done sync.WaitGroup
	for range 2 {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, report, nil)
		request.RemoteAddr = "127.0.0.1:1"
		request.Header.Set("Cookie", boss.sessionCookies())
		begun.Add(1)
		done.Go(func() {
			d.handler.ServeHTTP(slowReader{httptest.NewRecorder(), sync.OnceFunc(begun.Done), read}, request)
		})
	}
	begun.Wait()
	assert.Equal(t, http.StatusServiceUnavailable, boss.get(report).StatusCode)
	assert.Equal(t, http.StatusOK, other.get(report).StatusCode, "others have memory of their own")
	close(read)
	done.Wait()
	assert.Equal(t, http.StatusOK, boss.get(report).StatusCode)
}
