package domain

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Credentials are the fields of a login request.
type Credentials struct {
	Username Input
	Password Input
	// Code is the code of the second factor, for accounts that have one.
	Code    Input
	Unknown []string
}

// Proof holds parsed credentials, which are still to be verified.
type Proof struct {
	Email    Email
	Password Password
	Code     OneTimeCode
}

// Parse returns the credentials to verify. A username that is not an e-mail address
// gives the zero Email, which belongs to no user. Addresses that the old backend
// accepted and ParseEmail refuses are accepted here: see typedEmail.
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
		Password: required(form, "password", c.Password, Password{}, parsePassword),
		Code:     nullable(form, "otp", c.Code, OneTimeCode{}, ParseOneTimeCode),
	}
	return proof, form.err()
}

// typedEmail parses the address that a user signs in with, or returns the zero Email. It
// also accepts addresses of accounts from the old backend that ParseEmail refuses, such
// as ada@localhost. It does not lower-case a letter that would become an ASCII letter, such
// as the Kelvin sign: otherwise two different addresses would be equal.
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

// maxUsernameLength is in characters. It exceeds the longest address and some
// surrounding space.
const maxUsernameLength = 300

// parsePassword parses a password that is compared with a stored hash. It bounds the
// cost of hashing: a longer text than any password becomes a text that no stored hash
// matches, and fails like any wrong password.
func parsePassword(text string) (Password, error) {
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

// PasswordChange is a request of users to change their own password.
type PasswordChange struct {
	Current Input
	New     Input
	Unknown []string
}

// Parse returns the current password, which the caller must verify, and the new one,
// which the caller must hash for user. Every invalid field is reported.
func (c PasswordChange) Parse(user User, weakness Weakness) (current, changed Password, err error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	current = required(form, "current_password", c.Current, Password{}, parsePassword)
	changed = required(form, "new_password", c.New, Password{}, user.newPassword(weakness))
	if !changed.IsZero() && changed.Reveal() == current.Reveal() {
		form.addError("new_password", "This is the current password.")
	}
	return current, changed, form.err()
}

// PasswordCheck is the current password, which a sensitive change requires (OWASP ASVS
// 5.0, 7.5.1).
type PasswordCheck struct {
	Password Input
	Unknown  []string
}

// Parse returns the password to verify. Every invalid field is reported.
func (c PasswordCheck) Parse() (Password, error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	password := required(form, "password", c.Password, Password{}, parsePassword)
	return password, form.err()
}

// ErrCurrentPassword reports a wrong current password in the named field. It is Invalid,
// not Unauthenticated, because the caller remains signed in.
func ErrCurrentPassword(field string) error {
	form := newForm(false)
	form.addError(field, "This is not the current password.")
	return form.err()
}

// CodeCheck is a code that confirms a new second factor.
type CodeCheck struct {
	Code    Input
	Unknown []string
}

// Parse returns the code to verify. Every invalid field is reported.
func (c CodeCheck) Parse() (OneTimeCode, error) {
	form := newForm(false)
	form.unknown(c.Unknown)
	code := required(form, "otp", c.Code, OneTimeCode{}, ParseOneTimeCode)
	return code, form.err()
}

// ErrCodeField reports a wrong code while a second factor is confirmed. It is Invalid,
// not Unauthenticated, because the caller remains signed in.
func ErrCodeField() error {
	form := newForm(false)
	form.addError("otp", "This code is wrong. Check the clock of the device, and give the code that it shows now.")
	return form.err()
}

// Refresh is a request that presents a refresh token.
type Refresh struct {
	Token   Input
	Unknown []string
}

// Parse returns the token. A missing token is Invalid. A malformed one is refused like
// any wrong token.
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

// ErrCredentials refuses a login. The answer does not tell whether the address or the
// password was wrong.
func ErrCredentials() error {
	return &Error{Kind: Unauthenticated, Code: "no_active_account", Message: "No active account found with the given credentials"}
}
