package application_test

import (
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var takeoverTable = map[string]useCaseTest{
	"Takeover.Users": {
		roles: operatorOnly, permission: "store:take_over",
		run:     takeOverUser(application.TakeoverRules{}),
		denied:  noRecord(domain.SubjectUser),
		allowed: takenEvent(domain.SubjectUser, noReferences),
		cases: map[string]testCall{
			"dry run": {role: domain.Operator, run: takeOverUser(application.TakeoverRules{DryRun: true})},
			"nothing to write": {role: domain.Operator, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Takeover.Users(c.ctx, by, application.TakeoverBatch[domain.OldUser]{Rows: []domain.OldUser{{ID: missingID}}})
			}},
		},
	},
	"Takeover.Doctors": {
		roles: operatorOnly, permission: "store:take_over",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Takeover.Doctors(c.ctx, by, application.TakeoverBatch[domain.OldDoctor]{Rows: []domain.OldDoctor{
				{ID: takenID(w), DoctorInput: doctorInput(w.unused), JoinedAt: domain.Given("2020-02-02")},
			}})
		},
		denied:  noRecord(domain.SubjectDoctor),
		allowed: takenEvent(domain.SubjectDoctor, noReferences),
	},
	"Takeover.Patients": {
		roles: operatorOnly, permission: "store:take_over",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Takeover.Patients(c.ctx, by, application.TakeoverBatch[domain.OldPatient]{Rows: []domain.OldPatient{
				{ID: takenID(w), CreatedBy: w.other.ID, PatientInput: domain.PatientInput{Name: domain.Given("Ada")}},
			}})
		},
		denied:  noRecord(domain.SubjectPatient),
		allowed: takenEvent(domain.SubjectPatient, noReferences),
	},
	"Takeover.Mappings": {
		roles: operatorOnly, permission: "store:take_over",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Takeover.Mappings(c.ctx, by, application.TakeoverBatch[domain.OldMapping]{Rows: []domain.OldMapping{
				{ID: takenID(w), First: takenID(w), MappingInput: pair(w.patient.ID, w.otherDoctor.ID), AssignedAt: domain.Given("2025-10-01T12:00:00Z")},
			}})
		},
		denied:  noRecord(domain.SubjectMapping),
		allowed: takenEvent(domain.SubjectMapping, theOtherPair),
	},
	// TestTakeOverDeletesWhatIsGone shows its other events.
	"Takeover.Gone": {
		roles: operatorOnly, permission: "store:take_over",
		run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Takeover.Gone(c.ctx, by, application.TakeoverPage{Kind: domain.SubjectDoctor})
		},
		denied:  noRecord(domain.SubjectDoctor),
		allowed: noRecord(domain.SubjectDoctor),
	},
}

// takenID is an ID that no entity of the world has.
func takenID(w world) domain.ID { return w.mapping.ID + w.patient.ID + w.doctor.ID + w.other.ID + 1000 }

func takeOverUser(rules application.TakeoverRules) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Takeover.Users(c.ctx, by, application.TakeoverBatch[domain.OldUser]{Rules: rules, Rows: []domain.OldUser{oldUser(takenID(w), unusedEmail(w))}})
	}
}

// oldUser returns an active Staff user.
func oldUser(id domain.ID, email string) domain.OldUser {
	return domain.OldUser{
		ID: id, Username: domain.Given(email), Email: domain.Given(email), Role: domain.Given("STAFF"),
		FirstName: domain.Given(""), LastName: domain.Given(""), Phone: domain.Given(""),
		Superuser: domain.Given("false"), Active: domain.Given("true"), CreatedAt: domain.Given("2025-09-20T13:08:00.123456Z"),
	}
}

func takenEvent(kind domain.SubjectKind, related func(world) []domain.Reference) eventOf {
	return func(_ domain.Actor, w world) domain.AuditEvent {
		return listEvent(kind, ids(takenID(w)), related(w)...)
	}
}
