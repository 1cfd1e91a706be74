package application_test

import (
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// useCase says who may run one, and runs it. What it returns is nil for a use-case that
// returns nothing.
type useCase struct {
	allowed []domain.Role
	run     func(c *clinic, by domain.Actor, w world) (any, error)
}

var (
	anyone         = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin}
	everybody      = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator}
	signedIn       = []domain.Role{domain.Staff, domain.Admin}
	admins         = []domain.Role{domain.Admin}
	administrators = []domain.Role{domain.Admin, domain.Operator}
	operators      = []domain.Role{domain.Operator}
)

// roleMatrix says of every use-case who may run it. It is written out, not derived from the policy, so that it holds the
// policy to what was agreed.
var roleMatrix = map[string]useCase{
	"Sessions.Login": {anyone, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Sessions.Login(c.ctx, by, credentials(w.other.Email.String(), goodPassword))
	}},
	"Sessions.Refresh": {anyone, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Sessions.Refresh(c.ctx, by, refresh(w.grant.Refresh))
	}},
	"Sessions.List": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Sessions.List(c.ctx, by, domain.PageInput{})
	}},
	"Sessions.Logout": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) { return nil, c.Sessions.Logout(c.ctx, by) }},
	"Sessions.Revoke": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Sessions.Revoke(c.ctx, by, by.SessionID)
	}},
	"Sessions.RevokeOthers": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) { return nil, c.Sessions.RevokeOthers(c.ctx, by) }},

	"Account.Me": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) { return c.Account.Me(c.ctx, by) }},
	"Account.ChangeMe": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Account.ChangeMe(c.ctx, by, domain.Profile{FirstName: domain.Given("New")})
	}},
	"Account.Permissions": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Account.Permissions(c.ctx, by)
	}},
	"Account.ChangePassword": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Account.ChangePassword(c.ctx, by, passwordChange(goodPassword, otherPassword))
	}},

	"SecondFactor.Get": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.SecondFactor.Get(c.ctx, by)
	}},
	"SecondFactor.Enrol": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.SecondFactor.Enrol(c.ctx, by, check(goodPassword))
	}},
	"SecondFactor.Confirm": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.SecondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: w.devices[by.Role].code(c.Now())})
	}},
	"SecondFactor.Disable": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.SecondFactor.Disable(c.ctx, by, check(goodPassword))
	}},
	"SecondFactor.Reseal": {operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.SecondFactor.Reseal(c.ctx, by)
	}},

	"Users.Register": {everybody, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Users.Register(c.ctx, by, registration(w.unused+"@example.com", domain.Staff))
	}},
	"Users.Create": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Users.Create(c.ctx, by, registration(w.unused+"@example.com", domain.Admin))
	}},
	"Users.Get": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Users.Get(c.ctx, by, w.other.ID)
	}},
	"Users.FindByEmail": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Users.FindByEmail(c.ctx, by, w.other.Email)
	}},
	"Users.List": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Users.List(c.ctx, by, domain.UserQuery{Page: startingAt(w.actors[domain.Staff].UserID)})
	}},
	"Users.Change": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Users.Change(c.ctx, by, w.other.ID, domain.UserChange{Role: domain.Given("ADMIN")})
	}},
	"Users.Deactivate": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Users.Deactivate(c.ctx, by, w.other.ID)
	}},
	"Users.RevokeSessions": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Users.RevokeSessions(c.ctx, by, w.other.ID)
	}},
	"Users.ResetSecondFactor": {operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Users.ResetSecondFactor(c.ctx, by, w.other.ID)
	}},
	"Users.SetPassword": {administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Users.SetPassword(c.ctx, by, w.other.ID, domain.NewPassword{Password: domain.Given(otherPassword)})
	}},

	"Doctors.Create": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.Create(c.ctx, by, doctorInput(w.unused))
	}},
	"Doctors.Get": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.Get(c.ctx, by, w.doctor.ID)
	}},
	"Doctors.List": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.List(c.ctx, by, startingAt(w.doctor.ID))
	}},
	"Doctors.ListByPatient": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.ListByPatient(c.ctx, by, w.patient.ID, domain.PageInput{})
	}},
	"Doctors.Replace": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.Replace(c.ctx, by, w.doctor.ID, doctorInput(w.unused))
	}},
	"Doctors.Change": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.Change(c.ctx, by, w.doctor.ID, domain.DoctorInput{Name: domain.Given("New")})
	}},
	"Doctors.Delete": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Doctors.Delete(c.ctx, by, w.doctor.ID)
	}},
	"Doctors.ListVersions": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.ListVersions(c.ctx, by, w.doctor.ID, domain.PageInput{})
	}},
	"Doctors.GetVersion": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.GetVersion(c.ctx, by, w.doctor.ID, 1)
	}},
	"Doctors.ListDeleted": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.ListDeleted(c.ctx, by, startingAt(w.deletedDoctor.ID))
	}},
	"Doctors.Restore": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Doctors.Restore(c.ctx, by, w.deletedDoctor.ID)
	}},

	"Patients.Create": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.Create(c.ctx, by, patientInput("New"))
	}},
	"Patients.Get": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.Get(c.ctx, by, w.patient.ID)
	}},
	"Patients.List": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.List(c.ctx, by, startingAt(w.patient.ID))
	}},
	"Patients.ListByDoctor": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.ListByDoctor(c.ctx, by, w.doctor.ID, domain.PageInput{})
	}},
	"Patients.Replace": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.Replace(c.ctx, by, w.patient.ID, patientInput("New"))
	}},
	"Patients.Change": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.Change(c.ctx, by, w.patient.ID, patientInput("New"))
	}},
	"Patients.Delete": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Patients.Delete(c.ctx, by, w.patient.ID)
	}},
	"Patients.ListVersions": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.ListVersions(c.ctx, by, w.patient.ID, domain.PageInput{})
	}},
	"Patients.GetVersion": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.GetVersion(c.ctx, by, w.patient.ID, 1)
	}},
	"Patients.ListDeleted": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.ListDeleted(c.ctx, by, startingAt(w.deletedPatient.ID))
	}},
	"Patients.Restore": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Patients.Restore(c.ctx, by, w.deletedPatient.ID)
	}},

	"Mappings.Assign": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.Assign(c.ctx, by, pair(w.patient.ID, w.otherDoctor.ID))
	}},
	"Mappings.List": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.List(c.ctx, by, domain.MappingQuery{Page: startingAt(w.mapping.ID)})
	}},
	"Mappings.Replace": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.Replace(c.ctx, by, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
	}},
	"Mappings.Change": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.Change(c.ctx, by, w.mapping.ID, domain.MappingInput{Doctor: domain.Given(w.otherDoctor.ID.String())})
	}},
	"Mappings.Unassign": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.Mappings.Unassign(c.ctx, by, w.mapping.ID)
	}},
	"Mappings.ListVersions": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.ListVersions(c.ctx, by, w.mapping.ID, domain.PageInput{})
	}},
	"Mappings.GetVersion": {signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.GetVersion(c.ctx, by, w.mapping.ID, 1)
	}},
	"Mappings.ListDeleted": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.ListDeleted(c.ctx, by, startingAt(w.endedMapping.ID))
	}},
	"Mappings.Restore": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Mappings.Restore(c.ctx, by, w.endedMapping.ID)
	}},

	"Retention.CountExpired": {operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Retention.CountExpired(c.ctx, by, domain.SubjectDoctor, c.Now().Add(time.Second))
	}},
	"Retention.Purge": {operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Retention.Purge(c.ctx, by, domain.SubjectDoctor, c.Now().Add(time.Second))
	}},

	"Audit.List": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Audit.List(c.ctx, by, domain.AuditQuery{})
	}},
	"Audit.Accesses": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Audit.Accesses(c.ctx, by, w.patient.ID, domain.AccessQuery{})
	}},
	"Audit.ReportAccesses": {admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Audit.ReportAccesses(c.ctx, by, w.patient.ID, application.AccessReport{})
	}},
	"Audit.Adopt": {operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.Audit.Adopt(c.ctx, by, w.lastSeal)
	}},
}
