package portstest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestPagingWhileRecordsChange pages in every order through 10,000 patients while others add,
// change and remove patients between the pages. No page shows a patient twice, and none misses
// a patient who stayed, except patients whose place in the order changed. It takes some
// seconds, so it is not part of TestStore.
func TestPagingWhileRecordsChange(t *testing.T, open func(t *testing.T) ports.Store) {
	const count = 10_000
	store := open(t)
	creator := users.addNew(t, store).ID
	random := rand.New(rand.NewPCG(1, 2))
	ids := addInterchangeable(t, store, creator, count, random)
	for _, ordering := range domain.PatientList.Orderings() {
		for _, direction := range []string{"", "-"} {
			query := parseQuery(t, domain.PatientList, domain.Parameters{"ordering": domain.Given(direction + ordering)})
			query.Limit = 500 + random.IntN(1000)
			walk := &changingWalk{t: t, store: store, random: random, creator: creator, query: query, seen: map[domain.ID]bool{}, left: map[domain.ID]bool{}}
			walk.throughout = slices.Clone(ids)
			walk.run()
			ids = walk.present(ids)
		}
	}
}

// addInterchangeable adds patients with random values, many of which are equal.
func addInterchangeable(t *testing.T, store ports.Store, creator domain.ID, count int, random *rand.Rand) (ids []domain.ID) {
	t.Helper()
	for len(ids) < count {
		update(t, store, func(tx ports.Tx) error {
			for range 1000 {
				ids = append(ids, patients.addIn(t, tx, randomPatient(creator, random)).ID)
			}
			return nil
		})
	}
	return ids
}

func randomPatient(creator domain.ID, random *rand.Rand) domain.Patient {
	patient := newPatient(creator, func(in *domain.PatientInput) {
		in.Name = domain.Given(fmt.Sprintf("%s %d", randomNames[random.IntN(len(randomNames))], random.IntN(200)))
		in.DateOfBirth = domain.Given(randomDates[random.IntN(len(randomDates))])
		in.Address, in.MedicalRecord = domain.Given(""), domain.Given("")
	})
	at := now.Add(time.Duration(random.IntN(100)) * time.Minute)
	patient.Stamp = domain.Stamp{Version: 1, CreatedAt: at, UpdatedAt: at}
	return patient
}

// changingWalk pages through the patients once.
type changingWalk struct {
	t       *testing.T
	store   ports.Store
	random  *rand.Rand
	creator domain.ID
	query   domain.ListQuery
	// throughout are the patients before the walk, seen those that a page showed, and left
	// those that were removed or whose place in the order changed.
	throughout []domain.ID
	seen, left map[domain.ID]bool
	added      []domain.ID
}

func (w *changingWalk) run() {
	w.t.Helper()
	for {
		page := viewResult(w.t, w.store, func(tx ports.Tx) ([]domain.PatientView, error) { return tx.Patients().List(w.t.Context(), w.query) })
		for _, patient := range page {
			require.False(w.t, w.seen[patient.ID] && !w.left[patient.ID], "patient %d is shown twice in the order %+v", patient.ID, w.query)
			w.seen[patient.ID] = true
		}
		at := func(patient domain.PatientView) domain.Position {
			return domain.PatientList.PositionOf(w.query, patient)
		}
		require.True(w.t, slices.IsSortedFunc(page, func(a, b domain.PatientView) int { return w.query.Compare(at(a), at(b)) }))
		if len(page) < w.query.Limit {
			break
		}
		position := domain.PatientList.PositionOf(w.query, page[len(page)-1])
		w.query.After = &position
		w.change(page)
	}
	for _, id := range w.throughout {
		require.True(w.t, w.seen[id] || w.left[id], "patient %d is missing in the order %+v", id, w.query)
	}
}

// change adds, changes and removes some patients: of all, and of the page that was shown last.
func (w *changingWalk) change(page []domain.PatientView) {
	w.t.Helper()
	update(w.t, w.store, func(tx ports.Tx) error {
		for range 5 {
			w.added = append(w.added, patients.addIn(w.t, tx, randomPatient(w.creator, w.random)).ID)
			for _, id := range []domain.ID{w.throughout[w.random.IntN(len(w.throughout))], page[w.random.IntN(len(page))].ID} {
				patient, err := tx.Patients().Get(w.t.Context(), id)
				if domain.KindOf(err) == domain.NotFound {
					continue
				}
				require.NoError(w.t, err)
				before := domain.PatientList.PositionOf(w.query, domain.PatientView{Patient: patient})
				if w.random.IntN(3) == 0 {
					patients.deleteIn(w.t, tx, id)
					w.left[id] = true
					continue
				}
				other := randomPatient(w.creator, w.random)
				patient.Name, patient.DateOfBirth, patient.UpdatedAt = other.Name, other.DateOfBirth, other.UpdatedAt
				if w.random.IntN(2) == 0 { // a change that leaves most orders as they are
					patient.Name, patient.DateOfBirth = must(domain.ParseName("Same")), domain.Date{}
				}
				require.NoError(w.t, tx.Patients().Save(w.t.Context(), patient))
				if domain.PatientList.PositionOf(w.query, domain.PatientView{Patient: patient}) != before {
					w.left[id] = true
				}
			}
		}
		return nil
	})
}

// present returns the patients who are left after the walk.
func (w *changingWalk) present(before []domain.ID) []domain.ID {
	all := append(before, w.added...)
	return viewResult(w.t, w.store, func(tx ports.Tx) ([]domain.ID, error) { return tx.Patients().ExistingIDs(w.t.Context(), all...) })
}
