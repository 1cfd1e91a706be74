package application

import (
	"cmp"
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// ListNames returns the names of the users with the given IDs, in ascending order of ID. It
// leaves out IDs that no user has.
func (s *Users) ListNames(ctx context.Context, actor domain.Actor, in domain.NamesQuery) ([]domain.UserName, error) {
	ids, inputErr := in.Parse()
	return runView(ctx, s.trail, call{actor: actor, permission: domain.UserReadNames, kind: domain.SubjectUser, named: in.References(), inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) ([]domain.UserName, error) {
			users, err := tx.Users().ListByIDs(ctx, ids...)
			slices.SortFunc(users, func(a, b domain.User) int { return cmp.Compare(a.ID, b.ID) })
			names := make([]domain.UserName, len(users))
			event.Subject.Shown = make([]domain.ID, len(users))
			for i, user := range users {
				names[i] = domain.UserName{ID: user.ID, Name: user.Name()}
				event.Subject.Shown[i] = user.ID
			}
			return names, err
		})
}
