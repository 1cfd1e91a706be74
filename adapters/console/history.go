package console

import (
	"slices"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func (c *console) historyRoutes() []route {
	return []route{
		get("patients/{id}/history/{$}", func(p *page) error { return showHistory(p, &c.Patients.History) }),
		get("doctors/{id}/history/{$}", func(p *page) error { return showHistory(p, &c.Doctors.History) }),
		get("assignments/{id}/history/{$}", func(p *page) error { return showHistory(p, &c.Mappings.History) }),
		get("patients/{id}/history/{version}/{$}", func(p *page) error { return showVersion(p, &c.Patients.History) }),
		get("doctors/{id}/history/{version}/{$}", func(p *page) error { return showVersion(p, &c.Doctors.History) }),
		get("assignments/{id}/history/{version}/{$}", func(p *page) error { return showVersion(p, &c.Mappings.History) }),
	}
}

// historyPaths are the pages with the history of a record of a kind.
var historyPaths = map[domain.SubjectKind]string{
	domain.SubjectPatient: "patients/{id}/history/", domain.SubjectDoctor: "doctors/{id}/history/", domain.SubjectMapping: "assignments/{id}/history/",
}

// historyPage shows the versions of a record.
type historyPage struct {
	// Back is the address of the record, empty if it is deleted.
	Back string
	// NewestFirst is the order of a history on one page. One of several pages is in the order
	// of the use-case.
	NewestFirst bool
	Versions    []shownVersion
	Pager       pager
}

// shownVersion is what one change did to a record.
type shownVersion struct {
	Number int
	At     time.Time
	// What names the kind of change, and Who did it.
	What, Who string
	// First says that there is no earlier version, so that the fields have only new values.
	First bool
	// Found says that the version is older than the history: nobody knows its time and author.
	Found   bool
	Changes []shownChange
	// Whole is the address of the whole record after the change.
	Whole string
}

// shownChange is a field before and after a change.
type shownChange struct {
	Label         string
	Before, After shownValue
}

// showHistory shows the versions of the record in the path.
func showHistory[T domain.Record](p *page, history *application.History[T]) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	if err := p.reserveTexts(1); err != nil {
		return err
	}
	versions, err := history.ListVersions(p.ctx(), p.actor, id, p.pageInput(linesOfList))
	if err != nil {
		return err
	}
	if len(versions.Items) == 0 { // The address names a page after the last one.
		return domain.ErrNotFound()
	}
	names, err := namesIn(p, versions.Items)
	if err != nil {
		return err
	}
	content := historyPage{Pager: pagerOf(p, versions)}
	for _, version := range versions.Items {
		shown := newShownVersion(p, version, names)
		shown.Changes = p.shownChanges(names, inOrder(version.Changes(), version.Record.Fields()))
		shown.Whole = p.link(historyPaths[version.Record.Self().Kind]+"{id}/", id, domain.ID(version.Number))
		content.Versions = append(content.Versions, shown)
	}
	last := versions.Items[len(versions.Items)-1]
	if path, of := pathOf(last.Record); last.Change != domain.Deleted {
		content.Back = p.link(path, of)
	}
	if content.Pager == (pager{}) {
		content.NewestFirst = true
		slices.Reverse(content.Versions)
	}
	return p.show("history", p.T("history.title", p.recordTitle(last.Record)), content)
}

// changeName says what happened to a record. cause is the parent that was deleted or restored
// with it, zero if there was none.
func (p *page) changeName(change domain.Change, cause domain.Reference) string {
	switch {
	case change == domain.Created:
		return p.T("history.created")
	case change == domain.Updated:
		return p.T("history.updated")
	case change == domain.Deleted && cause.Kind == domain.SubjectPatient:
		return p.T("history.deleted_with_patient")
	case change == domain.Deleted && cause.Kind == domain.SubjectDoctor:
		return p.T("history.deleted_with_doctor")
	case change == domain.Deleted:
		return p.T("history.deleted")
	case change == domain.Restored && cause.Kind == domain.SubjectPatient:
		return p.T("history.restored_with_patient")
	case change == domain.Restored && cause.Kind == domain.SubjectDoctor:
		return p.T("history.restored_with_doctor")
	case change == domain.Restored:
		return p.T("history.restored")
	}
	return p.T("history.found")
}

// shownChanges returns the changes that say something: a field that was empty and is empty is
// left out.
func (p *page) shownChanges(names recordNames, changes []domain.FieldChange) (shown []shownChange) {
	for _, change := range changes {
		if isEmpty(change.Before) && isEmpty(change.After) {
			continue
		}
		before, after := p.shownValue(names, change.Name, change.Before), p.shownValue(names, change.Name, change.After)
		before, after = shortened(before, after)
		shown = append(shown, shownChange{p.fieldLabel(change.Name), before, after})
	}
	return shown
}

func isEmpty(value any) bool { return value == nil || value == "" }
