package sqlstore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func parseSearch(t require.TestingT, text string) domain.Search {
	search, err := domain.ParseSearch(text)
	require.NoError(t, err, "%q", text)
	return search
}

// names are hard to search in: many scripts, and the syntax of queries and patterns.
var names = rapid.Custom(func(t *rapid.T) string {
	words := rapid.SliceOfN(rapid.OneOf(
		rapid.SampledFrom([]string{
			"Anna", "Annabel", "ANNA", "Ørsted", "O'Brien", "O\u2019Brien", "Jean-Luc", "Straße", "Παπαδόπουλος", "Фёдоров", "مُحَمَّد", "שָׁלוֹם",
			"王", "王小明", "小", "សុខា", "한", "😀", "👩\u200d⚕", "%", "_", "a%b", "*", "\"", "'", "\"a\"", "(", ")", "OR", "AND", "NOT", "NEAR", "a*", "-", "^a", "{a}", "\\", "1990-05-01",
		}),
		rapid.StringOfN(rapid.SampledFrom([]rune("abAB王小éßøкЖσςمא%_'\"-1290 ")), 1, 6, -1),
	), 1, 4).Draw(t, "words")
	return strings.Join(words, " ")
})

// Both stores find what the memory store finds, which compares search texts in Go.
func TestEnginesFindTheSameRecords(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			fill(t, store, 0)
			patients := map[domain.ID]domain.Patient{}
			rapid.Check(t, func(rt *rapid.T) {
				update(t, store, func(tx ports.Tx) error {
					for range 5 {
						name := names.Draw(rt, "name")
						patient := newPatient(1)
						patient.Name = domain.FromStored[domain.Name](name)
						patient.Phone = domain.FromStored[domain.Phone](rapid.SampledFrom([]string{"", "+44 20 7946 0123", "020 7946 0999", "112"}).Draw(rt, "phone"))
						patient.DateOfBirth = domain.FromStored[domain.Date](rapid.SampledFrom([]string{"", "1990-05-01", "1990-05-02"}).Draw(rt, "date of birth"))
						patient, err := ports.AddOne(t.Context(), tx.Patients(), patient)
						if err != nil {
							return err
						}
						patients[patient.ID] = patient
					}
					return nil
				})
				words := strings.Fields(rapid.OneOf(names, rapid.SampledFrom([]string{"02079460", "7946", "1990-05-01", "anna 1990-05-02", "112", "20-7946"})).Draw(rt, "search"))
				search := parseSearch(rt, strings.Join(words[:min(len(words), 10)], " "))
				found, err := store.Find(t.Context(), "patients", "id", search, 100_000)
				require.NoError(rt, err)
				var want []domain.ID
				for id, patient := range patients {
					if search.Matches(patient.SearchText()) {
						want = append(want, id)
					}
				}
				assert.ElementsMatch(rt, want, found, "%q", words)
				number, err := store.Count(t.Context(), "patients", search)
				require.NoError(rt, err)
				assert.Len(rt, want, number)
			})
		})
	}
}

// One such character is folded to a phrase of 18 letters.
func TestTheLongestSearchIsAnswered(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			id := fill(t, store, 1)
			name := strings.Repeat("\ufdfa", 100)
			require.Empty(t, find(t, store, "patients", name))
			update(t, store, func(tx ports.Tx) error {
				patient, err := tx.Patients().Get(t.Context(), id)
				require.NoError(t, err)
				patient.Name = domain.FromStored[domain.Name](name)
				return tx.Patients().Save(t.Context(), patient)
			})
			require.Equal(t, []domain.ID{id}, find(t, store, "patients", name))
			require.Equal(t, []domain.ID{id}, find(t, store, "patients", strings.Repeat(strings.Repeat("\ufdfa", 9)+" ", 10)))
			require.Empty(t, find(t, store, "patients", strings.Repeat("1990-05-01 ", 9)))
		})
	}
}

func find(t *testing.T, store *sqlstore.Store, table, words string) []domain.ID {
	t.Helper()
	found, err := store.Find(t.Context(), table, "id", parseSearch(t, words), 100)
	require.NoError(t, err)
	return found
}

func TestSearchesFollowEveryChangeOfARecord(t *testing.T) {
	for _, engine := range append([]engine{unprepared}, engines...) {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			id := fill(t, store, 1)
			require.Equal(t, []domain.ID{id}, find(t, store, "patients", "adler"))
			require.Len(t, find(t, store, "doctors", "house nj-1"), 1)
			require.Len(t, find(t, store, "users", "cuddy"), 1)
			var deleted domain.Patient
			update(t, store, func(tx ports.Tx) error {
				patient, err := tx.Patients().Get(t.Context(), id)
				require.NoError(t, err)
				patient.Name = domain.FromStored[domain.Name]("Rebecca Young")
				require.NoError(t, tx.Patients().Save(t.Context(), patient))
				user, err := tx.Users().Get(t.Context(), 1)
				require.NoError(t, err)
				user.LastName = domain.FromStored[domain.PersonName]("Ørsted")
				return tx.Users().Save(t.Context(), user)
			})
			require.Empty(t, find(t, store, "patients", "adler"))
			require.Equal(t, []domain.ID{id}, find(t, store, "patients", "young"))
			require.Len(t, find(t, store, "users", "orsted"), 1)
			update(t, store, func(tx ports.Tx) error {
				var err error
				deleted, _, err = tx.Patients().Delete(t.Context(), id)
				require.NoError(t, err)
				_, err = tx.PatientHistory().Add(t.Context(), domain.Version[domain.Patient]{Record: deleted, Change: domain.Deleted, At: now})
				return err
			})
			require.Empty(t, find(t, store, "patients", "young"))
			update(t, store, func(tx ports.Tx) error { return tx.PatientHistory().Restore(t.Context(), deleted) })
			require.Equal(t, []domain.ID{id}, find(t, store, "patients", "young"))
		})
	}
}
