package console

import "example.com/healthcare/domain"

// confirmation is the content of template confirm: a page that says what a form will do before
// it is done.
type confirmation struct {
	form
	// Says are the sentences about it.
	Says []string
}

// showConfirmation shows the page. refusal is why its form was refused, nil at first.
func (p *page) showConfirmation(title string, content confirmation, refusal error) error {
	if refusal == nil {
		return p.show("confirm", title, content)
	}
	if domain.KindOf(refusal) == domain.PreconditionFailed {
		content.Problems = []string{p.T("confirm.changed")}
		return p.showAgain(refusal, "confirm", title, content)
	}
	var ok bool
	if content.form, ok = p.withErrors(content.form, refusal); !ok {
		return refusal
	}
	return p.showAgain(refusal, "confirm", title, content)
}
