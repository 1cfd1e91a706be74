package sqlstore_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestReadsAreOneStatement(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var counter counter
			store := engine.open(t, counter.wrap)
			first := fill(t, store, 100)
			page := domain.Page{Limit: 1000}
			for name, read := range map[string]func(ports.Tx) (int, error){
				"a patient": func(tx ports.Tx) (int, error) {
					patient, err := tx.Patients().Get(t.Context(), first)
					require.Equal(t, first, patient.ID)
					return 100, err
				},
				"a patient's view": func(tx ports.Tx) (int, error) {
					patient, err := tx.Patients().GetView(t.Context(), first)
					return 50 * len(patient.AssignedDoctors), err
				},
				"all patients": func(tx ports.Tx) (int, error) {
					patients, err := tx.Patients().List(t.Context(), domain.ListQuery{Limit: page.Limit})
					require.Len(t, patients[99].AssignedDoctors, 2)
					return len(patients), err
				},
				"a doctor's patients": func(tx ports.Tx) (int, error) {
					patient, err := tx.Patients().GetView(t.Context(), first)
					if err != nil {
						return 0, err
					}
					patients, err := tx.Patients().List(t.Context(), domain.ListQuery{Limit: page.Limit, Conditions: []domain.Condition{{Filter: "doctor_id", Comparison: domain.Equal, Value: patient.AssignedDoctors[0]}}})
					return len(patients), err
				},
				"all mappings": func(tx ports.Tx) (int, error) {
					assignments, err := tx.Mappings().List(t.Context(), domain.ListQuery{Limit: page.Limit})
					return len(assignments) / 2, err
				},
			} {
				want := int64(1)
				if name == "a doctor's patients" {
					want = 2
				}
				got := counter.during(func() {
					require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
						n, err := read(tx)
						require.Equal(t, 100, n, name)
						return err
					}))
				})
				require.Equal(t, want, got, "statements to read %s", name)
			}
		})
	}
}

// TestErrorsHoldNoValues stores values that the schema refuses.
func TestErrorsHoldNoValues(t *testing.T) {
	const secret = "hemorrhoids"
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			session := domain.Session{Selector: domain.RefreshSelector([]byte(secret + "     ")), CreatedAt: now, ExpiresAt: now}
			update(t, store, func(tx ports.Tx) error {
				user := newUser()
				user.Email = domain.FromStored[domain.Email](secret)
				user, err := tx.Users().Add(t.Context(), user)
				if err != nil {
					return err
				}
				session.UserID = user.ID
				_, err = tx.Sessions().Add(t.Context(), session)
				return err
			})
			for name, write := range map[string]func(ports.Tx) error{
				"duplicate with an error of its own": func(tx ports.Tx) error {
					user := newUser()
					user.Email = domain.FromStored[domain.Email](secret)
					_, err := tx.Users().Add(t.Context(), user)
					return err
				},
				"duplicate without an error of its own": func(tx ports.Tx) error {
					_, err := tx.Sessions().Add(t.Context(), session)
					return err
				},
				"too long": func(tx ports.Tx) error {
					doctor := newDoctor("NJ-1")
					doctor.Name = domain.FromStored[domain.Name](strings.Repeat(secret, 100))
					_, err := tx.Doctors().Add(t.Context(), doctor)
					return err
				},
				"not a number": func(tx ports.Tx) error {
					doctor := newDoctor("NJ-1")
					doctor.Salary = domain.FromStored[domain.Salary](secret)
					_, err := tx.Doctors().Add(t.Context(), doctor)
					return err
				},
				"not a date": func(tx ports.Tx) error {
					patient := newPatient(session.UserID)
					patient.DateOfBirth = domain.FromStored[domain.Date](secret)
					_, err := tx.Patients().Add(t.Context(), patient)
					return err
				},
				"not one of the choices": func(tx ports.Tx) error {
					patient := newPatient(session.UserID)
					patient.Gender = domain.FromStored[domain.Gender](secret)
					_, err := tx.Patients().Add(t.Context(), patient)
					return err
				},
				"the subject of an event too long": func(tx ports.Tx) error {
					event := newEvents(1, 0)[0]
					event.Subject.Kind = domain.SubjectKind(strings.Repeat(secret, 100))
					return tx.Audit().Add(t.Context(), noEvidence, event)
				},
				"a reference of an event too long": func(tx ports.Tx) error {
					event := newEvents(1, 0)[0]
					event.Related = []domain.Reference{{Kind: domain.SubjectKind(strings.Repeat(secret, 100)), ID: 1}}
					return tx.Audit().Add(t.Context(), noEvidence, event)
				},
			} {
				err := store.Update(t.Context(), write)
				require.Error(t, err, name)
				for e := err; e != nil; e = errors.Unwrap(e) {
					require.NotContains(t, e.Error(), secret, name)
				}
			}
		})
	}
}

// colliding is a store in which every statement collides with another transaction.
func colliding(t *testing.T) *sqlstore.Store {
	db, err := sqlx.Open("sqlite", ":memory:")
	require.NoError(t, err)
	store := sqlstore.New(sqlstore.Engine{
		RolledBack: func(error) bool { return true },
		Classify:   func(error) sqlstore.Failure { return sqlstore.Failure{Kind: sqlstore.Collision} },
	}, db, db, db, true)
	store.SkipSchemaChecks()
	return closing(t, store, nil)
}

func TestUpdateGivesUpAfterCollisions(t *testing.T) {
	attempts := 0
	err := colliding(t).Update(t.Context(), func(tx ports.Tx) error {
		attempts++
		_, err := tx.Users().Get(t.Context(), 1)
		return err
	})
	require.Equal(t, domain.Unavailable, domain.KindOf(err))
	require.Equal(t, 10, attempts)
}

func TestUpdateRunsAgainAfterACollisionWhateverErrorFnReturns(t *testing.T) {
	attempts := 0
	err := colliding(t).Update(t.Context(), func(tx ports.Tx) error {
		if attempts++; attempts == 3 {
			return nil
		}
		_, _ = tx.Users().Get(t.Context(), 1)
		return errors.New("some other error")
	})
	require.NoError(t, err)
}

func TestUpdateStopsTryingWhenCtxEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	attempts := 0
	err := colliding(t).Update(ctx, func(tx ports.Tx) error {
		attempts++
		_, err := tx.Users().Get(ctx, 1)
		cancel()
		return err
	})
	require.Equal(t, domain.Unavailable, domain.KindOf(err))
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 1, attempts)
}

func BenchmarkGetPatient(b *testing.B) {
	for _, engine := range append(slices.Clip(engines), unprepared) {
		b.Run(engine.name, func(b *testing.B) {
			store := engine.open(b, nil)
			first := fill(b, store, 100)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					err := store.View(b.Context(), func(tx ports.Tx) error {
						_, err := tx.Patients().Get(b.Context(), first)
						return err
					})
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

func BenchmarkUpdatePatient(b *testing.B) {
	for _, engine := range engines {
		b.Run(engine.name, func(b *testing.B) {
			store := engine.open(b, nil)
			first := fill(b, store, 1)
			for b.Loop() {
				update(b, store, func(tx ports.Tx) error {
					patient, err := tx.Patients().Get(b.Context(), first)
					if err != nil {
						return err
					}
					return tx.Patients().Save(b.Context(), patient)
				})
			}
		})
	}
}
