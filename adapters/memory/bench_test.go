package memory_test

import (
	"fmt"
	"testing"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// The times must grow no faster than the logarithm of the number of rows.
func BenchmarkStore(b *testing.B) {
	for _, rows := range []int{1_000, 100_000} {
		store := memory.New()
		update := func(fn func(ports.Doctors) error) {
			if err := store.Update(b.Context(), func(tx ports.Tx) error { return fn(tx.Doctors()) }); err != nil {
				b.Fatal(err)
			}
		}
		update(func(doctors ports.Doctors) error {
			for i := range rows {
				if _, err := doctors.Add(b.Context(), doctor(fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		})
		b.Run(fmt.Sprintf("AddAndDelete/%d", rows), func(b *testing.B) {
			for b.Loop() {
				update(func(doctors ports.Doctors) error {
					added, err := ports.AddOne(b.Context(), doctors, doctor("new"))
					if err != nil {
						return err
					}
					_, _, err = doctors.Delete(b.Context(), added.ID)
					return err
				})
			}
		})
		b.Run(fmt.Sprintf("List/%d", rows), func(b *testing.B) {
			query := domain.ListQuery{After: &domain.Position{ID: domain.ID(rows / 2)}, Limit: domain.DefaultPageLimit}
			for b.Loop() {
				if err := store.View(b.Context(), func(tx ports.Tx) error {
					_, err := tx.Doctors().List(b.Context(), query)
					return err
				}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
