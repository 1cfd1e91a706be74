// Package console is the web pages for the people who work with the records: a second
// transport beside the REST API, over the same use-cases.
//
// A request goes through route.go (which page), session.go (who asks, and is the session
// locked), one function of the file that is named after the page, and render.go (the HTML). A
// form is sent with POST and answered with a redirect, so that reload and back do no harm. The
// pages work without JavaScript; static/console.js only makes them quicker.
package console

import (
	"net/http"
	"time"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/ports"
)

// Path is the path of the first page.
const Path = "/console/"

// DefaultIdle is the default of Options.Idle.
const DefaultIdle = 15 * time.Minute

// Options are the settings of the console.
type Options struct {
	// Idle is how long a session can be unused before it is locked (OWASP ASVS 5.0, 7.3.1).
	// The password unlocks it. 0 means DefaultIdle.
	Idle time.Duration
	// Seals encrypt the cookies and the addresses of search results. All instances need the
	// same keys.
	Seals Seals
	Clock ports.Clock
}

// Seals encrypt and authenticate what the console stores in browsers. Open returns false for
// a text that was not sealed with this context.
type Seals interface {
	Seal(text, context string) string
	Open(sealed, context string) (text string, ok bool)
}

// console serves the pages.
type console struct {
	*application.UseCases
	Options
	refresher *refresher
	pages     pages
	mux       *http.ServeMux
}

// New returns the transport for the paths below Path.
func New(useCases *application.UseCases, options Options) httpserver.Transport {
	if options.Idle == 0 {
		options.Idle = DefaultIdle
	}
	c := &console{
		UseCases: useCases, Options: options,
		refresher: newRefresher(useCases.Sessions.Refresh, options.Clock),
		pages:     parsePages(),
	}
	c.mux = c.newMux()
	// A page of another origin cannot make a browser send a form here. (The cookies are
	// SameSite=Strict besides.)
	protected := http.NewCrossOriginProtection()
	protected.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.newPage(w, r).showError(http.StatusForbidden, "cross_origin")
	}))
	return httpserver.Transport{Handler: protected.Handler(c), Answer: c.answerFailure}
}
