package sqlstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestVersionsAreWrittenWithFewStatements(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var counter counter
			store := engine.open(t, counter.wrap)
			for _, test := range []struct {
				change     domain.Change
				versions   int
				statements int64
			}{
				{domain.Created, 0, 0},
				{domain.Created, 1, 2}, // One statement reads the last versions, one adds the new ones.
				{domain.Updated, 1, 2},
				{domain.Deleted, 1, 3}, // A third statement writes the deletions.
				{domain.Deleted, 1, 3},
				{domain.Restored, 1, 3},
				{domain.Updated, 1, 2},
				{domain.Deleted, 64, 3},
				{domain.Restored, 64, 3},
				{domain.Deleted, 1024, 3 * 16},
			} {
				var versions []domain.Version[domain.Mapping]
				for i := range test.versions {
					versions = append(versions, domain.Version[domain.Mapping]{
						At: now, Change: test.change, Record: domain.Mapping{ID: domain.ID(i + 1), AssignedAt: now},
					})
				}
				got := counter.during(func() { keep(t, store, versions...) })
				require.Equal(t, test.statements, got, "statements for %d %s", test.versions, test.change)
			}
			got := counter.during(func() {
				update(t, store, func(tx ports.Tx) error {
					purged, err := tx.Retention().Purge(t.Context(), domain.SubjectMapping, now.AddDate(1, 0, 0), 512)
					require.Len(t, purged, 512)
					return err
				})
			})
			require.Equal(t, int64(1+2*8), got, "statements to purge")
		})
	}
}

func TestListsOfVersionsAreOneStatement(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var counter counter
			store := engine.open(t, counter.wrap)
			doctor := domain.Reference{Kind: domain.SubjectDoctor, ID: 1}
			for range 3 {
				keep(t, store, domain.Version[domain.Mapping]{At: now, Change: domain.Deleted, Cause: doctor, Record: domain.Mapping{ID: 1}})
			}
			for name, read := range map[string]func(ports.History[domain.Mapping]) ([]domain.Version[domain.Mapping], error){
				"List": func(history ports.History[domain.Mapping]) ([]domain.Version[domain.Mapping], error) {
					return history.List(t.Context(), 1, domain.Page{After: 2, Limit: 10})
				},
				"Deleted": func(history ports.History[domain.Mapping]) ([]domain.Version[domain.Mapping], error) {
					return history.ListDeleted(t.Context(), domain.Reference{}, domain.Page{Limit: 10})
				},
				"Deleted with": func(history ports.History[domain.Mapping]) ([]domain.Version[domain.Mapping], error) {
					return history.ListDeleted(t.Context(), doctor, domain.Page{Limit: 10})
				},
			} {
				got := counter.during(func() {
					require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
						versions, err := read(tx.MappingHistory())
						require.Len(t, versions, 1, name)
						return err
					}))
				})
				require.Equal(t, int64(1), got, name)
			}
		})
	}
}

func keep[T domain.Record](t testing.TB, store ports.Store, versions ...domain.Version[T]) {
	t.Helper()
	update(t, store, func(tx ports.Tx) error {
		_, err := historyOf[T](tx).Add(t.Context(), versions...)
		return err
	})
}

func historyOf[T domain.Record](tx ports.Tx) ports.History[T] {
	for _, history := range []any{tx.DoctorHistory(), tx.PatientHistory(), tx.MappingHistory()} {
		if history, ok := history.(ports.History[T]); ok {
			return history
		}
	}
	panic("no history")
}

// The times must not grow with the number of versions.
func BenchmarkHistory(b *testing.B) {
	for _, engine := range engines {
		for _, versions := range []int{1_000, 100_000} {
			store := engine.open(b, nil)
			var batch []domain.Version[domain.Mapping]
			for i := range versions {
				batch = append(batch, domain.Version[domain.Mapping]{
					At: now, Change: domain.Deleted, Record: domain.Mapping{ID: domain.ID(1 + i), AssignedAt: now},
				})
			}
			keep(b, store, batch...)
			history := func(fn func(ports.History[domain.Mapping]) error) {
				require.NoError(b, store.View(b.Context(), func(tx ports.Tx) error { return fn(tx.MappingHistory()) }))
			}
			page := domain.Page{After: domain.ID(versions / 2), Limit: domain.DefaultPageLimit}
			b.Run(fmt.Sprintf("%s/List/%d", engine.name, versions), func(b *testing.B) {
				for b.Loop() {
					history(func(h ports.History[domain.Mapping]) error {
						_, err := h.List(b.Context(), page.After, domain.Page{Limit: page.Limit})
						return err
					})
				}
			})
			b.Run(fmt.Sprintf("%s/Deleted/%d", engine.name, versions), func(b *testing.B) {
				for b.Loop() {
					history(func(h ports.History[domain.Mapping]) error {
						_, err := h.ListDeleted(b.Context(), domain.Reference{}, page)
						return err
					})
				}
			})
			b.Run(fmt.Sprintf("%s/Keep/%d", engine.name, versions), func(b *testing.B) {
				for b.Loop() {
					keep(b, store, batch[versions/2])
				}
			})
		}
	}
}
