package portstest

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testSeals(s suite) {
	testSealFields(s)
	testSealTransactions(s)
}

func testSealFields(s suite) {
	s.promise("without seals, Last is NotFound and the list is empty, not nil", func(t *testing.T, store ports.Store) {
		require.Equal(t, []domain.Seal{}, allSeals(t, store))
		requireNoSeal(t, store)
	})

	s.promise("List and Last return a seal as it was added", func(t *testing.T, store ports.Store) {
		for name, change := range sealVariants {
			want := newSeal(1 + domain.ID(len(allSeals(t, store))))
			change(&want)
			addSeal(t, store, want)
			require.Equal(t, want, lastSeal(t, store), name)
			list := allSeals(t, store)
			require.Equal(t, want, list[len(list)-1], name)
		}
		require.Len(t, allSeals(t, store), len(sealVariants))
	})

	s.promise("a seal's number can be the greatest 64-bit integer", func(t *testing.T, store ports.Store) {
		want := newSeal(math.MaxInt64)
		addSeal(t, store, want)
		require.Equal(t, want, lastSeal(t, store))
		require.Equal(t, []domain.Seal{want}, allSeals(t, store))
	})

	s.promise("a seal's times are cut to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		seal := newSeal(1)
		elsewhere := now.Add(999 * time.Nanosecond).In(time.FixedZone("", 13*60*60))
		seal.At, seal.Missing[1].Since = elsewhere, elsewhere
		addSeal(t, store, seal)
		require.Equal(t, newSeal(1), lastSeal(t, store))
		require.Equal(t, elsewhere, seal.Missing[1].Since, "the caller's value does not change")
	})

	s.promise("List pages by number, whatever order the seals were added in", func(t *testing.T, store ports.Store) {
		for _, number := range []domain.ID{3, 9, 1, 4} {
			addSeal(t, store, newSeal(number))
		}
		require.Equal(t, newSeal(9), lastSeal(t, store))
		for page, want := range map[domain.Page][]domain.ID{
			wholeList:                        {1, 3, 4, 9},
			{Limit: 0}:                       {},
			{Limit: 2}:                       {1, 3},
			{After: 1, Limit: 2}:             {3, 4},
			{After: 2, Limit: 2}:             {3, 4},
			{After: 4, Limit: 2}:             {9},
			{After: 9, Limit: 2}:             {},
			{After: math.MaxInt64, Limit: 2}: {},
		} {
			seals := []domain.Seal{}
			for _, number := range want {
				seals = append(seals, newSeal(number))
			}
			require.Equal(t, seals, sealsOn(t, store, page), "%+v", page)
		}
	})
}

func testSealTransactions(s suite) {
	s.promise("an Update sees its own seal as the last", func(t *testing.T, store ports.Store) {
		require.ErrorIs(t, store.Update(t.Context(), func(tx ports.Tx) error {
			require.NoError(t, tx.Seals().Add(t.Context(), newSeal(1)))
			last, err := tx.Seals().Last(t.Context())
			require.NoError(t, err)
			require.Equal(t, newSeal(1), last)
			return errAborted
		}), errAborted)
		requireNoSeal(t, store)
	})

	s.promise("changing the slices of a seal changes nothing stored", func(t *testing.T, store ports.Store) {
		given := newSeal(1)
		addSeal(t, store, given)
		for _, seal := range []domain.Seal{given, lastSeal(t, store), allSeals(t, store)[0]} {
			seal.Events[0].ID, seal.Missing[0].To = 100, 100
		}
		require.Equal(t, newSeal(1), lastSeal(t, store))
		require.Equal(t, []domain.Seal{newSeal(1)}, allSeals(t, store))
	})

	s.promise("Add of a number that exists is a Conflict and changes nothing", func(t *testing.T, store ports.Store) {
		addSeal(t, store, newSeal(1))
		other := newSeal(1)
		sealVariants["no events"](&other)
		requireRefused(t, domain.ErrSealed(), tryAddSeal(t, store, other))
		require.Equal(t, domain.Conflict, domain.KindOf(domain.ErrSealed()))
		require.Equal(t, []domain.Seal{newSeal(1)}, allSeals(t, store))
	})

	s.race("one of several parallel Adds of the next seal succeeds", func(t *testing.T, store ports.Store) {
		for number := domain.ID(1); number <= raceRounds; number++ {
			requireOneSucceeds(t, domain.ErrSealed(), runConcurrently(callers, func(i int) error {
				seal := newSeal(number)
				seal.Through += domain.ID(i)
				return tryAddSeal(t, store, seal)
			}))
			require.Len(t, allSeals(t, store), int(number))
		}
	})
}

// sealVariants change the seal of newSeal so that together they cover every value that a
// seal can have.
var sealVariants = map[string]func(*domain.Seal){
	"as it is":  func(*domain.Seal) {},
	"no events": func(seal *domain.Seal) { seal.Events = nil },
	"no gaps":   func(seal *domain.Seal) { seal.Missing = nil },
	"nothing":   func(seal *domain.Seal) { *seal = domain.Seal{Number: seal.Number, At: now} },
	"5000 events": func(seal *domain.Seal) {
		seal.Events = nil
		for i := range 5000 {
			id := domain.ID(i*i + 1)
			seal.Events = append(seal.Events, domain.SealedEvent{ID: id, Tag: [4]byte{byte(i), byte(i >> 8), 7, 255}})
		}
	},
	"1000 gaps": func(seal *domain.Seal) {
		seal.Missing = nil
		for i := range 1000 {
			from := domain.ID(10*i + 1)
			seal.Missing = append(seal.Missing, domain.Gap{From: from, To: from + domain.ID(i%10), Since: now.Add(-time.Duration(i) * time.Microsecond)})
		}
	},
	"the greatest numbers": func(seal *domain.Seal) {
		seal.Through = math.MaxInt64
		seal.Events = []domain.SealedEvent{{ID: 1}, {ID: math.MaxInt64}}
		seal.Missing = []domain.Gap{{From: 2, To: math.MaxInt64 - 1, Since: now}}
	},
	"the last moment": func(seal *domain.Seal) {
		seal.At = time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC)
		seal.Missing[0].Since = seal.At
	},
	"before 1970": func(seal *domain.Seal) {
		seal.At = time.Date(1969, time.December, 31, 23, 59, 59, 999999000, time.UTC)
		seal.Missing[0].Since = seal.At
	},
	"other bytes": func(seal *domain.Seal) {
		for i := range seal.Digest {
			seal.Digest[i] = byte(255 - i)
		}
		for i := range seal.MAC {
			seal.MAC[i] = byte(i)
		}
	},
}

// newSeal returns a seal of two events, with two gaps.
func newSeal(number domain.ID) domain.Seal {
	return domain.Seal{
		Number: number, At: now, Through: 200,
		Events: []domain.SealedEvent{{ID: 3, Tag: [4]byte{1, 2, 3, 4}}, {ID: 200, Tag: [4]byte{0, 0, 0, 255}}},
		Missing: []domain.Gap{
			{From: 1, To: 1, Since: now.Add(-time.Minute)},
			{From: 4, To: 199, Since: now},
		},
		Digest: domain.Hash{1, 31: 2},
		MAC:    domain.MAC{3, 15: 4},
	}
}

func tryAddSeal(t tester, store ports.Store, seal domain.Seal) error {
	return store.Update(t.Context(), func(tx ports.Tx) error { return tx.Seals().Add(t.Context(), seal) })
}

func addSeal(t tester, store ports.Store, seal domain.Seal) {
	t.Helper()
	require.NoError(t, tryAddSeal(t, store, seal))
}

func lastSeal(t tester, store ports.Store) domain.Seal {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) (domain.Seal, error) { return tx.Seals().Last(t.Context()) })
}

func requireNoSeal(t tester, store ports.Store) {
	t.Helper()
	view(t, store, func(tx ports.Tx) error {
		last, err := tx.Seals().Last(t.Context())
		requireRefused(t, domain.ErrNotFound(), err)
		require.Zero(t, last)
		return nil
	})
}

func sealsOn(t tester, store ports.Store, page domain.Page) []domain.Seal {
	t.Helper()
	return viewResult(t, store, func(tx ports.Tx) ([]domain.Seal, error) { return tx.Seals().List(t.Context(), page) })
}

func allSeals(t tester, store ports.Store) []domain.Seal {
	t.Helper()
	return sealsOn(t, store, wholeList)
}
