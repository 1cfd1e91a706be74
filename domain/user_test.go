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

func TestUsersAreFilteredAndSearched(t *testing.T) {
	ada := newUser(t, "Ada", "Straße", "ada@example.com", domain.Admin)
	zoe := newUser(t, "Zoë", "O_Neil 100%", "z.oneil@example.org", domain.Staff)
	gone := newUser(t, "Eve", "", "eve@example.com", domain.Staff)
	gone.Active = false

	for name, tt := range map[string]struct {
		query domain.Parameters
		want  []domain.User
	}{
		"nothing":                       {domain.Parameters{}, []domain.User{ada, zoe, gone}},
		"administrators":                {domain.Parameters{"role": domain.Given("ADMIN")}, []domain.User{ada}},
		"staff":                         {domain.Parameters{"role": domain.Given("STAFF")}, []domain.User{zoe, gone}},
		"active":                        {domain.Parameters{"is_active": domain.Given("true")}, []domain.User{ada, zoe}},
		"inactive":                      {domain.Parameters{"is_active": domain.Given("false")}, []domain.User{gone}},
		"all of them":                   {domain.Parameters{"role": domain.Given("STAFF"), "is_active": domain.Given("true"), "search": domain.Given("example")}, []domain.User{zoe}},
		"words in any order":            {domain.Parameters{"search": domain.Given("stra ada")}, []domain.User{ada}},
		"without the accent":            {domain.Parameters{"search": domain.Given("zoe")}, []domain.User{zoe}},
		"a part of the first name":      {domain.Parameters{"search": domain.Given("d")}, []domain.User{ada}},
		"the address":                   {domain.Parameters{"search": domain.Given("EVE@Example.COM")}, []domain.User{gone}},
		"both names":                    {domain.Parameters{"search": domain.Given("ada stra")}, []domain.User{ada}},
		"another spelling":              {domain.Parameters{"search": domain.Given("STRASSE")}, []domain.User{ada}},
		"a decomposed letter":           {domain.Parameters{"search": domain.Given("ZOE\u0308")}, []domain.User{zoe}},
		"full-width letters":            {domain.Parameters{"search": domain.Given("ｚｏë")}, []domain.User{zoe}},
		"spaces around":                 {domain.Parameters{"search": domain.Given("  Ada ")}, []domain.User{ada}},
		"an empty search":               {domain.Parameters{"search": domain.Given("  ")}, []domain.User{ada, zoe, gone}},
		"% as itself":                   {domain.Parameters{"search": domain.Given("0%")}, []domain.User{zoe}},
		"_ as itself":                   {domain.Parameters{"search": domain.Given("o_n")}, []domain.User{zoe}},
		"what nobody is called":         {domain.Parameters{"search": domain.Given("Mallory")}, nil},
		"as many characters as allowed": {domain.Parameters{"search": domain.Given(strings.Repeat("x", 100))}, nil},
	} {
		query, err := domain.UserList.Parse(domain.Actor{Role: domain.Admin}, tt.query, noCursor)
		require.NoError(t, err, name)
		assert.Equal(t, domain.DefaultPageLimit, query.Limit)
		var got []domain.User
		for _, user := range []domain.User{ada, zoe, gone} {
			if domain.UserList.Matches(query, user) {
				got = append(got, user)
			}
		}
		assert.Equal(t, tt.want, got, name)
	}

	_, err := domain.UserList.Parse(domain.Actor{Role: domain.Admin}, domain.Parameters{
		"role": domain.Given("admin"), "is_active": domain.Given("yes"), "search": domain.Given(strings.Repeat("x", 101)),
		"limit": domain.Given("0"), "cursor": domain.Given("x"), "ordering": domain.Given("salary"), "fields": domain.Given("id,nane"),
		"count": domain.Given("yes"), "serach": domain.Given("ada"),
	}, noCursor)
	assert.ElementsMatch(t, []string{"role", "is_active", "search", "limit", "fields", "count", "ordering", "serach"}, keys(fieldsOf(t, err)))
}

// noCursor opens no cursor.
func noCursor(string, string) (string, bool) { return "", false }
