package console_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/console"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlite/sqlitetest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// measured is a page and the calls of the API that get the same from the use-cases.
type measured struct {
	page  string
	calls []string
}

// The names of users that a page shows are one call, whatever their number.
const namesCall = "/api/users/names/?id=1&id=2"

const columnsCall = "fields=id,name,date_of_birth,gender,phone_number,external_id,assigned_doctors,version&limit=50"

// measuredPages are the pages that show records.
var measuredPages = []measured{
	{"patients/", []string{"/api/patients/?ordering=name&" + columnsCall}},
	{"patients/1/", []string{"/api/patients/1/", "/api/users/names/?id=2", "/api/mappings/?patient_id=1"}},
	{"patients/1/edit/", []string{"/api/patients/1/"}},
	{"patients/1/delete/", []string{"/api/patients/1/"}},
	{"patients/1/assignments/", []string{"/api/mappings/?patient_id=1", "/api/patients/1/"}},
	{"patients/1/history/", []string{"/api/patients/1/history/", namesCall}},
	{"patients/1/accesses/", []string{"/api/audit/?patient=1&ordering=-id&limit=50", "/api/patients/1/?fields=name"}},
	{"patients/1/accesses/report/", []string{"/api/patients/1/accesses/report/", "/api/patients/1/?fields=name"}},
	{"doctors/", []string{"/api/doctors/?ordering=name&limit=50&count=true"}},
	{"doctors/1/", []string{"/api/doctors/1/", "/api/mappings/?doctor_id=1&limit=50&count=true"}},
	{"deleted/", []string{"/api/patients/deleted/?limit=25", namesCall}},
	{"overview/", []string{
		"/api/patients/?count=true&limit=1&ordering=-created_at&fields=id,name", "/api/doctors/?count=true&limit=1&ordering=-created_at&fields=id,name",
		"/api/mappings/?count=true&limit=1&ordering=-assigned_at&fields=id,patient,doctor",
		"/api/users/?count=true&limit=1&ordering=-id&fields=id,first_name,last_name,email",
		"/api/patients/?has_doctor=false&count=true&limit=5&ordering=created_at&fields=id,name", "/api/users/?is_active=false&ordering=-id",
	}},
	{"audit/", []string{"/api/audit/?limit=50&ordering=-id", namesCall}},
	{"users/", []string{"/api/users/?ordering=last_name", "/api/users/?is_active=false&ordering=-id"}},
	{"users/2/", []string{"/api/users/2/"}},
	{"users/2/sessions/", []string{"/api/users/2/", "/api/users/2/sessions/"}},
	{"users/2/edit/", []string{"/api/users/2/"}},
	{"account/", []string{"/api/auth/me/"}},
	{"account/sessions/", []string{"/api/auth/sessions/"}},
	{"account/password/", []string{"/api/auth/me/"}},
	{"account/second-factor/", []string{"/api/auth/mfa/"}},
}

// BenchmarkPages gets each page and the same from the API, in turn and without a network. "ratio"
// is the time of the page divided by that of the calls, and should be 2 at most. "KB" is the
// size of the page, and should be below 100.
func BenchmarkPages(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.name, func(b *testing.B) {
			bench := newPagesBench(b, engine.open(b))
			for _, measured := range measuredPages {
				b.Run(strings.TrimSuffix(measured.page, "/"), func(b *testing.B) { bench.run(b, measured) })
			}
		})
	}
}

// engines open an empty store of each kind. PostgreSQL is skipped if its programs are missing.
var engines = []struct {
	name string
	open func(b *testing.B) ports.Store
}{
	{"memory", func(*testing.B) ports.Store { return memory.New() }},
	{"sqlite", func(b *testing.B) ports.Store {
		store, err := sqlite.Open(b.Context(), sqlitetest.New(b), sqlite.Options{})
		require.NoError(b, err)
		b.Cleanup(func() { assert.NoError(b, store.Close()) })
		return store
	}},
	{"postgres", func(b *testing.B) ports.Store {
		store, err := postgres.Open(b.Context(), pgtest.New(b), postgres.Options{})
		require.NoError(b, err)
		b.Cleanup(func() { assert.NoError(b, store.Close()) })
		return store
	}},
}

// pagesBench serves the pages and the API of one clinic.
type pagesBench struct {
	console, api   http.Handler
	cookies, token string
}

func newPagesBench(b *testing.B, store ports.Store) *pagesBench {
	b.Helper()
	clinic := clinictest.New(b, func(p *application.Ports, _ *application.Rules) { p.Store = store })
	keys, err := secretkeys.New(domain.NewSecret(clinictest.SecretKey))
	require.NoError(b, err)
	log := slog.New(slog.DiscardHandler)
	options := console.Options{Seals: keys.For("console").Cursors(), Clock: clinic.Now}
	bench := &pagesBench{
		console: httpserver.Wrap(console.New(clinic.UseCases, options), httpserver.Options{}, log),
		api:     httpapi.NewHandler(clinic.UseCases, clinic.Ports.Store, httpapi.Options{}, log),
	}
	fill(b, &desk{Clinic: clinic, t: b})
	grant, err := clinic.Sessions.Login(b.Context(), domain.Actor{}, domain.Credentials{Username: domain.Given("admin@clinic.example"), Password: domain.Given(clinictest.Password)})
	require.NoError(b, err)
	bench.token = grant.Access.Reveal()
	in := bench.send(b, bench.console, http.MethodPost, console.Path+"sign-in/", url.Values{"username": {"admin@clinic.example"}, "password": {clinictest.Password}}.Encode())
	var cookies []string
	for _, cookie := range in.Result().Cookies() {
		cookies = append(cookies, cookie.Name+"="+cookie.Value)
	}
	require.Len(b, cookies, 2)
	bench.cookies = strings.Join(cookies, "; ")
	return bench
}

// fill adds the records of a small clinic.
func fill(b *testing.B, d *desk) {
	b.Helper()
	d.Admin()
	for i := range 20 {
		d.addDoctorNamed(fmt.Sprintf("Dora Doctor %d", i), fmt.Sprintf("LIC-%d", i))
	}
	for i := range 300 {
		patient, err := d.Patients.Create(b.Context(), d.Staff(), application.Once{}, domain.PatientInput{
			Name: domain.Given(fmt.Sprintf("Ada Patient %d", i)), DateOfBirth: domain.Given("1987-11-30"), Gender: domain.Given("F"),
			Phone: domain.Given("+441632960001"), Address: domain.Given("1 Main Street"), MedicalRecord: domain.Given(strings.Repeat("Feels well. ", 100)),
		})
		require.NoError(b, err)
		if i%2 == 0 {
			d.assign(patient.ID, domain.ID(1+i%20))
		}
		if i > 250 {
			require.NoError(b, d.Patients.Delete(b.Context(), d.Admin(), patient.ID, domain.Precondition{}))
		}
	}
	for i := range 10 {
		d.changePatient(d.Admin(), 1, domain.PatientInput{Address: domain.Given(fmt.Sprintf("%d Main Street", i))})
	}
}

func (p *pagesBench) send(b *testing.B, handler http.Handler, method, address, body string) *httptest.ResponseRecorder {
	req := httptest.NewRequestWithContext(b.Context(), method, address, strings.NewReader(body))
	req.Header.Set("Accept-Language", "en-GB")
	switch {
	case method == http.MethodPost:
		req.Header.Set("Content-Type", urlEncoded)
	case strings.HasPrefix(address, console.Path):
		req.Header.Set("Cookie", p.cookies)
	default:
		req.Header.Set("Authorization", "Bearer "+p.token)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(recorder{answer}, req)
	return answer
}

// recorder has deadlines, which answers that are streamed need.
type recorder struct{ *httptest.ResponseRecorder }

// SetWriteDeadline implements what http.ResponseController calls.
func (recorder) SetWriteDeadline(time.Time) error { return nil }

// run measures a page and its calls alternately.
func (p *pagesBench) run(b *testing.B, m measured) {
	var ofPage, ofAPI time.Duration
	size := 0
	for b.Loop() {
		start := time.Now()
		shown := p.send(b, p.console, http.MethodGet, console.Path+m.page, "")
		ofPage += time.Since(start)
		require.Equal(b, http.StatusOK, shown.Code, m.page)
		size = shown.Body.Len()
		start = time.Now()
		for _, call := range m.calls {
			require.Equal(b, http.StatusOK, p.send(b, p.api, http.MethodGet, call, "").Code, call)
		}
		ofAPI += time.Since(start)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(float64(ofPage.Microseconds())/float64(b.N), "page-µs")
	b.ReportMetric(float64(ofAPI.Microseconds())/float64(b.N), "API-µs")
	b.ReportMetric(float64(ofPage)/float64(ofAPI), "ratio")
	b.ReportMetric(float64(size)/1024, "KB")
}
