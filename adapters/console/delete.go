package console

import "example.com/healthcare/domain"

// The pages that delete a patient or a doctor. Each asks first. The notice after the deletion
// offers to undo it.

func (c *console) showDeletePatient(p *page) error { return p.askToDeletePatient(nil) }

// askToDeletePatient says what deleting a patient does. refusal is why the form was refused
// before, nil at first.
func (p *page) askToDeletePatient(refusal error) error {
	if err := domain.Authorize(p.actor, domain.PatientDelete); err != nil {
		return err
	}
	id, err := p.id("id")
	if err != nil {
		return err
	}
	patient, err := p.Patients.Get(p.ctx(), p.actor, id, withoutTexts)
	if err != nil {
		return err
	}
	var says []string
	if !patient.DateOfBirth.IsZero() {
		says = append(says, p.T("patient.delete_born", patient.Name, p.locale.Date(patient.DateOfBirth), p.age(patient.DateOfBirth)))
	}
	says = append(says, p.T("patient.delete_text"))
	switch n := len(patient.AssignedDoctors); n {
	case 0:
	case 1:
		says = append(says, p.T("patient.delete_assignment"))
	default:
		says = append(says, p.T("patient.delete_assignments", n))
	}
	return p.showConfirmation(p.T("patient.delete_title", patient.Name), confirmation{
		form: form{ETag: string(patient.ETag()), Submit: p.T("patient.delete_submit"), Cancel: p.link("patients/{id}/", id), Danger: true},
		Says: append(says, p.T("patient.delete_undo")),
	}, refusal)
}

// deletePatient deletes a patient and ends the assignments.
func (c *console) deletePatient(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	err = c.Patients.Delete(p.ctx(), p.actor, id, p.expected())
	switch {
	case err == nil:
		return p.redirectWith(notice{Text: p.T("patient.deleted"), Undo: "patients/" + id.String() + "/restore/"}, "patients/")
	case domain.KindOf(err) == domain.PreconditionFailed:
		return p.askToDeletePatient(err)
	}
	return err
}

func (c *console) showDeleteDoctor(p *page) error { return p.askToDeleteDoctor(nil) }

// askToDeleteDoctor is askToDeletePatient for a doctor.
func (p *page) askToDeleteDoctor(refusal error) error {
	if err := domain.Authorize(p.actor, domain.DoctorDelete); err != nil {
		return err
	}
	id, err := p.id("id")
	if err != nil {
		return err
	}
	doctor, err := p.Doctors.Get(p.ctx(), p.actor, id, nil)
	if err != nil {
		return err
	}
	assigned, err := p.Mappings.List(p.ctx(), p.actor, domain.Parameters{
		"doctor_id": domain.Given(id.String()), "limit": domain.Given("1"), "count": domain.Given("true"),
	})
	if err != nil {
		return err
	}
	ends := p.T("doctor.delete_alone")
	if *assigned.Total > 0 {
		ends = p.T("doctor.delete_assignments", p.locale.Number(*assigned.Total))
	}
	return p.showConfirmation(p.T("doctor.delete_title", doctor.Name), confirmation{
		form: form{ETag: string(doctor.ETag()), Submit: p.T("doctor.delete_submit"), Cancel: p.link("doctors/{id}/", id), Danger: true},
		Says: []string{p.T("doctor.delete_text", doctor.Name, doctor.Specialization, doctor.LicenseNumber), ends, p.T("doctor.delete_undo")},
	}, refusal)
}

// deleteDoctor deletes a doctor and ends the assignments.
func (c *console) deleteDoctor(p *page) error {
	id, err := p.id("id")
	if err != nil {
		return err
	}
	err = c.Doctors.Delete(p.ctx(), p.actor, id, p.expected())
	switch {
	case err == nil:
		return p.redirectWith(notice{Text: p.T("doctor.deleted"), Undo: "doctors/" + id.String() + "/restore/"}, "doctors/")
	case domain.KindOf(err) == domain.PreconditionFailed:
		return p.askToDeleteDoctor(err)
	}
	return err
}
