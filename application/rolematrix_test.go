package application_test

import (
	"time"

	"example.com/healthcare/domain"
)

// useCase says who may run one, with which permission, and runs it. What it
// returns is nil for a use-case that returns nothing.
type useCase struct {
	// permission is called so in domain, or in the kind of a History.
	permission string
	allowed    []domain.Role
	run        func(c *clinic, by domain.Actor, w world) (any, error)
}

var (
	anyone         = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin}
	everybody      = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator}
	signedIn       = []domain.Role{domain.Staff, domain.Admin}
	admins         = []domain.Role{domain.Admin}
	administrators = []domain.Role{domain.Admin, domain.Operator}
	operators      = []domain.Role{domain.Operator}
)

// roleMatrix says of every use-case which permission it asks for, and who may
// run it. It is written out, not derived from the policy, so that it holds the
// policy to what was agreed.
var roleMatrix = map[string]useCase{
	"Sessions.Login": {"SessionCreate", anyone, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.sessions.Login(c.ctx, by, credentials(w.other.Email.String(), goodPassword))
	}},
	"Sessions.Refresh": {"SessionRefresh", anyone, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.sessions.Refresh(c.ctx, by, refresh(w.grant.Refresh))
	}},
	"Sessions.List": {"SessionReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.sessions.List(c.ctx, by, domain.PageInput{})
	}},
	"Sessions.Logout": {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) { return nil, c.sessions.Logout(c.ctx, by) }},
	"Sessions.End": {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.sessions.End(c.ctx, by, by.SessionID)
	}},
	"Sessions.EndOthers": {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) { return nil, c.sessions.EndOthers(c.ctx, by) }},

	"Account.Me": {"UserReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) { return c.account.Me(c.ctx, by) }},
	"Account.ChangeMe": {"UserUpdateSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.account.ChangeMe(c.ctx, by, domain.Profile{FirstName: domain.Given("New")})
	}},
	"Account.Permissions": {"UserReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.account.Permissions(c.ctx, by)
	}},
	"Account.ChangePassword": {"UserChangePassword", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.account.ChangePassword(c.ctx, by, passwordChange(goodPassword, otherPassword))
	}},

	"SecondFactor.Get": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.secondFactor.Get(c.ctx, by)
	}},
	"SecondFactor.Enrol": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.secondFactor.Enrol(c.ctx, by, check(goodPassword))
	}},
	"SecondFactor.Confirm": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.secondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: w.devices[by.Role].code(c.now)})
	}},
	"SecondFactor.Disable": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.secondFactor.Disable(c.ctx, by, check(goodPassword))
	}},
	"SecondFactor.Reseal": {"UserResealMFA", operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.secondFactor.Reseal(c.ctx, by)
	}},

	"Users.Register": {"UserRegister", everybody, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.users.Register(c.ctx, by, registration(w.unused+"@example.com", domain.Staff))
	}},
	"Users.Create": {"UserCreate", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.users.Create(c.ctx, by, registration(w.unused+"@example.com", domain.Admin))
	}},
	"Users.Get": {"UserRead", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.users.Get(c.ctx, by, w.other.ID)
	}},
	"Users.Find": {"UserRead", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.users.Find(c.ctx, by, w.other.Email)
	}},
	"Users.List": {"UserRead", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.users.List(c.ctx, by, domain.UserQuery{Page: startingAt(w.actors[domain.Staff].UserID)})
	}},
	"Users.Change": {"UserUpdate", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.users.Change(c.ctx, by, w.other.ID, domain.UserChange{Role: domain.Given("ADMIN")})
	}},
	"Users.Deactivate": {"UserDeactivate", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.users.Deactivate(c.ctx, by, w.other.ID)
	}},
	"Users.EndSessions": {"SessionRevoke", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.users.EndSessions(c.ctx, by, w.other.ID)
	}},
	"Users.ResetSecondFactor": {"UserResetMFA", operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.users.ResetSecondFactor(c.ctx, by, w.other.ID)
	}},
	"Users.SetPassword": {"UserSetPassword", administrators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.users.SetPassword(c.ctx, by, w.other.ID, domain.NewPassword{Password: domain.Given(otherPassword)})
	}},

	"Doctors.Create": {"DoctorCreate", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Create(c.ctx, by, doctorInput(w.unused))
	}},
	"Doctors.Get": {"DoctorRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Get(c.ctx, by, w.doctor.ID)
	}},
	"Doctors.List": {"DoctorRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.List(c.ctx, by, startingAt(w.doctor.ID))
	}},
	"Doctors.OfPatient": {"MappingRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.OfPatient(c.ctx, by, w.patient.ID, domain.PageInput{})
	}},
	"Doctors.Replace": {"DoctorUpdate", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Replace(c.ctx, by, w.doctor.ID, doctorInput(w.unused))
	}},
	"Doctors.Change": {"DoctorUpdate", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Change(c.ctx, by, w.doctor.ID, domain.DoctorInput{Name: domain.Given("New")})
	}},
	"Doctors.Delete": {"DoctorDelete", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.doctors.Delete(c.ctx, by, w.doctor.ID)
	}},
	"Doctors.Versions": {"readVersions", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Versions(c.ctx, by, w.doctor.ID, domain.PageInput{})
	}},
	"Doctors.Version": {"readVersions", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Version(c.ctx, by, w.doctor.ID, 1)
	}},
	"Doctors.Deleted": {"readDeleted", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Deleted(c.ctx, by, startingAt(w.deletedDoctor.ID))
	}},
	"Doctors.Restore": {"DoctorRestore", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.doctors.Restore(c.ctx, by, w.deletedDoctor.ID)
	}},

	"Patients.Create": {"PatientCreate", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Create(c.ctx, by, patientInput("New"))
	}},
	"Patients.Get": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Get(c.ctx, by, w.patient.ID)
	}},
	"Patients.List": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.List(c.ctx, by, startingAt(w.patient.ID))
	}},
	"Patients.OfDoctor": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.OfDoctor(c.ctx, by, w.doctor.ID, domain.PageInput{})
	}},
	"Patients.Replace": {"PatientUpdate", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Replace(c.ctx, by, w.patient.ID, patientInput("New"))
	}},
	"Patients.Change": {"PatientUpdate", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Change(c.ctx, by, w.patient.ID, patientInput("New"))
	}},
	"Patients.Delete": {"PatientDelete", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.patients.Delete(c.ctx, by, w.patient.ID)
	}},
	"Patients.Versions": {"readVersions", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Versions(c.ctx, by, w.patient.ID, domain.PageInput{})
	}},
	"Patients.Version": {"readVersions", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Version(c.ctx, by, w.patient.ID, 1)
	}},
	"Patients.Deleted": {"readDeleted", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Deleted(c.ctx, by, startingAt(w.deletedPatient.ID))
	}},
	"Patients.Restore": {"PatientRestore", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.patients.Restore(c.ctx, by, w.deletedPatient.ID)
	}},

	"Mappings.Assign": {"MappingCreate", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Assign(c.ctx, by, pair(w.patient.ID, w.otherDoctor.ID))
	}},
	"Mappings.List": {"MappingRead", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.List(c.ctx, by, domain.MappingQuery{Page: startingAt(w.mapping.ID)})
	}},
	"Mappings.Replace": {"MappingUpdate", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Replace(c.ctx, by, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
	}},
	"Mappings.Change": {"MappingUpdate", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Change(c.ctx, by, w.mapping.ID, domain.MappingInput{Doctor: domain.Given(w.otherDoctor.ID.String())})
	}},
	"Mappings.Unassign": {"MappingDelete", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return nil, c.mappings.Unassign(c.ctx, by, w.mapping.ID)
	}},
	"Mappings.Versions": {"readVersions", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Versions(c.ctx, by, w.mapping.ID, domain.PageInput{})
	}},
	"Mappings.Version": {"readVersions", signedIn, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Version(c.ctx, by, w.mapping.ID, 1)
	}},
	"Mappings.Deleted": {"readDeleted", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Deleted(c.ctx, by, startingAt(w.endedMapping.ID))
	}},
	"Mappings.Restore": {"MappingRestore", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.mappings.Restore(c.ctx, by, w.endedMapping.ID)
	}},

	"Retention.Expired": {"RetentionRead", operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.retention.Expired(c.ctx, by, domain.AboutDoctor, c.now.Add(time.Second))
	}},
	"Retention.Purge": {"RetentionPurge", operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.retention.Purge(c.ctx, by, domain.AboutDoctor, c.now.Add(time.Second))
	}},

	"Audit.List": {"AuditRead", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.audit.List(c.ctx, by, domain.AuditQuery{})
	}},
	"Audit.Accesses": {"AuditRead", admins, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.audit.Accesses(c.ctx, by, w.patient.ID, domain.PageInput{})
	}},
	"Audit.Adopt": {"AuditAdopt", operators, func(c *clinic, by domain.Actor, w world) (any, error) {
		return c.audit.Adopt(c.ctx, by, w.lastSeal)
	}},
}
