package portstest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// addUser adds a user with the properties that filters look at.
func addUser(t tester, store ports.Store, first, last, email string, role domain.Role, active bool) domain.User {
	t.Helper()
	user := newUser(func(in *domain.Registration) {
		in.FirstName, in.LastName, in.Email = domain.Given(first), domain.Given(last), domain.Given(email)
		in.Role = domain.Given(string(role))
	})
	user.Active = active
	return users.add(t, store, user)
}

func testUserLists(s suite) {
	testUserFilters(s)
	testUserSearch(s)
	testUsersByID(s)
	testActiveAdmins(s)
}

func testUserFilters(s suite) {
	s.promise("List returns the users that the filter selects", func(t *testing.T, store ports.Store) {
		lisa := addUser(t, store, "Lisa", "Cuddy", "lisa@clinic.example", domain.Admin, true)
		greg := addUser(t, store, "Gregory", "House", "greg@clinic.example", domain.Staff, true)
		eric := addUser(t, store, "Eric", "Foreman", "eric@clinic.example", domain.Staff, false)
		mark := addUser(t, store, "Mark", "Warner", "mark@law.example", domain.Admin, false)
		for _, filter := range []struct {
			query domain.Parameters
			want  []domain.User
		}{
			{domain.Parameters{}, []domain.User{lisa, greg, eric, mark}},
			{domain.Parameters{"role": domain.Given("ADMIN")}, []domain.User{lisa, mark}},
			{domain.Parameters{"role": domain.Given("STAFF")}, []domain.User{greg, eric}},
			{domain.Parameters{"is_active": domain.Given("true")}, []domain.User{lisa, greg}},
			{domain.Parameters{"is_active": domain.Given("false")}, []domain.User{eric, mark}},
			{domain.Parameters{"role": domain.Given("ADMIN"), "is_active": domain.Given("true")}, []domain.User{lisa}},
			{domain.Parameters{"role": domain.Given("STAFF"), "is_active": domain.Given("false")}, []domain.User{eric}},
			{domain.Parameters{"search": domain.Given("clinic.example")}, []domain.User{lisa, greg, eric}},
			{domain.Parameters{"search": domain.Given("clinic"), "role": domain.Given("STAFF"), "is_active": domain.Given("true")}, []domain.User{greg}},
			{domain.Parameters{"search": domain.Given("law"), "is_active": domain.Given("true")}, []domain.User{}},
		} {
			query := parseQuery(t, domain.UserList, filter.query)
			for limit := range 5 {
				query.Limit = limit
				require.Equal(t, filter.want[:min(limit, len(filter.want))], listUsers(t, store, query), "%+v", filter)
			}
			after := []domain.User{}
			for _, user := range filter.want {
				if user.ID > greg.ID {
					after = append(after, user)
				}
			}
			query.After, query.Limit = &domain.Position{ID: greg.ID}, 100
			require.Equal(t, after, listUsers(t, store, query), "%+v", filter)
		}
	})
}

func testUserSearch(s suite) {
	s.promise("a search finds names and addresses in any spelling of letter case and width", func(t *testing.T, store ports.Store) {
		zoe := addUser(t, store, "Zoë", "Straße-Ñandú", "z_s@clinic.example", domain.Staff, true)
		ivan := addUser(t, store, "Дмитрий", "山田 太郎", "100%@clinic.example", domain.Staff, true)
		plain := addUser(t, store, "Al", `O'Neill \ "Co"`, "zxs@clinic.example", domain.Staff, true)
		for search, want := range map[string][]domain.User{
			"":                   {zoe, ivan, plain},
			"CLINIC":             {zoe, ivan, plain},
			"zoë":                {zoe},
			"ZOË":                {zoe},
			"Zoe\u0308":          {zoe},
			"zoe":                {zoe},
			"STRASSE":            {zoe},
			"strasse-ñANDÚ":      {zoe},
			"zoë straße":         {zoe},
			"дмитрий":            {ivan},
			"ДМИТ":               {ivan},
			"田":                  {ivan},
			"Ｃｌｉｎｉｃ":             {zoe, ivan, plain},
			"_":                  {zoe},
			"z_s@":               {zoe},
			"%":                  {ivan},
			"100%@":              {ivan},
			`\`:                  {plain},
			`'`:                  {},
			`"co"`:               {plain},
			"al o'neill":         {plain},
			"o'neill al":         {plain},
			"oneill":             {plain},
			"*":                  {},
			"nobody":             {},
			" straße-ñandú ":     {zoe},
			"'; DROP TABLE u;--": {},
		} {
			found := listUsers(t, store, parseQuery(t, domain.UserList, domain.Parameters{"search": domain.Given(search)}))
			require.Equal(t, append([]domain.User{}, want...), found, "%q", search)
		}
	})
}

func testUsersByID(s suite) {
	s.promise("ListByIDs returns exactly the users with these IDs", func(t *testing.T, store ports.Store) {
		var people []domain.User
		for i := range 7 {
			people = append(people, addUser(t, store, "Sam", "Lee", fmt.Sprintf("sam%d@clinic.example", i), domain.Staff, i != 4))
		}
		ids := func(users ...domain.User) []domain.ID {
			list := []domain.ID{}
			for _, user := range users {
				list = append(list, user.ID)
			}
			return list
		}
		for _, tt := range []struct {
			ids  []domain.ID
			want []domain.User
		}{
			{nil, []domain.User{}},
			{[]domain.ID{people[6].ID + 1}, []domain.User{}},
			{ids(people[5], people[1], people[3], people[1]), []domain.User{people[1], people[3], people[5]}},
			{append(ids(people...), people[6].ID+1), people},
		} {
			found := viewResult(t, store, func(tx ports.Tx) ([]domain.User, error) { return tx.Users().ListByIDs(t.Context(), tt.ids...) })
			require.ElementsMatch(t, tt.want, found, "%v", tt.ids)
			require.NotNil(t, found)
		}
	})

	s.promise("List finds a few users among a thousand", func(t *testing.T, store ports.Store) {
		const many = 1010
		var wanted []domain.User
		update(t, store, func(tx ports.Tx) error {
			wanted = []domain.User{}
			for i := range many {
				user := newUser()
				if i == 0 || i == many/2 || i == many-1 {
					user.LastName = must(domain.ParsePersonName("Wilson"))
				}
				user = users.addIn(t, tx, user)
				if strings.HasPrefix(user.LastName.String(), "W") {
					wanted = append(wanted, user)
				}
			}
			return nil
		})
		for _, limit := range []int{1, 4} {
			query := parseQuery(t, domain.UserList, domain.Parameters{"search": domain.Given("wilson")})
			query.Limit = limit
			require.Equal(t, wanted[:min(limit, 3)], listUsers(t, store, query))
			query.After = &domain.Position{ID: wanted[0].ID}
			require.Equal(t, wanted[1:min(limit+1, 3)], listUsers(t, store, query))
		}
		require.Len(t, listUsers(t, store, everything), many)
	})
}

func testActiveAdmins(s suite) {
	s.promise("ActiveAdmins lists all active administrators in order, or an empty list", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.User{}, activeAdmins(t, store))
		addUser(t, store, "Eric", "Foreman", "eric@clinic.example", domain.Staff, true)
		addUser(t, store, "Mark", "Warner", "mark@law.example", domain.Admin, false)
		require.Equal(t, []domain.User{}, activeAdmins(t, store))

		late := users.addNew(t, store)
		admin := newAdmin()
		admin.SecondFactor = confirmedFactor()
		admin = users.add(t, store, admin)
		update(t, store, func(tx ports.Tx) error {
			late.Role = domain.Admin
			late = late.NextVersion(now)
			if err := tx.Users().Save(t.Context(), late); err != nil {
				return err
			}
			found, err := tx.Users().ActiveAdmins(t.Context())
			assert.Equal(t, []domain.User{late, admin}, found)
			return err
		})
		require.Equal(t, []domain.User{late, admin}, activeAdmins(t, store))
	})

	s.concurrently("ActiveAdmins locks the administrators until the Update returns", func(t *testing.T, store ports.Store) {
		admins := users
		admins.newEntityIn = func(tester, ports.Tx) domain.User { return newAdmin() }
		testReadStaysLocked(t, store, admins, func(tx ports.Tx, _ domain.User) (domain.User, error) {
			found, err := tx.Users().ActiveAdmins(t.Context())
			if err != nil {
				return domain.User{}, err
			}
			return found[0], nil
		})
	})

	for how, end := range map[string]func(*domain.User){
		"are demoted":     func(user *domain.User) { user.Role = domain.Staff },
		"are deactivated": func(user *domain.User) { user.Active = false },
	} {
		s.race("one administrator remains when all "+how+" at once", func(t *testing.T, store ports.Store) {
			admins := make([]domain.User, callers)
			for i := range admins {
				admins[i] = users.add(t, store, newAdmin())
			}
			errs := runConcurrently(callers, func(i int) error {
				return store.Update(t.Context(), func(tx ports.Tx) error {
					left, err := tx.Users().ActiveAdmins(t.Context())
					if err != nil {
						return err
					}
					if len(left) < 2 {
						return domain.ErrLastAdmin("role")
					}
					user := admins[i]
					end(&user)
					return tx.Users().Save(t.Context(), user)
				})
			})
			left := activeAdmins(t, store)
			require.Len(t, left, 1)
			for i, err := range errs {
				if admins[i].ID == left[0].ID {
					requireRefused(t, domain.ErrLastAdmin("role"), err)
					continue
				}
				require.NoError(t, err, fmt.Sprint("administrator ", i))
			}
		})
	}
}
