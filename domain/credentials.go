package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Credentials are what a person signs in with.
type Credentials struct {
	Username Input
	Password Input
	// Code is of the second factor, for accounts that have one.
	Code    Input
	Unknown []string
}

// Proof is what somebody shows to prove that an account is theirs.
type Proof struct {
	Email    Email
	Password Password
	Code     OneTimeCode
}

// Parse returns the proof to verify. A username that is no address is nobody's,
// and comes back as the zero Email. One that is an address can be one of an account from
// the old backend, which would not be taken today.
func (c Credentials) Parse() (Proof, error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	proof := Proof{
		Email: required(form, "username", c.Username, Email{}, func(text string) (Email, error) {
			if text == "" {
				return Email{}, errBlank
			}
			if utf8.RuneCountInString(text) > maxUsernameLength {
				return Email{}, nil
			}
			return typedEmail(text), nil
		}),
		Password: required(form, "password", c.Password, Password{}, parseTyped),
		Code:     nullable(form, "otp", c.Code, OneTimeCode{}, ParseOneTimeCode),
	}
	return proof, form.err()
}

// typedEmail reads the address that somebody signs in with; it is zero for what is none.
// What ParseEmail refuses can still be an address that the old backend took, such as
// ada@localhost. No letter becomes an ASCII one, so that none passes for another.
func typedEmail(text string) Email {
	if email, err := ParseEmail(text); err == nil {
		return email
	}
	s := trimInvisible(text)
	local, host, _ := strings.Cut(s, "@")
	if local == "" || host == "" || !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return !isVisible(r) }) {
		return Email{}
	}
	return Email{strings.Map(func(r rune) rune {
		if small := unicode.ToLower(r); r <= unicode.MaxASCII || small > unicode.MaxASCII {
			return small
		}
		return r
	}, s)}
}

// maxUsernameLength bounds what is read as a user name, in characters. No address is
// longer, surrounding space included within reason.
const maxUsernameLength = 300

// parseTyped reads a password that is compared with a stored hash. It bounds what
// anybody can have hashed: one that is longer than any password becomes one that no
// hash was made of, and is refused like any wrong one.
func parseTyped(text string) (Password, error) {
	if text == "" {
		return Password{}, errBlank
	}
	characters := 0
	for i := range text {
		if characters++; characters > MaxPasswordLength {
			text = text[:i] + "\x00"
			break
		}
	}
	return TypedPassword(text), nil
}

// PasswordChange is a user's change of their own password.
type PasswordChange struct {
	Current Input
	New     Input
	Unknown []string
}

// Parse returns the current password to verify, and the new one to be hashed for
// user. Every bad field is reported.
func (c PasswordChange) Parse(user User, weakness Weakness) (current, changed Password, err error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	current = required(form, "current_password", c.Current, Password{}, parseTyped)
	changed = required(form, "new_password", c.New, Password{}, user.newPassword(weakness))
	if !changed.IsZero() && changed.Reveal() == current.Reveal() {
		form.add("new_password", "This is the current password.")
	}
	return current, changed, form.err()
}

// PasswordCheck is the current password, asked for before something sensitive is
// changed (OWASP ASVS 5.0, 7.5.1).
type PasswordCheck struct {
	Password Input
	Unknown  []string
}

// Parse returns the password to verify. Every bad field is reported.
func (c PasswordCheck) Parse() (Password, error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	password := required(form, "password", c.Password, Password{}, parseTyped)
	return password, form.err()
}

// ErrCurrentPassword says that the current password is wrong, in the field in
// which it was given. It is Invalid: the caller is signed in all the same.
func ErrCurrentPassword(field string) error {
	form := newForm(false)
	form.add(field, "This is not the current password.")
	return form.err()
}

// CodeCheck is a code of a second factor that is to be confirmed.
type CodeCheck struct {
	Code    Input
	Unknown []string
}

// Parse returns the code to verify. Every bad field is reported.
func (c CodeCheck) Parse() (OneTimeCode, error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	code := required(form, "otp", c.Code, OneTimeCode{}, ParseOneTimeCode)
	return code, form.err()
}

// ErrCodeField says that the code that was to confirm a second factor is wrong.
// It is Invalid: the caller is signed in all the same.
func ErrCodeField() error {
	form := newForm(false)
	form.add("otp", "This code is wrong. Check the clock of the device, and give the code that it shows now.")
	return form.err()
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
