package console

import (
	"encoding/json"
	"errors"
	"html/template"
	"net/url"
	"slices"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

// secondFactorPage is the content of the page of one's own second factor. Its form sets the
// factor up or removes it.
type secondFactorPage struct {
	form
	Enabled bool
	// CodesLeft is the number of recovery codes that were not used.
	CodesLeft int
	// Required says that the user must set up a second factor before anything else.
	Required bool
}

// newSecondFactorPage returns the form that suits the state of the factor. It is an error if
// another duty comes first.
func (p *page) newSecondFactorPage() (secondFactorPage, error) {
	if err := p.admitDuty(domain.DutySecondFactor); err != nil {
		return secondFactorPage{}, err
	}
	factor, err := p.SecondFactor.Get(p.ctx(), p.actor)
	if err != nil {
		return secondFactorPage{}, err
	}
	content := secondFactorPage{
		form: form{
			Action: p.link("account/second-factor/"),
			Fields: []field{{Name: "password", Label: p.T("password.current"), Type: "password", Required: true, Autocomplete: "current-password"}},
			Submit: p.T("second_factor.enrol"),
		},
		Enabled: factor.Confirmed, CodesLeft: factor.RecoveryCodesLeft(), Required: p.actor.Duty == domain.DutySecondFactor,
	}
	if factor.Confirmed {
		content.Action, content.Submit, content.Danger = p.link("account/second-factor/disable/"), p.T("second_factor.disable"), true
	}
	if !content.Required {
		content.Cancel = p.link("account/")
	}
	return content, nil
}

// showSecondFactor is the page of one's own second factor.
func (c *console) showSecondFactor(p *page) error {
	return p.showSecondFactorAgain(nil)
}

// showSecondFactorAgain shows the page with what is wrong with its form.
func (p *page) showSecondFactorAgain(refusal error) error {
	content, err := p.newSecondFactorPage()
	if err != nil {
		return err
	}
	if refusal == nil {
		return p.show("second-factor", p.T("second_factor.title"), content)
	}
	var ok bool
	if content.form, ok = p.withErrors(content.form, refusal); !ok {
		return refusal
	}
	return p.showAgain(refusal, "second-factor", p.T("second_factor.title"), content)
}

// backToSecondFactor answers a reload of a page that was the answer to a form.
func (c *console) backToSecondFactor(p *page) error { return p.redirect("account/second-factor/") }

// enrolment is a new key that still has to be confirmed. The form for the code has it in a
// sealed field, so that the key is shown again after a wrong code.
type enrolment struct {
	At  time.Time
	URI string
}

const (
	enrolmentField    = "enrolment"
	enrolmentLifetime = 10 * time.Minute
)

func (p *page) enrolmentContext() string {
	return "console enrolment in session " + p.actor.SessionID.String()
}

func (p *page) sealEnrolment(e enrolment) (string, error) {
	text, err := json.Marshal(e)
	return p.Seals.Seal(string(text), p.enrolmentContext()), err
}

// openEnrolment returns the enrolment whose code was sent, and false if it is too old.
func (p *page) openEnrolment() (e enrolment, ok bool) {
	text, ok := p.Seals.Open(p.form.Get(enrolmentField), p.enrolmentContext())
	return e, ok && json.Unmarshal([]byte(text), &e) == nil && p.Clock().Sub(e.At) <= enrolmentLifetime
}

// keyPage is the content of the page that shows the key of a new second factor.
type keyPage struct {
	form
	QRCode qrCode
	// Key is in groups, for typing.
	Key string
	// URI opens an authenticator app on the same device.
	URI template.URL
}

func (p *page) newKeyPage(e enrolment) (keyPage, error) {
	uri, err := url.Parse(e.URI)
	if err != nil {
		return keyPage{}, err
	}
	code, err := newQRCode(e.URI)
	if err != nil {
		return keyPage{}, err
	}
	sealed, err := p.sealEnrolment(e)
	return keyPage{
		form: form{
			Action: p.link("account/second-factor/confirm/"),
			Fields: []field{{
				Name: "otp", Label: p.T("second_factor.code"), Hint: p.T("second_factor.code_hint"), Type: "text", Required: true,
				Autocomplete: "one-time-code", InputMode: "numeric",
			}},
			Hidden: map[string]string{enrolmentField: sealed},
			Submit: p.T("second_factor.confirm"), Cancel: p.link("account/second-factor/"),
		},
		QRCode: code, Key: inGroups(uri.Query().Get("secret"), " "),
		URI: template.URL(e.URI), //nolint:gosec // The service made it, or sealed it before.
	}, err
}

// inGroups returns a text in groups of four characters.
func inGroups(text, separator string) string {
	var groups []string
	for group := range slices.Chunk([]byte(text), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, separator)
}

// enrol shows the key of a new second factor, once.
func (c *console) enrol(p *page) error {
	if err := p.admitDuty(domain.DutySecondFactor); err != nil {
		return err
	}
	key, err := c.SecondFactor.Enrol(p.ctx(), p.actor, domain.PasswordCheck{Password: p.input("password")})
	if err != nil {
		return p.showSecondFactorAgain(err)
	}
	content, err := p.newKeyPage(enrolment{At: c.Clock(), URI: key.URI.Reveal()})
	if err != nil {
		return err
	}
	return p.show("second-factor-key", p.T("second_factor.key_title"), content)
}

// confirmEnrolment enables the second factor with a code of the device, and shows the recovery
// codes, once. After a wrong code the same key is shown again.
func (c *console) confirmEnrolment(p *page) error {
	if err := p.admitDuty(domain.DutySecondFactor); err != nil {
		return err
	}
	codes, err := c.SecondFactor.Confirm(p.ctx(), p.actor, domain.CodeCheck{Code: p.input("otp")})
	if err != nil {
		return p.refuseConfirmation(err)
	}
	texts := make([]string, len(codes))
	for i, code := range codes {
		texts[i] = code.Formatted()
	}
	return p.show("recovery-codes", p.T("second_factor.codes_title"), texts)
}

// refuseConfirmation shows the same key again, or the first page if the key is too old.
func (p *page) refuseConfirmation(refusal error) error {
	if domain.KindOf(refusal) == domain.Conflict {
		factor, err := p.SecondFactor.Get(p.ctx(), p.actor)
		if err != nil {
			return err
		}
		if factor.Confirmed { // The form was sent twice.
			return p.redirectWith(notice{Text: p.T("second_factor.already")}, "account/second-factor/")
		}
		return p.showSecondFactorAgain(refusal)
	}
	enrolment, ok := p.openEnrolment()
	if !ok {
		return p.showSecondFactorAgain(&domain.Error{Kind: domain.Invalid, Message: p.T("second_factor.expired")})
	}
	content, err := p.newKeyPage(enrolment)
	if err != nil {
		return err
	}
	if content.form, ok = p.withErrors(content.form, refusal); !ok {
		return refusal
	}
	return p.showAgain(refusal, "second-factor-key", p.T("second_factor.key_title"), content)
}

// disableSecondFactor removes the second factor.
func (c *console) disableSecondFactor(p *page) error {
	err := c.SecondFactor.Disable(p.ctx(), p.actor, domain.PasswordCheck{Password: p.input("password")})
	if e, ok := errors.AsType[*domain.Error](err); ok && e.Kind == domain.Forbidden && p.actor.Duty == domain.NoDuty {
		err = &domain.Error{Kind: domain.Conflict, Message: e.Message} // The rules require it: the page says so.
	}
	if err != nil {
		return p.showSecondFactorAgain(err)
	}
	return p.redirectWith(notice{Text: p.T("second_factor.disabled")}, "account/")
}
