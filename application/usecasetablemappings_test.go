package application_test

import "example.com/healthcare/domain"

var mappingsTable = map[string]useCaseTest{
	"Mappings.Assign": {
		roles: staffAndAdmin, permission: "mapping:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Mappings.Assign(c.ctx, by, noKey, pair(w.patient.ID, w.otherDoctor.ID))
		},
		denied: withRelated(noRecord(domain.SubjectMapping), theOtherPair),
		allowed: withVersion(1, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectMapping, w.mapping.ID+1, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
		}),
		cases: map[string]testCall{
			"bad input": {role: domain.Staff, errKind: domain.Invalid, event: noRecord(domain.SubjectMapping), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Mappings.Assign(c.ctx, by, noKey, domain.MappingInput{})
			}},
			"unknown ID": {
				role: domain.Staff, errKind: domain.Invalid,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Mappings.Assign(c.ctx, by, noKey, pair(w.patient.ID, missingID))
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return eventOn(domain.SubjectMapping, 0, patientRef(w.patient.ID), doctorRef(missingID))
				},
			},
			"pair is already mapped": {
				role: domain.Admin, errKind: domain.Conflict,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return c.Mappings.Assign(c.ctx, by, noKey, pair(w.patient.ID, w.doctor.ID))
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent {
					return eventOn(domain.SubjectMapping, 0, patientRef(w.patient.ID), doctorRef(w.doctor.ID))
				},
			},
		},
	},
	"Mappings.List": {
		roles: staffAndAdmin, permission: "mapping:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Mappings.List(c.ctx, by, mappingsFrom(c, w.mapping.ID))
		},
		denied: noRecord(domain.SubjectMapping),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectMapping, ids(w.mapping.ID), patientRef(w.patient.ID), doctorRef(w.doctor.ID))
		},
		cases: map[string]testCall{
			"bad query": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Mappings.List(c.ctx, by, domain.Parameters{"patient_id": domain.Given("x")})
			}},
		},
	},
	"Mappings.Replace": {
		roles: staffAndAdmin, permission: "mapping:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Mappings.Replace(c.ctx, by, w.mapping.ID, unconditional, pair(w.patient.ID, w.otherDoctor.ID))
		},
		denied:  withRelated(onMapping, theOtherPair),
		allowed: withVersion(2, onMovedMapping),
		cases: moveFailures(func(c *clinic, by domain.Actor, id domain.ID, in domain.MappingInput) (any, error) {
			return c.Mappings.Replace(c.ctx, by, id, unconditional, in)
		}),
	},
	"Mappings.Change": {
		roles: staffAndAdmin, permission: "mapping:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Mappings.Change(c.ctx, by, w.mapping.ID, unconditional, domain.MappingInput{Doctor: domain.Given(w.otherDoctor.ID.String())})
		},
		denied:  withRelated(onMapping, theOtherDoctor),
		allowed: withVersion(2, onMovedMapping),
		cases: moveFailures(func(c *clinic, by domain.Actor, id domain.ID, in domain.MappingInput) (any, error) {
			return c.Mappings.Change(c.ctx, by, id, unconditional, in)
		}),
	},
	"Mappings.Unassign": {
		roles: staffAndAdmin, permission: "mapping:delete",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Mappings.Unassign(c.ctx, by, w.mapping.ID, unconditional)
		},
		denied: onMapping,
		allowed: withVersion(2, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectMapping, w.mapping.ID, patientRef(w.patient.ID), doctorRef(w.doctor.ID))
		}),
		cases: map[string]testCall{
			"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: missingRecord(domain.SubjectMapping), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Mappings.Unassign(c.ctx, by, missingID, unconditional)
			}},
		},
	},
	"Mappings.Restore": {
		roles: staffAndAdmin, permission: "mapping:restore",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Mappings.Restore(c.ctx, by, noKey, w.deletedMapping.ID)
		},
		denied: onDeletedMapping,
		allowed: withVersion(3, func(_ domain.Actor, w world) domain.AuditEvent {
			return eventOn(domain.SubjectMapping, w.deletedMapping.ID, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
		}),
		cases: map[string]testCall{
			"deleted by somebody else": {role: domain.Staff, errKind: domain.Forbidden, before: func(c *clinic, w world) {
				c.redeleteMapping(w.actors[domain.Admin], w.deletedMapping.ID)
			}},
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectMapping), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Mappings.Restore(c.ctx, by, noKey, missingID)
			}},
			"not deleted": {role: domain.Admin, errKind: domain.NotFound, event: onMapping, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Mappings.Restore(c.ctx, by, noKey, w.mapping.ID)
			}},
			"pair has a new mapping": {
				role: domain.Admin, errKind: domain.Conflict, event: withRelated(onDeletedMapping, theOtherPair),
				before: func(c *clinic, w world) { c.assign(w.actors[domain.Staff], w.patient, w.otherDoctor) },
			},
			"patient is deleted": {
				role: domain.Admin, errKind: domain.Conflict, event: withRelated(onDeletedMapping, theOtherPair),
				before: func(c *clinic, w world) {
					_ = c.Patients.Delete(c.ctx, w.actors[domain.Staff], w.patient.ID, unconditional)
				},
			},
		},
	},
}

// onMovedMapping names the old and the new doctor of the mapping.
func onMovedMapping(_ domain.Actor, w world) domain.AuditEvent {
	return eventOn(domain.SubjectMapping, w.mapping.ID, patientRef(w.patient.ID), doctorRef(w.doctor.ID), doctorRef(w.otherDoctor.ID))
}

// moveFailures returns the cases of a call that changes the pair of a mapping and fails.
func moveFailures(move func(*clinic, domain.Actor, domain.ID, domain.MappingInput) (any, error)) map[string]testCall {
	return map[string]testCall{
		"unknown ID": {role: domain.Staff, errKind: domain.NotFound, event: withRelated(missingRecord(domain.SubjectMapping), thePair), run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return move(c, by, missingID, pair(w.patient.ID, w.doctor.ID))
		}},
		"bad input": {role: domain.Staff, errKind: domain.Invalid, event: withRelated(onMapping, thePair), run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return move(c, by, w.mapping.ID, domain.MappingInput{Patient: domain.Given("x"), Doctor: domain.Given("x")})
		}},
		"unknown doctor": {
			role: domain.Staff, errKind: domain.Invalid,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return move(c, by, w.mapping.ID, pair(w.patient.ID, missingID))
			},
			event: withRelated(onMapping, func(w world) []domain.Reference { return append(thePair(w), doctorRef(missingID)) }),
		},
		"pair is already mapped": {
			role: domain.Staff, errKind: domain.Conflict, event: onMovedMapping,
			before: func(c *clinic, w world) { c.assign(w.actors[domain.Staff], w.patient, w.otherDoctor) },
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return move(c, by, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
			},
		},
	}
}
