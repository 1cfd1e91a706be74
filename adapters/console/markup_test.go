package console_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"
)

// pageForm is a form of a page as a browser would send it.
type pageForm struct {
	action string
	values url.Values
	// typed are the names of the fields that a person fills in.
	typed []string
}

// forms returns all forms of a page except the one that signs out.
func (a answer) forms() (forms []pageForm) {
	a.b.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	for node := range root.Descendants() {
		if node.Data != "form" {
			continue
		}
		found := pageForm{action: valueOr(node, "action", a.Request.URL.RequestURI()), values: valuesOf(node)}
		for input := range node.Descendants() {
			name, isNamed := attribute(input, "name")
			if isNamed && valueOr(input, "type", "") != "hidden" && input.Data != "button" {
				found.typed = append(found.typed, name)
			}
		}
		if !strings.HasSuffix(found.action, "/sign-out/") || strings.Contains(found.action, "/users/") {
			forms = append(forms, found)
		}
	}
	return forms
}

// addressAttributes are the attributes that a browser follows.
var addressAttributes = []string{"href", "src", "action", "formaction", "data", "poster", "srcset", "data-active"}

// addresses returns all addresses in a page.
func (a answer) addresses() (addresses []string) {
	a.b.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	for node := range root.Descendants() {
		for _, attr := range node.Attr {
			if slices.Contains(addressAttributes, attr.Key) {
				addresses = append(addresses, attr.Val)
			}
		}
	}
	return addresses
}

// checkMarkup fails if a page has anything that its policy forbids, or an element or attribute
// that contains the marker. An empty marker is in none.
func (a answer) checkMarkup(t *testing.T, marker string) {
	t.Helper()
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "text/html") {
		isFile := strings.HasPrefix(a.Header.Get("Content-Disposition"), "attachment;")
		assert.True(t, a.body == "" || isFile || kind == "application/json", "%s answers with %s", a.path(), kind)
		assert.Equal(t, "nosniff", a.Header.Get("X-Content-Type-Options"), a.path())
		return
	}
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(t, err)
	for node := range root.Descendants() {
		if node.Type == html.CommentNode {
			t.Errorf("%s: a comment: %q", a.path(), node.Data)
		}
		if node.Type != html.ElementNode {
			continue
		}
		assert.NotContains(t, []string{"style", "iframe", "object", "embed", "base", "frame", "applet", "math"}, node.Data, a.path())
		if node.Data == "script" {
			assert.Empty(t, textOf(node), "a script in the page %s", a.path())
			assert.True(t, strings.HasPrefix(valueOr(node, "src", ""), "/console/static/"), "a script of another place in %s", a.path())
		}
		for _, attr := range node.Attr {
			assert.False(t, attr.Key == "style" || attr.Key == "srcdoc" || strings.HasPrefix(attr.Key, "on"), "%s: <%s %s>", a.path(), node.Data, attr.Key)
			if slices.Contains(addressAttributes, attr.Key) {
				checkAddress(t, attr.Val)
			}
			if marker != "" {
				assert.NotContains(t, strings.ToLower(attr.Key), marker, a.path())
			}
		}
		if marker != "" {
			assert.NotContains(t, strings.ToLower(node.Data), marker, a.path())
		}
	}
}

// checkAddress fails if an address leads to another site or is a script.
func checkAddress(t *testing.T, address string) {
	t.Helper()
	isLocal := address == "" || strings.HasPrefix(address, "#") || strings.HasPrefix(address, "/console/")
	isContact := strings.HasPrefix(address, "tel:") || strings.HasPrefix(address, "mailto:")
	assert.True(t, isLocal || isContact, "an address leads elsewhere: %q", address)
}
