package application_test

import "example.com/healthcare/domain"

var sessionsTable = map[string]useCaseTest{
	"Sessions.Login": {
		roles: allButOperator, permission: "session:create",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Sessions.Login(c.ctx, by, credentials(w.other.Email.String(), goodPassword))
		},
		denied:  noRecord(domain.SubjectUser),
		allowed: inSession(func(w world) domain.ID { return w.otherSession + 1 }),
		cases: map[string]testCall{
			"no username":                      {run: loginAs(func(world) string { return "" }, goodPassword, domain.Input{}), errKind: domain.Invalid},
			"unknown address":                  {run: loginAs(unusedEmail, goodPassword, domain.Input{}), errKind: domain.Unauthenticated},
			"wrong password":                   {run: loginAs(othersEmail, "wrong", domain.Input{}), errKind: domain.Unauthenticated, event: otherUser},
			"missing code":                     {before: enableOthersFactor, run: loginAs(othersEmail, goodPassword, domain.Input{}), errKind: domain.Unauthenticated, event: otherUser},
			"wrong code":                       {before: enableOthersFactor, run: loginAs(othersEmail, goodPassword, domain.Given("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA")), errKind: domain.Unauthenticated, event: otherUser},
			"too many failures":                {setup: limitOfThree, before: threeTimes(domain.Anonymous, loginAs(othersEmail, "wrong", domain.Input{})), run: loginAs(othersEmail, goodPassword, domain.Input{}), errKind: domain.TooMany, event: otherUser},
			"too many failures for no account": {setup: limitOfThree, before: threeTimes(domain.Anonymous, loginAs(unusedEmail, "wrong", domain.Input{})), run: loginAs(unusedEmail, "wrong", domain.Input{}), errKind: domain.TooMany},
			"inactive account": {
				before: func(c *clinic, w world) { _ = c.Users.Deactivate(c.ctx, operator, w.other.ID, unconditional) },
				run:    loginAs(othersEmail, goodPassword, domain.Input{}), errKind: domain.Unauthenticated, event: otherUser,
			},
		},
	},
	"Sessions.Refresh": {
		roles: allButOperator, permission: "session:refresh",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Sessions.Refresh(c.ctx, by, refresh(w.otherGrant.Refresh))
		},
		denied:  noRecord(domain.SubjectSession),
		allowed: inSession(func(w world) domain.ID { return w.otherSession }),
		cases: map[string]testCall{
			"no token":       {run: refreshWith(func(world) domain.Input { return domain.Input{} }), errKind: domain.Invalid},
			"not a token":    {run: refreshWith(func(world) domain.Input { return domain.Given("x") }), errKind: domain.Unauthenticated},
			"unknown token":  {run: refreshWith(unknownToken), errKind: domain.Unauthenticated},
			"too many calls": {setup: limitOfThree, before: threeTimes(domain.Anonymous, refreshWith(unknownToken)), run: refreshWith(unknownToken), errKind: domain.TooMany},
			"spent token": {
				run: refreshWith(func(w world) domain.Input {
					return domain.Given(domain.NewRefreshToken(w.otherGrant.Refresh.Selector(), domain.RefreshSecret{}).Reveal())
				}),
				errKind: domain.Unauthenticated,
				event:   func(_ domain.Actor, w world) domain.AuditEvent { return eventOn(domain.SubjectSession, w.otherSession) },
			},
			"revoked session": {
				before:  func(c *clinic, w world) { _ = c.Users.RevokeSessions(c.ctx, operator, w.other.ID) },
				errKind: domain.Unauthenticated, event: inSession(func(w world) domain.ID { return w.otherSession }),
			},
		},
	},
	"Sessions.List": {
		roles: staffAndAdmin, permission: "session:read_self",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Sessions.List(c.ctx, by, domain.PageInput{})
		},
		denied: noRecord(domain.SubjectSession),
		allowed: func(by domain.Actor, _ world) domain.AuditEvent {
			return listEvent(domain.SubjectSession, ids(by.SessionID))
		},
		cases: map[string]testCall{
			"bad page": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) { return c.Sessions.List(c.ctx, by, badPage) }},
		},
	},
	"Sessions.Logout": {
		roles: staffAndAdmin, permission: "session:revoke_self",
		run:     func(c *clinic, by domain.Actor, w world) (any, error) { return nil, c.Sessions.Logout(c.ctx, by) },
		denied:  ownSession,
		allowed: ownSession,
		cases: map[string]testCall{
			"already revoked": {
				role: domain.Staff, before: func(c *clinic, w world) { _ = c.Sessions.Logout(c.ctx, w.actors[domain.Staff]) },
				run: func(c *clinic, by domain.Actor, _ world) (any, error) { return nil, c.Sessions.Logout(c.ctx, by) },
			},
		},
	},
	"Sessions.Unlock": {
		roles: staffAndAdmin, permission: "session:unlock_self",
		run: func(c *clinic, by domain.Actor, _ world) (any, error) {
			return nil, c.Sessions.Unlock(c.ctx, by, check(goodPassword))
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"wrong password":    {role: domain.Staff, errKind: domain.Invalid, run: wrongUnlock},
			"too many failures": {role: domain.Staff, errKind: domain.TooMany, run: wrongUnlock, setup: limitOfThree, before: threeTimes(domain.Staff, wrongUnlock)},
			"no password": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Sessions.Unlock(c.ctx, by, domain.PasswordCheck{})
			}},
		},
	},
	"Sessions.Revoke": {
		roles: staffAndAdmin, permission: "session:revoke_self",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Sessions.Revoke(c.ctx, by, by.SessionID)
		},
		denied:  ownSession,
		allowed: ownSession,
		cases: map[string]testCall{
			"session of another user": {
				role: domain.Staff, errKind: domain.NotFound,
				run: func(c *clinic, by domain.Actor, w world) (any, error) {
					return nil, c.Sessions.Revoke(c.ctx, by, w.otherSession)
				},
				event: func(_ domain.Actor, w world) domain.AuditEvent { return eventOn(domain.SubjectSession, w.otherSession) },
			},
		},
	},
	"Sessions.RevokeOthers": {
		roles: staffAndAdmin, permission: "session:revoke_self",
		run:     func(c *clinic, by domain.Actor, w world) (any, error) { return nil, c.Sessions.RevokeOthers(c.ctx, by) },
		denied:  ownAccount,
		allowed: ownAccount,
	},
}

var accountTable = map[string]useCaseTest{
	"Account.Me": {
		roles: staffAndAdmin, permission: "user:read_self",
		run:     func(c *clinic, by domain.Actor, w world) (any, error) { return c.Account.Me(c.ctx, by) },
		denied:  ownAccount,
		allowed: ownAccount,
	},
	"Account.ChangeMe": {
		roles: staffAndAdmin, permission: "user:update_self",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Account.ChangeMe(c.ctx, by, unconditional, domain.Profile{FirstName: domain.Given("New")})
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"bad input": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.Account.ChangeMe(c.ctx, by, unconditional, domain.Profile{Phone: domain.Given("x")})
			}},
		},
	},
	"Account.Permissions": {
		roles: staffAndAdmin, permission: "user:read_self",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.Account.Permissions(c.ctx, by)
		},
		denied:  ownAccount,
		allowed: ownAccount,
	},
	"Account.ChangePassword": {
		roles: staffAndAdmin, permission: "user:change_password",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.Account.ChangePassword(c.ctx, by, passwordChange(goodPassword, otherPassword))
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"wrong password":    {role: domain.Staff, errKind: domain.Invalid, run: wrongPassword},
			"too many failures": {role: domain.Staff, errKind: domain.TooMany, run: wrongPassword, setup: limitOfThree, before: threeTimes(domain.Staff, wrongPassword)},
			"weak password": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.Account.ChangePassword(c.ctx, by, passwordChange(goodPassword, "password1"))
			}},
		},
	},
}

var secondFactorTable = map[string]useCaseTest{
	"SecondFactor.Get": {
		roles: staffAndAdmin, permission: "user:manage_mfa",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.SecondFactor.Get(c.ctx, by)
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"other duty": {role: domain.Staff, errKind: domain.Forbidden, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				by.Duty = domain.DutyPassword
				return c.SecondFactor.Get(c.ctx, by)
			}},
		},
	},
	"SecondFactor.Enrol": {
		roles: staffAndAdmin, permission: "user:manage_mfa",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.SecondFactor.Enrol(c.ctx, by, check(goodPassword))
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"no password": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.SecondFactor.Enrol(c.ctx, by, domain.PasswordCheck{})
			}},
			"wrong password": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.SecondFactor.Enrol(c.ctx, by, check("wrong"))
			}},
			"already enrolled": {role: domain.Staff, errKind: domain.Conflict, before: enableOwnFactor},
		},
	},
	"SecondFactor.Confirm": {
		roles: staffAndAdmin, permission: "user:manage_mfa",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.SecondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: w.devices[by.Role].code(c.Now())})
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"wrong code":         {role: domain.Staff, errKind: domain.Invalid, run: wrongCode},
			"too many failures":  {role: domain.Staff, errKind: domain.TooMany, run: wrongCode, setup: limitOfThree, before: threeTimes(domain.Staff, wrongCode)},
			"nothing to confirm": {role: domain.Staff, errKind: domain.Conflict, before: enableOwnFactor},
			"not a token": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return c.SecondFactor.Confirm(c.ctx, by, domain.CodeCheck{Code: domain.Given("x")})
			}},
		},
	},
	"SecondFactor.Disable": {
		roles: staffAndAdmin, permission: "user:manage_mfa",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return nil, c.SecondFactor.Disable(c.ctx, by, check(goodPassword))
		},
		denied:  ownAccount,
		allowed: ownAccount,
		cases: map[string]testCall{
			"role that requires it": {role: domain.Admin, errKind: domain.Forbidden, setup: adminsNeedSecondFactor},
			"wrong password": {role: domain.Staff, errKind: domain.Invalid, run: func(c *clinic, by domain.Actor, _ world) (any, error) {
				return nil, c.SecondFactor.Disable(c.ctx, by, check("wrong"))
			}},
		},
	},
	"SecondFactor.Reseal": {
		roles: operatorOnly, permission: "user:reseal_mfa",
		run: func(c *clinic, by domain.Actor, w world) (any, error) {
			return c.SecondFactor.Reseal(c.ctx, by)
		},
		denied:  noRecord(domain.SubjectUser),
		allowed: noRecord(domain.SubjectUser),
	},
}
