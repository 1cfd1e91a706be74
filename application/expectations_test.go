package application_test

import (
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// expectation says which events a use-case leaves.
type expectation struct {
	action domain.Permission
	// asked is what is known of the subject before anything is looked up: all that
	// a denied attempt leaves.
	asked leaving
	// allowed is what the call in the role matrix leaves.
	allowed leaving
	// also are other attempts. They leave asked unless they say otherwise.
	also map[string]attempt
}

// missing is the ID of nothing.
const missing domain.ID = 1 << 40

type leaving = func(by domain.Actor, w world) domain.AuditEvent

// one leaves an event on one record.
func one(kind domain.SubjectKind, id domain.ID, about ...domain.Reference) domain.AuditEvent {
	return domain.AuditEvent{Subject: domain.Subject{Kind: kind, ID: id}, Related: about}
}

// shown leaves an event on the records that a list showed.
func shown(kind domain.SubjectKind, ids []domain.ID, about ...domain.Reference) domain.AuditEvent {
	return domain.AuditEvent{Subject: domain.Subject{Kind: kind, Shown: ids}, Related: about}
}

func ids(ids ...domain.ID) []domain.ID { return append([]domain.ID{}, ids...) }

func ref(kind domain.SubjectKind, id domain.ID) domain.Reference {
	return domain.Reference{Kind: kind, ID: id}
}

func patientRef(id domain.ID) domain.Reference { return ref(domain.SubjectPatient, id) }
func doctorRef(id domain.ID) domain.Reference  { return ref(domain.SubjectDoctor, id) }

// none leaves an event on no record of a kind.
func none(kind domain.SubjectKind) leaving {
	return func(domain.Actor, world) domain.AuditEvent { return one(kind, 0) }
}

// absent leaves an event on a record that does not exist.
func absent(kind domain.SubjectKind) leaving {
	return func(domain.Actor, world) domain.AuditEvent { return one(kind, missing) }
}

func oneself(by domain.Actor, _ world) domain.AuditEvent { return one(domain.SubjectUser, by.UserID) }
func ownSession(by domain.Actor, _ world) domain.AuditEvent {
	return one(domain.SubjectSession, by.SessionID)
}
func other(_ domain.Actor, w world) domain.AuditEvent { return one(domain.SubjectUser, w.other.ID) }
func added(_ domain.Actor, w world) domain.AuditEvent { return one(domain.SubjectUser, w.other.ID+1) }

func doctor(_ domain.Actor, w world) domain.AuditEvent { return one(domain.SubjectDoctor, w.doctor.ID) }

func patient(_ domain.Actor, w world) domain.AuditEvent {
	return one(domain.SubjectPatient, w.patient.ID)
}

func mapping(_ domain.Actor, w world) domain.AuditEvent {
	return one(domain.SubjectMapping, w.mapping.ID)
}

// naming adds records that the caller named.
func naming(leaves leaving, about func(w world) []domain.Reference) leaving {
	return func(by domain.Actor, w world) domain.AuditEvent {
		event := leaves(by, w)
		event.Related = append(event.Related, about(w)...)
		return event
	}
}

func thePatient(w world) []domain.Reference { return []domain.Reference{patientRef(w.patient.ID)} }
func theDoctor(w world) []domain.Reference  { return []domain.Reference{doctorRef(w.doctor.ID)} }

func theOtherDoctor(w world) []domain.Reference {
	return []domain.Reference{doctorRef(w.otherDoctor.ID)}
}

func thePair(w world) []domain.Reference { return append(thePatient(w), theDoctor(w)...) }

func theOtherPair(w world) []domain.Reference { return append(thePatient(w), theOtherDoctor(w)...) }

// making says that a change makes a version of its subject.
func making(version int, leaves leaving) leaving {
	return func(by domain.Actor, w world) domain.AuditEvent {
		event := leaves(by, w)
		event.Version = version
		return event
	}
}

// signedInAs leaves an event of w.other, in a session that is the subject.
func signedInAs(session func(world) domain.ID) leaving {
	return func(_ domain.Actor, w world) domain.AuditEvent {
		event := one(domain.SubjectSession, session(w))
		event.Actor = domain.Actor{UserID: w.other.ID, Role: domain.Staff, SessionID: session(w)}
		return event
	}
}

var badPage = domain.PageInput{Limit: domain.Given("0")}

type call = func(c *clinic, by domain.Actor, w world) (any, error)

func loginAs(email func(world) string, password string, code domain.Input) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		in := credentials(email(w), password)
		in.Code = code
		return c.Sessions.Login(c.ctx, by, in)
	}
}

func ofOther(w world) string  { return w.other.Email.String() }
func ofNobody(w world) string { return w.unused + "@example.com" }

func refreshWith(token func(world) domain.Input) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Sessions.Refresh(c.ctx, by, domain.Refresh{Token: token(w)})
	}
}

func unknownToken(world) domain.Input {
	return domain.Given(domain.NewRefreshToken(domain.RefreshSelector{1}, domain.RefreshSecret{1}).Reveal())
}

// thrice is a before after which atMostThree is used up.
func thrice(by domain.Role, run call) func(*clinic, world) {
	return func(c *clinic, w world) {
		for range 3 {
			_, _ = run(c, w.actors[by], w)
		}
	}
}

// protect gives w.other a second factor.
func protect(c *clinic, w world) {
	actor := c.actor(w.grant)
	c.confirm(actor, c.enrol(actor))
}

func confirmed(c *clinic, w world) { c.confirm(w.actors[domain.Staff], w.devices[domain.Staff]) }

func registerAs(email func(world) string, password string, role domain.Role) call {
	return func(c *clinic, by domain.Actor, w world) (any, error) {
		in := registration(email(w), role)
		in.Password = domain.Given(password)
		return c.Users.Register(c.ctx, by, in)
	}
}

var (
	wrongPassword = func(c *clinic, by domain.Actor, _ world) (any, error) {
		return nil, c.Account.ChangePassword(c.ctx, by, passwordChange("wrong", otherPassword))
	}
	wrongCode = func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.SecondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: w.devices[by.Role].wrong(c.Now())})
	}
	atMostThree = withLimits(application.Limits{
		LoginPair: domain.Limit{Max: 3, Window: time.Hour}, Register: domain.Limit{Max: 3, Window: time.Hour}, Refresh: domain.Limit{Max: 3, Window: time.Hour},
	})
	byApproval = withRegistration(application.RegistrationApproval)
)
