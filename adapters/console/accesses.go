package console

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"example.com/healthcare/domain"
)

func (c *console) accessRoutes() []route {
	return []route{
		get("patients/{id}/accesses/{$}", c.showAccesses),
		post("patients/{id}/accesses/{$}", c.filterAccesses),
		get("patients/{id}/accesses/report/{$}", c.showAccessReport),
	}
}

// accessLimit is the number of events on a page.
const accessLimit = "50"

// The fields of the form that narrows the list. userIDField is what filterAccesses has found
// for the name in userField; the browser does not send it.
const (
	userField   = "user"
	userIDField = "user_id"
	fromField   = "from"
	toField     = "to"
)

// accessesPage shows who has used a patient's record.
type accessesPage struct {
	form
	Patient domain.ID
	// Record is the address of the patient, empty if the patient is deleted.
	Record   string
	Accesses []shownAccess
	// Filtered says that the list was narrowed.
	Filtered bool
	Pager    pager
}

// shownAccess is one use of a patient's record.
type shownAccess struct {
	At time.Time
	// Who did what, in words.
	Who, What string
	// Outcome says that it was refused or failed. It is empty otherwise.
	Outcome         string
	Address, Device string
}

// showAccesses shows who has seen or changed a patient's record, the latest first.
func (c *console) showAccesses(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	asked := p.asked()
	query := domain.AuditQuery{
		Patient: domain.Given(id.String()), Ordering: domain.Given("-id"), Page: domain.PageInput{Limit: domain.Given(accessLimit)},
		From: p.dayInput(asked.Get(fromField), 0), To: p.dayInput(asked.Get(toField), 1),
	}
	if user := asked.Get(userIDField); user != "" {
		query.Actor = domain.Given(user)
	}
	if after := p.r.URL.Query(); after.Has(afterParameter) {
		query.Page.Cursor = domain.Given(after.Get(afterParameter))
	}
	events, err := c.Audit.List(p.ctx(), p.actor, query)
	if err != nil {
		return err
	}
	name, err := p.patientName(id)
	if err != nil {
		return err
	}
	content := p.newAccessesPage(id, name, asked)
	content.Pager, content.Filtered = pagerOf(p, events), len(asked) > 0
	for _, event := range events.Items {
		shown := shownAccess{
			At: event.At, Who: p.callerName(event.Actor.UserID, event.Actor.Role, event.ActorName), What: p.deed(event.Action),
			Outcome: p.outcomeName(event.Outcome), Device: event.Actor.Origin.Device,
		}
		if address := event.Actor.Origin.Address; address.IsValid() {
			shown.Address = address.String()
		}
		content.Accesses = append(content.Accesses, shown)
	}
	return p.show("accesses", p.T("accesses.title", name.Name), content)
}

// newAccessesPage returns the page with its form, in which the fields of typed are filled in.
func (p *page) newAccessesPage(id domain.ID, name recordName, typed url.Values) accessesPage {
	content := accessesPage{Patient: id}
	if !name.Deleted {
		content.Record = p.link("patients/{id}/", id)
	}
	hint := p.T("accesses.date_hint", p.locale.DateExample())
	content.Action, content.Submit = p.link("patients/{id}/accesses/", id), p.T("accesses.submit")
	content.Fields = []field{
		{Name: userField, Label: p.T("accesses.user"), Hint: p.T("accesses.user_hint"), Type: "text", Autocomplete: "off"},
		{Name: fromField, Label: p.T("accesses.from"), Hint: hint, Type: "text", Kind: "date", Autocomplete: "off"},
		{Name: toField, Label: p.T("accesses.to"), Hint: p.T("accesses.to_hint"), Type: "text", Kind: "date", Autocomplete: "off"},
	}
	for i := range content.Fields {
		content.Fields[i].Value = typed.Get(content.Fields[i].Name)
	}
	return content
}

// dayInput returns the start of a day, for the filter of a use-case. text is a date as people
// write it. later is the number of days by which the result is later.
func (p *page) dayInput(text string, later int) domain.Input {
	day, ok := p.parseDay(text)
	if !ok {
		return domain.Input{}
	}
	return domain.Given(day.AddDate(0, 0, later).Format(time.RFC3339))
}

// parseDay returns the start of a day in the time zone of the service.
func (p *page) parseDay(text string) (time.Time, bool) {
	iso, ok := p.locale.parseDate(strings.TrimSpace(text))
	if !ok {
		return time.Time{}, false
	}
	day, err := time.ParseInLocation(time.DateOnly, iso, time.Local)
	return day, err == nil
}

// filterAccesses goes to the list that the form asks for.
func (c *console) filterAccesses(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	if err := domain.Authorize(p.actor, domain.AuditRead); err != nil {
		return err
	}
	errs := domain.FieldErrors{}
	for _, field := range []string{fromField, toField} {
		if text := p.form.Get(field); strings.TrimSpace(text) == "" {
			p.form.Del(field)
		} else if day, ok := p.parseDay(text); !ok || day.Year() < 1971 || day.Year() > 9998 {
			errs[field] = []string{p.T("form.bad_date", p.locale.DateExample())}
		}
	}
	p.form.Del(userIDField)
	if typed := strings.TrimSpace(p.form.Get(userField)); typed != "" {
		user, problem, err := p.findUser(typed)
		if err != nil {
			return err
		}
		if problem != "" {
			errs[userField] = []string{problem}
		}
		p.form.Set(userIDField, user.String())
	}
	if len(errs) > 0 {
		name, err := p.patientName(id)
		if err != nil {
			return err
		}
		content := p.newAccessesPage(id, name, p.form)
		content.form, _ = content.withErrors(&domain.Error{Kind: domain.Invalid, Fields: errs})
		return p.showStatus(http.StatusUnprocessableEntity, "accesses", p.T("accesses.title", name.Name), content)
	}
	return p.redirectToList("patients/{id}/accesses/", id)
}

// findUser returns the user whose name or email address was typed, or the reason why it is not
// clear who is meant.
func (p *page) findUser(typed string) (user domain.ID, problem string, err error) {
	found, err := p.Users.List(p.ctx(), p.actor, domain.Parameters{"search": domain.Given(typed), "limit": domain.Given("6")})
	switch {
	case domain.KindOf(err) == domain.Invalid && err != nil:
		return 0, p.T("accesses.no_user"), nil
	case err != nil:
		return 0, "", err
	case len(found.Items) == 0:
		return 0, p.T("accesses.no_user"), nil
	case len(found.Items) == 1:
		return found.Items[0].ID, "", nil
	}
	var choices []string
	for _, item := range found.Items {
		if strings.EqualFold(item.Email.String(), typed) {
			return item.ID, "", nil
		}
		choices = append(choices, item.Email.String())
	}
	if found.Next != "" {
		return 0, p.T("accesses.too_many_users"), nil
	}
	return 0, p.T("accesses.several_users", strings.Join(choices, ", ")), nil
}
