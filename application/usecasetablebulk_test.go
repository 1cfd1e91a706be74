package application_test

import "example.com/healthcare/domain"

// items returns the input of a call that adds several records.
func items[In any](list ...In) domain.Items[In] { return domain.Items[In]{List: list} }

var bulkTable = map[string]useCaseTest{
	"Doctors.CreateAll": {
		roles: adminOnly, permission: "doctor:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.CreateAll(c.ctx, by, noKey, items(doctorInput(w.unused), doctorInput(w.unused+"2")))
		},
		denied: noRecord(domain.SubjectDoctor),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectDoctor, ids(w.otherDoctor.ID+1, w.otherDoctor.ID+2))
		},
		cases: map[string]testCall{
			"bad input": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.CreateAll(c.ctx, by, noKey, items(doctorInput(w.unused), domain.DoctorInput{}))
			}},
			"taken licence": {role: domain.Admin, errKind: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.CreateAll(c.ctx, by, noKey, items(doctorInput(w.unused), doctorInput(w.doctor.LicenseNumber.String())))
			}},
		},
	},
	"Patients.CreateAll": {
		roles: staffAndAdmin, permission: "patient:create",
		run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Patients.CreateAll(c.ctx, by, noKey, items(patientInput("New"), patientInput("Newer")))
		},
		denied: noRecord(domain.SubjectPatient),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectPatient, ids(w.patient.ID+1, w.patient.ID+2))
		},
		cases: map[string]testCall{
			"no items": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.CreateAll(c.ctx, by, noKey, items[domain.PatientInput]())
			}},
			"too many items": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.CreateAll(c.ctx, by, noKey, items(make([]domain.PatientInput, domain.MaxItems+1)...))
			}},
		},
	},
	"Mappings.AssignAll": {
		roles: staffAndAdmin, permission: "mapping:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Mappings.AssignAll(c.ctx, by, noKey, items(pair(w.patient.ID, w.otherDoctor.ID)))
		},
		denied: withRelated(noRecord(domain.SubjectMapping), theOtherPair),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectMapping, ids(w.mapping.ID+1), patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
		},
		cases: map[string]testCall{
			"unknown ID": {
				role: domain.Staff, errKind: domain.Invalid,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Mappings.AssignAll(c.ctx, by, noKey, items(pair(w.patient.ID, w.otherDoctor.ID), pair(w.patient.ID, missingID)))
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return eventOn(domain.SubjectMapping, 0, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID), doctorRef(missingID))
				},
			},
			"pair is already mapped": {
				role: domain.Admin, errKind: domain.Conflict,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Mappings.AssignAll(c.ctx, by, noKey, items(pair(w.patient.ID, w.doctor.ID)))
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return eventOn(domain.SubjectMapping, 0, patientRef(w.patient.ID), doctorRef(w.doctor.ID))
				},
			},
		},
	},
}
