package domain

import "time"

// User is a person who may sign in.
type User struct {
	ID        ID
	FirstName PersonName
	LastName  PersonName
	// Email is the sign-in name, unique among users.
	Email        Email
	Phone        Phone
	Role         Role
	PasswordHash PasswordHash
	CreatedAt    time.Time
}

// Registration is what a person registers with. Email and Password are
// required, Role is STAFF unless given.
type Registration struct {
	Email     Input
	Password  Input
	FirstName Input
	LastName  Input
	Phone     Input
	Role      Input
	Unknown   []string
}

// NewUser builds a user from reg, and returns the password to be hashed beside
// it. weakness says why a password is too easy to guess for somebody with these
// names and this address, or nothing. Every bad field is reported.
func NewUser(reg Registration, now time.Time, weakness func(password Password, known ...string) string) (User, Password, error) {
	form := newForm(false)
	form.unknown(reg.Unknown)
	user := User{
		Email:     required(form, "email", reg.Email, Email{}, ParseEmail),
		FirstName: optional(form, "first_name", reg.FirstName, PersonName{}, ParsePersonName),
		LastName:  optional(form, "last_name", reg.LastName, PersonName{}, ParsePersonName),
		Phone:     optional(form, "phone_number", reg.Phone, Phone{}, ParsePhone),
		Role:      optional(form, "role", reg.Role, Staff, ParseRole),
		CreatedAt: now,
	}
	if user.Role == "" {
		user.Role = Staff
	}
	password := required(form, "password", reg.Password, Password{}, func(text string) (Password, error) {
		password, err := ParseNewPassword(text)
		if err != nil {
			return Password{}, err
		}
		if why := weakness(password, user.Email.String(), user.FirstName.String(), user.LastName.String()); why != "" {
			return Password{}, invalid(why)
		}
		return password, nil
	})
	return user, password, form.err()
}

// ErrEmailTaken says that the address belongs to a user already.
func ErrEmailTaken() error {
	return ErrDuplicate("email", "user with this email already exists.")
}

// Profile is what users may change of themselves; absent fields stay.
type Profile struct {
	FirstName Input
	LastName  Input
	Phone     Input
	Unknown   []string
}

// Change returns the user with the given fields of profile. Every bad field is reported.
func (u User) Change(profile Profile) (User, error) {
	form := newForm(true)
	form.unknown(profile.Unknown)
	u.FirstName = optional(form, "first_name", profile.FirstName, u.FirstName, ParsePersonName)
	u.LastName = optional(form, "last_name", profile.LastName, u.LastName, ParsePersonName)
	u.Phone = optional(form, "phone_number", profile.Phone, u.Phone, ParsePhone)
	return u, form.err()
}

// Credentials are what a person signs in with.
type Credentials struct {
	Username Input
	Password Input
	Unknown  []string
}

// Parse returns the address and password to compare. A username that is no
// address is nobody's, and comes back as the zero Email.
func (c Credentials) Parse() (Email, Password, error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	email := required(form, "username", c.Username, Email{}, func(text string) (Email, error) {
		if text == "" {
			return Email{}, errBlank
		}
		email, _ := ParseEmail(text)
		return email, nil
	})
	password := required(form, "password", c.Password, Password{}, func(text string) (Password, error) {
		if text == "" {
			return Password{}, errBlank
		}
		return TypedPassword(text), nil
	})
	return email, password, form.err()
}

// Refresh is a refresh token that is presented.
type Refresh struct {
	Token   Input
	Unknown []string
}

// Parse returns the token. A missing one is Invalid, one that cannot be a token
// is refused like any wrong one.
func (r Refresh) Parse() (RefreshToken, error) {
	form := newForm(false)
	form.unknown(r.Unknown)
	text := required(form, "refresh", r.Token, "", func(text string) (string, error) {
		if text == "" {
			return "", errBlank
		}
		return text, nil
	})
	if err := form.err(); err != nil {
		return RefreshToken{}, err
	}
	return ParseRefreshToken(text)
}

// ErrCredentials refuses a login, whichever part was wrong.
func ErrCredentials() error {
	return &Error{Kind: Unauthenticated, Code: "no_active_account", Message: "No active account found with the given credentials"}
}
