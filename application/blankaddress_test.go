package application_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// addBlank adds an administrator's account with a password and no address. The old backend can
// have left such accounts.
func addBlank(t *testing.T, clinic *clinictest.Clinic) {
	t.Helper()
	hash, err := clinic.Ports.Passwords.Hash(t.Context(), ports.KnownCaller(1), domain.TypedPassword(clinictest.Password))
	require.NoError(t, err)
	require.NoError(t, clinic.Ports.Store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Users().Add(t.Context(), domain.User{PasswordHash: hash, Role: domain.Admin, Active: true})
		return err
	}))
}

func TestNobodyCanSignInToAnAccountWithoutAddress(t *testing.T) {
	clinic := clinicWithLimits(t)
	addBlank(t, clinic)
	for _, name := range []string{"x", " ", "@", "x@", "@example.com", "nobody"} {
		err := loginAt(t.Context(), clinic, home, name, clinictest.Password)
		assert.Equal(t, domain.ErrCredentials(), err, "%q", name)
		assert.Zero(t, clinic.LastEvent().Subject.ID, "%q", name)
	}
	assert.Error(t, loginAt(t.Context(), clinic, home, "", clinictest.Password))
	_, err := clinic.Users.FindByEmail(t.Context(), clinic.Admin(), domain.Email{})
	assert.Equal(t, domain.ErrNotFound(), err)
}

// carelessStore finds users by an empty address, which no store should do.
type carelessStore struct{ ports.Store }

func (s carelessStore) View(ctx context.Context, do func(ports.Tx) error) error {
	return s.Store.View(ctx, func(tx ports.Tx) error { return do(carelessTx{tx}) })
}

type carelessTx struct{ ports.Tx }

func (tx carelessTx) Users() ports.Users { return carelessUsers{tx.Tx.Users()} }

type carelessUsers struct{ ports.Users }

func (u carelessUsers) ByEmail(ctx context.Context, email domain.Email) (domain.User, error) {
	if email == (domain.Email{}) {
		return u.Get(ctx, 1)
	}
	return u.Users.ByEmail(ctx, email)
}

func TestALoginWithoutAValidAddressDoesNotReadUsers(t *testing.T) {
	clinic := clinicWithLimits(t, func(p *application.Ports, _ *application.Rules) { p.Store = carelessStore{p.Store} })
	addBlank(t, clinic)
	assert.Equal(t, domain.ErrCredentials(), loginAt(t.Context(), clinic, home, "x", clinictest.Password))
}
