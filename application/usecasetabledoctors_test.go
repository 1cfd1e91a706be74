package application_test

import "example.com/healthcare/domain"

var doctorsTable = map[string]useCaseTest{
	"Doctors.Create": {
		roles: adminOnly, permission: "doctor:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Create(c.ctx, by, noKey, doctorInput(w.unused))
		},
		denied: noRecord(domain.SubjectDoctor),
		allowed: withVersion(1, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectDoctor, w.otherDoctor.ID+1)
		}),
		cases: map[string]testCall{
			"bad input": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.Create(c.ctx, by, noKey, domain.DoctorInput{})
			}},
			"taken licence": {role: domain.Admin, errKind: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Create(c.ctx, by, noKey, doctorInput(w.doctor.LicenseNumber.String()))
			}},
		},
	},
	"Doctors.Get": {
		roles: staffAndAdmin, permission: "doctor:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Get(c.ctx, by, w.doctor.ID, nil)
		},
		denied:  onDoctor,
		allowed: onDoctor,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: missingRecord(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.Get(c.ctx, by, missingID, nil)
			}},
		},
	},
	"Doctors.List": {
		roles: staffAndAdmin, permission: "doctor:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.List(c.ctx, by, doctorsFrom(c, w.doctor.ID))
		},
		denied: noRecord(domain.SubjectDoctor),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectDoctor, ids(w.doctor.ID, w.otherDoctor.ID))
		},
		cases: map[string]testCall{
			"bad page": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.List(c.ctx, by, badParameters)
			}},
			"first page of two": {
				role: domain.Staff,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					page := doctorsFrom(c, w.doctor.ID)
					page["limit"] = domain.Given("1")
					return c.Doctors.List(c.ctx, by, page)
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return listEvent(domain.SubjectDoctor, ids(w.doctor.ID))
				},
			},
			"empty page": {
				role: domain.Admin,
				run: func(c *clinic, by domain.Actor, _ world) (any, error) {
					return c.Doctors.List(c.ctx, by, doctorsFrom(c, missingID))
				},
				event: func(domain.Actor, world) domain.AuditEvent { return listEvent(domain.SubjectDoctor, ids()) },
			},
		},
	},
	"Doctors.ListByPatient": {
		roles: staffAndAdmin, permission: "mapping:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.ListByPatient(c.ctx, by, w.patient.ID, nil)
		},
		denied: withRelated(noRecord(domain.SubjectDoctor), thePatient),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectDoctor, ids(w.doctor.ID), patientRef(w.patient.ID))
		},
		cases: map[string]testCall{
			"unknown ID": {
				role: domain.Staff, errKind: domain.NotFound,
				run: func(c *clinic, by domain.Actor, _ world) (any, error) {
					return c.Doctors.ListByPatient(c.ctx, by, missingID, nil)
				},
				event: func(domain.Actor, world) domain.AuditEvent {
					return listEvent(domain.SubjectDoctor, ids(), patientRef(missingID))
				},
			},
			"bad page": {
				role: domain.Staff, errKind: domain.Invalid,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Doctors.ListByPatient(c.ctx, by, w.patient.ID, badParameters)
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return eventOn(domain.SubjectDoctor, 0, patientRef(w.patient.ID))
				},
			},
		},
	},
	"Doctors.Replace": {
		roles: adminOnly, permission: "doctor:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Replace(c.ctx, by, w.doctor.ID, unconditional, doctorInput(w.unused))
		},
		denied:  onDoctor,
		allowed: withVersion(2, onDoctor),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Replace(c.ctx, by, missingID, unconditional, doctorInput(w.unused))
			}},
			"bad input": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Replace(c.ctx, by, w.doctor.ID, unconditional, domain.DoctorInput{})
			}},
			"taken licence": {role: domain.Admin, errKind: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Replace(c.ctx, by, w.doctor.ID, unconditional, doctorInput(w.otherDoctor.LicenseNumber.String()))
			}},
		},
	},
	"Doctors.Change": {
		roles: adminOnly, permission: "doctor:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Change(c.ctx, by, w.doctor.ID, unconditional, domain.DoctorInput{Name: domain.Given("New")})
		},
		denied:  onDoctor,
		allowed: withVersion(2, onDoctor),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.Change(c.ctx, by, missingID, unconditional, domain.DoctorInput{})
			}},
			"bad input": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Change(c.ctx, by, w.doctor.ID, unconditional, domain.DoctorInput{Salary: domain.Given("-1")})
			}},
			"taken licence": {role: domain.Admin, errKind: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Change(c.ctx, by, w.doctor.ID, unconditional, domain.DoctorInput{LicenseNumber: domain.Given(w.otherDoctor.LicenseNumber.String())})
			}},
		},
	},
	"Doctors.Delete": {
		roles: adminOnly, permission: "doctor:delete",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Doctors.Delete(c.ctx, by, w.doctor.ID, unconditional)
		},
		denied: onDoctor,
		allowed: withVersion(2, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectDoctor, w.doctor.ID, patientRef(w.patient.ID))
		}),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Doctors.Delete(c.ctx, by, missingID, unconditional)
			}},
		},
	},
	"Doctors.Restore": {
		roles: adminOnly, permission: "doctor:restore",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Restore(c.ctx, by, noKey, w.deletedDoctor.ID)
		},
		denied: onDeletedDoctor,
		allowed: withVersion(3, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectDoctor, w.deletedDoctor.ID, patientRef(w.patient.ID))
		}),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.Restore(c.ctx, by, noKey, missingID)
			}},
			"not deleted": {role: domain.Admin, errKind: domain.NotFound, event: onDoctor, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Restore(c.ctx, by, noKey, w.doctor.ID)
			}},
			"taken licence": {
				role: domain.Admin, errKind: domain.Conflict,
				before: func(c *clinic, w world) { c.addDoctor(w.deletedDoctor.LicenseNumber.String()) },
			},
		},
	},
}
