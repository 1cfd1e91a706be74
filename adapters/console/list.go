package console

import (
	"net/http"
	"net/url"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// linesOfList is how many records a list shows on one page.
const linesOfList = "50"

// A list is asked for with a form that is posted and answered with a redirect to a GET. The
// address of the list has what was asked for in a sealed parameter: it can be reloaded, and
// shows no search words to proxies, logs and people who look at the screen.
const (
	queryParameter = "q"
	// afterParameter is the cursor of a further page. Cursors are sealed, too.
	afterParameter = "after"
)

func (p *page) queryContext(path string) string {
	return "console list " + path + " of user " + p.actor.UserID.String()
}

// maxListAddress is the length of an address that all browsers and proxies take.
const maxListAddress = 8000

// redirectToList answers the form that asks for a list. It keeps the fields that are not empty.
func (p *page) redirectToList(path string, ids ...domain.ID) error {
	asked := url.Values{}
	for name := range p.form {
		if value := p.form.Get(name); value != "" {
			asked.Set(name, value)
		}
	}
	target := p.listLink(path, asked, ids...)
	if len(target) > maxListAddress {
		return formError{http.StatusRequestEntityTooLarge, "form_too_large"}
	}
	return p.redirectTo(target)
}

// listLink returns the address of a list that is asked for with these fields.
func (p *page) listLink(path string, asked url.Values, ids ...domain.ID) string {
	target := p.link(path, ids...)
	if len(asked) > 0 {
		target += "?" + queryParameter + "=" + p.Seals.Seal(asked.Encode(), p.queryContext(target))
	}
	return target
}

// asked returns the fields of the form that asked for this list, none if nobody did.
func (p *page) asked() url.Values {
	asked, ok := p.openQuery(p.r.URL.Query().Get(queryParameter), p.request.Prefix()+p.r.URL.Path)
	if !ok {
		return url.Values{}
	}
	return asked
}

// openQuery returns the fields in the sealed parameter of the list with this address.
func (p *page) openQuery(sealed, address string) (asked url.Values, ok bool) {
	text, ok := p.Seals.Open(sealed, p.queryContext(address))
	if !ok {
		return nil, false
	}
	asked, err := url.ParseQuery(text)
	return asked, err == nil
}

// parameters returns the parameters of a list's use-case with these names, as far as they were
// asked for, and the cursor.
func (p *page) parameters(asked url.Values, names ...string) domain.Parameters {
	parameters := domain.Parameters{}
	for _, name := range names {
		if value := asked.Get(name); value != "" {
			parameters[name] = domain.Given(value)
		}
	}
	if after := p.r.URL.Query().Get(afterParameter); after != "" {
		parameters["cursor"] = domain.Given(after)
	}
	return parameters
}

// pageInput is parameters for a use-case that takes only a cursor and a limit.
func (p *page) pageInput(limit string) domain.PageInput {
	return domain.PageInput{Cursor: p.parameters(nil)["cursor"], Limit: domain.Given(limit)}
}

// pager has the links below a list. Template "pager" shows it.
type pager struct {
	// First is the address of the first page, empty on it.
	First string
	// Next is the address of the next page, empty on the last one.
	Next string
}

// pagerOf returns the links to the other pages of the list that was asked for.
func pagerOf[T any](p *page, found application.Page[T]) (links pager) {
	query := p.r.URL.Query()
	address := func(after string) string {
		kept := url.Values{}
		if q := query.Get(queryParameter); q != "" {
			kept.Set(queryParameter, q)
		}
		if after != "" {
			kept.Set(afterParameter, after)
		}
		return p.request.Prefix() + p.r.URL.Path + "?" + kept.Encode()
	}
	if query.Has(afterParameter) {
		links.First = address("")
	}
	if found.Next != "" {
		links.Next = address(found.Next)
	}
	return links
}
