package httpapi

import (
	"github.com/labstack/echo/v4"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type sessionView struct {
	ID         domain.ID `json:"id"`
	CreatedAt  string    `json:"created_at"`
	LastUsedAt string    `json:"last_used_at"`
	ExpiresAt  string    `json:"expires_at"`
	Address    string    `json:"address"`
	Device     string    `json:"device"`
	// Current marks the session that the request was sent in.
	Current bool `json:"current"`
}

func listSessions(sessions *application.Sessions) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		return list(readPage, sessions.List, showSessionTo(actor))(c, actor, query)
	}
}

func listUserSessions(users *application.Users) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		return listByID(readPage, users.ListSessions, showSessionTo(actor))(c, actor, query)
	}
}

func showSessionTo(actor domain.Actor) func(domain.Session) sessionView {
	return func(session domain.Session) sessionView {
		return sessionView{
			ID:         session.ID,
			CreatedAt:  showInstant(session.CreatedAt),
			LastUsedAt: showInstant(session.LastUsedAt),
			ExpiresAt:  showInstant(session.ExpiresAt),
			Address:    showAddress(session.Origin.Address),
			Device:     session.Origin.Device,
			Current:    session.ID == actor.SessionID,
		}
	}
}
