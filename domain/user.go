package domain

import (
	"strings"
	"time"
)

// User is a person with an account.
type User struct {
	ID        ID
	FirstName PersonName
	LastName  PersonName
	// Email is the name to sign in with. It is unique among users.
	Email        Email
	Phone        Phone
	Role         Role
	PasswordHash PasswordHash
	// PasswordTemporary is set while the password is one that an administrator chose.
	// The user must change it before doing anything else.
	PasswordTemporary bool
	// Active says whether the user can sign in.
	Active       bool
	SecondFactor SecondFactor
	CreatedAt    time.Time
	// UpdatedAt and Version, which starts at 1, change with every change of the account, but
	// not with what a sign-in stores.
	UpdatedAt time.Time
	Version   int
}

// NextVersion returns the user after a change at the given time: the version is one higher.
func (u User) NextVersion(at time.Time) User {
	u.Version++
	u.UpdatedAt = at
	return u
}

// Name returns the first and the last name, or the one that is set.
func (u User) Name() string {
	return strings.TrimSpace(u.FirstName.String() + " " + u.LastName.String())
}

// SessionOwner returns the properties of the user that apply to the user's sessions.
func (u User) SessionOwner() SessionOwner {
	return SessionOwner{Role: u.Role, Active: u.Active, PasswordTemporary: u.PasswordTemporary, SecondFactor: u.SecondFactor.Confirmed}
}

// Registration holds the fields of a new account. Email and Password are required. Role
// is STAFF by default.
type Registration struct {
	Email     Input
	Password  Input
	FirstName Input
	LastName  Input
	Phone     Input
	Role      Input
	Unknown   []string
}

// Weakness explains why a password is too easy to guess for somebody who knows the given
// words about its owner. It returns an empty text if the password is good.
type Weakness func(password Password, known ...string) string

// NewUser returns an active user built from reg, and the password, which the caller must
// hash. Every invalid field is reported.
func NewUser(reg Registration, now time.Time, weakness Weakness) (User, Password, error) {
	form := newForm(false)
	form.unknown(reg.Unknown)
	user := User{
		Email:     required(form, "email", reg.Email, Email{}, ParseEmail),
		FirstName: optional(form, "first_name", reg.FirstName, PersonName{}, ParsePersonName),
		LastName:  optional(form, "last_name", reg.LastName, PersonName{}, ParsePersonName),
		Phone:     optional(form, "phone_number", reg.Phone, Phone{}, ParsePhone),
		Role:      optional(form, "role", reg.Role, Staff, ParseRole),
		Active:    true,
		CreatedAt: now,
		UpdatedAt: now,
		Version:   1,
	}
	if user.Role == "" {
		user.Role = Staff
	}
	password := required(form, "password", reg.Password, Password{}, user.newPassword(weakness))
	return user, password, form.err()
}

// newPassword returns the function that parses and checks a new password for the user.
func (u User) newPassword(weakness Weakness) func(text string) (Password, error) {
	return func(text string) (Password, error) {
		password, err := ParseNewPassword(text)
		if err != nil {
			return Password{}, err
		}
		if why := weakness(password, u.Email.String(), u.FirstName.String(), u.LastName.String()); why != "" {
			return Password{}, invalid(why)
		}
		return password, nil
	}
}

// ErrEmailTaken returns a Conflict: another user has the address.
func ErrEmailTaken() error {
	return ErrDuplicate("email", "user with this email already exists.")
}

// Profile holds the fields that users can change in their own account. Absent fields
// keep their value.
type Profile struct {
	FirstName Input
	LastName  Input
	Phone     Input
	Unknown   []string
}

// Change returns the user with the fields that profile contains. Every invalid field is
// reported.
func (u User) Change(profile Profile) (User, error) {
	form := newForm(true)
	u = u.fill(form, profile)
	return u, form.err()
}

func (u User) fill(form *form, profile Profile) User {
	form.unknown(profile.Unknown)
	u.FirstName = optional(form, "first_name", profile.FirstName, u.FirstName, ParsePersonName)
	u.LastName = optional(form, "last_name", profile.LastName, u.LastName, ParsePersonName)
	u.Phone = optional(form, "phone_number", profile.Phone, u.Phone, ParsePhone)
	return u
}

// UserChange holds the fields that an administrator can change in a user's account.
// Absent fields keep their value.
type UserChange struct {
	Profile
	Role   Input
	Active Input
}

// Administer returns the user with the fields that change contains. Every invalid field
// is reported.
func (u User) Administer(change UserChange) (User, error) {
	form := newForm(true)
	u = u.fill(form, change.Profile)
	u.Role = required(form, "role", change.Role, u.Role, ParseRole)
	u.Active = required(form, "is_active", change.Active, u.Active, parseFlag)
	return u, form.err()
}

func parseFlag(text string) (bool, error) {
	switch text {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, invalid("Must be true or false.")
}

// NewPassword is a temporary password that an administrator sets for a user.
type NewPassword struct {
	Password Input
	Unknown  []string
}

// Parse returns the password, which the caller must hash. Every invalid field is
// reported.
func (n NewPassword) Parse(user User, weakness Weakness) (Password, error) {
	form := newForm(false)
	form.unknown(n.Unknown)
	password := required(form, "password", n.Password, Password{}, user.newPassword(weakness))
	return password, form.err()
}

// SetPassword returns the user with a new password hash. If temporary is set, the user
// must change the password before doing anything else.
func (u User) SetPassword(hash PasswordHash, temporary bool) User {
	u.PasswordHash, u.PasswordTemporary = hash, temporary
	return u
}

// ErrLastAdmin returns a Conflict: the change would leave the service without an active
// administrator. The field is the one that the caller tried to change.
func ErrLastAdmin(field string) error {
	return &Error{Kind: Conflict, Code: "last_admin", Message: "Invalid input.", Fields: FieldErrors{
		field: {"This is the last active administrator. Make another user an administrator first."},
	}}
}

// UserList declares the list of users.
var UserList = Listing[User]{
	name:       "users",
	id:         func(u User) ID { return u.ID },
	searchText: User.SearchText,
	filters: []filter[User]{
		{name: "role", kind: choiceValue(string(Admin), string(Staff)), value: func(u User) Value { return string(u.Role) }},
		{name: "is_active", kind: flagValue, value: func(u User) Value { return u.Active }},
	},
	orderings: []ordering[User]{
		byID(func(u User) ID { return u.ID }),
		{"email", emailValue, func(u User) Value { return u.Email.text }},
		{"last_name", foldedValue, func(u User) Value { return SortKey(u.LastName.text) }},
	},
	members: []string{
		"id", "first_name", "last_name", "email", "phone_number", "role", "is_active", "mfa_enabled", "password_temporary",
		"created_at", "updated_at", "version",
	},
}
