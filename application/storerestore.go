package application

import (
	"context"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// AfterRestore revokes all live sessions of a store that is a backup: the backup does not
// know which of them were revoked since. It returns how many there were. Its event says in
// the trail that the store was restored (see LastRestore).
func (s *Sessions) AfterRestore(ctx context.Context, actor domain.Actor) (revoked int, err error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.StoreRestore, kind: domain.SubjectSession},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (int, error) {
			query := domain.ListQuery{Limit: domain.MaxPageLimit}
			for {
				users, err := tx.Users().List(ctx, query)
				if err != nil || len(users) == 0 {
					return len(event.revokedSessions), err
				}
				for _, user := range users {
					if err := revokeSessions(ctx, tx, event, user.ID, 0, s.clock()); err != nil {
						return 0, err
					}
				}
				query.After = &domain.Position{ID: users[len(users)-1].ID}
			}
		})
}

// LastRestore returns when the store was last restored from a backup, the zero time if it
// never was. It is not a use-case: it needs no permission, because it returns no data of any
// person.
func LastRestore(ctx context.Context, store ports.Store) (time.Time, error) {
	return viewStore(ctx, store, func(tx ports.Tx) (time.Time, error) {
		filter := domain.AuditFilter{Action: domain.StoreRestore, NewestFirst: true}
		events, err := tx.Audit().List(ctx, filter, domain.Page{Limit: 1})
		if err != nil || len(events) == 0 {
			return time.Time{}, err
		}
		return events[0].At, nil
	})
}
