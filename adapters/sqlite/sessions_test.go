package sqlite_test

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestAddressesAreStoredAsText(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	for i, address := range []netip.Addr{{}, netip.MustParseAddr("203.0.113.7"), netip.MustParseAddr("2001:db8::1")} {
		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
			user, err := tx.Users().Add(t.Context(), domain.User{
				Email: domain.FromStored[domain.Email](address.String()), Role: domain.Staff, CreatedAt: time.Now(),
			})
			if err != nil {
				return err
			}
			_, err = tx.Sessions().Add(t.Context(), domain.Session{
				UserID: user.ID, Selector: domain.RefreshSelector{byte(i)}, Origin: domain.Origin{Address: address},
			})
			return err
		}))
	}
	var texts string
	err := direct(t, path).QueryRowContext(t.Context(), `SELECT group_concat(address, ',' ORDER BY id) FROM sessions`).Scan(&texts)
	require.NoError(t, err)
	require.Equal(t, ",203.0.113.7,2001:db8::1", texts)
}
