package sqlite_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func noEvidence(domain.AuditEvent) domain.Evidence { return domain.Evidence{} }

// The IDs of a failed Update are used again, so that the audit trail has no gaps that seals
// would have to record.
func TestIDsOfEventsHaveNoGaps(t *testing.T) {
	store := open(t, newPath(t), sqlite.Options{})
	rolledBack := errors.New("rolled back")
	for range 3 {
		for _, result := range []error{nil, rolledBack, nil} {
			require.Equal(t, result, store.Update(t.Context(), func(tx ports.Tx) error {
				for range 2 {
					if err := tx.Audit().Add(t.Context(), noEvidence, make([]domain.AuditEvent, 65)...); err != nil {
						return err
					}
				}
				return result
			}))
		}
	}
	require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
		events, err := tx.Audit().List(t.Context(), domain.AuditFilter{}, domain.Page{Limit: 10_000})
		require.Len(t, events, 3*2*2*65)
		for i, event := range events {
			require.Equal(t, domain.ID(i+1), event.ID)
		}
		return err
	}))
}

// A verification reads seals that somebody may have changed.
func TestSealsWithInvalidBytesAreRead(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	db := direct(t, path)
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		return tx.Seals().Add(t.Context(), domain.Seal{Number: 1})
	}))
	rapid.Check(t, func(t *rapid.T) {
		// Bytes that start like a packed list are parsed further than random bytes.
		packed := rapid.SliceOf(rapid.SampledFrom([]byte{0, 1, 2, 127, 128, 129, 255})).Draw(t, "bytes")
		_, err := db.ExecContext(t.Context(), `UPDATE audit_seals SET events = $1, missing = $1`, append([]byte{}, packed...))
		require.NoError(t, err)
		require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
			seal, err := tx.Seals().Last(t.Context())
			require.LessOrEqual(t, 5*len(seal.Events), len(packed))
			require.LessOrEqual(t, 3*len(seal.Missing), len(packed))
			return err
		}))
	})
}

func TestSealsAreReadAsTheyWereAdded(t *testing.T) {
	store := open(t, newPath(t), sqlite.Options{})
	number := domain.ID(0)
	ids := rapid.Map(rapid.Int64Range(1, 1<<63-1), func(id int64) domain.ID { return domain.ID(id) })
	moments := rapid.Map(rapid.Int64(), func(at int64) time.Time { return time.UnixMicro(at).UTC() })
	// Include values that no service writes, because a verification can meet them.
	sealed := rapid.Custom(func(t *rapid.T) domain.SealedEvent {
		return domain.SealedEvent{ID: ids.Draw(t, "id"), Tag: [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "tag"))}
	})
	gaps := rapid.Custom(func(t *rapid.T) domain.Gap {
		return domain.Gap{From: ids.Draw(t, "from"), To: ids.Draw(t, "to"), Since: moments.Draw(t, "since")}
	})
	rapid.Check(t, func(t *rapid.T) {
		number++
		want := domain.Seal{
			Number: number, At: moments.Draw(t, "at"), Through: ids.Draw(t, "through"),
			Events: rapid.SliceOf(sealed).Draw(t, "events"), Missing: rapid.SliceOf(gaps).Draw(t, "missing"),
		}
		if len(want.Events) == 0 {
			want.Events = nil
		}
		if len(want.Missing) == 0 {
			want.Missing = nil
		}
		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error { return tx.Seals().Add(t.Context(), want) }))
		require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
			got, err := tx.Seals().Last(t.Context())
			require.Equal(t, want, got)
			return err
		}))
	})
}
