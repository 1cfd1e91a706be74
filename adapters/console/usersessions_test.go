package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// looks returns the events of those who saw the sessions of a user.
func (d *desk) looks() (looks []domain.AuditEvent) {
	for _, event := range d.Events() {
		if event.Action == domain.SessionRead {
			looks = append(looks, event)
		}
	}
	return looks
}

func TestAnAdministratorSeesWhereAUserIsSignedIn(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	d.haveUser("ada@clinic.example", "Ada", "Lovelace", domain.Staff) // signs in without a device
	elsewhere := d.browser()
	elsewhere.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	elsewhere.signIn("ada@clinic.example")

	user := admin.get(d.userPath("ada@clinic.example"))
	assert.Empty(t, d.looks(), "the page of the user shows no sessions")
	list := admin.get(user.link("Where this user is signed in"))
	assert.Contains(t, list.text(), "Where Ada Lovelace is signed in")
	rows := list.rows()
	require.Len(t, rows, 2)
	own := elsewhere.get("/console/account/sessions/").rows()
	require.Len(t, own, 2)
	for i, device := range []string{"Unknown", "Firefox on Linux"} {
		assert.Equal(t, device, rows[i][0])
		assert.Equal(t, own[i][:5], rows[i], "as the user sees it, without the button that ends one session")
	}
	assert.Equal(t, "127.0.0.1", rows[1][1])
	require.Len(t, d.looks(), 1)
	look := d.looks()[0]
	assert.Equal(t, domain.Allowed, look.Outcome)
	assert.Equal(t, domain.Subject{Kind: domain.SubjectUser, ID: d.SignIn("ada@clinic.example").UserID}, look.Subject)
	assert.Contains(t, admin.get("/console/audit/").text(), "saw the sessions of a user")

	asked := admin.get(list.link("Sign out everywhere"))
	asked.submit(asked.path())
	assert.Equal(t, http.StatusUnauthorized, elsewhere.get("/console/").StatusCode)
	none := admin.get(list.path())
	assert.Contains(t, none.text(), "This user is not signed in anywhere.")
	assert.NotContains(t, none.text(), "Sign out everywhere")
	assert.Equal(t, user.path(), none.link("Back to the user"))
}

func TestTheListOfAUsersSessionsHasPages(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	d.SignUp("ada@clinic.example", domain.Staff)
	for range domain.DefaultPageLimit {
		d.SignIn("ada@clinic.example")
	}
	first := admin.get(d.userPath("ada@clinic.example") + "sessions/")
	assert.Len(t, first.rows(), domain.DefaultPageLimit)
	assert.Len(t, admin.get(first.link("Next page")).rows(), 1)

	// The sessions of the last page can end before it is opened.
	ended := admin.get(first.path() + "?after=1000")
	assert.Empty(t, ended.rows())
	assert.NotContains(t, ended.text(), "not signed in anywhere", "the first page has sessions")
	assert.Len(t, admin.get(ended.link("First page")).rows(), domain.DefaultPageLimit)
}

func TestAnAdministratorEndsTheirOwnSessionsOnTheirOwnPage(t *testing.T) {
	d := newDesk(t)
	admin := d.signedIn("admin@clinic.example", domain.Admin)
	own := admin.get(d.userPath("admin@clinic.example"))
	list := admin.get(own.link("Where this user is signed in"))
	assert.Equal(t, "/console/account/sessions/", list.path())
	assert.Contains(t, list.text(), "This one")
	assert.Empty(t, d.looks())
}
