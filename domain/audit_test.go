package domain_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAnAuditQueryFiltersByTheGivenParameters(t *testing.T) {
	nine := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		query domain.AuditQuery
		want  domain.AuditFilter
	}{
		"no parameter": {domain.AuditQuery{}, domain.AuditFilter{}},
		"actor":        {domain.AuditQuery{Actor: domain.Given("7")}, domain.AuditFilter{Actor: 7}},
		"patient":      {domain.AuditQuery{Patient: domain.Given("7")}, domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectPatient, ID: 7}}},
		"doctor":       {domain.AuditQuery{Doctor: domain.Given("7")}, domain.AuditFilter{Record: domain.Reference{Kind: domain.SubjectDoctor, ID: 7}}},
		"action":       {domain.AuditQuery{Action: domain.Given("patient:read")}, domain.AuditFilter{Action: domain.PatientRead}},
		"outcome":      {domain.AuditQuery{Outcome: domain.Given("denied")}, domain.AuditFilter{Outcome: domain.Denied}},
		"from":         {domain.AuditQuery{From: domain.Given("2026-11-23T09:00:00Z")}, domain.AuditFilter{From: nine}},
		"to":           {domain.AuditQuery{To: domain.Given("2026-11-23T10:00:00.000001+01:00")}, domain.AuditFilter{To: nine.Add(time.Microsecond)}},
		"all": {
			domain.AuditQuery{
				Actor: domain.Given("1"), Doctor: domain.Given("2"), Action: domain.Given("audit:read"), Outcome: domain.Given("failed"),
				From: domain.Given("1970-01-01T00:00:00Z"), To: domain.Given("2026-11-23T09:00:00Z"),
			},
			domain.AuditFilter{
				Actor: 1, Record: domain.Reference{Kind: domain.SubjectDoctor, ID: 2}, Action: domain.AuditRead, Outcome: domain.Failed,
				From: time.Unix(0, 0).UTC(), To: nine,
			},
		},
	} {
		tt.query.Page = domain.PageInput{Limit: domain.Given("5"), Cursor: domain.Given("3")}
		filter, page, err := tt.query.Parse()
		require.NoError(t, err, name)
		assert.Equal(t, tt.want, filter, name)
		assert.Equal(t, domain.Page{After: 3, Limit: 5}, page, name)
	}
	_, page, err := domain.AuditQuery{}.Parse()
	require.NoError(t, err)
	assert.Equal(t, domain.Page{Limit: domain.DefaultPageLimit}, page)
}

func TestAnAuditQueryAcceptsEveryPermission(t *testing.T) {
	for _, rule := range domain.Policy() {
		filter, _, err := domain.AuditQuery{Action: domain.Given(string(rule.Permission))}.Parse()
		require.NoError(t, err)
		assert.Equal(t, rule.Permission, filter.Action)
	}
}

func TestAnAuditQueryReportsEveryInvalidFieldAtOnce(t *testing.T) {
	const id = "A valid id (a positive integer) is required."
	const instant = "Give a time such as 2026-11-23T09:00:00Z."
	_, _, err := domain.AuditQuery{
		Actor: domain.Given("0"), Patient: domain.Given("x"), Doctor: domain.Given("-1"), Action: domain.Given("patient:look"),
		Outcome: domain.Given("Allowed"), From: domain.Given("yesterday"), To: domain.Null(),
		Page: domain.PageInput{Limit: domain.Given("0"), Cursor: domain.Given("x")},
	}.Parse()
	assert.Equal(t, domain.FieldErrors{
		"actor": {id}, "patient": {id}, "doctor": {id},
		"action":  {"Not a permission of the policy."},
		"outcome": {"Not a valid choice: use allowed, denied or failed."},
		"from":    {instant},
		"to":      {"This field may not be null."},
		"limit":   {"An integer from 1 to 1000 is required."},
		"cursor":  {"Invalid cursor: follow the link to the next page as it was given."},
	}, fieldsOf(t, err))

	_, _, err = domain.AuditQuery{Patient: domain.Given("1"), Doctor: domain.Given("1")}.Parse()
	assert.Equal(t, domain.FieldErrors{"doctor": {"Give patient or doctor, not both."}}, fieldsOf(t, err))
	_, _, err = domain.AuditQuery{Action: domain.Given("")}.Parse()
	assert.Equal(t, []string{"action"}, keys(fieldsOf(t, err)), "an empty text is not a permission")

	for _, text := range []string{
		"", "2026-11-23", "2026-11-23T09:00:00", "2026-11-23 09:00:00Z", "2026-13-01T00:00:00Z", "1763888400",
		"1969-12-31T23:59:59Z", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
		"1970-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00",
	} {
		_, _, err := domain.AuditQuery{From: domain.Given(text), To: domain.Given(text)}.Parse()
		assert.Equal(t, domain.FieldErrors{"from": {instant}, "to": {instant}}, fieldsOf(t, err), text)
	}
}

func TestParseOutcome(t *testing.T) {
	for _, outcome := range []domain.Outcome{domain.Allowed, domain.Denied, domain.Failed} {
		got, err := domain.ParseOutcome(string(outcome))
		require.NoError(t, err)
		assert.Equal(t, outcome, got)
	}
	for _, text := range []string{"", "ALLOWED", " denied", "failed ", "ok"} {
		got, err := domain.ParseOutcome(text)
		assert.Equal(t, domain.Invalid, domain.KindOf(err), text)
		assert.Empty(t, got)
	}
}
