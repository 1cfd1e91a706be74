package console_test

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// canaries are what is typed into the fields of forms: good values that appear nowhere else.
var canaries = map[string]string{
	"name": "Zaunkönig Kanarie", "address": "Kanariengasse 7", "medical_record": "Kanarienallergie", "email": "kanarie@vogel.example",
	"external_id": "KANARIE", "phone_number": "+44 1632 960428", "date_of_birth": "24.12.1942", "joined_at": "24.12.1942",
	"specialization": "Kanarienkunde", "license_number": "KANARIE", "salary": "98765.4", "search": "Kanarie", "q": "Kanarie", "find": "Kanarie",
	"first_name": "Kanarie", "last_name": "Zaunkönig", "actor": "kanarie@vogel.example", "patient": "Kanarie", "doctor": "Kanarie",
	"username": "kanarie@vogel.example",
}

// secrets are what the canaries contain, in lower case. None of them can be in a log or in an
// address, in whatever encoding.
var secrets = []string{"kanarie", "zaunk", "960428", "24.12.1942", "1942-12-24", "98765.4", "vogel"}

// crawl opens each page and sends each of its forms with canaries in the fields that a person
// fills in, as somebody who works the whole day would. It calls check with each answer.
func (f furnished) crawl(b *browser, email string, check func(answer)) {
	for i, route := range routesOf(http.MethodGet) {
		page := b.visit(f, route)
		check(page)
		for _, form := range page.forms() {
			fields := form.values
			for _, name := range form.typed {
				canary, found := canaries[name]
				if name == "external_id" || name == "license_number" {
					canary += "-" + strconv.Itoa(i) // No two records can have the same.
				}
				if found {
					fields.Set(name, canary)
				}
			}
			answered := b.post(form.action, fields)
			check(answered)
			// A form that shows both versions or asks which record is meant is sent again.
			for _, again := range answered.forms() {
				if again.action == form.action {
					check(b.post(again.action, again.values))
				}
			}
			if b.cookies()["healthcare"] == "" {
				b.post("/console/sign-in/", url.Values{"username": {email}, "password": {clinictest.Password}})
			}
		}
	}
}

func TestNoContentAndNoSearchWordIsInAnAddressOrInTheLog(t *testing.T) {
	f := newDesk(t).furnish()
	f.haveUser(canaries["username"], canaries["first_name"], canaries["last_name"], domain.Admin)
	_, err := f.Patients.Create(t.Context(), f.Admin(), application.Once{}, domain.PatientInput{
		Name: domain.Given(canaries["name"]), Address: domain.Given(canaries["address"]), MedicalRecord: domain.Given(canaries["medical_record"]),
	})
	assert.NoError(t, err)
	b := f.browser()
	b.signIn(canaries["username"])
	addresses, shown := 0, 0
	f.crawl(b, canaries["username"], func(got answer) {
		places := append(got.redirects, got.path(), got.Request.Referer())
		for name, values := range got.Header {
			for _, value := range values {
				places = append(places, name+": "+value)
			}
		}
		for _, address := range got.addresses() {
			if !strings.HasPrefix(address, "tel:") && !strings.HasPrefix(address, "mailto:") {
				places = append(places, address)
			}
		}
		for _, place := range places {
			checkNoSecret(t, place)
		}
		addresses += len(places)
		if strings.Contains(got.text(), "Kanarie") {
			shown++
		}
		assert.Less(t, got.StatusCode, http.StatusInternalServerError, f.faults())
	})
	assert.Greater(t, addresses, 1000)
	assert.Greater(t, shown, 20, "the pages do show the canaries")
	checkNoSecret(t, f.log.String())
	done := map[domain.Permission]bool{}
	for _, event := range f.Events() {
		if event.Outcome == domain.Allowed && event.Actor.Origin.Address.IsValid() {
			done[event.Action] = true
		}
	}
	for _, permission := range []domain.Permission{domain.PatientCreate, domain.PatientUpdate, domain.PatientDelete, domain.PatientSearch, domain.DoctorSearch, domain.AuditRead} {
		assert.True(t, done[permission], "the day's work includes %s", permission)
	}
}

// checkNoSecret fails if a text contains a canary, as it is or in the encoding of addresses.
func checkNoSecret(t *testing.T, text string) {
	t.Helper()
	plain, err := url.QueryUnescape(text)
	if err != nil {
		plain = text
	}
	for _, secret := range secrets {
		for _, written := range []string{text, plain} {
			if strings.Contains(strings.ToLower(written), secret) {
				t.Errorf("%s is in %s", secret, text)
			}
		}
	}
}
