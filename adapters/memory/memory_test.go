package memory_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
	"example.com/healthcare/ports/portstest"
)

func TestStore(t *testing.T) { portstest.TestStore(t, open) }

func TestConcurrentStore(t *testing.T) { portstest.TestConcurrentStore(t, open) }

func open(*testing.T) ports.Store { return memory.New() }

func TestPagingWhileRecordsChange(t *testing.T) {
	portstest.TestPagingWhileRecordsChange(t, func(*testing.T) ports.Store { return memory.New() })
}

func TestStoresShareNothing(t *testing.T) {
	one, other := memory.New(), memory.New()
	addDoctor(t, one, "NJ-1")
	require.Empty(t, list(t, other))
	addDoctor(t, other, "NJ-1")
}

// The contract suite does not require this, because the Views of some stores wait for an
// Update.
func TestViewDoesNotWaitForUpdate(t *testing.T) {
	store := memory.New()
	addDoctor(t, store, "NJ-1")
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Doctors().Add(t.Context(), doctor("NJ-2"))
		assert.Len(t, list(t, store), 1)
		return err
	}))
	require.Len(t, list(t, store), 2)
}

func TestUpdateStopsWaitingWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New()
		waiting, giveUp := context.WithCancel(t.Context())
		var gaveUp error
		require.NoError(t, store.Update(t.Context(), func(ports.Tx) error {
			go func() {
				gaveUp = store.Update(waiting, func(ports.Tx) error {
					t.Error("two Updates ran at once")
					return nil
				})
			}()
			synctest.Wait()
			require.NoError(t, gaveUp)
			giveUp()
			synctest.Wait()
			require.ErrorIs(t, gaveUp, context.Canceled)
			require.Equal(t, domain.Unavailable, domain.KindOf(gaveUp))
			return nil
		}))
		addDoctor(t, store, "NJ-1")
	})
}

func TestTxFailsAfterItsFnReturned(t *testing.T) {
	store := memory.New()
	for name, transact := range map[string]func(context.Context, func(ports.Tx) error) error{
		"View": store.View, "Update": store.Update,
	} {
		t.Run(name, func(t *testing.T) {
			var used ports.Tx
			require.NoError(t, transact(t.Context(), func(tx ports.Tx) error {
				used = tx
				return nil
			}))
			_, err := used.Doctors().List(t.Context(), domain.ListQuery{Limit: 1})
			require.ErrorContains(t, err, "after its fn returned")
			_, err = used.Doctors().Add(t.Context(), doctor("NJ-1"))
			require.ErrorContains(t, err, "after its fn returned")
			require.Equal(t, domain.Internal, domain.KindOf(err))
		})
	}
	require.Empty(t, list(t, store))
}

func TestTheErrorOfFnTakesPrecedenceOverARefusalThatFnIgnored(t *testing.T) {
	store, own := memory.New(), errors.New("own")
	require.Equal(t, own, store.Update(t.Context(), func(tx ports.Tx) error {
		_, refusal := tx.Mappings().Add(t.Context(), domain.Mapping{PatientID: 1, DoctorID: 1})
		require.Error(t, refusal)
		return own
	}))
}

func TestARevocationIsVisibleOnceItIsCommitted(t *testing.T) {
	store := memory.New()
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		user, err := tx.Users().Add(t.Context(), domain.User{})
		if err != nil {
			return err
		}
		_, err = tx.Sessions().Add(t.Context(), domain.Session{UserID: user.ID, ExpiresAt: time.Unix(2, 0)})
		return err
	}))
	requireRevoked := func(want bool, session domain.ID) {
		t.Helper()
		revoked, known := store.Revoked(session)
		require.True(t, known)
		require.Equal(t, want, revoked)
	}
	revokeAll := func(result error) error {
		return store.Update(t.Context(), func(tx ports.Tx) error {
			revoked, err := tx.Sessions().RevokeAll(t.Context(), 1, 0, time.Unix(1, 0))
			require.Equal(t, []domain.ID{1}, revoked)
			requireRevoked(false, 1)
			return errors.Join(err, result)
		})
	}
	requireRevoked(false, 1)
	require.Error(t, revokeAll(errors.New("own")))
	requireRevoked(false, 1)
	require.NoError(t, revokeAll(nil))
	requireRevoked(true, 1)

	store.Revoke(2)
	requireRevoked(false, 2)
}

func doctor(license string) domain.Doctor {
	return domain.Doctor{LicenseNumber: domain.StoredLicenseNumber(license, "")}
}

func addDoctor(t *testing.T, store ports.Store, license string) {
	t.Helper()
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Doctors().Add(t.Context(), doctor(license))
		return err
	}))
}

func list(t *testing.T, store ports.Store) (doctors []domain.Doctor) {
	t.Helper()
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) (err error) {
		doctors, err = tx.Doctors().List(t.Context(), domain.ListQuery{Limit: 100})
		return err
	}))
	return doctors
}
