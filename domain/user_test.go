package domain_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func newUser(t *testing.T, first, last, email string, role domain.Role) domain.User {
	t.Helper()
	user, _, err := domain.NewUser(domain.Registration{
		Email: domain.Given(email), Password: domain.Given("correct horse"),
		FirstName: domain.Given(first), LastName: domain.Given(last), Phone: domain.Given("112"), Role: domain.Given(string(role)),
	}, now, noWeakness)
	require.NoError(t, err)
	return user
}

func TestNewUser(t *testing.T) {
	in := domain.Registration{Email: domain.Given("Ada@Example.com"), Password: domain.Given("correct horse"), FirstName: domain.Given("Ada")}
	user, password, err := domain.NewUser(in, now, func(_ domain.Password, known ...string) string {
		assert.Equal(t, []string{"ada@example.com", "Ada", ""}, known)
		return ""
	})
	require.NoError(t, err)
	assert.Equal(t, domain.Staff, user.Role)
	assert.Equal(t, "correct horse", password.Reveal())
	assert.True(t, user.PasswordHash.IsZero())
	assert.True(t, user.Active)
	assert.False(t, user.PasswordTemporary)
	assert.Zero(t, user.SecondFactor)

	_, _, err = domain.NewUser(in, now, func(domain.Password, ...string) string { return "Too easy." })
	assert.Equal(t, domain.FieldErrors{"password": {"Too easy."}}, fieldsOf(t, err))
}

func TestAdministerChangesTheGivenFields(t *testing.T) {
	ada := newUser(t, "Ada", "Byron", "ada@example.com", domain.Staff)
	same, err := ada.Administer(domain.UserChange{})
	require.NoError(t, err)
	assert.Equal(t, ada, same)

	changed, err := ada.Administer(domain.UserChange{
		Profile: domain.Profile{FirstName: domain.Given("Augusta"), Phone: domain.Given("")}, Role: domain.Given("ADMIN"), Active: domain.Given("false"),
	})
	require.NoError(t, err)
	assert.Equal(t, "Augusta Byron", changed.FirstName.String()+" "+changed.LastName.String())
	assert.Empty(t, changed.Phone.String())
	assert.Equal(t, domain.Admin, changed.Role)
	assert.False(t, changed.Active)
	again, err := changed.Administer(domain.UserChange{Active: domain.Given("true")})
	require.NoError(t, err)
	assert.True(t, again.Active)
	assert.Equal(t, domain.Admin, again.Role)

	_, err = ada.Administer(domain.UserChange{Profile: domain.Profile{Phone: domain.Given("x"), Unknown: []string{"email"}}, Role: domain.Null(), Active: domain.Null()})
	assert.ElementsMatch(t, []string{"phone_number", "email", "role", "is_active"}, keys(fieldsOf(t, err)))
	for _, flag := range []string{"", "TRUE", "1", "no", " true"} {
		_, err = ada.Administer(domain.UserChange{Role: domain.Given("OPERATOR"), Active: domain.Given(flag)})
		assert.ElementsMatch(t, []string{"role", "is_active"}, keys(fieldsOf(t, err)), flag)
	}
}

func TestSetPassword(t *testing.T) {
	ada := newUser(t, "Ada", "Byron", "ada@example.com", domain.Staff)
	password, err := domain.NewPassword{Password: domain.Given("a new password")}.Parse(ada, noWeakness)
	require.NoError(t, err)
	assert.Equal(t, "a new password", password.Reveal())
	for _, in := range []domain.Input{{}, domain.Null(), domain.Given(""), domain.Given("short")} {
		_, err := domain.NewPassword{Password: in, Unknown: []string{"x"}}.Parse(ada, noWeakness)
		assert.ElementsMatch(t, []string{"password", "x"}, keys(fieldsOf(t, err)))
	}

	temporary := ada.SetPassword(domain.StoredPasswordHash("hash"), true)
	assert.Equal(t, "hash", temporary.PasswordHash.Reveal())
	assert.True(t, temporary.PasswordTemporary)
	assert.False(t, temporary.SetPassword(domain.StoredPasswordHash("other"), false).PasswordTemporary)
}

func TestUserFilter(t *testing.T) {
	ada := newUser(t, "Ada", "Straße", "ada@example.com", domain.Admin)
	zoe := newUser(t, "Zoë", "O_Neil 100%", "z.oneil@example.org", domain.Staff)
	gone := newUser(t, "Eve", "", "eve@example.com", domain.Staff)
	gone.Active = false

	for name, tt := range map[string]struct {
		query domain.UserQuery
		want  []domain.User
	}{
		"nothing":                       {domain.UserQuery{}, []domain.User{ada, zoe, gone}},
		"administrators":                {domain.UserQuery{Role: domain.Given("ADMIN")}, []domain.User{ada}},
		"staff":                         {domain.UserQuery{Role: domain.Given("STAFF")}, []domain.User{zoe, gone}},
		"active":                        {domain.UserQuery{Active: domain.Given("true")}, []domain.User{ada, zoe}},
		"inactive":                      {domain.UserQuery{Active: domain.Given("false")}, []domain.User{gone}},
		"all of them":                   {domain.UserQuery{Role: domain.Given("STAFF"), Active: domain.Given("true"), Search: domain.Given("example")}, []domain.User{zoe}},
		"a part of the first name":      {domain.UserQuery{Search: domain.Given("d")}, []domain.User{ada}},
		"the address":                   {domain.UserQuery{Search: domain.Given("EVE@Example.COM")}, []domain.User{gone}},
		"both names":                    {domain.UserQuery{Search: domain.Given("ada stra")}, []domain.User{ada}},
		"another spelling":              {domain.UserQuery{Search: domain.Given("STRASSE")}, []domain.User{ada}},
		"a decomposed letter":           {domain.UserQuery{Search: domain.Given("ZOE\u0308")}, []domain.User{zoe}},
		"full-width letters":            {domain.UserQuery{Search: domain.Given("ｚｏë")}, []domain.User{zoe}},
		"spaces around":                 {domain.UserQuery{Search: domain.Given("  Ada ")}, []domain.User{ada}},
		"an empty search":               {domain.UserQuery{Search: domain.Given("  ")}, []domain.User{ada, zoe, gone}},
		"% as itself":                   {domain.UserQuery{Search: domain.Given("0%")}, []domain.User{zoe}},
		"_ as itself":                   {domain.UserQuery{Search: domain.Given("o_n")}, []domain.User{zoe}},
		"what nobody is called":         {domain.UserQuery{Search: domain.Given("Mallory")}, nil},
		"as many characters as allowed": {domain.UserQuery{Search: domain.Given(strings.Repeat("x", 254))}, nil},
	} {
		filter, page, err := tt.query.Parse()
		require.NoError(t, err, name)
		assert.Equal(t, domain.Page{Limit: domain.DefaultPageLimit}, page)
		var got []domain.User
		for _, user := range []domain.User{ada, zoe, gone} {
			if filter.Matches(user) {
				got = append(got, user)
			}
		}
		assert.Equal(t, tt.want, got, name)
	}

	_, _, err := domain.UserQuery{
		Role: domain.Given("admin"), Active: domain.Given("yes"), Search: domain.Given(strings.Repeat("x", 255)),
		Page: domain.PageInput{Limit: domain.Given("0"), Cursor: domain.Given("x")},
	}.Parse()
	assert.ElementsMatch(t, []string{"role", "is_active", "search", "limit", "cursor"}, keys(fieldsOf(t, err)))
}
