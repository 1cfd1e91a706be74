package console

import (
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// withoutTexts are the parameters for a record whose free texts are not needed. They can be long.
var withoutTexts = domain.Parameters{"fields": domain.Given("name")}

// recordNames are the names of the people whom the versions of records name, by their IDs.
type recordNames struct {
	users             map[domain.ID]string
	patients, doctors map[domain.ID]recordName
}

// recordName is the name of a patient or doctor.
type recordName struct {
	Name    string
	Deleted bool
}

// of returns the name of the person whose ID a field has.
func (n recordNames) of(field string, id domain.ID) string {
	switch field {
	case "patient":
		return n.patients[id].Name
	case "doctor":
		return n.doctors[id].Name
	}
	return n.users[id]
}

// namesIn returns the names of all people whom the versions name: authors, and values of fields.
func namesIn[T domain.Record](p *page, versions []domain.VersionView[T]) (recordNames, error) {
	var users []domain.ID
	var parents []domain.Reference
	add := func(record T) {
		parents = append(parents, record.Parents()...)
		if patient, ok := any(record).(domain.Patient); ok {
			users = append(users, patient.CreatedBy)
		}
	}
	for _, version := range versions {
		users = append(users, version.Author.UserID)
		add(version.Record)
		if version.Before != nil {
			add(*version.Before)
		}
	}
	return p.recordNames(users, parents)
}

// recordNames returns the names of users, and of the patients and doctors among the records.
func (p *page) recordNames(users []domain.ID, records []domain.Reference) (recordNames, error) {
	names := recordNames{patients: map[domain.ID]recordName{}, doctors: map[domain.ID]recordName{}}
	for _, record := range records {
		known, name := names.doctors, p.doctorName
		if record.Kind == domain.SubjectPatient {
			known, name = names.patients, p.patientName
		}
		if _, done := known[record.ID]; done {
			continue
		}
		var err error
		if known[record.ID], err = name(record.ID); err != nil && domain.KindOf(err) != domain.NotFound {
			return recordNames{}, err
		}
	}
	var err error
	names.users, err = p.userNames(users...)
	return names, err
}

// patientName returns the name of a patient. A deleted patient has one only for users who may
// see deleted patients; for others, words stand for the name and the error is NotFound.
func (p *page) patientName(id domain.ID) (recordName, error) {
	patient, err := p.Patients.Get(p.ctx(), p.actor, id, withoutTexts)
	if err == nil {
		return recordName{Name: patient.Name.String()}, nil
	}
	return deletedName(p, &p.Patients.History, id, err, p.T("people.deleted_patient"))
}

// doctorName is patientName for a doctor.
func (p *page) doctorName(id domain.ID) (recordName, error) {
	doctor, err := p.Doctors.Get(p.ctx(), p.actor, id, withoutTexts)
	if err == nil {
		return recordName{Name: doctor.Name.String()}, nil
	}
	return deletedName(p, &p.Doctors.History, id, err, p.T("people.deleted_doctor"))
}

// deletedName returns the name of a record that could not be read because of cause.
func deletedName[T domain.Record](p *page, history *application.History[T], id domain.ID, cause error, words string) (recordName, error) {
	name := recordName{Name: words, Deleted: true}
	var record T
	if domain.KindOf(cause) != domain.NotFound || !p.can(domain.RecordKindOf(record.Self().Kind).ReadDeleted) {
		return name, cause
	}
	last, err := lastVersion(p, history, id)
	if err != nil {
		return name, err
	}
	name.Name = p.T("people.deleted", p.recordTitle(last.Record))
	return name, nil
}

// lastVersion returns the last version of a record, which can be deleted.
func lastVersion[T domain.Record](p *page, history *application.History[T], id domain.ID) (last domain.VersionView[T], err error) {
	if err := p.reserveTexts(1); err != nil {
		return last, err
	}
	for in := (domain.PageInput{}); ; {
		versions, err := history.ListVersions(p.ctx(), p.actor, id, in)
		if err != nil {
			return last, err
		}
		if len(versions.Items) > 0 {
			last = versions.Items[len(versions.Items)-1]
		}
		if versions.Next == "" {
			return last, nil
		}
		in.Cursor = domain.Given(versions.Next)
	}
}
