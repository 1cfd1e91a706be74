package httpapi

import (
	"context"
	"net/http"

	"github.com/labstack/echo/v4"

	"example.com/healthcare/adapters/recordjson"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func readRegistration(b *body) domain.Registration {
	return domain.Registration{
		Email:     b.text("email"),
		Password:  b.secret("password"),
		FirstName: b.text("first_name"),
		LastName:  b.text("last_name"),
		Phone:     b.text("phone_number"),
		Role:      b.text("role"),
		Unknown:   b.rest("id"),
	}
}

type receiptView struct {
	Detail string `json:"detail"`
}

// registerUser answers 201 with the new account, or 202 if an administrator must activate
// it. The 202 shows no account: it is the same when the address already has one.
func registerUser(users *application.Users) handler {
	return func(c echo.Context, actor domain.Actor) error {
		registered, err := decodeAndCall(c, actor, readRegistration, users.Register)
		if err != nil {
			return err
		}
		if registered.AwaitsApproval {
			return c.JSON(http.StatusAccepted, receiptView{
				"Registration received. An administrator must activate the account before you can sign in.",
			})
		}
		location := "/api/auth/me/"
		if actor.Role == domain.Admin { // the account is not the caller's own
			location = showAccount(registered.User).location()
		}
		setETag(c, registered.User)
		return sendCreated(c, location, showMe(registered.User))
	}
}

func readAccountChange(b *body) domain.UserChange {
	return domain.UserChange{
		Role:   b.text("role"),
		Active: b.flag("is_active"),
		Profile: domain.Profile{
			FirstName: b.text("first_name"),
			LastName:  b.text("last_name"),
			Phone:     b.text("phone_number"),
			Unknown:   b.rest("id", "email", "mfa_enabled", "password_temporary", "created_at", "updated_at", "version"),
		},
	}
}

func readNewPassword(b *body) domain.NewPassword {
	return domain.NewPassword{Password: b.secret("password"), Unknown: b.rest()}
}

// setPassword sets the password of the user whose id is in the path, and answers 204.
func setPassword(users *application.Users) handler {
	return handleID(func(c echo.Context, actor domain.Actor, id domain.ID) error {
		return callWithBodyNoContent(readNewPassword, func(ctx context.Context, actor domain.Actor, in domain.NewPassword) error {
			return users.SetPassword(ctx, actor, id, in)
		})(c, actor)
	})
}

type userNameView struct {
	ID   domain.ID `json:"id"`
	Name string    `json:"name"`
}

func showUserName(name domain.UserName) userNameView { return userNameView(name) }

// listUserNames answers with the names of the users whose ids are in the query string.
func listUserNames(users *application.Users) lister {
	return func(c echo.Context, actor domain.Actor, query *query) error {
		names, err := users.ListNames(c.Request().Context(), actor, domain.NamesQuery{IDs: query.takeAll("id"), Refused: query.rest()})
		if err != nil {
			return err
		}
		return sendItems(c, names, showUserName)
	}
}

// showAccount shows an account as administrators see it.
func showAccount(user domain.User) recordView {
	return recordView{recordjson.User(user), "/api/users/" + user.ID.String() + "/"}
}
