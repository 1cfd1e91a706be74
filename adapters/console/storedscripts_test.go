package console_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// marker is in each payload. No element and no attribute of a page can contain it.
const marker = "payloadx"

// payloads try to leave the text, attribute, address, script or template that they are put into.
var payloads = []string{
	`"><script>payloadx(1)</script>`,
	`'><payloadx payloadx=1>`,
	`" payloadx="1" onfocus="payloadx(1)" autofocus="`,
	`' payloadx='1' onmouseover='payloadx(1)`,
	"` payloadx=1 onerror=payloadx() `",
	`</textarea></title></option></select></script><payloadx>`,
	`--><payloadx><!--`,
	`{{payloadx}}{{.Page.Seals}}{{template "payloadx"}}`,
	`javascript:payloadx(1)//`,
	`<svg/onload=payloadx()>`,
	`<img src=x onerror=payloadx()>`,
	`&lt;payloadx&gt;&quot;&#34;><payloadx>`,
	`<a href="javascript:payloadx()">payloadx</a>`,
	"\u2028<payloadx>\u2029",
	`+ADw-payloadx+AD4-`,
	`//evil.example/payloadx`,
}

// accepted calls do with a value for each field: the payload, or the plain value where the
// domain refuses it. It returns the fields that have the payload.
func accepted(t *testing.T, payload string, plain map[string]string, do func(value func(field string) domain.Input) error) map[string]bool {
	t.Helper()
	hostile := map[string]bool{}
	for field := range plain {
		hostile[field] = true
	}
	value := func(field string) domain.Input {
		if hostile[field] {
			return domain.Given(payload)
		}
		return domain.Given(plain[field])
	}
	err := do(value)
	for range plain {
		if err == nil {
			return hostile
		}
		refused, ok := fieldsOf(err)
		require.True(t, ok, "%v", err)
		for field := range refused {
			delete(hostile, field)
		}
		err = do(value)
	}
	require.NoError(t, err)
	return hostile
}

// infest fills a clinic with a payload: a patient and a doctor with an earlier version, a
// deleted patient, and a user with a session in a hostile browser. It returns the browser of an
// administrator whose name and browser are hostile, too.
func (f furnished) infest(payload string) *browser {
	f.t.Helper()
	t := f.t.(*testing.T)
	ctx, admin := t.Context(), f.Admin()
	for _, patient := range []domain.ID{f.ids["patients"], 0} {
		got := accepted(t, payload, map[string]string{
			"name": "Ada", "phone_number": "+441632960001", "address": "x", "medical_record": "x", "email": "", "external_id": "", "gender": "F", "date_of_birth": "1987-11-30",
		}, func(value func(string) domain.Input) error {
			in := domain.PatientInput{
				Name: value("name"), Phone: value("phone_number"), Address: value("address"), MedicalRecord: value("medical_record"),
				Email: value("email"), ExternalID: value("external_id"), Gender: value("gender"), DateOfBirth: value("date_of_birth"),
			}
			if patient != 0 {
				_, err := f.Patients.Change(ctx, admin, patient, domain.Precondition{}, in)
				return err
			}
			in.ExternalID = domain.Null()
			added, err := f.Patients.Create(ctx, admin, application.Once{}, in)
			if err != nil {
				return err
			}
			return f.Patients.Delete(ctx, admin, added.ID, domain.Precondition{})
		})
		for _, field := range []string{"name", "address", "medical_record"} {
			assert.True(t, got[field], "the %s accepts %q", field, payload)
		}
	}
	got := accepted(t, payload, map[string]string{"name": "Dora", "specialization": "x", "license_number": "L-7", "salary": "1"}, func(value func(string) domain.Input) error {
		_, err := f.Doctors.Change(ctx, admin, f.ids["doctors"], domain.Precondition{}, domain.DoctorInput{
			Name: value("name"), Specialization: value("specialization"), LicenseNumber: value("license_number"), Salary: value("salary"),
		})
		return err
	})
	assert.True(t, got["name"] && got["specialization"], "a doctor accepts %q", payload)
	f.SignUp("mallory@clinic.example", domain.Admin)
	for _, email := range []string{"grace@clinic.example", "mallory@clinic.example"} {
		me := f.SignIn(email)
		got = accepted(t, payload, map[string]string{"first_name": "Mallory", "last_name": "M", "phone_number": ""}, func(value func(string) domain.Input) error {
			_, err := f.Account.ChangeMe(ctx, me, domain.Precondition{}, domain.Profile{
				FirstName: value("first_name"), LastName: value("last_name"), Phone: value("phone_number"),
			})
			return err
		})
		assert.True(t, got["first_name"] && got["last_name"], "a user accepts %q", payload)
	}
	b := f.browser()
	b.header.Set("User-Agent", strings.NewReplacer("\u2028", "", "\u2029", "").Replace(payload))
	b.header.Set("X-Request-Id", strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, payload))
	theirs := f.browser()
	theirs.header = b.header.Clone()
	assert.Equal(t, http.StatusOK, theirs.signIn("grace@clinic.example").StatusCode)
	assert.Equal(t, http.StatusOK, b.signIn("mallory@clinic.example").StatusCode)
	return b
}

// No text that a person has typed becomes a part of a page's structure, wherever it is shown.
func TestStoredScriptsStayText(t *testing.T) {
	for _, payload := range payloads {
		t.Run(payload, func(t *testing.T) {
			f := newDesk(t).furnish()
			b := f.infest(payload)
			shown := 0
			for _, route := range routesOf(http.MethodGet) {
				page := b.visit(f, route)
				page.checkMarkup(t, marker)
				if strings.Contains(page.text(), marker) {
					shown++
				}
				if strings.HasSuffix(route, "/sessions/") {
					assert.Contains(t, fmt.Sprint(page.rows()), marker, "%s shows the browser", route)
				}
			}
			assert.Greater(t, shown, 10, "the payload is on most pages: at least as the name of the user")
			// What was typed is shown again beside the errors, and a notice says what was done.
			for _, route := range routesOf(http.MethodGet) {
				for _, form := range b.visit(f, route).forms() {
					fields := form.values
					for _, name := range form.typed {
						fields.Set(name, payload)
					}
					b.post(form.action, fields).checkMarkup(t, marker)
					if b.cookies()["healthcare"] == "" {
						b.post("/console/sign-in/", url.Values{"username": {"mallory@clinic.example"}, "password": {clinictest.Password}})
					}
				}
			}
		})
	}
}

// fieldsOf returns the errors of fields in an error.
func fieldsOf(err error) (domain.FieldErrors, bool) {
	e, ok := errors.AsType[*domain.Error](err)
	if !ok || len(e.Fields) == 0 {
		return nil, false
	}
	return e.Fields, true
}
