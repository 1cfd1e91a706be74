package domain

import (
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

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
	// PasswordTemporary is set while the password is one that somebody else has
	// set: the user has to change it first of all.
	PasswordTemporary bool
	// Active is whether the user may sign in.
	Active       bool
	SecondFactor SecondFactor
	CreatedAt    time.Time
	// UpdatedAt and Version, which is from 1, move with every change of the account, and not
	// with what a sign-in leaves behind.
	UpdatedAt time.Time
	Version   int
}

// NextVersion returns the user as of a change at that time.
func (u User) NextVersion(at time.Time) User {
	u.Version++
	u.UpdatedAt = at
	return u
}

// Name is the first name and the last name, as far as there are any.
func (u User) Name() string {
	return strings.TrimSpace(u.FirstName.String() + " " + u.LastName.String())
}

// Owner is what the user's sessions need to know of the user.
func (u User) Owner() SessionOwner {
	return SessionOwner{Role: u.Role, Active: u.Active, PasswordTemporary: u.PasswordTemporary, SecondFactor: u.SecondFactor.Confirmed}
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

// Weakness says why a password is too easy to guess for somebody who knows the
// given words about its owner, or nothing.
type Weakness func(password Password, known ...string) string

// NewUser builds an active user from reg, and returns the password to be hashed
// beside it. Every bad field is reported.
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

// newPassword parses a password that the user could have.
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

// UserChange is what an administrator may change of a user; absent fields stay.
type UserChange struct {
	Profile
	Role   Input
	Active Input
}

// Administer returns the user with the given fields of change. Every bad field is reported.
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

// NewPassword is a password that an administrator sets for a user.
type NewPassword struct {
	Password Input
	Unknown  []string
}

// Parse returns the password to be hashed for user. Every bad field is reported.
func (n NewPassword) Parse(user User, weakness Weakness) (Password, error) {
	form := newForm(false)
	form.unknown(n.Unknown)
	password := required(form, "password", n.Password, Password{}, user.newPassword(weakness))
	return password, form.err()
}

// SetPassword returns the user with another password. A temporary one has to be
// changed by the user first of all.
func (u User) SetPassword(hash PasswordHash, temporary bool) User {
	u.PasswordHash, u.PasswordTemporary = hash, temporary
	return u
}

// ErrLastAdmin refuses what would leave nobody to administer the service. The
// fields are those that were to be changed.
func ErrLastAdmin(field string) error {
	return &Error{Kind: Conflict, Code: "last_admin", Message: "Invalid input.", Fields: FieldErrors{
		field: {"This is the last active administrator. Make somebody else one first."},
	}}
}

// UserFilter narrows a list of users; a zero field does not.
type UserFilter struct {
	Role Role
	// Active and Inactive keep one half of the users; without either both are kept.
	Active, Inactive bool
	// IDs are those of the only users to keep; nil keeps all.
	IDs    []ID
	search string
}

// Matches reports whether the filter keeps user.
func (f UserFilter) Matches(user User) bool {
	switch {
	case f.Role != "" && user.Role != f.Role,
		f.Active && !user.Active,
		f.Inactive && user.Active,
		f.IDs != nil && !slices.Contains(f.IDs, user.ID):
		return false
	}
	return strings.Contains(searchKey(user.FirstName.String()+" "+user.LastName.String()+" "+user.Email.String()), f.search)
}

// searchKey makes spellings that look the same, and letter case, equal.
func searchKey(text string) string { return cases.Fold().String(norm.NFKC.String(text)) }

// maxSearchLength is that of the longest address, in characters.
const maxSearchLength = 254

// UserQuery is a filter and page of users as a caller asks for them.
type UserQuery struct {
	Role   Input
	Active Input
	// Search is looked for in names and address, in any letter case.
	Search Input
	Page   PageInput
}

// Parse returns the filter and the page. Every bad field is reported.
func (q UserQuery) Parse() (UserFilter, Page, error) {
	form := newForm(false)
	filter := UserFilter{
		Role: optional(form, "role", q.Role, "", ParseRole),
		search: optional(form, "search", q.Search, "", func(text string) (string, error) {
			if utf8.RuneCountInString(text) > maxSearchLength {
				return "", errTooLong(maxSearchLength)
			}
			return searchKey(strings.TrimSpace(text)), nil
		}),
	}
	if q.Active != (Input{}) {
		filter.Active = optional(form, "is_active", q.Active, false, parseFlag)
		filter.Inactive = !filter.Active
	}
	page := q.Page.read(form)
	return filter, page, form.err()
}
