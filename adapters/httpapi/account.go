package httpapi

import "example.com/healthcare/domain"

func readProfile(b *body) domain.Profile {
	return domain.Profile{
		FirstName: b.text("first_name"),
		LastName:  b.text("last_name"),
		Phone:     b.text("phone_number"),
		Unknown:   b.rest("id", "email", "role", "version"),
	}
}

func readPasswordChange(b *body) domain.PasswordChange {
	return domain.PasswordChange{
		Current: b.secret("current_password"),
		New:     b.secret("new_password"),
		Unknown: b.rest(),
	}
}

// userView holds the members of an account that its user and administrators see.
type userView struct {
	ID        domain.ID   `json:"id"`
	FirstName string      `json:"first_name"`
	LastName  string      `json:"last_name"`
	Email     string      `json:"email"`
	Phone     string      `json:"phone_number"`
	Role      domain.Role `json:"role"`
}

func showUser(user domain.User) userView {
	return userView{
		ID:        user.ID,
		FirstName: user.FirstName.String(),
		LastName:  user.LastName.String(),
		Email:     user.Email.String(),
		Phone:     user.Phone.String(),
		Role:      user.Role,
	}
}

// meView is a user's view of their own account.
type meView struct {
	userView
	Version int `json:"version"`
}

func showMe(user domain.User) meView { return meView{showUser(user), user.Version} }

func showPermissions(permissions []domain.Permission) []domain.Permission { return permissions }
