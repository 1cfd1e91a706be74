package console_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

func TestTheKeyOfTheFindBoxCanBeSwitchedOff(t *testing.T) {
	d := newDesk(t)
	b := d.signedIn("ada@clinic.example", domain.Staff)
	assert.Contains(t, b.get("/console/").body, "data-shortcut")

	off := b.get("/console/account/").submit("/console/account/shortcut/")
	assert.Contains(t, off.text(), "The key / is switched off in this browser.")
	assert.NotContains(t, b.get("/console/").body, "data-shortcut")
	b.get("/console/").submit("/console/sign-out/")
	b.signIn("ada@clinic.example")
	assert.NotContains(t, b.get("/console/").body, "data-shortcut", "it stays off")

	on := b.get("/console/account/").submit("/console/account/shortcut/")
	assert.Contains(t, on.text(), "The key / is switched on in this browser.")
	assert.Contains(t, b.get("/console/").body, "data-shortcut")
}
