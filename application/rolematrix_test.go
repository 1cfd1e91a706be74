package application_test

import (
	"slices"

	"example.com/healthcare/domain"
)

// useCase says who may run one, with which permission, and runs it.
type useCase struct {
	permission string
	allowed    []domain.Role
	run        func(c *clinic, by domain.Actor, w world) error
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
	"Sessions.Login": {"SessionCreate", anyone, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.sessions.Login(c.ctx, by, credentials("other@example.com", goodPassword))
		return err
	}},
	"Sessions.Refresh": {"SessionRefresh", anyone, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.sessions.Refresh(c.ctx, by, refresh(w.grant.Refresh))
		return err
	}},
	"Sessions.List": {"SessionReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.sessions.List(c.ctx, by, domain.PageInput{})
		return err
	}},
	"Sessions.Logout":    {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.sessions.Logout(c.ctx, by) }},
	"Sessions.End":       {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.sessions.End(c.ctx, by, by.SessionID) }},
	"Sessions.EndOthers": {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.sessions.EndOthers(c.ctx, by) }},

	"Account.Me": {"UserReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) error { _, err := c.account.Me(c.ctx, by); return err }},
	"Account.ChangeMe": {"UserUpdateSelf", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.account.ChangeMe(c.ctx, by, domain.Profile{FirstName: domain.Given("New")})
		return err
	}},
	"Account.Permissions": {"UserReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.account.Permissions(c.ctx, by)
		return err
	}},
	"Account.ChangePassword": {"UserChangePassword", signedIn, func(c *clinic, by domain.Actor, w world) error {
		return c.account.ChangePassword(c.ctx, by, passwordChange(goodPassword, otherPassword))
	}},

	"SecondFactor.Get": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.secondFactor.Get(c.ctx, by)
		return err
	}},
	"SecondFactor.Enrol": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.secondFactor.Enrol(c.ctx, by, check(goodPassword))
		return err
	}},
	"SecondFactor.Confirm": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) error {
		code := domain.Given("123456")
		if slices.Contains(signedIn, by.Role) {
			code = c.enrol(by).code(c.now)
		}
		_, err := c.secondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: code})
		return err
	}},
	"SecondFactor.Disable": {"UserManageMFA", signedIn, func(c *clinic, by domain.Actor, w world) error {
		return c.secondFactor.Disable(c.ctx, by, check(goodPassword))
	}},
	"SecondFactor.Reseal": {"UserResealMFA", operators, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.secondFactor.Reseal(c.ctx, by)
		return err
	}},

	"Users.Register": {"UserRegister", everybody, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.Register(c.ctx, by, registration("new@example.com", domain.Staff))
		return err
	}},
	"Users.Create": {"UserCreate", administrators, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.Create(c.ctx, by, registration("new@example.com", domain.Admin))
		return err
	}},
	"Users.Get": {"UserRead", administrators, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.Get(c.ctx, by, w.other.ID)
		return err
	}},
	"Users.Find": {"UserRead", administrators, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.Find(c.ctx, by, w.other.Email)
		return err
	}},
	"Users.List": {"UserRead", administrators, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.List(c.ctx, by, domain.UserQuery{})
		return err
	}},
	"Users.Change": {"UserUpdate", administrators, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.Change(c.ctx, by, w.other.ID, domain.UserChange{Role: domain.Given("ADMIN")})
		return err
	}},
	"Users.Deactivate":  {"UserDeactivate", administrators, func(c *clinic, by domain.Actor, w world) error { return c.users.Deactivate(c.ctx, by, w.other.ID) }},
	"Users.EndSessions": {"SessionRevoke", administrators, func(c *clinic, by domain.Actor, w world) error { return c.users.EndSessions(c.ctx, by, w.other.ID) }},
	"Users.ResetSecondFactor": {"UserResetMFA", operators, func(c *clinic, by domain.Actor, w world) error {
		return c.users.ResetSecondFactor(c.ctx, by, w.other.ID)
	}},
	"Users.SetPassword": {"UserSetPassword", administrators, func(c *clinic, by domain.Actor, w world) error {
		return c.users.SetPassword(c.ctx, by, w.other.ID, domain.NewPassword{Password: domain.Given(otherPassword)})
	}},

	"Doctors.Create": {"DoctorCreate", admins, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Create(c.ctx, by, doctorInput("new"))
		return err
	}},
	"Doctors.Get": {"DoctorRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Get(c.ctx, by, w.doctor.ID)
		return err
	}},
	"Doctors.List": {"DoctorRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.List(c.ctx, by, domain.PageInput{})
		return err
	}},
	"Doctors.OfPatient": {"MappingRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.OfPatient(c.ctx, by, w.patient.ID, domain.PageInput{})
		return err
	}},
	"Doctors.Replace": {"DoctorUpdate", admins, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Replace(c.ctx, by, w.doctor.ID, doctorInput("new"))
		return err
	}},
	"Doctors.Change": {"DoctorUpdate", admins, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Change(c.ctx, by, w.doctor.ID, domain.DoctorInput{Name: domain.Given("New")})
		return err
	}},
	"Doctors.Delete": {"DoctorDelete", admins, func(c *clinic, by domain.Actor, w world) error { return c.doctors.Delete(c.ctx, by, w.doctor.ID) }},

	"Patients.Create": {"PatientCreate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Create(c.ctx, by, patientInput("New"))
		return err
	}},
	"Patients.Get": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Get(c.ctx, by, w.patient.ID)
		return err
	}},
	"Patients.List": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.List(c.ctx, by, domain.PageInput{})
		return err
	}},
	"Patients.OfDoctor": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.OfDoctor(c.ctx, by, w.doctor.ID, domain.PageInput{})
		return err
	}},
	"Patients.Replace": {"PatientUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Replace(c.ctx, by, w.patient.ID, patientInput("New"))
		return err
	}},
	"Patients.Change": {"PatientUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Change(c.ctx, by, w.patient.ID, patientInput("New"))
		return err
	}},
	"Patients.Delete": {"PatientDelete", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.patients.Delete(c.ctx, by, w.patient.ID) }},

	"Mappings.Assign": {"MappingCreate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.Assign(c.ctx, by, pair(w.patient.ID, w.otherDoctor.ID))
		return err
	}},
	"Mappings.List": {"MappingRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.List(c.ctx, by, domain.MappingQuery{})
		return err
	}},
	"Mappings.Replace": {"MappingUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.Replace(c.ctx, by, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
		return err
	}},
	"Mappings.Change": {"MappingUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.Change(c.ctx, by, w.mapping.ID, domain.MappingInput{Doctor: domain.Given(w.otherDoctor.ID.String())})
		return err
	}},
	"Mappings.Unassign": {"MappingDelete", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.mappings.Unassign(c.ctx, by, w.mapping.ID) }},
}
