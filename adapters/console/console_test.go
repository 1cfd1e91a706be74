package console_test

import (
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/net/html"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/console"
	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// desk is a running console over a clinic in memory.
type desk struct {
	*clinictest.Clinic
	t       testing.TB
	url     string
	handler http.Handler
	log     *serverLog
	stop    func()
}

// newDesk serves a console. The grace for refresh tokens is that of the service's default.
func newDesk(t testing.TB, setups ...clinictest.Setup) *desk {
	t.Helper()
	grace := func(_ *application.Ports, r *application.Rules) { r.Sessions.RefreshGrace = 30 * time.Second }
	clinic := clinictest.New(t, append([]clinictest.Setup{grace}, setups...)...)
	keys, err := secretkeys.New(domain.NewSecret(clinictest.SecretKey))
	require.NoError(t, err)
	log := &serverLog{}
	options := console.Options{Seals: keys.For("console").Cursors(), Clock: clinic.Now}
	// A test chooses the scheme with X-Forwarded-Proto.
	proxies := httpserver.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
	handler := httpserver.Wrap(console.New(clinic.UseCases, options), proxies, slog.New(slog.NewTextHandler(log, nil)))
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return &desk{Clinic: clinic, t: t, url: server.URL, handler: handler, log: log, stop: server.Close}
}

// serverLog is the log of a running service. A request is logged after its answer was sent.
type serverLog struct {
	mutex sync.Mutex
	text  strings.Builder
}

func (l *serverLog) Write(line []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(line)
}

func (l *serverLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.String()
}

// browser is a browser with its own cookies.
type browser struct {
	*desk
	jar    http.CookieJar
	header http.Header
}

func (d *desk) browser() *browser {
	jar, err := cookiejar.New(nil)
	require.NoError(d.t, err)
	return &browser{desk: d, jar: jar, header: http.Header{"Accept-Language": {"en-GB"}}}
}

// signedIn returns a browser in which the user has signed in.
func (d *desk) signedIn(email string, role domain.Role) *browser {
	d.t.Helper()
	d.SignUp(email, role)
	b := d.browser()
	b.signIn(email)
	return b
}

func (b *browser) signIn(email string) answer {
	b.t.Helper()
	return b.get("/console/sign-in/").submit("/console/sign-in/", "username", email, "password", clinictest.Password)
}

// answer is the page that a browser shows after it has followed redirects.
type answer struct {
	*http.Response
	b    *browser
	body string
	// redirects are the paths that led to the page.
	redirects []string
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

// post sends a form without a page.
func (b *browser) post(path string, fields url.Values) answer {
	b.t.Helper()
	return b.send(http.MethodPost, path, fields)
}

func (b *browser) send(method, path string, fields url.Values) answer {
	b.t.Helper()
	req, err := http.NewRequestWithContext(b.t.Context(), method, b.url+path, strings.NewReader(fields.Encode()))
	require.NoError(b.t, err)
	maps.Copy(req.Header, b.header)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	got := answer{b: b}
	client := http.Client{Jar: b.jar, CheckRedirect: func(req *http.Request, _ []*http.Request) error {
		got.redirects = append(got.redirects, req.URL.RequestURI())
		return nil
	}}
	got.Response, err = client.Do(req)
	require.NoError(b.t, err)
	body, err := io.ReadAll(got.Body)
	require.NoError(b.t, err)
	require.NoError(b.t, got.Body.Close())
	got.body = string(body)
	return got
}

// path is the address of the page.
func (a answer) path() string { return a.Request.URL.RequestURI() }

// submit sends the form with this action, with the values that the page has put into it and the
// given ones.
func (a answer) submit(action string, namesAndValues ...string) answer {
	a.b.t.Helper()
	fields := a.form(action)
	for i := 0; i < len(namesAndValues); i += 2 {
		fields.Set(namesAndValues[i], namesAndValues[i+1])
	}
	return a.b.post(action, fields)
}

// form returns the values of the form with this action, which is the page itself if the form
// has none.
func (a answer) form(action string) url.Values {
	a.b.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	for node := range root.Descendants() {
		if node.Data == "form" && valueOr(node, "action", a.Request.URL.Path) == action {
			return valuesOf(node)
		}
	}
	a.b.t.Fatalf("the page %s has no form with the action %s:\n%s", a.path(), action, a.body)
	return nil
}

// matchFor returns the value of the first match that is offered with this text.
func matchFor(a answer, text string) string {
	a.b.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	for node := range root.Descendants() {
		if node.Data != "label" || !strings.Contains(textOf(node), text) {
			continue
		}
		for input := range node.Descendants() {
			if value, ok := attribute(input, "value"); ok {
				return value
			}
		}
	}
	a.b.t.Fatalf("the page %s offers no %s:\n%s", a.path(), text, a.body)
	return ""
}

func valuesOf(form *html.Node) url.Values {
	values := url.Values{}
	for node := range form.Descendants() {
		name, isNamed := attribute(node, "name")
		if !isNamed {
			continue
		}
		switch node.Data {
		case "input":
			kind := valueOr(node, "type", "text")
			_, checked := attribute(node, "checked")
			if checked || kind != "checkbox" && kind != "radio" {
				values.Add(name, valueOr(node, "value", ""))
			}
		case "textarea":
			values.Set(name, strings.TrimPrefix(textOf(node), "\n"))
		case "select":
			for option := range node.Descendants() {
				if _, selected := attribute(option, "selected"); option.Data == "option" && (selected || !values.Has(name)) {
					values.Set(name, valueOr(option, "value", ""))
				}
			}
		}
	}
	return values
}

func attribute(node *html.Node, name string) (string, bool) {
	at := slices.IndexFunc(node.Attr, func(a html.Attribute) bool { return a.Key == name })
	if at < 0 {
		return "", false
	}
	return node.Attr[at].Val, true
}

func valueOr(node *html.Node, name, otherwise string) string {
	if value, found := attribute(node, name); found {
		return value
	}
	return otherwise
}

func textOf(node *html.Node) string {
	var text strings.Builder
	for child := range node.Descendants() {
		if child.Type == html.TextNode {
			text.WriteString(child.Data)
		}
	}
	return text.String()
}

// text returns what a person reads on the page, with single spaces.
func (a answer) text() string {
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	return strings.Join(strings.Fields(textOf(root)), " ")
}

// link returns the address of the link with this text.
func (a answer) link(text string) string {
	a.b.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	for node := range root.Descendants() {
		if node.Data == "a" && strings.TrimSpace(textOf(node)) == text {
			return valueOr(node, "href", "")
		}
	}
	a.b.t.Fatalf("the page %s has no link %q:\n%s", a.path(), text, a.body)
	return ""
}

// rows returns the texts of the cells of the table on the page.
func (a answer) rows() (rows [][]string) {
	a.b.t.Helper()
	root, err := html.Parse(strings.NewReader(a.body))
	require.NoError(a.b.t, err)
	for node := range root.Descendants() {
		switch node.Data {
		case "tr":
			rows = append(rows, nil)
		case "th", "td":
			if valueOr(node, "scope", "") == "col" {
				continue
			}
			last := len(rows) - 1
			rows[last] = append(rows[last], strings.Join(strings.Fields(textOf(node)), " "))
		}
	}
	return slices.DeleteFunc(rows, func(cells []string) bool { return len(cells) == 0 })
}
