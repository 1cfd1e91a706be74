package httpapi_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// exportAudit returns an export of the audit trail.
func (a *api) exportAudit(format, query, token string) string {
	a.t.Helper()
	got := a.do("GET", "/api/audit/"+query, token, "", "Accept", format)
	if got.StatusCode == 200 {
		require.True(a.t, strings.HasPrefix(got.Header.Get("Content-Type"), format), got.Header.Get("Content-Type"))
		require.Empty(a.t, got.Header.Get("Link"))
	}
	return string(got.body)
}

// parseCSVEvents returns the events of a CSV export in the form of JSON.
func parseCSVEvents(t *testing.T, text string) (events []map[string]any) {
	t.Helper()
	require.Equal(t, strings.Count(text, "\n"), strings.Count(text, "\r\n"), "RFC 4180")
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	number := func(cell string) any {
		if cell == "" {
			return nil
		}
		n, err := strconv.ParseFloat(cell, 64)
		require.NoError(t, err)
		return n
	}
	for _, row := range rows[1:] {
		cells := map[string]string{}
		for i, cell := range row {
			assert.NotContains(t, "=+-@\t\r", (cell + "x")[:1], "the cell starts a formula")
			cells[rows[0][i]] = cell
		}
		event := map[string]any{
			"id": number(cells["id"]), "at": cells["at"], "actor": nil, "action": cells["action"], "outcome": cells["outcome"],
			"subject":    map[string]any{"kind": cells["subject_kind"], "id": number(cells["subject_id"])},
			"request_id": cells["request_id"], "address": cells["address"],
		}
		if cells["role"] != "" {
			event["actor"] = map[string]any{"user": number(cells["user"]), "name": textOrNil(cells["name"]), "role": cells["role"], "session": number(cells["session"])}
		}
		if cells["subject_ids"] != "" {
			var ids []any
			require.NoError(t, json.Unmarshal([]byte(cells["subject_ids"]), &ids))
			event["subject"] = map[string]any{"kind": cells["subject_kind"], "ids": ids}
		}
		if cells["version"] != "" {
			event["version"] = number(cells["version"])
		}
		events = append(events, event)
	}
	return events
}

func textOrNil(cell string) any {
	if cell == "" {
		return nil
	}
	return cell
}

func TestExportsHaveTheSameEventsAsJSON(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		api.simulateDay(admin, api.signUp("staff@example.com", domain.Staff))
		for _, query := range []string{"?to=2999-01-01T00:00:00Z", "?outcome=failed", "?patient=1", "?actor=2&cursor=9", "?actor=99"} {
			want := api.allPages("/api/audit/"+query, admin)
			table := parseCSVEvents(t, api.exportAudit("text/csv", query, admin))
			require.GreaterOrEqual(t, len(table), len(want))
			assert.Equal(t, want, table[:len(want)], query)
			lines := strings.SplitAfter(api.exportAudit("application/x-ndjson", query, admin), "\n")
			require.GreaterOrEqual(t, len(lines), len(want)+1)
			assert.Empty(t, lines[len(lines)-1], "each line ends with a line break")
			for i, event := range want {
				var line map[string]any
				require.NoError(t, json.Unmarshal([]byte(lines[i]), &line))
				assert.Equal(t, event, line)
			}
		}
		refused := api.want(400, "GET", "/api/audit/?limit=10&actor=x", admin, "", "Accept", "text/csv").object(t)
		assert.Len(t, refused["errors"], 2)
		assert.Contains(t, refused["errors"], "limit")
		assert.Equal(t, "application/problem+json", api.want(403, "GET", "/api/audit/", api.login("staff@example.com")["access"].(string), "", "Accept", "text/csv").Header.Get("Content-Type"))
		head := api.want(200, "HEAD", "/api/audit/", admin, "", "Accept", "text/csv")
		assert.Equal(t, "text/csv; charset=utf-8; header=present", head.Header.Get("Content-Type"))
		assert.Contains(t, head.Header.Values("Vary"), "Accept")
	})
}

func TestALongExportIsReadAndRecordedPageByPage(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		actor := domain.Actor{UserID: 1, Role: domain.Admin, SessionID: 1, Origin: domain.Origin{RequestID: "many"}}
		for range 2500 {
			_, err := api.Account.Permissions(t.Context(), actor)
			require.NoError(t, err)
		}
		lines := strings.Split(api.exportAudit("application/x-ndjson", "?action=user:read_self", admin), "\n")
		require.Len(t, lines, 2501)
		seen := map[float64]bool{}
		last := 0.0
		for _, line := range lines[:2500] {
			var event map[string]any
			require.NoError(t, json.Unmarshal([]byte(line), &event))
			require.Greater(t, event["id"], last, "ascending, without duplicates")
			last = event["id"].(float64)
			seen[last] = true
		}
		assert.Len(t, seen, 2500)
		assert.Len(t, parseCSVEvents(t, api.exportAudit("text/csv", "?action=user:read_self", admin)), 2500)
		api.want(200, "HEAD", "/api/audit/?action=user:read_self", admin, "", "Accept", "text/csv")
		shown := map[int]int{}
		for _, event := range api.allPages("/api/audit/?action=audit:read", admin) {
			shown[len(event["subject"].(map[string]any)["ids"].([]any))]++
		}
		assert.Equal(t, map[int]int{200: 12 + 12 + 1, 100: 2}, shown, "each page is recorded; HEAD reads one page")
	})
}

// watchedTrail is a store that calls listed after each use of the trail.
type watchedTrail struct {
	*memory.Store
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
	api := newAPI(t, watchedTrail{memory.New(), func() { listed() }})
	admin := api.signUp("admin@example.com", domain.Admin)
	api.signUp("other@example.com", domain.Admin)
	actor := domain.Actor{UserID: 1, Role: domain.Admin, SessionID: 1}
	for range 450 {
		_, err := api.Account.Permissions(t.Context(), actor)
		require.NoError(t, err)
	}
	pages := 0
	listed = func() {
		if pages++; pages == 1 {
			assert.NoError(t, api.Users.Deactivate(t.Context(), clinictest.Operator, 1, domain.AnyState()))
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.url+"/api/audit/", nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+admin)
	request.Header.Set("Accept", "text/csv")
	resp, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	_, err = io.ReadAll(resp.Body)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	assert.Equal(t, 1, pages, "no page was read after the session had ended")
}
