package console

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// The forms that restore a record. The notice after a deletion offers them to undo it, so
// whoever deleted a record can restore it at once.

func (c *console) restoreRoutes() []route {
	return []route{
		post("patients/{id}/restore/{$}", c.restorePatient),
		post("doctors/{id}/restore/{$}", c.restoreDoctor),
		post("assignments/{id}/restore/{$}", c.restoreAssignment),
	}
}

// restorePaths are the forms that restore a record of a kind.
var restorePaths = map[domain.SubjectKind]string{
	domain.SubjectPatient: "patients/{id}/restore/", domain.SubjectDoctor: "doctors/{id}/restore/", domain.SubjectMapping: "assignments/{id}/restore/",
}

func (c *console) restorePatient(p *page) error {
	return restore(p, &c.Patients.History, func(once application.Once, id domain.ID) (domain.Patient, error) {
		patient, err := c.Patients.Restore(p.ctx(), p.actor, once, id)
		return patient.Patient, err
	})
}

func (c *console) restoreDoctor(p *page) error {
	return restore(p, &c.Doctors.History, func(once application.Once, id domain.ID) (domain.Doctor, error) {
		return c.Doctors.Restore(p.ctx(), p.actor, once, id)
	})
}

func (c *console) restoreAssignment(p *page) error {
	return restore(p, &c.Mappings.History, func(once application.Once, id domain.ID) (domain.Mapping, error) {
		return c.Mappings.Restore(p.ctx(), p.actor, once, id)
	})
}

// restore restores the record in the path and goes to its page. If somebody else was quicker,
// it says so there.
func restore[T domain.Record](p *page, history *application.History[T], do func(application.Once, domain.ID) (T, error)) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	once, err := p.once()
	if err != nil {
		return err
	}
	if err := p.reserveTexts(1); err != nil {
		return err
	}
	record, err := do(once, id)
	text := p.T("restore.done", p.recordTitle(record))
	if domain.KindOf(err) == domain.NotFound {
		record, err = liveRecord(p, history, id)
		text = p.T("restore.not_deleted", p.recordTitle(record))
	}
	if domain.KindOf(err) == domain.Conflict {
		return p.showNotRestored(err)
	}
	if err != nil {
		return err
	}
	path, of := pathOf(record)
	return p.redirectWith(notice{Text: text}, path, of)
}

// liveRecord returns a record that is not deleted.
func liveRecord[T domain.Record](p *page, history *application.History[T], id domain.ID) (T, error) {
	var none T
	last, err := lastVersion(p, history, id)
	switch {
	case err != nil:
		return none, err
	case last.Change == domain.Deleted:
		return none, domain.ErrNotFound()
	}
	return last.Record, nil
}

// recordTitle says in a sentence which record is meant.
func (p *page) recordTitle(record domain.Record) string {
	switch record := record.(type) {
	case domain.Patient:
		return record.Name.String()
	case domain.Doctor:
		return record.Name.String()
	}
	return p.T("restore.assignment")
}

// pathOf returns the page of a record. An assignment is shown with its patient.
func pathOf(record domain.Record) (path string, id domain.ID) {
	switch record := record.(type) {
	case domain.Doctor:
		return "doctors/{id}/", record.ID
	case domain.Mapping:
		return "patients/{id}/", record.PatientID
	}
	return "patients/{id}/", record.Self().ID
}

// showNotRestored says why a record cannot be restored, and what to do first.
func (p *page) showNotRestored(err error) error {
	conflict, _ := errors.AsType[*domain.Error](err)
	advice := map[string]string{
		"patient":        p.T("restore.patient_deleted"),
		"doctor":         p.T("restore.doctor_deleted"),
		"license_number": p.T("restore.licence_taken"),
		"external_id":    p.T("restore.external_id_taken"),
		domain.NonField:  p.T("restore.assigned_again"),
	}
	var reasons []string
	for _, field := range slices.Sorted(maps.Keys(conflict.Fields)) {
		if text, known := advice[field]; known {
			reasons = append(reasons, text)
			continue
		}
		reasons = append(reasons, conflict.Fields[field]...)
	}
	p.request.SetCode("conflict")
	return p.showStatus(http.StatusConflict, "not-restored", p.T("restore.failed"), reasons)
}
