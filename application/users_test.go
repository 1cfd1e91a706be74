package application_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestRegister(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	staff := c.SignUp("staff@example.com", domain.Staff)

	t.Run("anyone becomes Staff", func(t *testing.T) {
		in := registration("Ada@Example.com", "")
		in.Role = domain.Input{}
		registered, err := c.Users.Register(c.ctx, domain.Actor{}, in)
		require.NoError(t, err)
		assert.False(t, registered.AwaitsApproval)
		assert.Equal(t, domain.Staff, registered.User.Role)
		assert.True(t, registered.User.Active)
		assert.Equal(t, "ada@example.com", registered.User.Email.String())
	})
	t.Run("a taken address is a Conflict, in any letter case", func(t *testing.T) {
		_, err := c.Users.Register(c.ctx, domain.Actor{}, registration("ADA@example.COM", domain.Staff))
		assert.Equal(t, domain.ErrEmailTaken(), err)
	})
	t.Run("an administrator can create either role, others cannot", func(t *testing.T) {
		_, err := c.Users.Register(c.ctx, admin, registration("second@example.com", domain.Admin))
		require.NoError(t, err)
		for _, by := range []domain.Actor{{}, staff} {
			_, err := c.Users.Register(c.ctx, by, registration("mallory@example.com", domain.Admin))
			assertKind(t, domain.Forbidden, err)
			_, err = c.Users.Register(c.ctx, by, registration("mallory@example.com", "admin"))
			assertKind(t, domain.Invalid, err)
			_, err = c.Users.Register(c.ctx, by, registration("mallory@example.com", "OPERATOR"))
			assertKind(t, domain.Invalid, err)
		}
		_, err = c.Sessions.Login(c.ctx, domain.Actor{}, credentials("mallory@example.com", goodPassword))
		assert.Equal(t, domain.ErrCredentials(), err, "no refused registration added an account")
	})
	t.Run("weak passwords are refused", func(t *testing.T) {
		for _, password := range []string{"x", "password1", "12345678", "qwertyuiop", "grace.hopper", "GraceHopper1"} {
			in := registration("grace.hopper@example.com", domain.Staff)
			in.FirstName, in.LastName, in.Password = domain.Given("Grace"), domain.Given("Hopper"), domain.Given(password)
			_, err := c.Users.Register(c.ctx, domain.Actor{}, in)
			assertFields(t, err, "password")
			_, err = c.Users.Create(c.ctx, admin, in)
			assertFields(t, err, "password")
		}
	})
}

func TestRegisterWhileClosed(t *testing.T) {
	for _, mode := range []application.RegistrationMode{application.RegistrationClosed, "", "OPEN"} {
		c := newClinic(t, withRegistration(mode))
		admin, staff := c.SignUp("admin@example.com", domain.Admin), c.SignUp("staff@example.com", domain.Staff)
		for _, by := range []domain.Actor{{}, staff} {
			_, err := c.Users.Register(c.ctx, by, registration("ada@example.com", domain.Staff))
			assertKind(t, domain.Forbidden, err)
		}
		_, err := c.Users.Register(c.ctx, admin, registration("ada@example.com", domain.Staff))
		assert.NoError(t, err)
		_, err = c.Users.Create(c.ctx, admin, registration("ada@example.com", domain.Staff))
		assert.Equal(t, domain.ErrEmailTaken(), err)
	}
}

func TestRegisterByApproval(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationApproval))
	ada, staff := c.register("ada@example.com", domain.Staff), c.SignUp("staff@example.com", domain.Staff)

	t.Run("gives the same answer for a free and a taken address, with the same work", func(t *testing.T) {
		for _, by := range []domain.Actor{{}, staff} {
			measured := *c
			done := measured.measure()
			free, err := measured.Users.Register(c.ctx, by, registration(fmt.Sprintf("new%d@example.com", by.UserID), domain.Staff))
			require.NoError(t, err)
			assert.Equal(t, workCounts{updates: 1, usersWritten: 1, hashed: 1}, *done)
			taken, err := measured.Users.Register(c.ctx, by, registration("ADA@example.com", domain.Staff))
			require.NoError(t, err)
			assert.Equal(t, workCounts{updates: 2, usersWritten: 2, hashed: 2}, *done)
			assert.Equal(t, application.RegistrationResult{AwaitsApproval: true}, free)
			assert.Equal(t, free, taken)
		}
		assert.Equal(t, ada, c.user(ada.ID), "the existing account is unchanged")
	})
	t.Run("needs activation by an administrator", func(t *testing.T) {
		_, err := c.Users.Register(c.ctx, domain.Actor{}, registration("eve@example.com", domain.Staff))
		require.NoError(t, err)
		eve := c.find("eve@example.com")
		assert.False(t, eve.Active)
		assert.Equal(t, domain.Staff, eve.Role)
		_, err = c.Sessions.Login(c.ctx, domain.Actor{}, credentials("eve@example.com", goodPassword))
		assert.Equal(t, domain.ErrCredentials(), err)
		_, err = c.Users.Change(c.ctx, operator, eve.ID, unconditional, domain.UserChange{Active: domain.Given("true")})
		require.NoError(t, err)
		c.SignIn("eve@example.com")
	})
	t.Run("checks password and role as usual", func(t *testing.T) {
		weak := registration("ada@example.com", domain.Staff)
		weak.Password = domain.Given("password1")
		_, err := c.Users.Register(c.ctx, domain.Actor{}, weak)
		assertFields(t, err, "password")
		_, err = c.Users.Register(c.ctx, domain.Actor{}, registration("ada@example.com", domain.Admin))
		assertKind(t, domain.Forbidden, err)
	})
	t.Run("lets administrators create accounts", func(t *testing.T) {
		registered, err := c.Users.Register(c.ctx, operator, registration("direct@example.com", domain.Admin))
		require.NoError(t, err)
		assert.True(t, c.user(registered.User.ID).Active)
		_, err = c.Users.Register(c.ctx, operator, registration("direct@example.com", domain.Admin))
		assert.Equal(t, domain.ErrEmailTaken(), err)
	})
}

func TestConcurrentRegistrationsOfOneAddressAddOneAccount(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationApproval))
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			registered, err := c.Users.Register(c.ctx, domain.Actor{}, registration("ada@example.com", domain.Staff))
			assert.NoError(t, err)
			assert.Equal(t, application.RegistrationResult{AwaitsApproval: true}, registered)
		})
	}
	group.Wait()
	page, err := c.Users.List(c.ctx, operator, nil)
	require.NoError(t, err)
	assert.Len(t, page.Items, 1)
}

// The address is taken after the use-case looked for it and before it adds the account.
func TestRegistrationByApprovalHidesAnAddressTakenConcurrently(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationApproval))
	c.register("ada@example.com", domain.Staff)
	c.use(onStore(blindStore{c.Ports.Store}))
	registered, err := c.Users.Register(c.ctx, domain.Actor{}, registration("ada@example.com", domain.Staff))
	assert.NoError(t, err)
	assert.Equal(t, application.RegistrationResult{AwaitsApproval: true}, registered)
}

func TestUsersAreListed(t *testing.T) {
	c := newClinic(t)
	for _, email := range []string{"ada@example.com", "bob@example.com", "cy@example.org"} {
		c.register(email, domain.Staff)
	}
	page, err := c.Users.List(c.ctx, operator, domain.Parameters{"search": domain.Given("EXAMPLE.COM"), "limit": domain.Given("1")})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "ada@example.com", page.Items[0].Email.String())
	page, err = c.Users.List(c.ctx, operator, domain.Parameters{"search": domain.Given("EXAMPLE.COM"), "cursor": domain.Given(page.Next)})
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "bob@example.com", page.Items[0].Email.String())
	assert.Zero(t, page.Next)
	_, err = c.Users.List(c.ctx, operator, domain.Parameters{"role": domain.Given("GOD")})
	assertFields(t, err, "role")

	_, err = c.Users.Get(c.ctx, operator, 99, nil)
	assert.Equal(t, domain.ErrNotFound(), err)
	unknown, err := domain.ParseEmail("nobody@example.com")
	require.NoError(t, err)
	_, err = c.Users.FindByEmail(c.ctx, operator, unknown)
	assert.Equal(t, domain.ErrNotFound(), err)
}

// firstAddCollides runs each Update twice. In the first run, adding a user fails, as if the
// database aborted the transaction in favour of another one.
type firstAddCollides struct{ ports.Store }

func (s firstAddCollides) Update(ctx context.Context, fn func(ports.Tx) error) error {
	collision := errors.New("given up in favour of another transaction")
	err := s.Store.Update(ctx, func(tx ports.Tx) error { return fn(addCollidesTx{tx, collision}) })
	if !errors.Is(err, collision) {
		return err
	}
	return s.Store.Update(ctx, fn)
}

type addCollidesTx struct {
	ports.Tx
	collision error
}

func (t addCollidesTx) Users() ports.Users { return addCollidesUsers{t.Tx.Users(), t.collision} }

type addCollidesUsers struct {
	ports.Users
	collision error
}

func (u addCollidesUsers) Add(context.Context, domain.User) (domain.User, error) {
	return domain.User{}, u.collision
}

func TestARegistrationByApprovalThatCollidesAddsTheGivenAccount(t *testing.T) {
	c := newClinic(t, withRegistration(application.RegistrationApproval))
	c.use(onStore(firstAddCollides{c.Ports.Store}))
	_, err := c.Users.Register(c.ctx, domain.Actor{}, registration("ada@example.com", domain.Staff))
	require.NoError(t, err)
	page, err := c.Users.List(c.ctx, operator, nil)
	require.NoError(t, err)
	require.Len(t, page.Items, 1)
	assert.Equal(t, "ada@example.com", page.Items[0].Email.String())
	assert.Equal(t, domain.Staff, page.Items[0].Role)
}
