package console

import (
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func (c *console) deletedRoutes() []route {
	return []route{
		get("deleted/{$}", func(p *page) error { return showDeleted(p, &c.Patients.History) }),
		get("deleted/doctors/{$}", func(p *page) error { return showDeleted(p, &c.Doctors.History) }),
		get("deleted/assignments/{$}", func(p *page) error { return showDeleted(p, &c.Mappings.History) }),
	}
}

// deletedLimit is the number of records on a page, fewer than linesOfList: for an assignment, the
// names of two people are read.
const deletedLimit = "25"

// deletedTabs are the lists of deleted records. Each needs the permission of its kind.
var deletedTabs = []struct {
	kind domain.SubjectKind
	path string
}{
	{domain.SubjectPatient, "deleted/"},
	{domain.SubjectDoctor, "deleted/doctors/"},
	{domain.SubjectMapping, "deleted/assignments/"},
}

// deletedPage is a list of the deleted records of one kind.
type deletedPage struct {
	Tabs    []navigation
	Records []deletedRecord
	Pager   pager
}

// deletedRecord is a record as it was when it was deleted.
type deletedRecord struct {
	Title string
	// Detail tells the record from others with the same title.
	Detail string
	At     time.Time
	// What says whether a parent was deleted with it, and Who deleted it.
	What, Who string
	// First names the record that has to be restored first. It is empty if there is none.
	First string
	// History and Restore are the addresses of its history and of the form that restores it,
	// and Once is the key of the form.
	History, Restore, Once string
}

// showDeleted shows the deleted records of a kind.
func showDeleted[T domain.Record](p *page, history *application.History[T]) error {
	if err := p.reserveTexts(1); err != nil {
		return err
	}
	in := p.parameters(nil)
	in["limit"] = domain.Given(deletedLimit)
	deleted, err := history.ListDeleted(p.ctx(), p.actor, in)
	if err != nil {
		return err
	}
	names, err := namesIn(p, viewsOf(deleted.Items))
	if err != nil {
		return err
	}
	var none T
	content := deletedPage{Tabs: p.deletedTabs(none.Self().Kind), Pager: pagerOf(p, deleted)}
	for _, version := range deleted.Items {
		self := version.Record.Self()
		shown := deletedRecord{
			Title: p.deletedTitle(version.Record, names), Detail: p.deletedDetail(version.Record),
			At: version.At, What: p.changeName(version.Change, version.Cause),
			Who:     p.whoDid(names.users, version.Author.UserID, version.Author.Role),
			First:   p.deletedParent(version.Record, names),
			History: p.link(historyPaths[self.Kind], self.ID), Restore: p.link(restorePaths[self.Kind], self.ID), Once: newOnce(),
		}
		content.Records = append(content.Records, shown)
	}
	return p.show("deleted", p.T("nav.deleted"), content)
}

// viewsOf returns the versions without those before them.
func viewsOf[T domain.Record](versions []domain.Version[T]) []domain.VersionView[T] {
	views := make([]domain.VersionView[T], len(versions))
	for i, version := range versions {
		views[i].Version = version
	}
	return views
}

// deletedTabs returns the links to the lists, of which the one of this kind is shown.
func (p *page) deletedTabs(shown domain.SubjectKind) (tabs []navigation) {
	labels := map[domain.SubjectKind]string{
		domain.SubjectPatient: p.T("nav.patients"), domain.SubjectDoctor: p.T("nav.doctors"), domain.SubjectMapping: p.T("deleted.assignments"),
	}
	for _, tab := range deletedTabs {
		if p.can(domain.RecordKindOf(tab.kind).ReadDeleted) {
			tabs = append(tabs, navigation{labels[tab.kind], p.link(tab.path), tab.kind == shown})
		}
	}
	return tabs
}

// deletedTitle names a record in a list.
func (p *page) deletedTitle(record domain.Record, names recordNames) string {
	if mapping, ok := record.(domain.Mapping); ok {
		return p.T("deleted.pair", names.doctors[mapping.DoctorID].Name, names.patients[mapping.PatientID].Name)
	}
	return p.recordTitle(record)
}

// deletedDetail returns the birth date of a patient and the licence number of a doctor.
func (p *page) deletedDetail(record domain.Record) string {
	switch record := record.(type) {
	case domain.Patient:
		if !record.DateOfBirth.IsZero() {
			return p.T("deleted.born", p.locale.Date(record.DateOfBirth))
		}
	case domain.Doctor:
		return p.T("deleted.licence", record.LicenseNumber.String())
	}
	return ""
}

// deletedParent says which parent of a deleted assignment has to be restored first.
func (p *page) deletedParent(record domain.Record, names recordNames) string {
	mapping, ok := record.(domain.Mapping)
	switch {
	case !ok:
		return ""
	case names.patients[mapping.PatientID].Deleted:
		return p.T("deleted.patient_first")
	case names.doctors[mapping.DoctorID].Deleted:
		return p.T("deleted.doctor_first")
	}
	return ""
}
