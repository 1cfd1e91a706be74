package application_test

import (
	"maps"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// expectations say of every use-case which events it leaves. They are written
// out, like the role matrix.
var expectations = func() map[string]expectation {
	all := maps.Clone(expectedOfIdentity)
	maps.Copy(all, expectedOfRecords)
	maps.Copy(all, expectedOfHistory())
	return all
}()

var expectedOfIdentity = map[string]expectation{
	"Sessions.Login": {"session:create", none(domain.SubjectUser), signedInAs(func(w world) domain.ID { return w.session + 1 }), map[string]attempt{
		"no username":                      {run: loginAs(func(world) string { return "" }, goodPassword, domain.Input{}), refusal: domain.Invalid},
		"unknown address":                  {run: loginAs(ofNobody, goodPassword, domain.Input{}), refusal: domain.Unauthenticated},
		"wrong password":                   {run: loginAs(ofOther, "wrong", domain.Input{}), refusal: domain.Unauthenticated, leaves: other},
		"missing code":                     {before: protect, run: loginAs(ofOther, goodPassword, domain.Input{}), refusal: domain.Unauthenticated, leaves: other},
		"wrong code":                       {before: protect, run: loginAs(ofOther, goodPassword, domain.Given("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")), refusal: domain.Unauthenticated, leaves: other},
		"too many failures":                {with: atMostThree, before: thrice(domain.Anonymous, loginAs(ofOther, "wrong", domain.Input{})), run: loginAs(ofOther, goodPassword, domain.Input{}), refusal: domain.TooMany, leaves: other},
		"too many failures for no account": {with: atMostThree, before: thrice(domain.Anonymous, loginAs(ofNobody, "wrong", domain.Input{})), run: loginAs(ofNobody, "wrong", domain.Input{}), refusal: domain.TooMany},
		"inactive": {
			before: func(c *clinic, w world) { _ = c.Users.Deactivate(c.ctx, operator, w.other.ID) },
			run:    loginAs(ofOther, goodPassword, domain.Input{}), refusal: domain.Unauthenticated, leaves: other,
		},
	}},
	"Sessions.Refresh": {"session:refresh", none(domain.SubjectSession), signedInAs(func(w world) domain.ID { return w.session }), map[string]attempt{
		"no token":      {run: refreshWith(func(world) domain.Input { return domain.Input{} }), refusal: domain.Invalid},
		"what is none":  {run: refreshWith(func(world) domain.Input { return domain.Given("x") }), refusal: domain.Unauthenticated},
		"unknown token": {run: refreshWith(unknownToken), refusal: domain.Unauthenticated},
		"too many":      {with: atMostThree, before: thrice(domain.Anonymous, refreshWith(unknownToken)), run: refreshWith(unknownToken), refusal: domain.TooMany},
		"spent token": {
			run: refreshWith(func(w world) domain.Input {
				return domain.Given(domain.NewRefreshToken(w.grant.Refresh.Selector(), domain.RefreshSecret{}).Reveal())
			}),
			refusal: domain.Unauthenticated,
			leaves:  func(_ domain.Actor, w world) domain.AuditEvent { return one(domain.SubjectSession, w.session) },
		},
		"ended session": {
			before:  func(c *clinic, w world) { _ = c.Users.RevokeSessions(c.ctx, operator, w.other.ID) },
			run:     roleMatrix["Sessions.Refresh"].run,
			refusal: domain.Unauthenticated, leaves: signedInAs(func(w world) domain.ID { return w.session }),
		},
	}},
	"Sessions.List": {"session:read_self", none(domain.SubjectSession), func(by domain.Actor, _ world) domain.AuditEvent {
		return shown(domain.SubjectSession, ids(by.SessionID))
	}, map[string]attempt{
		"bad page": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) { return c.Sessions.List(c.ctx, by, badPage) }},
	}},
	"Sessions.Logout": {"session:revoke_self", ownSession, ownSession, map[string]attempt{
		"ended before": {
			by: domain.Staff, before: func(c *clinic, w world) { _ = c.Sessions.Logout(c.ctx, w.actors[domain.Staff]) },
			run: func(c *clinic, by domain.Actor, _ world) (any, error) { return nil, c.Sessions.Logout(c.ctx, by) },
		},
	}},
	"Sessions.Revoke": {"session:revoke_self", ownSession, ownSession, map[string]attempt{
		"somebody else's": {
			by: domain.Staff, refusal: domain.NotFound,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return nil, c.Sessions.Revoke(c.ctx, by, w.session)
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent { return one(domain.SubjectSession, w.session) },
		},
	}},
	"Sessions.RevokeOthers": {"session:revoke_self", oneself, oneself, nil},

	"Account.Me": {"user:read_self", oneself, oneself, nil},
	"Account.ChangeMe": {"user:update_self", oneself, oneself, map[string]attempt{
		"bad input": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Account.ChangeMe(c.ctx, by, domain.Profile{Phone: domain.Given("x")})
		}},
	}},
	"Account.Permissions": {"user:read_self", oneself, oneself, nil},
	"Account.ChangePassword": {"user:change_password", oneself, oneself, map[string]attempt{
		"wrong password":    {by: domain.Staff, refusal: domain.Invalid, run: wrongPassword},
		"too many failures": {by: domain.Staff, refusal: domain.TooMany, run: wrongPassword, with: atMostThree, before: thrice(domain.Staff, wrongPassword)},
		"weak password": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Account.ChangePassword(c.ctx, by, passwordChange(goodPassword, "password1"))
		}},
	}},

	"SecondFactor.Get": {"user:manage_mfa", oneself, oneself, map[string]attempt{
		"another duty first": {by: domain.Staff, refusal: domain.Forbidden, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			by.Duty = domain.DutyPassword
			return c.SecondFactor.Get(c.ctx, by)
		}},
	}},
	"SecondFactor.Enrol": {"user:manage_mfa", oneself, oneself, map[string]attempt{
		"no password": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.SecondFactor.Enrol(c.ctx, by, domain.PasswordCheck{})
		}},
		"wrong password": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.SecondFactor.Enrol(c.ctx, by, check("wrong"))
		}},
		"enrolled already": {by: domain.Staff, refusal: domain.Conflict, before: confirmed, run: roleMatrix["SecondFactor.Enrol"].run},
	}},
	"SecondFactor.Confirm": {"user:manage_mfa", oneself, oneself, map[string]attempt{
		"wrong code":         {by: domain.Staff, refusal: domain.Invalid, run: wrongCode},
		"too many failures":  {by: domain.Staff, refusal: domain.TooMany, run: wrongCode, with: atMostThree, before: thrice(domain.Staff, wrongCode)},
		"nothing to confirm": {by: domain.Staff, refusal: domain.Conflict, before: confirmed, run: roleMatrix["SecondFactor.Confirm"].run},
		"what is none": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.SecondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: domain.Given("x")})
		}},
	}},
	"SecondFactor.Disable": {"user:manage_mfa", oneself, oneself, map[string]attempt{
		"who needs it": {by: domain.Admin, refusal: domain.Forbidden, with: adminsNeedSecondFactor, run: roleMatrix["SecondFactor.Disable"].run},
		"wrong password": {by: domain.Staff, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.SecondFactor.Disable(c.ctx, by, check("wrong"))
		}},
	}},
	"SecondFactor.Reseal": {"user:reseal_mfa", none(domain.SubjectUser), none(domain.SubjectUser), nil},

	"Users.Register": {"user:register", none(domain.SubjectUser), added, map[string]attempt{
		"taken address":      {run: registerAs(ofOther, goodPassword, domain.Staff), refusal: domain.Conflict, leaves: other},
		"weak password":      {run: registerAs(ofNobody, "password1", domain.Staff), refusal: domain.Invalid},
		"an administrator":   {run: registerAs(ofNobody, goodPassword, domain.Admin), refusal: domain.Forbidden},
		"while closed":       {run: registerAs(ofNobody, goodPassword, domain.Staff), refusal: domain.Forbidden, with: withRegistration(application.RegistrationClosed)},
		"for approval":       {run: registerAs(ofNobody, goodPassword, domain.Staff), with: byApproval, leaves: added},
		"for approval again": {run: registerAs(ofOther, goodPassword, domain.Staff), with: byApproval, leaves: other},
		"too many":           {run: registerAs(ofNobody, goodPassword, domain.Staff), refusal: domain.TooMany, with: atMostThree, before: thrice(domain.Anonymous, registerAs(ofOther, goodPassword, domain.Staff))},
	}},
	"Users.Create": {"user:create", none(domain.SubjectUser), added, map[string]attempt{
		"taken address": {by: domain.Admin, refusal: domain.Conflict, leaves: other, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Create(c.ctx, by, registration(ofOther(w), domain.Staff))
		}},
		"bad input": {by: domain.Operator, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Create(c.ctx, by, registration(ofNobody(w), "GOD"))
		}},
	}},
	"Users.Get": {"user:read", other, other, map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Users.Get(c.ctx, by, missing)
		}},
	}},
	"Users.FindByEmail": {"user:read", none(domain.SubjectUser), other, map[string]attempt{
		"missing": {by: domain.Operator, refusal: domain.NotFound, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			email, _ := domain.ParseEmail(ofNobody(w))
			return c.Users.FindByEmail(c.ctx, by, email)
		}},
	}},
	"Users.List": {"user:read", none(domain.SubjectUser), func(_ domain.Actor, w world) domain.AuditEvent {
		return shown(domain.SubjectUser, ids(w.actors[domain.Staff].UserID, w.actors[domain.Admin].UserID, w.other.ID))
	}, map[string]attempt{
		"bad query": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Users.List(c.ctx, by, domain.UserQuery{Role: domain.Given("GOD")})
		}},
	}},
	"Users.Change": {"user:update", other, other, map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Users.Change(c.ctx, by, missing, toAdmin)
		}},
		"bad input": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Users.Change(c.ctx, by, w.other.ID, domain.UserChange{Role: domain.Given("GOD")})
		}},
		"one's own role": {by: domain.Admin, refusal: domain.Forbidden, leaves: oneself, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return c.Users.Change(c.ctx, by, by.UserID, toStaff)
		}},
	}},
	"Users.Deactivate": {"user:deactivate", other, other, map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Users.Deactivate(c.ctx, by, missing)
		}},
	}},
	"Users.RevokeSessions": {"session:revoke", other, other, map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Users.RevokeSessions(c.ctx, by, missing)
		}},
	}},
	"Users.ResetSecondFactor": {"user:reset_mfa", other, other, map[string]attempt{
		"missing": {by: domain.Operator, refusal: domain.NotFound, leaves: absent(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Users.ResetSecondFactor(c.ctx, by, missing)
		}},
	}},
	"Users.SetPassword": {"user:set_password", other, other, map[string]attempt{
		"missing": {by: domain.Admin, refusal: domain.NotFound, leaves: absent(domain.SubjectUser), run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Users.SetPassword(c.ctx, by, missing, domain.NewPassword{Password: domain.Given(otherPassword)})
		}},
		"one's own": {by: domain.Admin, refusal: domain.Forbidden, leaves: oneself, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Users.SetPassword(c.ctx, by, by.UserID, domain.NewPassword{Password: domain.Given(otherPassword)})
		}},
		"weak password": {by: domain.Admin, refusal: domain.Invalid, run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Users.SetPassword(c.ctx, by, w.other.ID, domain.NewPassword{Password: domain.Given("password1")})
		}},
	}},
}
