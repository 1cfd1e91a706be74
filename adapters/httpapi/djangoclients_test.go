package httpapi_test

import (
	"bufio"
	"bytes"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi"
	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/passwords"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// newOldAPI is newAPI with Options.OldClients.
func newOldAPI(t testing.TB, store ports.Store) *api {
	t.Helper()
	hashing := clinictest.CheapHashing
	hashing.TrimForDjango = true
	trimming, err := passwords.New(hashing)
	require.NoError(t, err)
	return newAPIWithOptions(t, store, httpapi.Options{OldClients: true}, func(p *application.Ports, r *application.Rules) {
		p.Passwords, r.Sessions.KeepRefreshTokens = trimming, true
	})
}

// forOldClients runs test with each kind of store, with a service that serves clients of the
// old backend and one that does not.
func forOldClients(t *testing.T, test func(t *testing.T, old, strict *api)) {
	for name, open := range stores {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := open(t)
			test(t, newOldAPI(t, store), newAPI(t, store))
		})
	}
}

// addPatients adds patients directly to the store.
func (a *api) addPatients(count int) {
	a.t.Helper()
	require.NoError(a.t, a.Ports.Store.Update(a.t.Context(), func(tx ports.Tx) error {
		for i := range count {
			patient, err := domain.NewPatient(domain.PatientInput{Name: domain.Given(fmt.Sprintf("Patient %d", i))}, domain.Actor{UserID: 1}, a.Now())
			require.NoError(a.t, err)
			if _, err := tx.Patients().Add(a.t.Context(), domain.FirstVersion(patient, a.Now())); err != nil {
				return err
			}
		}
		return nil
	}))
}

// doUnvalidated is do without the check against openapi.yaml, whose lists have at most 1,000
// records.
func (a *api) doUnvalidated(method, path, token string) answer {
	a.t.Helper()
	checked := *a
	checked.transport = http.DefaultTransport
	return checked.do(method, path, token, "")
}

func ids(t *testing.T, list answer) (ids []float64) {
	t.Helper()
	require.Equal(t, 200, list.StatusCode, "%s", list.body)
	for _, entry := range list.objects(t) {
		ids = append(ids, entry["id"].(float64))
	}
	return ids
}

func TestListsAreUnpagedForOldClients(t *testing.T) {
	forOldClients(t, func(t *testing.T, old, strict *api) {
		admin, staff := old.signUp("admin@example.com", domain.Admin), old.signUp("staff@example.com", domain.Staff)
		for i := range 150 {
			old.want(201, "POST", "/api/doctors/", admin, fmt.Sprintf(houseJSON, fmt.Sprint("L-", i)))
		}
		old.want(201, "POST", "/api/patients/", staff, adaJSON)
		old.want(201, "POST", "/api/patients/", staff, adaJSON)
		for i := range 150 {
			old.want(201, "POST", "/api/mappings/", staff, fmt.Sprintf(`{"patient":1,"doctor":%d}`, i+1))
		}
		for _, path := range []string{
			"/api/doctors/", "/api/mappings/", "/api/mappings/?patient_id=1", "/api/mappings/1/", "/api/patients/1/doctors/", "/api/doctors/?deleted=false",
			"/api/doctors/?format=json", "/api/doctors",
		} {
			whole := old.want(200, "GET", path, staff, "")
			assert.Len(t, whole.objects(t), 150, path)
			assert.NotContains(t, whole.Header.Get("Link"), `rel="first"`, path)
			assert.NotContains(t, whole.Header.Get("Link"), `rel="next"`, path)
			assert.NotContains(t, string(whole.body), "salary", path)
			assert.Equal(t, "application/json", whole.Header.Get("Content-Type"), path)
			page := strict.want(200, "GET", path, staff, "")
			assert.Len(t, page.objects(t), 100, path)
			assert.NotEmpty(t, page.Header.Get("Link"), path)
		}
		assert.Len(t, old.want(200, "GET", "/api/doctors/150/patients/", staff, "").objects(t), 1)
		for path, want := range map[string]int{"/api/doctors/?limit=7": 7, "/api/mappings/1/?limit=100": 100} {
			assert.Len(t, old.want(200, "GET", path, staff, "").objects(t), want, path)
		}
		second := nextPage(old.want(200, "GET", "/api/doctors/?limit=100", staff, ""))
		assert.Len(t, old.want(200, "GET", second, staff, "").objects(t), 50)
		for _, path := range []string{"/api/doctors/?limit=", "/api/doctors/?cursor=", "/api/doctors/?serch=x", "/api/mappings/?patient=1", "/api/mappings/?patient_id=x"} {
			old.want(400, "GET", path, staff, "")
		}
		old.want(404, "GET", "/api/patients/99/doctors/", staff, "")
		old.want(401, "GET", "/api/doctors/", "", "")
		// Lists that the old backend did not have are paged.
		assert.NotEmpty(t, old.want(200, "GET", "/api/audit/", admin, "").Header.Get("Link"))
	})
}

func TestAnUnpagedListIsReadAndRecordedPageByPage(t *testing.T) {
	forOldClients(t, func(t *testing.T, old, _ *api) {
		staff := old.signUp("staff@example.com", domain.Staff)
		old.addPatients(2*domain.MaxPageLimit + 100)
		before := len(old.Events())
		got := ids(t, old.doUnvalidated("GET", "/api/patients/", staff))
		require.Len(t, got, 2*domain.MaxPageLimit+100)
		assert.True(t, slices.IsSorted(got))
		assert.Len(t, slices.Compact(got), 2*domain.MaxPageLimit+100)
		var shown []float64
		events := old.Events()[before:]
		require.Len(t, events, 3)
		for _, event := range events {
			assert.Equal(t, domain.PatientRead, event.Action)
			assert.Equal(t, domain.Allowed, event.Outcome)
			for _, id := range event.Subject.Shown {
				shown = append(shown, float64(id))
			}
		}
		assert.Equal(t, got, shown)
		head := old.doUnvalidated("HEAD", "/api/patients/", staff)
		assert.Equal(t, 200, head.StatusCode)
	})
}

// Old proxies use HTTP/1.0. A list of one page is answered. A longer list is refused, because a
// client could not notice that it was cut off.
func TestAnUnpagedListOverHTTP10HasAtMostOnePage(t *testing.T) {
	old := newOldAPI(t, stores["memory"](t))
	staff := old.signUp("staff@example.com", domain.Staff)
	old.addPatients(domain.MaxPageLimit)
	assert.Len(t, ids(t, old.overHTTP10("/api/patients/", staff)), domain.MaxPageLimit)
	old.addPatients(1)
	refused := old.overHTTP10("/api/patients/", staff)
	assert.Equal(t, http.StatusUpgradeRequired, refused.StatusCode)
	assert.Equal(t, "upgrade_required", refused.code(t))
	assert.Len(t, ids(t, old.overHTTP10("/api/patients/?limit=1000", staff)), domain.MaxPageLimit)
}

func (a *api) overHTTP10(path, token string) answer {
	a.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(a.url, "http://"))
	require.NoError(a.t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.0\r\nAuthorization: Bearer "+token+"\r\n\r\n")
	require.NoError(a.t, err)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(a.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	return answer{resp, body}
}

// encodings encode fields as a form.
var encodings = map[string]func(t *testing.T, fields url.Values) (contentType, body string){
	"urlencoded": func(_ *testing.T, fields url.Values) (string, string) {
		return "application/x-www-form-urlencoded", fields.Encode()
	},
	"multipart": func(t *testing.T, fields url.Values) (string, string) {
		t.Helper()
		var text bytes.Buffer
		form := multipart.NewWriter(&text)
		for name, values := range fields {
			for _, value := range values {
				require.NoError(t, form.WriteField(name, value))
			}
		}
		require.NoError(t, form.Close())
		return form.FormDataContentType(), text.String()
	},
}

func TestOldClientsCanSendForms(t *testing.T) {
	for _, encode := range encodings {
		forOldClients(t, func(t *testing.T, old, strict *api) {
			admin := old.signUp("admin@example.com", domain.Admin)
			token, refresh := "", ""
			for _, tt := range []struct {
				status       int
				method, path string
				fields       url.Values
				then         func(answer)
			}{
				{201, "POST", "/api/auth/register/", url.Values{"email": {"sam@example.com"}, "password": {goodPassword}, "first_name": {"Zoë & Sam"}, "csrfmiddlewaretoken": {"x"}}, func(a answer) {
					assert.Equal(t, "Zoë & Sam", a.object(t)["first_name"])
				}},
				{200, "POST", "/api/auth/login/", url.Values{"username": {"sam@example.com"}, "password": {goodPassword}}, func(a answer) {
					token, refresh = a.object(t)["access"].(string), a.object(t)["refresh"].(string)
				}},
				{201, "POST", "/api/patients/", url.Values{"name": {"Ada"}, "date_of_birth": {"1990-1-5"}, "gender": {""}, "medical_record": {"a\r\nb"}}, func(a answer) {
					assert.Equal(t, []any{"1990-01-05", nil, "a\r\nb"}, []any{a.object(t)["date_of_birth"], a.object(t)["gender"], a.object(t)["medical_record"]})
				}},
				{403, "POST", "/api/doctors/", url.Values{"name": {"House"}, "specialization": {"x"}, "license_number": {"L"}, "salary": {"1"}}, func(answer) { token = admin }},
				{201, "POST", "/api/doctors/", url.Values{"name": {"House"}, "specialization": {"x"}, "license_number": {"L"}, "salary": {"1"}}, func(answer) {}},
				{201, "POST", "/api/mappings/", url.Values{"patient": {"1"}, "doctor": {"1"}}, func(answer) {}},
				{400, "POST", "/api/mappings/", url.Values{"patient": {"1"}, "doctor": {"x"}}, func(a answer) {
					assert.Contains(t, a.object(t)["errors"], "doctor")
				}},
				{200, "PUT", "/api/patients/1/", url.Values{"name": {"Ada L"}}, func(answer) {}},
				{200, "PATCH", "/api/patients/1/", url.Values{"gender": {"F"}}, func(answer) {}},
				{400, "POST", "/api/patients/", url.Values{"name": {"x", "y"}}, func(a answer) { assert.Equal(t, "parse_error", a.code(t)) }},
			} {
				contentType, body := encode(t, tt.fields)
				strict.want(415, tt.method, tt.path, token, body, "Content-Type", contentType)
				tt.then(old.want(tt.status, tt.method, tt.path, token, body, "Content-Type", contentType))
			}
			contentType, body := encode(t, url.Values{"refresh": {refresh}})
			old.want(200, "POST", "/api/auth/login/refresh/", "", body, "Content-Type", contentType)
		})
	}
}

func TestFormsHaveTheLimitsOfOtherBodies(t *testing.T) {
	old := newOldAPI(t, stores["memory"](t))
	staff := old.signUp("staff@example.com", domain.Staff)
	for name, encode := range encodings {
		contentType, body := encode(t, url.Values{"username": {"x@example.com"}, "password": {strings.Repeat("x", 16<<10)}})
		assert.Equal(t, 413, old.do("POST", "/api/auth/login/", "", body, "Content-Type", contentType).StatusCode, name)
		contentType, body = encode(t, url.Values{"name": {"x"}, "address": {strings.Repeat("x", 1<<20)}})
		assert.Equal(t, 413, old.do("POST", "/api/patients/", staff, body, "Content-Type", contentType).StatusCode, name)
		contentType, body = encode(t, url.Values{"name": {"x"}})
		old.want(415, "POST", "/api/patients/", staff, body, "Content-Type", contentType, "Content-Encoding", "gzip")
		old.want(401, "POST", "/api/patients/", "x", body, "Content-Type", contentType)
	}
}

// A browser sends forms to other origins without a preflight.
func TestFormsOfPagesOfOtherOriginsAreRefused(t *testing.T) {
	store := stores["memory"](t)
	old := newAPIWithOptions(t, store, httpapi.Options{OldClients: true, Options: httpserver.Options{AllowedOrigins: []string{"https://app.example"}}})
	old.signUp("staff@example.com", domain.Staff)
	const form, address = "application/x-www-form-urlencoded", "username=staff@example.com&password="
	before := len(old.Events())
	for _, headers := range [][]string{
		{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "https://evil.example"}, {"Origin", "null"},
	} {
		refused := old.want(415, "POST", "/api/auth/login/", "", address+"wrong", append(headers, "Content-Type", form)...)
		assert.Contains(t, refused.object(t)["detail"], "another origin")
	}
	assert.Len(t, old.Events(), before, "refused forms are not recorded as login attempts")
	for _, headers := range [][]string{
		{}, {"Sec-Fetch-Site", "same-origin", "Origin", old.url}, {"Sec-Fetch-Site", "none"}, {"Origin", old.url}, {"Origin", "https://app.example", "Sec-Fetch-Site", "cross-site"},
	} {
		old.want(200, "POST", "/api/auth/login/", "", address+goodPassword, append(headers, "Content-Type", form)...)
	}
	old.want(200, "POST", "/api/auth/login/", "", credentials("staff@example.com", goodPassword), "Origin", "https://evil.example")
}

func TestUnknownMembersOfOldClientsAreIgnored(t *testing.T) {
	forOldClients(t, func(t *testing.T, old, strict *api) {
		admin := old.signUp("admin@example.com", domain.Admin)
		for _, tt := range []struct {
			status             int
			method, path, body string
		}{
			{201, "POST", "/api/auth/register/", `{"email":"sam@example.com","password":"` + goodPassword + `","password2":"x","is_staff":true,"is_superuser":true}`},
			{200, "POST", "/api/auth/login/", `{"username":"sam@example.com","password":"` + goodPassword + `","remember":true}`},
			{201, "POST", "/api/doctors/", `{"name":"House","specialization":"x","license_number":"L","salary":1,"department":{"id":1}}`},
			{201, "POST", "/api/patients/", `{"name":"Ada","age":7}`},
			{200, "PUT", "/api/patients/1/", `{"name":"Ada","age":7}`},
			{200, "PATCH", "/api/patients/1/", `{"age":7}`},
			{201, "POST", "/api/mappings/", `{"patient":1,"doctor":1,"notes":[]}`},
			{200, "PATCH", "/api/auth/me/", `{"first_name":"Sam","is_superuser":true}`},
		} {
			strict.want(400, tt.method, tt.path, admin, tt.body)
			old.want(tt.status, tt.method, tt.path, admin, tt.body)
		}
		sam := old.login("sam@example.com")["access"].(string)
		assert.Equal(t, "STAFF", old.want(200, "PATCH", "/api/auth/me/", sam, `{"role":"ADMIN","is_superuser":true}`).object(t)["role"])
		// Known members are validated as usual, and the body must be valid JSON.
		old.want(400, "PATCH", "/api/patients/1/", admin, `{"nmae":"x","gender":"x"}`)
		old.want(400, "POST", "/api/patients/", admin, `{"nmae":"Ada"}`)
		old.want(400, "PATCH", "/api/patients/1/", admin, `{"a":1,"a":2}`)
		old.want(400, "PATCH", "/api/patients/1/", admin, `{"a":`+strings.Repeat("[", 40)+strings.Repeat("]", 40)+`}`)
	})
}

func TestDatesOfOldClientsCanLackZeros(t *testing.T) {
	forOldClients(t, func(t *testing.T, old, strict *api) {
		staff := old.signUp("staff@example.com", domain.Staff)
		strict.want(400, "POST", "/api/patients/", staff, `{"name":"Ada","date_of_birth":"1990-1-5"}`)
		assert.Equal(t, "1990-01-05", old.want(201, "POST", "/api/patients/", staff, `{"name":"Ada","date_of_birth":"1990-1-5"}`).object(t)["date_of_birth"])
		assert.Equal(t, "1990-12-05", old.want(200, "PATCH", "/api/patients/1/", staff, `{"date_of_birth":"1990-12-5"}`).object(t)["date_of_birth"])
		assert.Equal(t, "1990-01-15", old.want(200, "PUT", "/api/patients/1/", staff, `{"name":"Ada","date_of_birth":"1990-1-15"}`).object(t)["date_of_birth"])
		assert.Nil(t, old.want(200, "PATCH", "/api/patients/1/", staff, `{"date_of_birth":null}`).object(t)["date_of_birth"])
		for _, date := range []string{`"1990-2-30"`, `"1990-13-1"`, `"1849-1-1"`, `"3000-1-1"`, `"90-1-5"`, `"1990-1"`, `199015`, `["1990-1-5"]`} {
			refused := old.want(400, "PATCH", "/api/patients/1/", staff, `{"date_of_birth":`+date+`}`)
			assert.Contains(t, refused.object(t)["errors"], "date_of_birth", date)
		}
	})
}

func TestSpacesAroundAPasswordOfTheOldBackendAreIgnored(t *testing.T) {
	forOldClients(t, func(t *testing.T, old, strict *api) {
		old.signUp("ada@example.com", domain.Staff)
		key, err := pbkdf2.Key(sha256.New, "from the old backend", []byte("salt"), 1000, 32)
		require.NoError(t, err)
		old.setHash(1, "pbkdf2_sha256$1000$salt$"+base64.StdEncoding.EncodeToString(key))
		login := func(a *api, password string) int {
			return a.do("POST", "/api/auth/login/", "", credentials("ada@example.com", password)).StatusCode
		}
		assert.Equal(t, 401, login(strict, " from the old backend "))
		assert.Equal(t, 401, login(old, "from the old backend x"))
		for _, password := range []string{" from the old backend ", "from the old backend ", " from the old backend "} {
			assert.Equal(t, 200, login(old, password), "%q", password)
		}
		assert.Equal(t, 200, login(old, "from the old backend"))
		assert.Equal(t, 401, login(old, "from the old backend "), "the hash has been replaced by one of this service")
		assert.Equal(t, 200, login(strict, "from the old backend"))
	})
}

// setHash stores a password hash directly.
func (a *api) setHash(user domain.ID, hash string) {
	a.t.Helper()
	require.NoError(a.t, a.Ports.Store.Update(a.t.Context(), func(tx ports.Tx) error {
		account, err := tx.Users().Get(a.t.Context(), user)
		if err != nil {
			return err
		}
		account.PasswordHash = domain.StoredPasswordHash(hash)
		return tx.Users().Save(a.t.Context(), account)
	}))
}

func TestOldClientsKeepTheirRefreshToken(t *testing.T) {
	forOldClients(t, func(t *testing.T, old, strict *api) {
		old.signUp("ada@example.com", domain.Staff)
		login := old.login("ada@example.com")
		body := fmt.Sprintf(`{"refresh":%q}`, login["refresh"])
		access := ""
		for range 3 {
			granted := old.want(200, "POST", "/api/auth/login/refresh/", "", body).object(t)
			assert.Equal(t, login["refresh"], granted["refresh"])
			access = granted["access"].(string)
			old.want(200, "GET", "/api/auth/me/", access, "")
		}
		old.want(204, "POST", "/api/auth/logout/", access, "")
		old.want(401, "POST", "/api/auth/login/refresh/", "", body)
		old.want(401, "GET", "/api/auth/me/", access, "")

		body = fmt.Sprintf(`{"refresh":%q}`, strict.login("ada@example.com")["refresh"])
		strict.want(200, "POST", "/api/auth/login/refresh/", "", body)
		strict.want(401, "POST", "/api/auth/login/refresh/", "", body)
	})
}
