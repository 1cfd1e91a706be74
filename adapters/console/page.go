package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

// page is one request for a page or a form, and the way to answer it. A function of the console
// answers with exactly one of show, redirect and an error.
type page struct {
	*console
	w       http.ResponseWriter
	r       *http.Request
	request *httpserver.Request
	route   route
	locale  locale
	// session and actor are zero if nobody is signed in.
	session session
	actor   domain.Actor
	// form holds the fields of a POST.
	form url.Values
	// formFields are for the method formField.
	formFields []field
	// reserved is for the method reserveTexts.
	reserved int64
}

func (c *console) newPage(w http.ResponseWriter, r *http.Request) *page {
	request := httpserver.RequestFrom(r.Context())
	return &page{
		console: c, w: w, r: r, request: request, locale: localeOf(r),
		actor: domain.Actor{Origin: request.Origin()},
	}
}

func (p *page) ctx() context.Context { return p.r.Context() }

// id returns the id in the path. Anything else in its place is NotFound.
func (p *page) id(name string) (domain.ID, error) {
	id, err := domain.ParseID(p.r.PathValue(name))
	if err != nil {
		return 0, domain.ErrNotFound()
	}
	return id, nil
}

// can reports whether the policy lets the user do something now. It decides what a page offers;
// the use-case decides what is done.
func (p *page) can(permission domain.Permission) bool {
	return domain.Authorize(p.actor, permission) == nil
}

// link returns the address of a page of the console. path is below Path; each {id} in it stands
// for one of the ids.
func (p *page) link(path string, ids ...domain.ID) string {
	for _, id := range ids {
		path = strings.Replace(path, "{id}", id.String(), 1)
	}
	return p.request.Prefix() + Path + path
}

// reserveTexts reserves memory for a page that has free texts of records some times. They can be
// long. Call it before they are read: the memory is in use until the browser has the page. What
// the page has reserved before counts.
func (p *page) reserveTexts(times int64) error {
	missing := times - p.reserved
	if missing <= 0 {
		return nil
	}
	p.reserved = times
	return p.request.Reserve(p.ctx(), httpserver.Answer, missing*domain.MaxPageBytes)
}

// redirect sends the browser to a page with a GET, after a form was done.
func (p *page) redirect(path string, ids ...domain.ID) error {
	return p.redirectTo(p.link(path, ids...))
}

// redirectTo is redirect for a whole address.
func (p *page) redirectTo(address string) error {
	p.w.Header().Set("Location", address)
	p.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// show answers with a page. title is its heading, and content what its template shows.
func (p *page) show(template, title string, content any) error {
	return p.showStatus(http.StatusOK, template, title, content)
}

// showStatus is show with another status. After a refused form, it is showAgain that chooses it.
func (p *page) showStatus(status int, template, title string, content any) error {
	return p.render(status, template, view{Page: p, Title: title, Content: content})
}

// T returns a text in the language of the page (see texts/en.txt).
func (p *page) T(key string, arguments ...any) string { return english.text(key, arguments...) }

// answer answers with an error. Those of the service are logged.
func (p *page) answer(err error) {
	if duty, ok := errors.AsType[dutyError](err); ok {
		p.request.SetCode(string(duty.duty))
		_ = p.redirect(dutyPages[duty.duty])
		return
	}
	status, code := statusOf(err)
	if status >= http.StatusInternalServerError {
		p.request.Fail(err)
		return
	}
	p.request.SetCode(code)
	switch {
	case errors.Is(err, errLocked):
		err = p.showUnlock(nil)
	case domain.KindOf(err) == domain.Unauthenticated:
		err = p.askToSignIn()
	default:
		p.showError(status, code)
		return
	}
	if err != nil {
		p.request.Fail(err)
	}
}
