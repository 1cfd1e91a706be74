package console

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

// route is one page or form of the console.
type route struct {
	method string
	// path is below Path. {id} stands for the id of a record.
	path   string
	access access
	// keepsForm says that a form that is refused because the session has ended or is locked is
	// done after the next sign-in or unlock. Forms with passwords are not kept.
	keepsForm bool
	handle    func(*page) error
}

// access says who can open a page. The use-cases decide what the user is allowed to do.
type access uint8

const (
	// signedIn is the zero value, so that a page is closed by default. It also requires that
	// the session is not locked and that the user has no duty.
	signedIn access = iota
	// beforeDuty is for pages on which a duty is done.
	beforeDuty
	// locked is for the form that unlocks a session, and for signing out.
	locked
	// anyone is for pages that need no session.
	anyone
)

// get is a page.
func get(path string, handle func(*page) error) route {
	return route{method: http.MethodGet, path: path, handle: handle}
}

// post is a form whose fields are no secrets.
func post(path string, handle func(*page) error) route {
	return route{method: http.MethodPost, path: path, keepsForm: true, handle: handle}
}

// postSecret is a form with a password or a code.
func postSecret(path string, handle func(*page) error) route {
	return route{method: http.MethodPost, path: path, handle: handle}
}

// open returns the route with another access than signedIn.
func (r route) open(access access) route {
	r.access = access
	return r
}

// routes returns all pages and forms. Each subject has its routes in the file of its pages. {$}
// ends a path.
func (c *console) routes() []route {
	return slices.Concat(
		c.sessionRoutes(), c.findRoutes(), c.patientRoutes(), c.doctorRoutes(), c.assignmentRoutes(), c.historyRoutes(),
		c.accessRoutes(), c.deletedRoutes(), c.restoreRoutes(), c.overviewRoutes(), c.accountRoutes(), c.userRoutes(), c.auditRoutes(),
	)
}

func (c *console) newMux() *http.ServeMux {
	mux := http.NewServeMux()
	for _, route := range c.routes() {
		mux.HandleFunc(route.method+" "+Path+route.path, func(w http.ResponseWriter, r *http.Request) { c.serve(route, c.newPage(w, r)) })
	}
	mux.HandleFunc("GET "+Path+"static/{version}/{file}", c.serveStatic)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { c.serveUnknown(c.newPage(w, r)) })
	return mux
}

// serve serves a request for a route.
func (c *console) serve(route route, p *page) {
	p.route = route
	p.request.SetRoute(strings.TrimSuffix(Path+route.path, "{$}"))
	err := c.identify(p)
	if err == nil {
		err = c.admit(p)
	}
	if err == nil {
		err = route.handle(p)
	}
	if err != nil {
		p.answer(err)
	}
}

// identify sets the session, the actor and the form of a request.
func (c *console) identify(p *page) error {
	if resumed, ok := p.ctx().Value(resumedKey{}).(*page); ok {
		p.session, p.actor, p.form = resumed.session, resumed.actor, resumed.form
		return nil
	}
	if err := c.authenticate(p); err != nil {
		return err
	}
	if p.r.Method == http.MethodPost {
		return p.readForm()
	}
	return nil
}

// admit refuses a user who must sign in, unlock the session or do a duty first.
func (c *console) admit(p *page) error {
	switch {
	case p.route.access == anyone:
		return nil
	case p.actor.UserID == 0:
		return domain.ErrNotAuthenticated()
	case p.route.access == locked:
		return nil
	case p.session.locked:
		return errLocked
	case p.route.access == signedIn && p.actor.Duty != domain.NoDuty:
		return dutyError{p.actor.Duty}
	}
	return nil
}

// serveUnknown answers a path without a route.
func (c *console) serveUnknown(p *page) {
	if err := c.authenticate(p); err != nil {
		p.answer(err)
		return
	}
	p.answer(domain.ErrNotFound())
}

// ServeHTTP serves a request. People often leave out the slash at the end of an address: they are
// redirected to the page. (ServeMux would do it, too, but it does not know the prefix of a proxy.)
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	usual := usualPath(r.URL.Path)
	if usual == r.URL.Path {
		c.mux.ServeHTTP(w, r)
		return
	}
	p := c.newPage(w, r)
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		c.serveUnknown(p)
		return
	}
	address := url.URL{Path: p.request.Prefix() + usual, RawQuery: r.URL.RawQuery}
	w.Header().Set("Location", address.String())
	w.WriteHeader(http.StatusPermanentRedirect)
}

// usualPath returns a path without empty and dotted parts. It ends with a slash, unless it is
// that of a static file.
func usualPath(address string) string {
	usual := path.Clean("/" + address)
	if usual == "/" || strings.HasPrefix(usual, Path+"static/") {
		return usual
	}
	return usual + "/"
}

// answerFailure answers a request that failed outside of a page, or for a reason that is
// logged.
func (c *console) answerFailure(w http.ResponseWriter, r *http.Request, err error) {
	p := c.newPage(w, r)
	status, code := statusOf(err)
	httpserver.RequestFrom(r.Context()).SetCode(code)
	p.showError(status, code)
}
