package sqlstore

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

const (
	sessionColumns = `sessions.id, sessions.user_id, sessions.created_at, sessions.expires_at, sessions.revoked_at,
			sessions.refresh_selector, sessions.refresh_hash, sessions.address, sessions.device, sessions.last_used_at,
			sessions.spent_hash, sessions.spent_at, sessions.successor`
	selectSession = `
		SELECT ` + sessionColumns + `, users.role, users.is_active, users.password_temporary, users.totp_confirmed
		FROM sessions JOIN users ON users.id = sessions.user_id`
	// Only the session is locked. The user's columns can change before the Update returns.
	lockSession        = ` FOR NO KEY UPDATE OF sessions`
	selectLiveSessions = `
		SELECT ` + sessionColumns + `
		FROM sessions
		WHERE sessions.user_id = $1 AND sessions.revoked_at IS NULL AND sessions.expires_at > $2 AND sessions.id > $3
		ORDER BY sessions.id
		LIMIT $4`
	insertSession = `
		INSERT INTO sessions (user_id, created_at, expires_at, revoked_at, refresh_selector, refresh_hash,
			address, device, last_used_at, spent_hash, spent_at, successor)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		RETURNING id`
	updateSession = `
		UPDATE sessions
		SET expires_at = $2, revoked_at = $3, refresh_hash = $4, last_used_at = $5,
			spent_hash = $6, spent_at = $7, successor = $8
		WHERE id = $1`
	revokeSessions = `
		UPDATE sessions
		SET revoked_at = $3, successor = NULL
		WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL AND expires_at > $3
		RETURNING id`
	selectRevokedSince = `
		SELECT id
		FROM sessions
		WHERE revoked_at > $1`
)

type sessionRow struct {
	ID         domain.ID `db:"id"`
	UserID     domain.ID `db:"user_id"`
	CreatedAt  instant   `db:"created_at"`
	ExpiresAt  instant   `db:"expires_at"`
	RevokedAt  instant   `db:"revoked_at"`
	Selector   []byte    `db:"refresh_selector"`
	Hash       []byte    `db:"refresh_hash"`
	Address    string    `db:"address"`
	Device     string    `db:"device"`
	LastUsedAt instant   `db:"last_used_at"`
	SpentHash  []byte    `db:"spent_hash"`
	SpentAt    instant   `db:"spent_at"`
	Successor  []byte    `db:"successor"`
}

func (r sessionRow) entity() domain.Session {
	address, _ := netip.ParseAddr(r.Address) // An empty text gives the zero Addr. Any other text was written from an Addr.
	session := domain.Session{
		ID:         r.ID,
		UserID:     r.UserID,
		CreatedAt:  r.CreatedAt.Time,
		Origin:     domain.Origin{Address: address, Device: r.Device},
		LastUsedAt: r.LastUsedAt.Time,
		ExpiresAt:  r.ExpiresAt.Time,
		RevokedAt:  r.RevokedAt.Time,
		SpentAt:    r.SpentAt.Time,
	}
	copy(session.Selector[:], r.Selector)
	copy(session.RefreshHash[:], r.Hash)
	copy(session.SpentHash[:], r.SpentHash)
	copy(session.Successor[:], r.Successor)
	return session
}

type sessionViewRow struct {
	sessionRow
	Role              domain.Role `db:"role"`
	Active            bool        `db:"is_active"`
	PasswordTemporary bool        `db:"password_temporary"`
	TOTPConfirmed     bool        `db:"totp_confirmed"`
}

func (r sessionViewRow) entity() domain.SessionView {
	owner := domain.SessionOwner{Role: r.Role, Active: r.Active, PasswordTemporary: r.PasswordTemporary, SecondFactor: r.TOTPConfirmed}
	return domain.SessionView{Session: r.sessionRow.entity(), Owner: owner}
}

// sessions implements ports.Sessions.
type sessions struct{ *querier }

func (s sessions) Add(ctx context.Context, session domain.Session) (domain.Session, error) {
	session.CreatedAt, session.LastUsedAt = ports.ToMicroseconds(session.CreatedAt), ports.ToMicroseconds(session.LastUsedAt)
	session.ExpiresAt, session.RevokedAt = ports.ToMicroseconds(session.ExpiresAt), ports.ToMicroseconds(session.RevokedAt)
	session.SpentAt = ports.ToMicroseconds(session.SpentAt)
	address, _ := session.Origin.Address.MarshalText() // The zero Addr gives an empty text. There is never an error.
	err := s.returning(ctx, &session.ID, insertSession,
		session.UserID, session.CreatedAt, session.ExpiresAt, timeOrNull(session.RevokedAt),
		session.Selector[:], session.RefreshHash[:],
		string(address), session.Origin.Device, session.LastUsedAt,
		bytesOrNull(session.SpentHash[:]), timeOrNull(session.SpentAt), bytesOrNull(session.Successor[:]))
	switch {
	case isNoReference(err):
		return domain.Session{}, s.refuse(domain.ErrNoSuchReference("user"))
	case err != nil:
		return domain.Session{}, err
	}
	return session, nil
}

func (s sessions) Get(ctx context.Context, id domain.ID) (domain.SessionView, error) {
	return s.getWhere(ctx, ` WHERE sessions.id = $1`, id)
}

func (s sessions) BySelector(ctx context.Context, selector domain.RefreshSelector) (domain.SessionView, error) {
	if selector == (domain.RefreshSelector{}) {
		return domain.SessionView{}, domain.ErrNotFound()
	}
	return s.getWhere(ctx, ` WHERE sessions.refresh_selector = $1`, selector[:])
}

func (s sessions) getWhere(ctx context.Context, where string, arg any) (domain.SessionView, error) {
	var row sessionViewRow
	err := s.get(ctx, &row, selectSession+where+s.locking(lockSession), arg)
	return row.entity(), err
}

func (s sessions) Save(ctx context.Context, session domain.Session) error {
	return s.change(ctx, updateSession, session.ID,
		ports.ToMicroseconds(session.ExpiresAt), timeOrNull(session.RevokedAt), session.RefreshHash[:], ports.ToMicroseconds(session.LastUsedAt),
		bytesOrNull(session.SpentHash[:]), timeOrNull(session.SpentAt), bytesOrNull(session.Successor[:]))
}

func (s sessions) Live(ctx context.Context, user domain.ID, now time.Time, page domain.Page) ([]domain.Session, error) {
	return entities[sessionRow](ctx, s.querier, selectLiveSessions, user, ports.ToMicroseconds(now), page.After, page.Limit)
}

func (s sessions) RevokeAll(ctx context.Context, user, except domain.ID, now time.Time) ([]domain.ID, error) {
	if s.tx == nil {
		return nil, errWriteInView
	}
	revoked, err := entities[idRow](ctx, s.querier, revokeSessions, user, except, ports.ToMicroseconds(now))
	slices.Sort(revoked) // RETURNING has no order.
	return revoked, err
}

// idRow is a row with only the column id.
type idRow struct {
	ID domain.ID `db:"id"`
}

func (r idRow) entity() domain.ID { return r.ID }

// RevokedSince returns the IDs of the sessions that were revoked after since, in any order.
// A ports.Revocations loads them when it may have missed revocations.
func (s *Store) RevokedSince(ctx context.Context, since time.Time) ([]domain.ID, error) {
	q := &querier{engine: s.engine, statements: s.reader}
	return entities[idRow](ctx, q, selectRevokedSince, ports.ToMicroseconds(since))
}
