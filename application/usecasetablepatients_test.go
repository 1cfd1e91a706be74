package application_test

import "example.com/healthcare/domain"

var patientsTable = map[string]useCaseTest{
	"Patients.Create": {
		roles: staffAndAdmin, permission: "patient:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Create(c.ctx, by, noKey, patientInput("New"))
		},
		denied: noRecord(domain.SubjectPatient),
		allowed: withVersion(1, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectPatient, w.patient.ID+1)
		}),
		cases: map[string]testCall{
			"bad input": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.Create(c.ctx, by, noKey, domain.PatientInput{})
			}},
		},
	},
	"Patients.Get": {
		roles: staffAndAdmin, permission: "patient:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Get(c.ctx, by, w.patient.ID, nil)
		},
		denied:  onPatient,
		allowed: onPatient,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: missingRecord(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.Get(c.ctx, by, missingID, nil)
			}},
			"duty": {role: domain.Admin, errKind: domain.Forbidden, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				by.Duty = domain.DutySecondFactor
				return c.Patients.Get(c.ctx, by, w.patient.ID, nil)
			}},
		},
	},
	"Patients.List": {
		roles: staffAndAdmin, permission: "patient:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.List(c.ctx, by, patientsFrom(c, w.patient.ID))
		},
		denied: noRecord(domain.SubjectPatient),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectPatient, ids(w.patient.ID))
		},
		cases: map[string]testCall{
			"bad page": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.List(c.ctx, by, badParameters)
			}},
		},
	},
	"Patients.ListByDoctor": {
		roles: staffAndAdmin, permission: "patient:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.ListByDoctor(c.ctx, by, w.doctor.ID, nil)
		},
		denied: withRelated(noRecord(domain.SubjectPatient), theDoctor),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectPatient, ids(w.patient.ID), doctorRef(w.doctor.ID))
		},
		cases: map[string]testCall{
			"unknown ID": {
				role: domain.Staff, errKind: domain.NotFound,
				run: func(c *clinic, by domain.Actor, _ world) (any, error) {
					return c.Patients.ListByDoctor(c.ctx, by, missingID, nil)
				},
				event: func(domain.Actor, world) domain.AuditEvent {
					return listEvent(domain.SubjectPatient, ids(), doctorRef(missingID))
				},
			},
			"bad page": {
				role: domain.Staff, errKind: domain.Invalid,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Patients.ListByDoctor(c.ctx, by, w.doctor.ID, badParameters)
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return eventOn(domain.SubjectPatient, 0, doctorRef(w.doctor.ID))
				},
			},
		},
	},
	"Patients.Replace": {
		roles: staffAndAdmin, permission: "patient:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Replace(c.ctx, by, w.patient.ID, unconditional, patientInput("New"))
		},
		denied:  onPatient,
		allowed: withVersion(2, onPatient),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: missingRecord(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.Replace(c.ctx, by, missingID, unconditional, patientInput("Ada"))
			}},
			"bad input": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Patients.Replace(c.ctx, by, w.patient.ID, unconditional, domain.PatientInput{})
			}},
		},
	},
	"Patients.Change": {
		roles: staffAndAdmin, permission: "patient:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Change(c.ctx, by, w.patient.ID, unconditional, patientInput("New"))
		},
		denied:  onPatient,
		allowed: withVersion(2, onPatient),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: missingRecord(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.Change(c.ctx, by, missingID, unconditional, domain.PatientInput{})
			}},
			"bad input": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Patients.Change(c.ctx, by, w.patient.ID, unconditional, domain.PatientInput{Gender: domain.Given("X")})
			}},
		},
	},
	"Patients.Delete": {
		roles: staffAndAdmin, permission: "patient:delete",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Patients.Delete(c.ctx, by, w.patient.ID, unconditional)
		},
		denied: onPatient,
		allowed: withVersion(2, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectPatient, w.patient.ID, doctorRef(w.doctor.ID))
		}),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: missingRecord(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Patients.Delete(c.ctx, by, missingID, unconditional)
			}},
		},
	},
	"Patients.Restore": {
		roles: staffAndAdmin, permission: "patient:restore",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Restore(c.ctx, by, noKey, w.deletedPatient.ID)
		},
		denied: onDeletedPatient,
		allowed: withVersion(3, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectPatient, w.deletedPatient.ID, doctorRef(w.doctor.ID))
		}),
		cases: map[string]testCall{
			"deleted by somebody else": {role: domain.Staff, errKind: domain.Forbidden, before: func(c *clinic, w world) {
				c.redeletePatient(w.actors[domain.Admin], w.deletedPatient.ID)
			}},
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.Restore(c.ctx, by, noKey, missingID)
			}},
			"not deleted": {role: domain.Admin, errKind: domain.NotFound, event: onPatient, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Patients.Restore(c.ctx, by, noKey, w.patient.ID)
			}},
		},
	},
}
