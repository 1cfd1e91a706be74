package application_test

import (
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var auditTable = map[string]useCaseTest{
	"Audit.List": {
		roles: adminOnly, permission: "audit:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Audit.List(c.ctx, by, domain.AuditQuery{})
		},
		denied: noRecord(domain.SubjectAudit),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			first := ids()
			for id := range min(w.eventsBefore, domain.DefaultPageLimit) {
				first = append(first, domain.ID(id+1))
			}
			return listEvent(domain.SubjectAudit, first)
		},
		cases: map[string]testCall{
			"bad query": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Audit.List(c.ctx, by, domain.AuditQuery{Outcome: domain.Given("x")})
			}},
			"about a patient": {
				role: domain.Admin,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Audit.List(c.ctx, by, domain.AuditQuery{Patient: domain.Given(w.patient.ID.String())})
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return listEvent(domain.SubjectAudit, ids(), patientRef(w.patient.ID))
				},
			},
			"about a doctor": {
				role: domain.Admin,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Audit.List(c.ctx, by, domain.AuditQuery{Doctor: domain.Given(w.doctor.ID.String())})
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return listEvent(domain.SubjectAudit, ids(), doctorRef(w.doctor.ID))
				},
			},
		},
	},
	"Audit.Accesses": {
		roles: adminOnly, permission: "audit:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Audit.Accesses(c.ctx, by, w.patient.ID, domain.AccessQuery{})
		},
		denied: withRelated(noRecord(domain.SubjectAudit), thePatient),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectAudit, ids(), patientRef(w.patient.ID))
		},
		cases: map[string]testCall{
			"bad page": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Audit.Accesses(c.ctx, by, w.patient.ID, domain.AccessQuery{Page: badPage})
			}},
		},
	},
	"Audit.ReportAccesses": {
		roles: adminOnly, permission: "audit:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Audit.ReportAccesses(c.ctx, by, w.patient.ID, application.AccessReport{})
		},
		denied:  withRelated(noRecord(domain.SubjectAudit), thePatient),
		allowed: withRelated(noRecord(domain.SubjectAudit), thePatient),
	},
	"Audit.Adopt": {
		roles: operatorOnly, permission: "audit:adopt",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Audit.Adopt(c.ctx, by, w.lastSeal)
		},
		denied:  noRecord(domain.SubjectAudit),
		allowed: noRecord(domain.SubjectAudit),
		cases: map[string]testCall{
			"not the last seal": {role: domain.Operator, errKind: domain.Conflict, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Audit.Adopt(c.ctx, by, domain.Head{Number: missingID})
			}},
		},
	},
}

var retentionTable = map[string]useCaseTest{
	"Sessions.AfterRestore": {
		roles: operatorOnly, permission: "store:restore",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Sessions.AfterRestore(c.ctx, by)
		},
		denied:  noRecord(domain.SubjectSession),
		allowed: noRecord(domain.SubjectSession),
	},
	"Retention.CountExpired": {
		roles: operatorOnly, permission: "retention:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Retention.CountExpired(c.ctx, by, domain.SubjectDoctor, c.Now().Add(time.Second))
		},
		denied:  noRecord(domain.SubjectDoctor),
		allowed: noRecord(domain.SubjectDoctor),
	},
	"Retention.Purge": {
		roles: operatorOnly, permission: "retention:purge",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Retention.Purge(c.ctx, by, domain.SubjectDoctor, c.Now().Add(time.Second))
		},
		denied: noRecord(domain.SubjectDoctor),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectDoctor, ids(w.deletedDoctor.ID))
		},
		cases: map[string]testCall{
			"nothing to purge": {
				role: domain.Operator,
				run: func(c *clinic, by domain.Actor, _ world) (any, error) {
					return c.Retention.Purge(c.ctx, by, domain.SubjectPatient, c.Now().Add(-time.Hour))
				},
				event: func(domain.Actor, world) domain.AuditEvent { return listEvent(domain.SubjectPatient, ids()) },
			},
		},
	},
}
