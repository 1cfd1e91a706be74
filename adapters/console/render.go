package console

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

//go:embed templates/*.html
var templateFiles embed.FS

// pages are the templates of all pages by the name of their file without .html. Each defines
// "content", and layout.html and parts*.html are around it.
type pages map[string]*template.Template

// parsePages parses the templates, once for all consoles of the process.
var parsePages = sync.OnceValue(func() pages {
	shared := template.Must(template.ParseFS(templateFiles, "templates/layout.html", "templates/parts*.html"))
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err) // the pattern is right
	}
	parsed := pages{}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" || strings.HasPrefix(name, "parts") {
			continue
		}
		parsed[name] = template.Must(template.Must(shared.Clone()).ParseFS(templateFiles, file))
	}
	return parsed
})

// view is what layout.html shows. Its methods are for all templates, which reach it as $.
type view struct {
	Page  *page
	Title string
	// Content is what the page's own template shows.
	Content any
	// Notice says what the last form has done.
	Notice notice
}

// contentSecurityPolicy allows the style sheet, the script and the pictures of the console, and
// nothing else: no inline script or style, and no other host.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'self'; frame-ancestors 'none'"

// render answers with a page.
func (p *page) render(status int, name string, v view) error {
	v.Notice = p.takeNotice()
	var html bytes.Buffer
	if err := p.execute(&html, name, v); err != nil {
		return err
	}
	p.setHeader()
	p.w.WriteHeader(status)
	_, _ = p.w.Write(html.Bytes()) // This fails only if the browser has left.
	return nil
}

// execute writes the HTML of a page.
func (p *page) execute(w io.Writer, name string, v view) error {
	parsed, found := p.pages[name]
	if !found {
		return fmt.Errorf("console: there is no template %s", name)
	}
	if err := parsed.ExecuteTemplate(w, "layout", v); err != nil {
		return fmt.Errorf("console: render %s: %w", name, err)
	}
	return nil
}

// setHeader sets the headers of a page. The others are set by httpserver.
func (p *page) setHeader() {
	header := p.w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", contentSecurityPolicy)
	header.Add("Vary", "Accept-Language")
}

// T returns a text (see texts/en.txt).
func (v view) T(key string, arguments ...any) string { return v.Page.T(key, arguments...) }

// Link returns the address of a page below Path.
func (v view) Link(path string, ids ...domain.ID) string { return v.Page.link(path, ids...) }

// Static returns the address of a file in the folder static.
func (v view) Static(file string) string { return v.Page.link("static/" + staticVersion + "/" + file) }

// MailTo returns the address of a link that writes to an email address. An address with a question
// mark or an escape cannot add recipients (RFC 6068).
func (v view) MailTo(email string) string { return "mailto:" + url.PathEscape(email) }

// Can reports whether the user has a permission.
func (v view) Can(permission string) bool { return v.Page.can(domain.Permission(permission)) }

// Date returns a day as the user reads it.
func (v view) Date(date domain.Date) string { return v.Page.locale.Date(date) }

// Time returns the element of an instant.
func (v view) Time(at time.Time) template.HTML {
	return template.HTML(fmt.Sprintf(`<time datetime="%s">%s</time>`, //nolint:gosec // Both are made of numbers and English names of months.
		at.UTC().Format(time.RFC3339), template.HTMLEscapeString(v.Page.locale.Time(at))))
}

// Number returns a number as the user reads it.
func (v view) Number(n int) string { return v.Page.locale.Number(n) }

// DateOrder is for the script, which shows how a date is understood.
func (v view) DateOrder() string { return string(v.Page.locale.order) }

// SignedIn reports whether the page has the navigation of a signed-in user.
func (v view) SignedIn() bool { return v.Page.actor.UserID != 0 && !v.Page.session.locked }

// UserName is the name of the signed-in user.
func (v view) UserName() string { return v.Page.session.userName }

// HasShortcut reports whether the key / leads to the find box.
func (v view) HasShortcut() bool { return v.SignedIn() && v.Page.hasShortcut() }

// IdleSeconds is how long the session can be unused, for the script.
func (v view) IdleSeconds() int { return int(v.Page.Idle.Seconds()) }
