package domain_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestCredentials(t *testing.T) {
	in := domain.Credentials{Username: domain.Given(" ADA@example.com "), Password: domain.Given(" x ")}
	for _, tt := range []struct {
		name string
		code domain.Input
		want string
	}{
		{"absent", domain.Input{}, ""},
		{"null", domain.Null(), ""},
		{"an empty field of a form", domain.Given(""), ""},
		{"given", domain.Given("123 456"), "123456"},
	} {
		in.Code = tt.code
		proof, err := in.Parse()
		require.NoError(t, err, tt.name)
		assert.Equal(t, "ada@example.com", proof.Email.String())
		assert.Equal(t, " x ", proof.Password.Reveal(), "a password is not trimmed")
		assert.Equal(t, tt.want, proof.Code.Reveal(), tt.name)
		assert.Equal(t, tt.want == "", proof.Code.IsZero(), tt.name)
	}
	for _, text := range []string{"12345", " ", "none"} {
		in.Code = domain.Given(text)
		_, err := in.Parse()
		assert.Contains(t, fieldsOf(t, err), "otp", text)
	}

	proof, err := domain.Credentials{Username: domain.Given("no address"), Password: domain.Given("x")}.Parse()
	require.NoError(t, err, "the error does not tell whether the user exists")
	assert.Zero(t, proof.Email)

	_, err = domain.Credentials{Code: domain.Unreadable("Not a text."), Unknown: []string{"pin"}}.Parse()
	assert.Equal(t, domain.FieldErrors{
		"username": {"This field is required."}, "password": {"This field is required."}, "otp": {"Not a text."}, "pin": {"Unknown field."},
	}, fieldsOf(t, err))
	_, err = domain.Credentials{Username: domain.Given(""), Password: domain.Given("")}.Parse()
	assert.ElementsMatch(t, []string{"username", "password"}, keys(fieldsOf(t, err)))
}

func TestPasswordChange(t *testing.T) {
	user, _, err := domain.NewUser(domain.Registration{
		Email: domain.Given("ada@example.com"), Password: domain.Given("correct horse"), FirstName: domain.Given("Ada"), LastName: domain.Given("Byron"),
	}, now, noWeakness)
	require.NoError(t, err)
	weakness := func(password domain.Password, known ...string) string {
		assert.Equal(t, []string{"ada@example.com", "Ada", "Byron"}, known)
		if password.Reveal() == "too easy" {
			return "Too easy."
		}
		return ""
	}

	current, changed, err := domain.PasswordChange{Current: domain.Given("old"), New: domain.Given("a new password")}.Parse(user, weakness)
	require.NoError(t, err)
	assert.Equal(t, "old", current.Reveal(), "the current password can be older than the rules")
	assert.Equal(t, "a new password", changed.Reveal())

	for _, tt := range []struct {
		in   domain.PasswordChange
		want domain.FieldErrors
	}{
		{domain.PasswordChange{Unknown: []string{"x"}}, domain.FieldErrors{
			"current_password": {"This field is required."}, "new_password": {"This field is required."}, "x": {"Unknown field."},
		}},
		{domain.PasswordChange{Current: domain.Given(""), New: domain.Null()}, domain.FieldErrors{
			"current_password": {"This field may not be blank."}, "new_password": {"This field may not be null."},
		}},
		{domain.PasswordChange{Current: domain.Given("old"), New: domain.Given("too easy")}, domain.FieldErrors{"new_password": {"Too easy."}}},
		{domain.PasswordChange{Current: domain.Given("old"), New: domain.Given("short")}, domain.FieldErrors{
			"new_password": {"This password is too short. It must contain at least 8 characters."},
		}},
		{domain.PasswordChange{Current: domain.Given("same password"), New: domain.Given("same password")}, domain.FieldErrors{
			"new_password": {"This is the current password."},
		}},
	} {
		_, _, err := tt.in.Parse(user, weakness)
		assert.Equal(t, tt.want, fieldsOf(t, err))
	}
}

func TestSensitiveChangesRequireAPasswordOrACode(t *testing.T) {
	password, err := domain.PasswordCheck{Password: domain.Given(" x")}.Parse()
	require.NoError(t, err)
	assert.Equal(t, " x", password.Reveal())
	code, err := domain.CodeCheck{Code: domain.Given("123 456")}.Parse()
	require.NoError(t, err)
	assert.Equal(t, "123456", code.Reveal())
	for _, in := range []domain.Input{{}, domain.Null(), domain.Given("")} {
		_, err := domain.PasswordCheck{Password: in, Unknown: []string{"x"}}.Parse()
		assert.ElementsMatch(t, []string{"password", "x"}, keys(fieldsOf(t, err)))
		_, err = domain.CodeCheck{Code: in, Unknown: []string{"x"}}.Parse()
		assert.ElementsMatch(t, []string{"otp", "x"}, keys(fieldsOf(t, err)))
	}
	assert.ElementsMatch(t, []string{"otp"}, keys(fieldsOf(t, domain.ErrCodeField())))
	assert.ElementsMatch(t, []string{"current_password"}, keys(fieldsOf(t, domain.ErrCurrentPassword("current_password"))))
}

func TestErrorsRepeatALimitedNumberOfUnknownFields(t *testing.T) {
	var names []string
	refused := domain.FieldErrors{}
	for r := range rune(100) {
		names = append(names, strings.Repeat(string('a'+r), 200))
		refused[names[r]] = []string{"Unknown parameter."}
	}
	for _, parse := range []func() error{
		func() error { _, err := domain.PasswordCheck{Unknown: names}.Parse(); return err },
		func() error { return domain.ErrInvalidParameters(refused) },
		func() error { _, err := domain.PageInput{Refused: refused}.Parse(); return err },
	} {
		found, ok := errors.AsType[*domain.Error](parse())
		require.True(t, ok)
		delete(found.Fields, "password")
		assert.Len(t, found.Fields, 20)
		for name := range found.Fields {
			assert.LessOrEqual(t, len(name), 100+len("..."))
			assert.True(t, utf8.ValidString(name))
		}
	}
}

func TestPasswordsAreBoundedBeforeHashing(t *testing.T) {
	longest := strings.Repeat("é", domain.MaxPasswordLength)
	for _, parse := range []func(domain.Input) (domain.Password, error){
		func(in domain.Input) (domain.Password, error) {
			proof, err := domain.Credentials{Username: domain.Given("ada@example.com"), Password: in}.Parse()
			return proof.Password, err
		},
		func(in domain.Input) (domain.Password, error) { return domain.PasswordCheck{Password: in}.Parse() },
		func(in domain.Input) (domain.Password, error) {
			current, _, err := domain.PasswordChange{Current: in, New: domain.Given("a fine password")}.Parse(domain.User{},
				func(domain.Password, ...string) string { return "" })
			return current, err
		},
	} {
		password, err := parse(domain.Given(longest))
		require.NoError(t, err)
		assert.Equal(t, longest, password.Reveal())
		password, err = parse(domain.Given(strings.Repeat(longest, 1000)))
		require.NoError(t, err)
		assert.Equal(t, domain.MaxPasswordLength+1, utf8.RuneCountInString(password.Reveal()))
		assert.NotEqual(t, longest, password.Reveal(), "the first characters alone are not the password")
	}
}

func TestATooLongUsernameMatchesNoUser(t *testing.T) {
	proof, err := domain.Credentials{Username: domain.Given("ada@example.com" + strings.Repeat(" ", 1000)), Password: domain.Given("x")}.Parse()
	require.NoError(t, err)
	require.Zero(t, proof.Email)
}

func TestLoginAcceptsAddressesOfOldAccounts(t *testing.T) {
	for typed, want := range map[string]string{
		" Ada@LocalHost ": "ada@localhost", "ZOË@Example.com": "zoë@example.com", "\u200bada@Kliník.example": "ada@kliník.example",
		"\u212aate@example.com": "\u212aate@example.com", "İ@example.com": "İ@example.com",
		"x": "", "@": "", "x@": "", "@example.com": "", "a b@example.com": "", "a\x00@b": "", "a@b\nc": "", "a\u200b@b": "", "\xff@b": "",
	} {
		proof, err := domain.Credentials{Username: domain.Given(typed), Password: domain.Given("x")}.Parse()
		require.NoError(t, err, typed)
		assert.Equal(t, want, proof.Email.String(), "%q", typed)
	}
}
