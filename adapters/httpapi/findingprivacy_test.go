package httpapi_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/domain"
)

func TestTheEventOfASearchSaysThatItWasOneAndWhatItShowed(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		for _, c := range []struct {
			method, path, token, body string
			status                    int
			action                    domain.Permission
			outcome                   domain.Outcome
			shown                     []domain.ID
		}{
			{"GET", "/api/patients/?search=e", staff, "", 200, domain.PatientSearch, domain.Allowed, api.ids("/api/patients/?search=e", staff)},
			{"GET", "/api/patients/?search=mrn&ordering=-name&limit=1&fields=email", staff, "", 200, domain.PatientSearch, domain.Allowed, []domain.ID{2}},
			{"HEAD", "/api/patients/?search=picard", staff, "", 200, domain.PatientSearch, domain.Allowed, []domain.ID{1}},
			{"GET", "/api/patients/?search=nobody", staff, "", 200, domain.PatientSearch, domain.Allowed, []domain.ID{}},
			{"GET", "/api/patients/?search=%E2%80%8B", staff, "", 200, domain.PatientSearch, domain.Allowed, []domain.ID{}},
			{"GET", "/api/patients/?search=%20&gender=F", staff, "", 200, domain.PatientRead, domain.Allowed, []domain.ID{3}},
			{"POST", "/api/patients/search/", staff, `{"search":"picard"}`, 200, domain.PatientSearch, domain.Allowed, []domain.ID{1}},
			{"GET", "/api/doctors/1/patients/?search=picard", staff, "", 200, domain.PatientSearch, domain.Allowed, []domain.ID{1}},
			{"GET", "/api/doctors/?search=lic", staff, "", 200, domain.DoctorSearch, domain.Allowed, []domain.ID{1, 2}},
			{"GET", "/api/patients/1/doctors/?search=emile", staff, "", 200, domain.DoctorSearch, domain.Allowed, []domain.ID{2}},
			{"GET", "/api/users/?search=staff", admin, "", 200, domain.UserSearch, domain.Allowed, []domain.ID{2}},
			{"GET", "/api/users/?search=staff", staff, "", 403, domain.UserSearch, domain.Denied, []domain.ID{}},
			{"GET", "/api/users/?search=staff&role=x", staff, "", 403, domain.UserSearch, domain.Denied, []domain.ID{}},
			{"GET", "/api/users/?search=staff&role=x", admin, "", 400, domain.UserSearch, domain.Failed, []domain.ID{}},
			{"GET", "/api/doctors/?search=" + strings.Repeat("x", 101), staff, "", 400, domain.DoctorSearch, domain.Failed, []domain.ID{}},
			{"POST", "/api/patients/search/", staff, `{"search":"picard","cursor":"x"}`, 400, domain.PatientSearch, domain.Failed, []domain.ID{}},
			{"GET", "/api/doctors/99/patients/?search=picard", staff, "", 404, domain.PatientSearch, domain.Failed, []domain.ID{}},
		} {
			before := len(api.Events())
			api.want(c.status, c.method, c.path, c.token, c.body)
			events := api.Events()
			require.Len(t, events, before+1, c.path)
			event := events[before]
			assert.Equal(t, c.action, event.Action, c.path)
			assert.Equal(t, c.outcome, event.Outcome, c.path)
			if c.outcome == domain.Allowed {
				assert.Equal(t, c.shown, event.Subject.Shown, c.path)
			} else {
				assert.Empty(t, event.Subject.Shown, c.path)
			}
		}
	})
}

// ids is found as IDs.
func (a *api) ids(path, token string) (ids []domain.ID) {
	a.t.Helper()
	for _, id := range a.found(path, token) {
		ids = append(ids, domain.ID(id))
	}
	return ids
}

// personal are values that only one patient has. No log, no event and no error may have them.
var personal = []string{"zyxomma", "qwertz@mail.example", "mrn-424242", "555-888-7776", "1971-03-17", "needle"}

func TestSearchWordsAndFiltersAreInNoLogEventOrError(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		api.sendPersonal([]string{"/api/patients/", "/api/doctors/", "/api/doctors/1/patients/", "/api/users/", "/api/patients/deleted/", "/api/patients/1/"}, admin, staff, "")
		assert.NotContains(t, api.log.String(), "status=5")
	})
}

// A failed statement is logged. Its text has none of its values, nor has the database's error.
func TestSearchWordsAndFiltersAreNotLoggedWithAFailedStatement(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (*api, *sql.DB){
		"sqlite": func(t *testing.T) (*api, *sql.DB) {
			path := sqlitetest.New(t)
			store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, store.Close()) })
			db, err := sql.Open("sqlite", path)
			require.NoError(t, err)
			return newAPI(t, store), db
		},
		"postgres": func(t *testing.T) (*api, *sql.DB) {
			dsn := pgtest.New(t)
			store, err := postgres.Open(t.Context(), dsn, postgres.Options{})
			require.NoError(t, err)
			t.Cleanup(func() { assert.NoError(t, store.Close()) })
			db, err := sql.Open("postgres", dsn)
			require.NoError(t, err)
			return newAPI(t, store), db
		},
	} {
		t.Run(name, func(t *testing.T) {
			api, db := open(t)
			t.Cleanup(func() { assert.NoError(t, db.Close()) })
			_, staff := api.findable()
			for _, broken := range map[string][]string{
				"sqlite": {"ALTER TABLE mappings RENAME TO renamed", "DROP TABLE patients_search"},
				// PostgreSQL quotes the value that it cannot convert.
				"postgres": {"ALTER TABLE patients ALTER COLUMN external_id TYPE bigint USING NULL", "ALTER TABLE mappings RENAME TO renamed", "DROP FUNCTION search_pieces CASCADE"},
			}[name] {
				_, err := db.ExecContext(t.Context(), broken)
				require.NoError(t, err)
				api.sendPersonal([]string{"/api/patients/", "/api/doctors/1/patients/"}, staff)
			}
			assert.Contains(t, api.log.String(), "status=500")
			assert.Contains(t, api.log.String(), " in: ", "the statement is logged")
		})
	}
}

// sendPersonal sends personal data in every parameter of the paths, and in the body of a search
// with the first token, and checks that it stays out of the log,
// the audit trail and the errors.
func (a *api) sendPersonal(paths []string, tokens ...string) {
	a.t.Helper()
	var queries []string
	for _, value := range personal {
		for _, name := range []string{
			"search", "email", "phone_number", "external_id", "date_of_birth", "date_of_birth__gte", "gender", "created_by", "doctor_id", "has_doctor", "created_at", "ordering", "fields", "limit", "cursor", "count", "format", "deleted",
			"specialization", "license_number", "role", value,
		} {
			queries = append(queries, name+"="+url.QueryEscape(value), "search=e&limit=1&ordering=-name&count=true&"+name+"="+url.QueryEscape(value))
		}
	}
	cursors := map[string]bool{}
	for _, query := range queries {
		for _, path := range paths {
			for _, token := range tokens {
				answer := a.do("GET", path+"?"+query, token, "")
				if next := linkTo(a.t, answer, "next"); next != nil {
					cursors[next.Get("cursor")] = true
					a.checkError(a.do("GET", nextPage(answer), token, ""), query)
				}
				a.checkError(answer, query)
			}
		}
	}
	for _, value := range personal {
		for _, body := range []string{`{"search":%q}`, `{"email":%q,"ordering":"name"}`, `{"phone_number":%q}`, `{"search":["%s"]}`, `{"search":"a","cursor":%q}`, `{"search":%q`, `{"search":%q}x`, `{"search":%q,"search":1}`} {
			a.checkError(a.do("POST", "/api/patients/search/", tokens[0], fmt.Sprintf(body, value)), body)
		}
	}
	recorded := fmt.Sprintf("%+v", a.Events())
	log := a.log.String()
	for _, value := range personal {
		assert.False(a.t, strings.Contains(strings.ToLower(log), value), "%s is in the log", value)
		assert.False(a.t, strings.Contains(strings.ToLower(recorded), value), "%s is in the trail", value)
	}
	for cursor := range cursors {
		assert.False(a.t, strings.Contains(log+recorded, cursor), "a cursor was recorded")
	}
}

// checkError checks that an error repeats no value. It can name an unknown parameter.
func (a *api) checkError(answer answer, sent string) {
	a.t.Helper()
	if answer.StatusCode < 400 {
		return
	}
	for _, value := range personal {
		if isName := strings.HasPrefix(sent, value+"=") || strings.Contains(sent, "&"+value+"="); !isName {
			assert.NotContains(a.t, strings.ToLower(string(answer.body)), value, sent)
		}
	}
}
