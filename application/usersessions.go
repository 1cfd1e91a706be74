package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// ListSessions returns a page of the live sessions of a user. An unknown user is NotFound. The
// event names the user, as the person whose devices and addresses were shown.
func (s *Users) ListSessions(ctx context.Context, actor domain.Actor, id domain.ID, in domain.PageInput) (Page[domain.Session], error) {
	page, inputErr := in.Parse()
	now := s.clock()
	return runView(ctx, s.trail, call{actor: actor, permission: domain.SessionRead, kind: domain.SubjectUser, id: id, inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (Page[domain.Session], error) {
			if _, err := tx.Users().Get(ctx, id); err != nil {
				return Page[domain.Session]{}, err
			}
			return readPageByID(page, sessionID, liveSessions(ctx, tx, id, now))
		})
}

// RevokeSessions revokes all sessions of a user.
func (s *Users) RevokeSessions(ctx context.Context, actor domain.Actor, id domain.ID) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.SessionRevoke, kind: domain.SubjectUser, id: id},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			if _, err := tx.Users().Get(ctx, id); err != nil {
				return nothing{}, err
			}
			return nothing{}, revokeSessions(ctx, tx, event, id, 0, s.clock())
		})
	return err
}
