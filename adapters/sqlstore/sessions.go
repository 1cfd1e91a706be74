package sqlstore

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	selectSession = `
		SELECT sessions.id, sessions.user_id, users.role, sessions.created_at, sessions.expires_at,
			sessions.revoked_at, sessions.refresh_selector, sessions.refresh_hash
		FROM sessions JOIN users ON users.id = sessions.user_id`
	// The user is locked for its role, which is part of what is read.
	lockSession   = ` FOR NO KEY UPDATE OF sessions FOR SHARE OF users`
	insertSession = `
		INSERT INTO sessions (user_id, created_at, expires_at, revoked_at, refresh_selector, refresh_hash)
		VALUES ($1, $2, $3, $4, $5, $6)
		RETURNING id, (SELECT role FROM users WHERE users.id = user_id) AS role`
	updateSession = `
		UPDATE sessions
		SET expires_at = $2, revoked_at = $3, refresh_hash = $4
		WHERE id = $1`
)

type sessionRow struct {
	ID        domain.ID   `db:"id"`
	UserID    domain.ID   `db:"user_id"`
	Role      domain.Role `db:"role"`
	CreatedAt instant     `db:"created_at"`
	ExpiresAt instant     `db:"expires_at"`
	RevokedAt instant     `db:"revoked_at"`
	Selector  []byte      `db:"refresh_selector"`
	Hash      []byte      `db:"refresh_hash"`
}

func (r sessionRow) entity() domain.Session {
	session := domain.Session{
		ID:        r.ID,
		UserID:    r.UserID,
		Role:      r.Role,
		CreatedAt: r.CreatedAt.Time,
		ExpiresAt: r.ExpiresAt.Time,
		RevokedAt: r.RevokedAt.Time,
	}
	copy(session.Selector[:], r.Selector)
	copy(session.RefreshHash[:], r.Hash)
	return session
}

// sessions implements ports.Sessions.
type sessions struct{ *querier }

func (s sessions) Add(ctx context.Context, session domain.Session) (domain.Session, error) {
	session.CreatedAt, session.ExpiresAt = ports.Kept(session.CreatedAt), ports.Kept(session.ExpiresAt)
	session.RevokedAt = ports.Kept(session.RevokedAt)
	var row struct {
		ID   domain.ID    `db:"id"`
		Role *domain.Role `db:"role"` // nil when there is no such user
	}
	err := s.insert(ctx, &row, insertSession,
		session.UserID, session.CreatedAt, session.ExpiresAt, timeOrNull(session.RevokedAt),
		session.Selector[:], session.RefreshHash[:])
	switch {
	case isNoReference(err):
		return domain.Session{}, s.refuse(domain.ErrNoSuchReference("user"))
	case err != nil:
		return domain.Session{}, err
	}
	session.ID, session.Role = row.ID, *row.Role
	return session, nil
}

func (s sessions) Get(ctx context.Context, id domain.ID) (domain.Session, error) {
	return s.one(ctx, ` WHERE sessions.id = $1`, id)
}

func (s sessions) BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.Session, error) {
	return s.one(ctx, ` WHERE sessions.refresh_selector = $1`, selector[:])
}

func (s sessions) one(ctx context.Context, where string, arg any) (domain.Session, error) {
	var row sessionRow
	err := s.get(ctx, &row, selectSession+where+s.locking(lockSession), arg)
	return row.entity(), err
}

func (s sessions) Save(ctx context.Context, session domain.Session) error {
	return s.change(ctx, updateSession, session.ID,
		ports.Kept(session.ExpiresAt), timeOrNull(session.RevokedAt), session.RefreshHash[:])
}
