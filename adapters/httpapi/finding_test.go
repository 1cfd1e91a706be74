package httpapi_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// findable adds records with distinct values to be found by: patients 1 to 8, doctors 1 to 3,
// and mappings. Patient 1 has doctors 1 and 2, patient 2 has doctor 1. It returns the tokens
// of user 1, an Admin, and of user 2, who is Staff. User 2 registered patient 8.
func (a *api) findable() (admin, staff string) {
	a.t.Helper()
	admin, staff = a.signUp("admin@clinic.example", domain.Admin), a.signUp("staff@clinic.example", domain.Staff)
	for _, doctor := range []string{
		`{"name":"Zoë Ångström","specialization":"Cardiology","license_number":"LIC-7","salary":"300.00"}`,
		`{"name":"Émile O’Brien","specialization":"Kinder-Heilkunde","license_number":"lic 8","salary":"100.00"}`,
		`{"name":"王小明","specialization":"cardiology","license_number":"X-100","salary":"200.00"}`,
	} {
		a.want(201, "POST", "/api/doctors/", admin, doctor)
		a.tick()
	}
	for i, patient := range []string{
		`{"name":"Jean-Luc Picard","date_of_birth":"1987-11-30","phone_number":"+44 20 7946 0123","gender":"M","email":"jl@mail.example","external_id":"MRN 1"}`,
		`{"name":"Søren Łukasiewicz","date_of_birth":"1990-05-01","phone_number":"020 7946 0999","gender":"M","external_id":"mrn 1"}`,
		`{"name":"Mary O'Neil","date_of_birth":"1987-12-01","gender":"F","email":"Mary@Mail.example"}`,
		`{"name":"王小明","phone_number":"112","gender":"O"}`,
		`{"name":"Ελένη Παπαδοπούλου","date_of_birth":"1850-01-01"}`,
		`{"name":"مُحَمَّد","date_of_birth":"1990-05-01"}`,
		`{"name":"100% _Straße_ 😀","phone_number":"(555) 000-1234"}`,
		`{"name":"Zoe Zzz","medical_record":"confidential","address":"4 Elm Street"}`,
	} {
		a.want(201, "POST", "/api/patients/", map[bool]string{true: staff, false: admin}[i == 7], patient)
		a.tick()
	}
	for _, mapping := range []string{`{"patient":1,"doctor":1}`, `{"patient":1,"doctor":2}`, `{"patient":2,"doctor":1}`} {
		a.want(201, "POST", "/api/mappings/", admin, mapping)
		a.tick()
	}
	return admin, staff
}

// found returns the ids of the records on one page of a list.
func (a *api) found(path, token string) []int {
	a.t.Helper()
	return idsIn(a.want(200, "GET", path, token, "").objects(a.t))
}

// idsIn returns the ids of records.
func idsIn(records []map[string]any) []int {
	ids := []int{}
	for _, record := range records {
		ids = append(ids, int(record["id"].(float64)))
	}
	return ids
}

func TestASearchFindsPartsOfWordsInEverySpelling(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		all := []int{1, 2, 3, 4, 5, 6, 7, 8}
		for words, want := range map[string][]int{
			"": all, "  ": all, "picard": {1}, "PICARD jean": {1}, "icar": {1}, "picard nobody": {}, // every word
			"jean-luc": {1}, "jean luc": {1}, "luc-picard": {1}, "luc-jean": {}, // a hyphen is a space of a phrase
			"soren": {2}, "SØREN": {2}, "lukasiewicz": {2}, "łukasiewicz": {2}, // letters with strokes
			"oneil": {3}, "o’neil": {3}, "o'neil": {3}, "OʼNEIL": {3}, // apostrophes
			"王": {4}, "小明": {4}, "z": {2, 8}, "zz": {8}, "明王": {}, // one and two letters
			"ελενη": {5}, "ΠΑΠΑΔΟΠΟΎΛΟΥ": {5}, "محمد": {6}, "strasse": {7}, "STRAẞE": {7}, "😀": {7}, "ｐｉｃａｒｄ": {1},
			"%": {7}, "_": {7}, "100%": {7}, "*": {}, "\"": {}, "NEAR": {}, "jean AND mary": {}, "pi%ard": {}, "p_card": {}, "'": {}, "\u200b": {}, "pic\u200dard": {1}, "\u0301": {},
			"mail.example": {1, 3}, "mrn": {1, 2}, "MRN 1": {1, 2}, "confidential": {}, "elm": {}, // not in long texts
			"02079460": {1, 2}, "20 7946": {1, 2}, "+442079460123": {1}, "0044-20-7946-0123": {1}, "(555)": {7}, "5550001234": {7}, "112": {4}, "46": {1, 2}, "9460": {1, 2}, "0000": {},
			"1987-11-30": {1}, "1987-11": {}, "picard 1987-11-30": {1}, "mary 1987-11-30": {}, "1987": {}, "30": {}, "0501": {}, "2026-02-30": {}, "0000-00-00": {},
		} {
			query := "?search=" + url.QueryEscape(words)
			assert.Equal(t, want, api.found("/api/patients/"+query, admin), "%q", words)
			assert.Equal(t, want, api.found("/api/patients"+query, staff), "%q", words)
		}
		for words, want := range map[string][]int{
			"angstrom": {1}, "cardio": {1, 3}, "kinder heilkunde": {2}, "lic": {1, 2}, "lic-7": {1}, "LIC 8": {2}, "obrien emile": {2}, "300": {}, "100": {3}, "王": {3}, "2026": {},
		} {
			assert.Equal(t, want, api.found("/api/doctors/?search="+url.QueryEscape(words), staff), "%q", words)
		}
		for words, want := range map[string][]int{"admin": {1}, "clinic.example": {1, 2}, "nobody": {}} {
			assert.Equal(t, want, api.found("/api/users/?search="+url.QueryEscape(words), admin), "%q", words)
		}
	})
}

func TestFiltersSelectWhatTheyName(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.findable()
		third := api.want(200, "GET", "/api/patients/3/", admin, "").object(t)["created_at"].(string)
		second := api.want(200, "GET", "/api/mappings/", admin, "").objects(t)[1]["assigned_at"].(string)
		today := api.Now().UTC().Format("2006-01-02")
		for query, want := range map[string][]int{
			"gender=M": {1, 2}, "gender=none": {5, 6, 7, 8}, "gender=O": {4},
			"date_of_birth=1990-05-01": {2, 6}, "date_of_birth__gte=1987-12-01": {2, 3, 6}, "date_of_birth__gt=1987-12-01": {2, 6},
			"date_of_birth__lt=1987-12-01": {1, 5}, "date_of_birth__lte=1987-12-01": {1, 3, 5}, "date_of_birth__gte=1987-01-01&date_of_birth__lt=1988-01-01": {1, 3},
			"date_of_birth__lte=9999-12-31": {1, 2, 3, 5, 6}, "date_of_birth__gte=0001-01-01": {1, 2, 3, 5, 6}, "date_of_birth=9999-12-31": {}, // absent dates meet no condition
			"created_by=2": {8}, "created_by=99": {}, "doctor_id=1": {1, 2}, "doctor_id=3": {}, "doctor_id=9223372036854775807": {},
			"has_doctor=true": {1, 2}, "has_doctor=false": {3, 4, 5, 6, 7, 8}, "has_doctor=false&doctor_id=1": {},
			"external_id=MRN%201": {1}, "external_id=%20mrn%201%20": {2}, "external_id=MRN": {},
			"email=JL@mail.EXAMPLE": {1}, "email=mary@mail.example": {3}, "email=nobody@mail.example": {},
			"phone_number=%2B44%2020%207946%200123": {1}, "phone_number=+44+20+7946+0123": {1}, "phone_number=0044.20.7946.0123": {1}, "phone_number=2079460999": {2}, "phone_number=7946": {},
			"created_at=" + third: {3}, "created_at__gte=" + third: {3, 4, 5, 6, 7, 8}, "created_at__gt=" + third: {4, 5, 6, 7, 8}, "created_at__lt=" + third: {1, 2}, "updated_at__lte=" + third: {1, 2, 3},
			"created_at__lt=1970-01-01T00:00:00Z": {}, "created_at__lt=9999-12-31T23:59:59.999999Z": {1, 2, 3, 4, 5, 6, 7, 8},
			"gender=M&search=picard": {1}, "gender=F&search=picard": {}, "doctor_id=1&search=lukas&gender=M&has_doctor=true": {2},
		} {
			assert.Equal(t, want, api.found("/api/patients/?"+query, staff), query)
			counted := api.want(200, "GET", "/api/patients/?count=true&limit=1&"+query, staff, "")
			assert.Equal(t, fmt.Sprint(len(want)), counted.Header.Get("X-Total-Count"), query)
		}
		for query, want := range map[string][]int{
			"specialization=CARDIOLOGY": {1, 3}, "specialization=kinder%20heilkunde": {2}, "specialization=cardio": {},
			"license_number=%20lic-7%20": {1}, "license_number=LIC%208": {2}, "license_number=LIC": {}, "joined_at=" + today: {1, 2, 3}, "joined_at__lt=" + today: {}, "patient_id=1": {1, 2},
		} {
			assert.Equal(t, want, api.found("/api/doctors/?"+query, staff), query)
		}
		for query, want := range map[string][]int{
			"patient_id=1": {1, 2}, "doctor_id=1": {1, 3}, "patient_id=1&doctor_id=1": {1}, "assigned_at=" + second: {2}, "assigned_at__gt=" + second: {3}, "assigned_at__lte=" + second: {1, 2},
		} {
			assert.Equal(t, want, api.found("/api/mappings/?"+query, staff), query)
		}
		for query, want := range map[string][]int{"role=STAFF": {2}, "is_active=false": {}, "is_active=true&role=ADMIN": {1}} {
			assert.Equal(t, want, api.found("/api/users/?"+query, admin), query)
		}
	})
}

// The id in the path takes the place of a filter, which the caller cannot choose again.
func TestTheListsOfARecordTakeTheSameParameters(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		_, staff := api.findable()
		for path, want := range map[string][]int{
			"/api/doctors/1/patients/?ordering=-date_of_birth":                 {2, 1},
			"/api/doctors/1/patients/?search=picard&gender=M":                  {1},
			"/api/doctors/1/patients/?date_of_birth__gte=1990-01-01":           {2},
			"/api/doctors/3/patients/?search=picard":                           {},
			"/api/patients/1/doctors/?ordering=-name":                          {1, 2},
			"/api/patients/1/doctors/?search=lic&specialization=cardiology":    {1},
			"/api/mappings/1/?ordering=license_number&fields=id":               {1, 2},
			"/api/patients/2/doctors/?joined_at__gte=2020-01-01&ordering=name": {1},
		} {
			assert.Equal(t, want, api.found(path, staff), path)
		}
		for path, fixed := range map[string]string{"/api/doctors/1/patients/": "doctor_id", "/api/patients/1/doctors/": "patient_id", "/api/mappings/1/": "patient_id"} {
			refused := api.want(400, "GET", path+"?"+fixed+"=2", staff, "").object(t)["errors"].(map[string]any)
			assert.Contains(t, refused, fixed, path)
			assert.NotContains(t, refused[fixed].([]any)[0], fixed, path)
		}
		api.want(404, "GET", "/api/doctors/99/patients/?search=picard", staff, "")
	})
}
