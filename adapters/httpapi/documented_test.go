package httpapi_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/domain"
)

// The users of the clinic that the examples of openapi.yaml come from.
const (
	documentedAdmin    = "olga.petrov@clinic.example"
	documentedStaff    = "sam.lee@clinic.example"
	documentedPassword = "winter-orchard-lantern"
)

// documentedHeaders are the headers of every request to the documented clinic. The service
// shows all of them in its answers.
var documentedHeaders = []string{
	"X-Request-Id", "Q7ZK2MWN4XJ5H3RTB6LCVD2SEY",
	"X-Forwarded-For", "203.0.113.7",
	"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
}

// documentedClinic is the clinic that the examples of openapi.yaml come from. Its clock
// shows the times of the examples.
type documentedClinic struct {
	*api
	// admin and staff are access tokens. refresh belongs to the session of staff.
	admin, staff, refresh string
}

// newDocumentedClinic returns the clinic. Olga (user 1) is an Admin, and Sam (user 2) is
// Staff with a second session 4. Mia (patient 3) has the doctor Ana (2); Noah (1) has none.
// Carl (doctor 3) and Lena (patient 2) are deleted. Mapping 1 is Mia's. Mapping 2 was deleted
// together with Carl, and mapping 3 on its own.
func newDocumentedClinic(t testing.TB, setups ...clinictest.Setup) *documentedClinic {
	t.Helper()
	c := &documentedClinic{api: newAPI(t, stores["memory"](t), setups...)}
	c.at("2026-03-02T08:50:00Z")
	c.addUser(documentedAdmin, "Olga", "Petrov", "", domain.Admin)
	c.addUser(documentedStaff, "Sam", "Lee", "+15550100", domain.Staff)
	c.admin, _ = c.signIn(documentedAdmin)
	c.at("2026-03-02T08:55:00Z")
	c.change("POST", "/api/doctors/", c.admin, `{"name":"Dr. Ben Okafor","specialization":"Neurology","license_number":"MED-20533","salary":"91250.00"}`)
	c.change("POST", "/api/doctors/", c.admin, `{"name":"Dr. Ana Ruiz","specialization":"Cardiology","license_number":"MED-20417","salary":"96000.00"}`)
	c.change("POST", "/api/doctors/", c.admin, `{"name":"Dr. Carl Jensen","specialization":"Surgery","license_number":"MED-19884","salary":"99900.00"}`)

	c.at("2026-04-09T08:15:30.123456Z")
	c.admin, _ = c.signIn(documentedAdmin)
	c.staff, c.refresh = c.signIn(documentedStaff)
	c.signIn(documentedStaff)
	c.at("2026-04-09T08:20:00Z")
	c.change("POST", "/api/patients/", c.staff, `{"name":"Noah Berg"}`)
	c.change("POST", "/api/patients/", c.staff, `{"name":"Lena Fox","gender":"F"}`)
	c.change("POST", "/api/patients/", c.staff, `{"name":"Mia Chen","date_of_birth":"1987-11-30","phone_number":"+15550141","gender":"F",
		"address":"4 Elm Street","medical_record":"Allergic to penicillin.","email":"mia.chen@mail.example","external_id":"MRN-100482"}`)
	c.change("POST", "/api/mappings/", c.staff, `{"patient":3,"doctor":1}`)
	c.change("POST", "/api/mappings/", c.staff, `{"patient":1,"doctor":3}`)
	c.change("POST", "/api/mappings/", c.staff, `{"patient":1,"doctor":2}`)

	c.at("2026-04-09T08:25:00.5Z")
	c.change("PATCH", "/api/doctors/2/", c.admin, `{"salary":"98500.00"}`)
	c.change("PATCH", "/api/patients/3/", c.staff, `{"phone_number":"+15550142"}`)
	c.change("PATCH", "/api/mappings/1/", c.staff, `{"doctor":2}`)
	c.change("DELETE", "/api/mappings/3/", c.staff, "")
	c.change("DELETE", "/api/doctors/3/", c.admin, "")
	c.change("DELETE", "/api/patients/2/", c.staff, "")
	c.at("2026-04-09T08:29:00Z")
	return c
}

func (c *documentedClinic) at(instant string) {
	c.t.Helper()
	now, err := time.Parse(time.RFC3339, instant)
	require.NoError(c.t, err)
	c.SetTime(now)
}

func (c *documentedClinic) addUser(email, first, last, phone string, role domain.Role) {
	c.t.Helper()
	_, err := c.Users.Register(c.t.Context(), domain.Actor{Role: domain.Operator}, domain.Registration{
		Email: domain.Given(email), Password: domain.Given(documentedPassword), Role: domain.Given(string(role)),
		FirstName: domain.Given(first), LastName: domain.Given(last), Phone: domain.Given(phone),
	})
	require.NoError(c.t, err)
}

func (c *documentedClinic) signIn(email string) (access, refresh string) {
	c.t.Helper()
	grant := c.want(200, "POST", "/api/auth/login/", "", credentials(email, documentedPassword), documentedHeaders...).object(c.t)
	return grant["access"].(string), grant["refresh"].(string)
}

// change sends a request that changes a record, in whatever state it is.
func (c *documentedClinic) change(method, path, token, body string) {
	c.t.Helper()
	got := c.do(method, path, token, body, append([]string{"If-Match", "*"}, documentedHeaders...)...)
	require.Less(c.t, got.StatusCode, 300, "%s %s: %s", method, path, got.body)
}

// enrol creates a second factor for the caller, and returns a code that confirms it.
func (c *documentedClinic) enrol(token string) (code string) {
	c.t.Helper()
	enrolment := c.want(201, "POST", "/api/auth/mfa/", token, `{"password":"`+documentedPassword+`"}`, documentedHeaders...).object(c.t)
	code, err := totp.GenerateCode(enrolment["secret"].(string), c.Now())
	require.NoError(c.t, err)
	return code
}

// fill puts a token and a code that this clinic accepts in the place of those of a request
// example.
func (c *documentedClinic) fill(operation, token, body string) string {
	c.t.Helper()
	switch operation {
	case "RefreshSession":
		return strings.NewReplacer(exampleRefresh, c.refresh).Replace(body)
	case "ConfirmSecondFactor":
		return strings.NewReplacer(exampleCode, c.enrol(token)).Replace(body)
	}
	return body
}

// The token and the code of the request examples.
const (
	exampleRefresh = "3q2-7wAAAAAAAAAAAAAAAEx5bnhlcy1hcmUtcXVpZXQtYW5pbWFscy1hdC1uaWdo"
	exampleCode    = "492039"
)
