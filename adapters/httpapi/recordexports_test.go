package httpapi_test

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/domain"
)

// origin returns the member store of the exports of a path.
func (a *api) origin(path string) string {
	a.t.Helper()
	id, err := a.Store.ID(a.t.Context())
	require.NoError(a.t, err)
	kind := strings.FieldsFunc(path, func(r rune) bool { return r == '/' || r == '?' })[1]
	return kind + ":" + id.String()
}

// exported returns the records of an export in NDJSON without the member store.
func (a *api) exported(path, token string) []map[string]any {
	a.t.Helper()
	got := a.want(200, "GET", path, token, "", "Accept", "application/x-ndjson")
	require.Equal(a.t, "application/x-ndjson", got.Header.Get("Content-Type"))
	require.Empty(a.t, got.Header.Get("Link"))
	records := []map[string]any{}
	for line := range strings.Lines(string(got.body)) {
		require.True(a.t, strings.HasSuffix(line, "\n"), "each line ends with a line break")
		var record map[string]any
		require.NoError(a.t, json.Unmarshal([]byte(line), &record))
		require.Equal(a.t, a.origin(path), record["store"])
		delete(record, "store")
		records = append(records, record)
	}
	return records
}

// exportedTable returns the rows of an export in CSV by the names of their columns, without
// the guard of formulas.
func (a *api) exportedTable(path, token string) (columns []string, rows []map[string]string) {
	a.t.Helper()
	got := a.want(200, "GET", path, token, "", "Accept", "text/csv")
	require.Equal(a.t, "text/csv; charset=utf-8; header=present", got.Header.Get("Content-Type"))
	require.False(a.t, strings.HasPrefix(string(got.body), "\ufeff"))
	table, err := csv.NewReader(strings.NewReader(string(got.body))).ReadAll()
	require.NoError(a.t, err)
	for _, cells := range table[1:] {
		row := map[string]string{}
		for i, cell := range cells {
			row[table[0][i]] = recordfiles.UnguardFormula(cell)
		}
		rows = append(rows, row)
	}
	return table[0], rows
}

// cellOf returns the cell for a value of JSON.
func cellOf(t *testing.T, value any) string {
	t.Helper()
	if text, isText := value.(string); isText || value == nil {
		return text
	}
	text, err := json.Marshal(value)
	require.NoError(t, err)
	return string(text)
}

// awkwardPatients have values that spreadsheets and parsers could misread.
var awkwardPatients = []string{
	`{"name":"'=cmd|' /C calc'!A0","address":"=1+1\n\"quoted\", 4 Elm Street;\tx","medical_record":"-dash\r\ncarriage"}`,
	`{"name":"'t Hooft","phone_number":"+31 20 794 60","external_id":"007","email":"-x@mail.example"}`,
	`{"name":"@home, Ada","medical_record":"＝full width","external_id":"'+1"}`,
}

func TestExportsHaveTheSameRecordsAsJSON(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for _, patient := range awkwardPatients {
			api.want(201, "POST", "/api/patients/", staff, patient)
		}
		for _, token := range []string{admin, staff} {
			for _, path := range []string{
				"/api/patients/", "/api/patients/?deleted=false&format=json", "/api/patients/?search=zoe", "/api/patients/?gender=M&ordering=-name",
				"/api/patients/?fields=name,id", "/api/patients/?doctor_id=99", "/api/patients?has_doctor=true",
				"/api/doctors/", "/api/doctors/?ordering=-license_number", "/api/doctors/?fields=name",
				"/api/mappings/", "/api/mappings/?patient_id=1&ordering=-id", "/api/mappings/?fields=patient,version",
			} {
				want := api.want(200, "GET", path, token, "").objects(t)
				assert.Equal(t, want, api.exported(path, token), path)
				columns, rows := api.exportedTable(path, token)
				require.Len(t, rows, len(want), path)
				for i, record := range want {
					for _, column := range columns {
						value := record[column]
						if column == "store" {
							value = api.origin(path)
						}
						if side, part, found := strings.Cut(column, "_"); found && (side == "patient" || side == "doctor") {
							value = record[side].(map[string]any)[part]
						}
						assert.Equal(t, strings.ReplaceAll(cellOf(t, value), "\r\n", "\n"), rows[i][column], "%s: %s", path, column)
					}
				}
			}
		}
		columns, _ := api.exportedTable("/api/doctors/", admin)
		assert.Contains(t, columns, "salary")
		for _, path := range []string{"/api/doctors/", "/api/mappings/"} {
			for _, format := range []string{"text/csv", "application/x-ndjson"} {
				assert.NotContains(t, string(api.want(200, "GET", path, staff, "", "Accept", format).body), "salary")
			}
		}
		name, _ := api.exportedTable("/api/patients/?fields=name,id", staff)
		assert.Equal(t, []string{"id", "name", "store"}, name)
	})
}

func TestExportsRefuseWhatTheyCannotDo(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for _, format := range []string{"text/csv", "application/x-ndjson"} {
			for _, path := range []string{"/api/patients/", "/api/doctors/", "/api/mappings/"} {
				got := api.want(400, "GET", path+"?limit=10&cursor=x&fields=nme&docter_id=1&deleted=maybe", staff, "", "Accept", format).object(t)["errors"].(map[string]any)
				assert.Equal(t, []any{"This format has no pages. Leave out the limit."}, got["limit"])
				assert.Equal(t, []any{"This format has no pages. Leave out the cursor."}, got["cursor"])
				for _, name := range []string{"fields", "docter_id", "deleted"} {
					assert.Contains(t, got, name)
				}
				api.want(401, "GET", path, "", "", "Accept", format)
				vary := api.want(200, "HEAD", path, staff, "", "Accept", format)
				assert.Equal(t, recordfiles.Format(format).ContentType(), vary.Header.Get("Content-Type"))
				for _, answer := range []answer{vary, api.want(200, "GET", path, staff, "")} {
					assert.Contains(t, answer.Header.Values("Vary"), "Accept")
				}
			}
			api.want(400, "GET", "/api/doctors/?fields=salary", staff, "", "Accept", format)
			for _, path := range []string{
				"/api/users/", "/api/patients/deleted/", "/api/patients/?deleted=true", "/api/doctors/?deleted=true", "/api/patients/1/doctors/",
				"/api/doctors/1/patients/", "/api/patients/1/history/", "/api/mappings/1/",
			} {
				api.want(200, "GET", path, admin, "", "Accept", format).objects(t)
			}
		}
	})
}

func TestAnExportIsReadAndRecordedPageByPage(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		staff := api.signUp("staff@example.com", domain.Staff)
		const count = 2*domain.MaxPageLimit + 500
		api.addPatients(count)
		start := len(api.Events())
		got := api.want(200, "GET", "/api/patients/?count=true", staff, "", "Accept", "text/csv")
		assert.Equal(t, fmt.Sprint(count), got.Header.Get("X-Total-Count"))
		lines := strings.Split(string(got.body), "\r\n")
		require.Len(t, lines, count+2)
		for i, line := range lines[1 : count+1] {
			require.True(t, strings.HasPrefix(line, fmt.Sprintf("%d,1,Patient %d,", i+1, i)), line)
		}
		var shown []int
		for _, event := range api.Events()[start:] {
			assert.Equal(t, domain.PatientRead, event.Action)
			shown = append(shown, len(event.Subject.Shown))
		}
		assert.Equal(t, []int{domain.MaxPageLimit, domain.MaxPageLimit, 500}, shown)

		start = len(api.Events())
		api.want(200, "HEAD", "/api/patients/?search=patient", staff, "", "Accept", "text/csv")
		require.Len(t, api.Events()[start:], 1, "HEAD reads one page")
		assert.Equal(t, domain.PatientSearch, api.LastEvent().Action)
	})
}

func TestAnExportSendsOnlyRecordedPages(t *testing.T) {
	api := newAPI(t, failThirdPageStore{memory.New()})
	staff := api.signUp("staff@example.com", domain.Staff)
	api.addPatients(2*domain.MaxPageLimit + 100)
	for _, format := range []string{"text/csv", "application/x-ndjson"} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.url+"/api/patients/", http.NoBody)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+staff)
		req.Header.Set("Accept", format)
		resp, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		assert.Equal(t, 200, resp.StatusCode)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, resp.Body.Close())
		assert.Error(t, err, "the connection is closed")
		assert.Equal(t, 2*domain.MaxPageLimit, strings.Count(string(body), api.origin("/api/patients/")))
	}
}

func TestExportsOfRecordsNeedHTTP11(t *testing.T) {
	api := newAPI(t, memory.New())
	staff := api.signUp("staff@example.com", domain.Staff)
	for _, path := range []string{"/api/patients/", "/api/doctors/", "/api/mappings/"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(api.url, "http://"))
		require.NoError(t, err)
		_, err = fmt.Fprintf(conn, "GET %s HTTP/1.0\r\nAuthorization: Bearer %s\r\nAccept: text/csv\r\n\r\n", path, staff)
		require.NoError(t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		assert.Equal(t, 426, resp.StatusCode)
		assert.Equal(t, "HTTP/1.1", resp.Header.Get("Upgrade"))
		require.NoError(t, resp.Body.Close())
		require.NoError(t, conn.Close())
	}
}
