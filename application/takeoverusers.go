package application

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

type plannedUser = planned[domain.OldUser, domain.User]

// Users takes over a batch of users with their password hashes. A user without a hash that
// can be verified cannot sign in until an administrator sets a password. A user who has signed
// in here keeps the password that was used here. A new role or password and a deactivation
// revoke the user's sessions.
func (s *Takeover) Users(ctx context.Context, actor domain.Actor, batch TakeoverBatch[domain.OldUser]) ([]TakeoverRow, error) {
	return takeOverBatch(ctx, s.trail, actor, domain.SubjectUser, batch.Rules.DryRun,
		func(tx ports.Tx) ([]plannedUser, error) { return s.planUsers(ctx, tx, batch) },
		func(tx ports.Tx, event *pendingEvent, plans []plannedUser) error {
			return writeUsers(ctx, tx, event, plans)
		})
}

// planUsers decides what to do with each row of a batch.
func (s *Takeover) planUsers(ctx context.Context, tx ports.Tx, batch TakeoverBatch[domain.OldUser]) ([]plannedUser, error) {
	// Lock the administrators before other users, as Users.Change does.
	administrators, err := activeAdministrators(ctx, tx)
	if err != nil {
		return nil, err
	}
	plans := make([]plannedUser, 0, len(batch.Rows))
	keys := map[string]domain.ID{}
	for _, row := range batch.Rows {
		planned, err := s.planUser(ctx, tx, row)
		if err != nil {
			return nil, err
		}
		if planned.Outcome != TakenRefused {
			if err := requireFreeAddress(ctx, tx, &planned, keys, batch.Earlier); err != nil {
				return nil, err
			}
		}
		if planned.Outcome != TakenRefused {
			requireAdministrator(&planned, administrators)
		}
		if planned.Outcome != TakenRefused {
			planned.key, planned.isHere = planned.after.Email.String(), true
			keys[planned.key] = row.ID
		}
		plans = append(plans, planned)
	}
	return plans, nil
}

// activeAdministrators locks and returns the active administrators.
func activeAdministrators(ctx context.Context, tx ports.Tx) (map[domain.ID]bool, error) {
	found, err := tx.Users().ActiveAdmins(ctx)
	ids := make(map[domain.ID]bool, len(found))
	for _, user := range found {
		ids[user.ID] = true
	}
	return ids, err
}

// planUser decides what to do with one row, without regard to other users.
func (s *Takeover) planUser(ctx context.Context, tx ports.Tx, row domain.OldUser) (plannedUser, error) {
	planned := plannedUser{row: row, TakeoverRow: newTakeoverRow(domain.SubjectUser, row.ID)}
	if planned.Outcome == TakenRefused {
		return planned, nil
	}
	before, err := tx.Users().Get(ctx, row.ID)
	switch {
	case err == nil:
		planned.before, planned.isHere, planned.Outcome = before, true, TakenSame
	case domain.KindOf(err) != domain.NotFound:
		return planned, err
	}
	if planned.after, err = row.TakeOver(before); err != nil {
		if err := planned.refuseInvalid(err); err != nil || !planned.isHere {
			return planned, err
		}
		return planned, requireTakenOver(ctx, tx, &planned.TakeoverRow, before.UpdatedAt)
	}
	if !row.SignsInAs(planned.after.Email) {
		planned.note("username", "The user name is not the e-mail address, with which the user signs in here.", "Tell the user.")
	}
	s.takePassword(&planned)
	planned.Changed = changedUserFields(planned.before, planned.after)
	if planned.Outcome == TakenNew || len(planned.Changed) == 0 {
		return planned, nil
	}
	planned.Outcome = TakenChanged
	return planned, requireTakenOver(ctx, tx, &planned.TakeoverRow, before.UpdatedAt)
}

// takePassword sets the password hash of the user.
func (s *Takeover) takePassword(planned *plannedUser) {
	hash := planned.row.PasswordHash
	switch s.passwords.Format(hash) {
	case ports.HashNone:
		hash = domain.PasswordHash{}
		planned.note("password", "The user has no password, and cannot sign in.", "An Admin can set one: healthcare users set-password.")
	case ports.HashUnknown:
		hash = domain.PasswordHash{}
		planned.note("password", "The hash has a format that cannot be verified here. The user cannot sign in.", "An Admin can set a password: healthcare users set-password.")
	case ports.HashOfOldBackend, ports.HashOfService:
	}
	here := planned.before.PasswordHash
	switch {
	case s.passwords.Format(here) == ports.HashOfService:
		planned.note("password", "The user has signed in here. The password that was used here stays.", "")
		hash = here
	case here.Reveal() == hash.Reveal(): // Secrets with the same text can differ.
		hash = here
	}
	planned.after.PasswordHash = hash
}

// changedUserFields returns the names of the fields that differ.
func changedUserFields(before, after domain.User) (names []string) {
	for _, field := range []struct {
		name    string
		differs bool
	}{
		{"email", before.Email != after.Email},
		{"first_name", before.FirstName != after.FirstName},
		{"last_name", before.LastName != after.LastName},
		{"phone_number", before.Phone != after.Phone},
		{"role", before.Role != after.Role},
		{"is_active", before.Active != after.Active},
		{"password", before.PasswordHash != after.PasswordHash},
	} {
		if field.differs {
			names = append(names, field.name)
		}
	}
	return names
}

// requireFreeAddress refuses a user whose address another user has.
func requireFreeAddress(ctx context.Context, tx ports.Tx, planned *plannedUser, keys map[string]domain.ID, earlier *TakeoverMemory) error {
	email := planned.after.Email
	owner := keys[email.String()]
	if owner == 0 {
		owner = earlier.owner(domain.SubjectUser, email.String())
	}
	if owner == 0 && email != planned.before.Email {
		user, err := tx.Users().ByEmail(ctx, email)
		if err != nil && domain.KindOf(err) != domain.NotFound {
			return err
		}
		owner = user.ID
	}
	if owner != 0 && owner != planned.row.ID {
		planned.refuse("email", "User "+owner.String()+" has the same address. Letter case does not count here.", runAgain)
	}
	return nil
}

// requireAdministrator refuses a change that would leave no active administrator.
// administrators are the active ones, and are updated.
func requireAdministrator(planned *plannedUser, administrators map[domain.ID]bool) {
	id := planned.row.ID
	switch {
	case planned.after.Active && planned.after.Role == domain.Admin:
		administrators[id] = true
	case !administrators[id]:
	case len(administrators) == 1:
		field := "role"
		if !planned.after.Active {
			field = "is_active"
		}
		planned.refuse(field, "This is the last active administrator here.", "Make another user an administrator first.")
	default:
		delete(administrators, id)
	}
}

// writeUsers adds and saves what the plans say. It revokes the sessions of users with a new role
// or password and of users who are deactivated.
func writeUsers(ctx context.Context, tx ports.Tx, event *pendingEvent, plans []plannedUser) error {
	var added []domain.User
	for _, planned := range plans {
		after := planned.after
		switch planned.Outcome {
		case TakenNew:
			after.UpdatedAt, after.Version = event.At, 1
			added = append(added, after)
		case TakenChanged:
			if _, err := saveUser(ctx, tx, event, planned.before, after); err != nil {
				return err
			}
			if slices.ContainsFunc(planned.Changed, func(field string) bool { return field == "role" || field == "is_active" || field == "password" }) {
				if err := revokeSessions(ctx, tx, event, after.ID, 0, event.At); err != nil {
					return err
				}
			}
		case TakenSame, TakenRefused, TakenGone, TakenDeleted:
		}
	}
	return tx.Takeover().AddUsers(ctx, added...)
}
