package application_test

import "example.com/healthcare/domain"

var expectedOfRecords = map[string]expectation{
	"Doctors.Create": {"doctor:create", none(domain.SubjectDoctor), making(1, func(_ domain.Actor, w world) domain.AuditEvent {
		return one(domain.SubjectDoctor, w.otherDoctor.ID+1)
	}), map[string]attempt{
		"bad input": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Doctors.Create(c.ctx, by, domain.DoctorInput{})
		}},
		"taken licence": {by: domain.Admin, refusal: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Create(c.ctx, by, doctorInput(w.doctor.LicenseNumber.String()))
		}},
	}},
	"Doctors.Get": {"doctor:read", doctor, doctor, map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: absent(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Doctors.Get(c.ctx, by, missing)
		}},
	}},
	"Doctors.List": {"doctor:read", none(domain.SubjectDoctor), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectDoctor, ids(w.doctor.ID, w.otherDoctor.ID))
	}, map[string]attempt{
		"bad page": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) { return c.Doctors.List(c.ctx, by, badPage) }},
		"one of two": {
			by: domain.Staff,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				page := startingAt(w.doctor.ID)
				page.Limit = domain.Given("1")
				return c.Doctors.List(c.ctx, by, page)
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent { return shown(domain.SubjectDoctor, ids(w.doctor.ID)) },
		},
		"an empty page": {
			by: domain.Admin,
			run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.List(c.ctx, by, startingAt(missing))
			},
			leaves: func(domain.Actor, world) domain.AuditEvent { return shown(domain.SubjectDoctor, ids()) },
		},
	}},
	"Doctors.ListByPatient": {"mapping:read", naming(none(domain.SubjectDoctor), thePatient), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectDoctor, ids(w.doctor.ID), patientRef(w.patient.ID))
	}, map[string]attempt{
		"missing": {
			by: domain.Staff, refusal: domain.NotFound,
			run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.ListByPatient(c.ctx, by, missing, domain.PageInput{})
			},
			leaves: func(domain.Actor, world) domain.AuditEvent {
				return shown(domain.SubjectDoctor, ids(), patientRef(missing))
			},
		},
		"bad page": {
			by: domain.Staff, refusal: domain.Invalid,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.ListByPatient(c.ctx, by, w.patient.ID, badPage)
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent {
				return one(domain.SubjectDoctor, 0, patientRef(w.patient.ID))
			},
		},
	}},
	"Doctors.Replace": {"doctor:update", doctor, making(2, doctor), map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Replace(c.ctx, by, missing, doctorInput(w.unused))
		}},
		"bad input": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Replace(c.ctx, by, w.doctor.ID, domain.DoctorInput{})
		}},
		"taken licence": {by: domain.Admin, refusal: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Replace(c.ctx, by, w.doctor.ID, doctorInput(w.otherDoctor.LicenseNumber.String()))
		}},
	}},
	"Doctors.Change": {"doctor:update", doctor, making(2, doctor), map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Doctors.Change(c.ctx, by, missing, domain.DoctorInput{})
		}},
		"bad input": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Change(c.ctx, by, w.doctor.ID, domain.DoctorInput{Salary: domain.Given("-1")})
		}},
		"taken licence": {by: domain.Admin, refusal: domain.Conflict, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Doctors.Change(c.ctx, by, w.doctor.ID, domain.DoctorInput{LicenseNumber: domain.Given(w.otherDoctor.LicenseNumber.String())})
		}},
	}},
	"Doctors.Delete": {"doctor:delete", doctor, making(2, func(_ domain.Actor, w world) domain.AuditEvent {
		return one(domain.SubjectDoctor, w.doctor.ID, patientRef(w.patient.ID))
	}), map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Doctors.Delete(c.ctx, by, missing)
		}},
	}},

	"Patients.Create": {"patient:create", none(domain.SubjectPatient), making(1, func(_ domain.Actor, w world) domain.AuditEvent {
		return one(domain.SubjectPatient, w.patient.ID+1)
	}), map[string]attempt{
		"bad input": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Patients.Create(c.ctx, by, domain.PatientInput{})
		}},
	}},
	"Patients.Get": {"patient:read", patient, patient, map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: absent(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Patients.Get(c.ctx, by, missing)
		}},
		"a duty first": {by: domain.Admin, refusal: domain.Forbidden, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			by.Duty = domain.DutySecondFactor
			return c.Patients.Get(c.ctx, by, w.patient.ID)
		}},
	}},
	"Patients.List": {"patient:read", none(domain.SubjectPatient), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectPatient, ids(w.patient.ID))
	}, map[string]attempt{
		"bad page": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) { return c.Patients.List(c.ctx, by, badPage) }},
	}},
	"Patients.ListByDoctor": {"patient:read", naming(none(domain.SubjectPatient), theDoctor), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectPatient, ids(w.patient.ID), doctorRef(w.doctor.ID))
	}, map[string]attempt{
		"missing": {
			by: domain.Staff, refusal: domain.NotFound,
			run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.ListByDoctor(c.ctx, by, missing, domain.PageInput{})
			},
			leaves: func(domain.Actor, world) domain.AuditEvent {
				return shown(domain.SubjectPatient, ids(), doctorRef(missing))
			},
		},
		"bad page": {
			by: domain.Staff, refusal: domain.Invalid,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Patients.ListByDoctor(c.ctx, by, w.doctor.ID, badPage)
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent {
				return one(domain.SubjectPatient, 0, doctorRef(w.doctor.ID))
			},
		},
	}},
	"Patients.Replace": {"patient:update", patient, making(2, patient), map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: absent(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Patients.Replace(c.ctx, by, missing, patientInput("Ada"))
		}},
		"bad input": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Replace(c.ctx, by, w.patient.ID, domain.PatientInput{})
		}},
	}},
	"Patients.Change": {"patient:update", patient, making(2, patient), map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: absent(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Patients.Change(c.ctx, by, missing, domain.PatientInput{})
		}},
		"bad input": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Patients.Change(c.ctx, by, w.patient.ID, domain.PatientInput{Gender: domain.Given("X")})
		}},
	}},
	"Patients.Delete": {"patient:delete", patient, making(2, func(_ domain.Actor, w world) domain.AuditEvent {
		return one(domain.SubjectPatient, w.patient.ID, doctorRef(w.doctor.ID))
	}), map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: absent(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Patients.Delete(c.ctx, by, missing)
		}},
	}},

	"Mappings.Assign": {"mapping:create", naming(none(domain.SubjectMapping), theOtherPair), making(1, func(_ domain.Actor, w world) domain.AuditEvent {
		return one(domain.SubjectMapping, w.mapping.ID+1, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
	}), map[string]attempt{
		"bad input": {by: domain.Staff, refusal: domain.Invalid, leaves: none(domain.SubjectMapping), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Mappings.Assign(c.ctx, by, domain.MappingInput{})
		}},
		"missing": {
			by: domain.Staff, refusal: domain.Invalid,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Mappings.Assign(c.ctx, by, pair(w.patient.ID, missing))
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent {
				return one(domain.SubjectMapping, 0, patientRef(w.patient.ID), doctorRef(missing))
			},
		},
		"mapped already": {
			by: domain.Admin, refusal: domain.Conflict,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Mappings.Assign(c.ctx, by, pair(w.patient.ID, w.doctor.ID))
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent {
				return one(domain.SubjectMapping, 0, patientRef(w.patient.ID), doctorRef(w.doctor.ID))
			},
		},
	}},
	"Mappings.List": {"mapping:read", none(domain.SubjectMapping), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectMapping, ids(w.mapping.ID), patientRef(w.patient.ID), doctorRef(w.doctor.ID))
	}, map[string]attempt{
		"bad query": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Mappings.List(c.ctx, by, domain.MappingQuery{Patient: domain.Given("x")})
		}},
	}},
	"Mappings.Replace": {"mapping:update", naming(mapping, theOtherPair), making(2, moved), refusedMoves(func(c *clinic, by domain.Actor, id domain.ID, in domain.MappingInput) (any, error) {
		return c.Mappings.Replace(c.ctx, by, id, in)
	})},
	"Mappings.Change": {"mapping:update", naming(mapping, theOtherDoctor), making(2, moved), refusedMoves(func(c *clinic, by domain.Actor, id domain.ID, in domain.MappingInput) (any, error) {
		return c.Mappings.Change(c.ctx, by, id, in)
	})},
	"Mappings.Unassign": {"mapping:delete", mapping, making(2, func(_ domain.Actor, w world) domain.AuditEvent {
		return one(domain.SubjectMapping, w.mapping.ID, patientRef(w.patient.ID), doctorRef(w.doctor.ID))
	}), map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: absent(domain.SubjectMapping), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Mappings.Unassign(c.ctx, by, missing)
		}},
	}},

	"Audit.List": {"audit:read", none(domain.SubjectAudit), func(_ domain.Actor, w world) domain.AuditEvent {
		first := ids()
		for id := range min(w.events, domain.DefaultPageLimit) {
			first = append(first, domain.ID(id+1))
		}
		return shown(domain.SubjectAudit, first)
	}, map[string]attempt{
		"bad query": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Audit.List(c.ctx, by, domain.AuditQuery{Outcome: domain.Given("x")})
		}},
		"about a patient": {
			by: domain.Admin,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Audit.List(c.ctx, by, domain.AuditQuery{Patient: domain.Given(w.patient.ID.String())})
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent {
				return shown(domain.SubjectAudit, ids(), patientRef(w.patient.ID))
			},
		},
		"about a doctor": {
			by: domain.Admin,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Audit.List(c.ctx, by, domain.AuditQuery{Doctor: domain.Given(w.doctor.ID.String())})
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent {
				return shown(domain.SubjectAudit, ids(), doctorRef(w.doctor.ID))
			},
		},
	}},
	"Audit.Accesses": {"audit:read", naming(none(domain.SubjectAudit), thePatient), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectAudit, ids(), patientRef(w.patient.ID))
	}, map[string]attempt{
		"bad page": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Audit.Accesses(c.ctx, by, w.patient.ID, domain.AccessQuery{Page: badPage})
		}},
	}},
	"Audit.ReportAccesses": {"audit:read", naming(none(domain.SubjectAudit), thePatient), naming(none(domain.SubjectAudit), thePatient), nil},
	"Audit.Adopt": {"audit:adopt", none(domain.SubjectAudit), none(domain.SubjectAudit), map[string]attempt{
		"another seal": {by: domain.Operator, refusal: domain.Conflict, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Audit.Adopt(c.ctx, by, domain.Head{Number: missing})
		}},
	}},
}

// moved concerns the pair of before and the one after.
func moved(_ domain.Actor, w world) domain.AuditEvent {
	return one(domain.SubjectMapping, w.mapping.ID, patientRef(w.patient.ID), doctorRef(w.doctor.ID), doctorRef(w.otherDoctor.ID))
}

func refusedMoves(move func(*clinic, domain.Actor, domain.ID, domain.MappingInput) (any, error)) map[string]attempt {
	return map[string]attempt{
		"missing": {by: domain.Staff, refusal: domain.NotFound, leaves: naming(absent(domain.SubjectMapping), thePair), run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return move(c, by, missing, pair(w.patient.ID, w.doctor.ID))
		}},
		"bad input": {by: domain.Staff, refusal: domain.Invalid, leaves: naming(mapping, thePair), run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return move(c, by, w.mapping.ID, domain.MappingInput{Patient: domain.Given("x"), Doctor: domain.Given("x")})
		}},
		"no such doctor": {
			by: domain.Staff, refusal: domain.Invalid,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return move(c, by, w.mapping.ID, pair(w.patient.ID, missing))
			},
			leaves: naming(mapping, func(w world) []domain.Reference { return append(thePair(w), doctorRef(missing)) }),
		},
		"mapped already": {
			by: domain.Staff, refusal: domain.Conflict, leaves: moved,
			before: func(c *clinic, w world) { c.assign(w.actors[domain.Staff], w.patient, w.otherDoctor) },
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return move(c, by, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
			},
		},
	}
}
