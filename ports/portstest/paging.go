package portstest

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testLists(s suite) {
	for _, l := range pagedLists {
		s.promise(l.name+" without entries is empty, not nil", func(t *testing.T, store ports.Store) {
			require.Equal(t, []domain.ID{}, l.prepare(t, store).readPage(t, wholeList))
		})

		s.promise(l.name+" begins after the ID After, even if no entry has it", func(t *testing.T, store ports.Store) {
			list := l.prepare(t, store)
			ids := list.removeAndAdd(t, 4)
			list.removeAndAdd(t, 0, ids[1])
			for after, want := range map[domain.ID][]domain.ID{
				math.MinInt64: {ids[0], ids[2], ids[3]},
				0:             {ids[0], ids[2], ids[3]},
				ids[0]:        {ids[2], ids[3]},
				ids[1]:        {ids[2], ids[3]},
				ids[2]:        {ids[3]},
				ids[3]:        {},
				math.MaxInt64: {},
			} {
				require.Equal(t, want, list.readPage(t, domain.Page{After: after, Limit: 100}), "after %d", after)
			}
		})

		s.promise(l.name+" returns at most Limit entries", func(t *testing.T, store ports.Store) {
			list := l.prepare(t, store)
			ids := list.removeAndAdd(t, 3)
			for limit := range 5 {
				require.Equal(t, ids[:min(limit, 3)], list.readPage(t, domain.Page{Limit: limit}), "limit %d", limit)
			}
		})
	}

	s.promise("a page can be one entry longer than domain.MaxPageLimit", func(t *testing.T, store ports.Store) {
		// Use-cases read one entry more than they show, to know whether more follow.
		const limit = domain.MaxPageLimit + 1
		clinic := newFullClinic(t, store)
		update(t, store, func(tx ports.Tx) error {
			for range limit {
				patient := patients.addIn(t, tx, newPatient(clinic.user.ID))
				mappings.addIn(t, tx, newMapping(patient.ID, clinic.doctor.ID))
			}
			return nil
		})
		page := domain.Page{Limit: limit}
		view(t, store, func(tx ports.Tx) error {
			everyone, err := tx.Patients().List(t.Context(), pageQuery(page))
			assert.NoError(t, err)
			assert.Len(t, everyone, limit)
			ofDoctor, err := tx.Patients().List(t.Context(), pageQuery(page, is("doctor_id", clinic.doctor.ID)))
			assert.NoError(t, err)
			assert.Equal(t, everyone, ofDoctor)
			assigned, err := tx.Mappings().List(t.Context(), pageQuery(page))
			assert.NoError(t, err)
			assert.Len(t, assigned, limit)
			return nil
		})
	})

	s.promise("paging returns each entry once while other entries are added and removed", func(t *testing.T, _ ports.Store) {
		lists := map[string]listEntries{}
		for _, l := range pagedLists {
			lists[l.name] = l.prepare(t, s.open(t))
		}
		names := slices.Sorted(maps.Keys(lists))
		rapid.Check(t, func(t *rapid.T) { requireStableWalk(t, lists[rapid.SampledFrom(names).Draw(t, "list")]) })
	})
}

// requireStableWalk pages through a list while entries are added and removed, and checks
// each page.
func requireStableWalk(t *rapid.T, list listEntries) {
	leftovers := list.readPage(t, wholeList)
	present := list.removeAndAdd(t, rapid.IntRange(0, 8).Draw(t, "entries"), leftovers...)
	throughout, seen := slices.Clone(present), []domain.ID{}
	page := domain.Page{Limit: rapid.IntRange(1, 4).Draw(t, "limit")}
	for {
		want := slices.DeleteFunc(slices.Clone(present), func(id domain.ID) bool { return id <= page.After })
		got := list.readPage(t, page)
		require.Equal(t, want[:min(page.Limit, len(want))], got)
		seen = append(seen, got...)
		if len(got) < page.Limit {
			break
		}
		page.After = got[len(got)-1]

		// Each page passes at least one entry. Not every page adds one, so the loop ends.
		var removed []domain.ID
		if len(present) > 0 && rapid.Bool().Draw(t, "remove one") {
			removed = []domain.ID{rapid.SampledFrom(present).Draw(t, "removed")}
		}
		isRemoved := func(id domain.ID) bool { return slices.Contains(removed, id) }
		present, throughout = slices.DeleteFunc(present, isRemoved), slices.DeleteFunc(throughout, isRemoved)
		present = append(present, list.removeAndAdd(t, rapid.IntRange(0, 1).Draw(t, "put"), removed...)...)
		slices.Sort(present)
	}
	require.IsIncreasing(t, append([]domain.ID{0}, seen...), "seen twice or out of order")
	require.Subset(t, seen, throughout, "not seen")
}
