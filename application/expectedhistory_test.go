package application_test

import (
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func expectedOfHistory() map[string]expectation {
	all := map[string]expectation{
		"Doctors.Restore": {"doctor:restore", deletedDoctor, making(3, func(_ domain.Actor, w world) domain.AuditEvent {
			return one(domain.SubjectDoctor, w.deletedDoctor.ID, patientRef(w.patient.ID))
		}), map[string]attempt{
			"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectDoctor), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Doctors.Restore(c.ctx, by, missing)
			}},
			"not deleted": {by: domain.Admin, refusal: domain.NotFound, leaves: doctor, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Doctors.Restore(c.ctx, by, w.doctor.ID)
			}},
			"taken licence": {
				by: domain.Admin, refusal: domain.Conflict, run: roleMatrix["Doctors.Restore"].run,
				before: func(c *clinic, w world) { c.addDoctor(w.deletedDoctor.LicenseNumber.String()) },
			},
		}},
		"Patients.Restore": {"patient:restore", deletedPatient, making(3, func(_ domain.Actor, w world) domain.AuditEvent {
			return one(domain.SubjectPatient, w.deletedPatient.ID, doctorRef(w.doctor.ID))
		}), map[string]attempt{
			"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectPatient), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Patients.Restore(c.ctx, by, missing)
			}},
			"not deleted": {by: domain.Admin, refusal: domain.NotFound, leaves: patient, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Patients.Restore(c.ctx, by, w.patient.ID)
			}},
		}},
		"Mappings.Restore": {"mapping:restore", endedMapping, making(3, func(_ domain.Actor, w world) domain.AuditEvent {
			return one(domain.SubjectMapping, w.endedMapping.ID, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
		}), map[string]attempt{
			"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectMapping), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Mappings.Restore(c.ctx, by, missing)
			}},
			"not ended": {by: domain.Admin, refusal: domain.NotFound, leaves: mapping, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Mappings.Restore(c.ctx, by, w.mapping.ID)
			}},
			"mapped anew": {
				by: domain.Admin, refusal: domain.Conflict, run: roleMatrix["Mappings.Restore"].run, leaves: naming(endedMapping, theOtherPair),
				before: func(c *clinic, w world) { c.assign(w.actors[domain.Staff], w.patient, w.otherDoctor) },
			},
			"without its patient": {
				by: domain.Admin, refusal: domain.Conflict, run: roleMatrix["Mappings.Restore"].run, leaves: naming(endedMapping, theOtherPair),
				before: func(c *clinic, w world) { _ = c.Patients.Delete(c.ctx, w.actors[domain.Staff], w.patient.ID) },
			},
		}},
		"Retention.Expired": {"retention:read", none(domain.SubjectDoctor), none(domain.SubjectDoctor), nil},
		"Retention.Purge": {"retention:purge", none(domain.SubjectDoctor), func(_ domain.Actor, w world) domain.AuditEvent {
			return shown(domain.SubjectDoctor, ids(w.deletedDoctor.ID))
		}, map[string]attempt{
			"nothing to remove": {
				by: domain.Operator,
				run: func(c *clinic, by domain.Actor, _ world) (any, error) {
					return c.Retention.Purge(c.ctx, by, domain.SubjectPatient, c.Now().Add(-time.Hour))
				},
				leaves: func(domain.Actor, world) domain.AuditEvent { return shown(domain.SubjectPatient, ids()) },
			},
		}},
	}
	expectHistory(all, "Doctors", func(c *clinic) *application.History[domain.Doctor] { return &c.Doctors.History }, doctor, deletedDoctor, nobody, nobody)
	expectHistory(all, "Patients", func(c *clinic) *application.History[domain.Patient] { return &c.Patients.History }, patient, deletedPatient, nobody, nobody)
	expectHistory(all, "Mappings", func(c *clinic) *application.History[domain.Mapping] { return &c.Mappings.History }, mapping, endedMapping,
		func(w world) []domain.Reference {
			return []domain.Reference{patientRef(w.patient.ID), doctorRef(w.doctor.ID)}
		},
		func(w world) []domain.Reference {
			return []domain.Reference{patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID)}
		})
	return all
}

func nobody(world) []domain.Reference { return nil }

func deletedDoctor(_ domain.Actor, w world) domain.AuditEvent {
	return one(domain.SubjectDoctor, w.deletedDoctor.ID)
}

func deletedPatient(_ domain.Actor, w world) domain.AuditEvent {
	return one(domain.SubjectPatient, w.deletedPatient.ID)
}

func endedMapping(_ domain.Actor, w world) domain.AuditEvent {
	return one(domain.SubjectMapping, w.endedMapping.ID)
}

// expectHistory adds what is the same for every kind of record: live is on one
// that is not deleted, deleted on one that is. The others say which records those
// concern beside.
func expectHistory[T domain.Record](all map[string]expectation, service string, of func(*clinic) *application.History[T], live, deleted leaving,
	liveOthers, deletedOthers func(world) []domain.Reference,
) {
	shows := func(leaves leaving, others func(world) []domain.Reference) leaving {
		return func(by domain.Actor, w world) domain.AuditEvent {
			event := leaves(by, w)
			event.Related = others(w)
			return event
		}
	}
	kind := live(domain.Actor{}, world{}).Subject.Kind
	versions := func(id func(world) domain.ID, page domain.PageInput) call {
		return func(c *clinic, by domain.Actor, w world) (any, error) { return of(c).Versions(c.ctx, by, id(w), page) }
	}
	version := func(id func(world) domain.ID, number domain.ID) call {
		return func(c *clinic, by domain.Actor, w world) (any, error) { return of(c).Version(c.ctx, by, id(w), number) }
	}
	liveID := func(w world) domain.ID { return live(domain.Actor{}, w).Subject.ID }
	deletedID := func(w world) domain.ID { return deleted(domain.Actor{}, w).Subject.ID }
	missingID := func(world) domain.ID { return missing }

	all[service+".Versions"] = expectation{domain.Permission(kind + ":read_history"), live, shows(live, liveOthers), map[string]attempt{
		"missing":                {by: domain.Admin, refusal: domain.NotFound, run: versions(missingID, domain.PageInput{}), leaves: absent(kind)},
		"bad page":               {by: domain.Staff, refusal: domain.Invalid, run: versions(liveID, badPage)},
		"of what is deleted":     {by: domain.Admin, run: versions(deletedID, domain.PageInput{}), leaves: shows(deleted, deletedOthers)},
		"not Staff's to look at": {by: domain.Staff, refusal: domain.NotFound, run: versions(deletedID, domain.PageInput{}), leaves: deleted},
	}}
	all[service+".Version"] = expectation{domain.Permission(kind + ":read_history"), live, shows(live, liveOthers), map[string]attempt{
		"missing":                {by: domain.Admin, refusal: domain.NotFound, run: version(missingID, 1), leaves: absent(kind)},
		"missing version":        {by: domain.Staff, refusal: domain.NotFound, run: version(liveID, 2)},
		"of what is deleted":     {by: domain.Admin, run: version(deletedID, 2), leaves: shows(deleted, deletedOthers)},
		"not Staff's to look at": {by: domain.Staff, refusal: domain.NotFound, run: version(deletedID, 1), leaves: deleted},
	}}
	all[service+".Deleted"] = expectation{domain.Permission(kind + ":read_deleted"), none(kind), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(kind, ids(deletedID(w)), deletedOthers(w)...)
	}, map[string]attempt{
		"bad page": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return of(c).Deleted(c.ctx, by, badPage)
		}},
	}}
}
