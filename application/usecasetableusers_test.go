package application_test

import (
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

var usersTable = map[string]useCaseTest{
	"Users.Register": {
		roles: allRoles, permission: "user:register",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Register(c.ctx, by, registration(w.unused+"@example.com", domain.Staff))
		},
		denied:  noRecord(domain.SubjectUser),
		allowed: newUser,
		cases: map[string]testCall{
			"taken address":              {run: registerAs(othersEmail, goodPassword, domain.Staff), errKind: domain.Conflict, event: otherUser},
			"weak password":              {run: registerAs(unusedEmail, "password1", domain.Staff), errKind: domain.Invalid},
			"as administrator":           {run: registerAs(unusedEmail, goodPassword, domain.Admin), errKind: domain.Forbidden},
			"registration closed":        {run: registerAs(unusedEmail, goodPassword, domain.Staff), errKind: domain.Forbidden, setup: withRegistration(application.RegistrationClosed)},
			"by approval":                {run: registerAs(unusedEmail, goodPassword, domain.Staff), setup: registrationByApproval, event: newUser},
			"by approval, taken address": {run: registerAs(othersEmail, goodPassword, domain.Staff), setup: registrationByApproval, event: otherUser},
			"too many calls":             {run: registerAs(unusedEmail, goodPassword, domain.Staff), errKind: domain.TooMany, setup: limitOfThree, before: threeTimes(domain.Anonymous, registerAs(othersEmail, goodPassword, domain.Staff))},
		},
	},
	"Users.Create": {
		roles: adminAndOperator, permission: "user:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Create(c.ctx, by, registration(w.unused+"@example.com", domain.Admin))
		},
		denied:  noRecord(domain.SubjectUser),
		allowed: newUser,
		cases: map[string]testCall{
			"taken address": {role: domain.Admin, errKind: domain.Conflict, event: otherUser, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Users.Create(c.ctx, by, registration(othersEmail(w), domain.Staff))
			}},
			"bad input": {role: domain.Operator, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Users.Create(c.ctx, by, registration(unusedEmail(w), "GOD"))
			}},
		},
	},
	"Users.Get": {
		roles: adminAndOperator, permission: "user:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Get(c.ctx, by, w.other.ID, nil)
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Users.Get(c.ctx, by, missingID, nil)
			}},
		},
	},
	"Users.FindByEmail": {
		roles: adminAndOperator, permission: "user:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.FindByEmail(c.ctx, by, w.other.Email)
		},
		denied:  noRecord(domain.SubjectUser),
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Operator, errKind: domain.NotFound, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				email, _ := domain.ParseEmail(unusedEmail(w))
				return c.Users.FindByEmail(c.ctx, by, email)
			}},
		},
	},
	"Users.List": {
		roles: adminAndOperator, permission: "user:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.List(c.ctx, by, usersFrom(c, w.actors[domain.Staff].UserID))
		},
		denied: noRecord(domain.SubjectUser),
		allowed: func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectUser, ids(w.actors[domain.Staff].UserID, w.actors[domain.Admin].UserID, w.other.ID))
		},
		cases: map[string]testCall{
			"bad query": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Users.List(c.ctx, by, domain.Parameters{"role": domain.Given("GOD")})
			}},
		},
	},
	"Users.ListNames": {
		roles: staffAndAdmin, permission: "user:read_names",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.ListNames(c.ctx, by, namesOf(w.other.ID, missingID, w.actors[domain.Staff].UserID, w.other.ID))
		},
		denied: withRelated(noRecord(domain.SubjectUser), askedUsers),
		allowed: withRelated(func(_ domain.Actor, w world) domain.AuditEvent {
			return listEvent(domain.SubjectUser, ids(w.actors[domain.Staff].UserID, w.other.ID))
		}, askedUsers),
		cases: map[string]testCall{
			"bad ID": {role: domain.Staff, errKind: domain.Invalid, event: noRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Users.ListNames(c.ctx, by, domain.NamesQuery{IDs: []domain.Input{domain.Given("x")}})
			}},
		},
	},
	"Users.Change": {
		roles: adminAndOperator, permission: "user:update",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Change(c.ctx, by, w.other.ID, unconditional, domain.UserChange{Role: domain.Given("ADMIN")})
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Users.Change(c.ctx, by, missingID, unconditional, toAdmin)
			}},
			"bad input": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Users.Change(c.ctx, by, w.other.ID, unconditional, domain.UserChange{Role: domain.Given("GOD")})
			}},
			"own role": {role: domain.Admin, errKind: domain.Forbidden, event: ownAccount, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Users.Change(c.ctx, by, by.UserID, unconditional, toStaff)
			}},
		},
	},
	"Users.Deactivate": {
		roles: adminAndOperator, permission: "user:deactivate",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Users.Deactivate(c.ctx, by, w.other.ID, unconditional)
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Users.Deactivate(c.ctx, by, missingID, unconditional)
			}},
		},
	},
	"Users.ListSessions": {
		roles: adminOnly, permission: "session:read",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.ListSessions(c.ctx, by, w.other.ID, domain.PageInput{})
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Users.ListSessions(c.ctx, by, missingID, domain.PageInput{})
			}},
			"bad page": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return c.Users.ListSessions(c.ctx, by, w.other.ID, badPage)
			}},
		},
	},
	"Users.RevokeSessions": {
		roles: adminAndOperator, permission: "session:revoke",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Users.RevokeSessions(c.ctx, by, w.other.ID)
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Users.RevokeSessions(c.ctx, by, missingID)
			}},
		},
	},
	"Users.ResetSecondFactor": {
		roles: operatorOnly, permission: "user:reset_mfa",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Users.ResetSecondFactor(c.ctx, by, w.other.ID)
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Operator, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Users.ResetSecondFactor(c.ctx, by, missingID)
			}},
		},
	},
	"Users.SetPassword": {
		roles: adminAndOperator, permission: "user:set_password",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Users.SetPassword(c.ctx, by, w.other.ID, domain.NewPassword{Password: domain.Given(otherPassword)})
		},
		denied:  otherUser,
		allowed: otherUser,
		cases: map[string]testCall{
			"unknown ID": {role: domain.Admin, errKind: domain.NotFound, event: missingRecord(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Users.SetPassword(c.ctx, by, missingID, domain.NewPassword{Password: domain.Given(otherPassword)})
			}},
			"own password": {role: domain.Admin, errKind: domain.Forbidden, event: ownAccount, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Users.SetPassword(c.ctx, by, by.UserID, domain.NewPassword{Password: domain.Given(otherPassword)})
			}},
			"weak password": {role: domain.Admin, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return nil, c.Users.SetPassword(c.ctx, by, w.other.ID, domain.NewPassword{Password: domain.Given("password1")})
			}},
		},
	},
}
