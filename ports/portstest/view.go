package portstest

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testView(s suite) {
	testViewErrors(s)
	testViewIsReadOnly(s)
	testViewReads(s)
}

func testViewErrors(s suite) {
	s.promise("an error of fn is returned", func(t *testing.T, store ports.Store) {
		require.ErrorIs(t, store.View(t.Context(), func(ports.Tx) error { return errAborted }), errAborted)
		newFullClinic(t, store).requireUnchanged(t, store)
	})

	s.promise("a panic of fn is passed on and the store keeps working", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		// More often than a connection pool has connections.
		for range 50 {
			require.PanicsWithValue(t, "fn panicked", func() {
				_ = store.View(t.Context(), func(tx ports.Tx) error {
					_, err := tx.Patients().Get(t.Context(), before.patient.ID)
					assert.NoError(t, err)
					panic("fn panicked")
				})
			})
		}
		before.requireUnchanged(t, store)
	})
}

func testViewIsReadOnly(s suite) {
	s.promise("writes fail", func(t *testing.T, store ports.Store) {
		before := newFullClinic(t, store)
		added := mappingRecords.addVersions(t, store, mappingRecords.newVersion(domain.Deleted, before.mapping))
		for name, write := range map[string]func(ports.Tx) error{
			"Users.Add":     func(tx ports.Tx) error { _, err := tx.Users().Add(t.Context(), newUser()); return err },
			"Users.Save":    func(tx ports.Tx) error { return tx.Users().Save(t.Context(), users.increment(before.user)) },
			"Sessions.Add":  func(tx ports.Tx) error { _, err := tx.Sessions().Add(t.Context(), newSession(before.user)); return err },
			"Sessions.Save": func(tx ports.Tx) error { return tx.Sessions().Save(t.Context(), sessions.increment(before.session)) },
			"Sessions.RevokeAll": func(tx ports.Tx) error {
				_, err := tx.Sessions().RevokeAll(t.Context(), before.user.ID, 0, now)
				return err
			},
			"Attempts.Save": func(tx ports.Tx) error { return tx.Attempts().Save(t.Context(), before.key, newAttempts(2), now) },
			"IdempotencyKeys.Save": func(tx ports.Tx) error {
				return tx.IdempotencyKeys().Save(t.Context(), newRequestID(), newKeptRequest(1), now)
			},
			"Doctors.Add":     func(tx ports.Tx) error { _, err := tx.Doctors().Add(t.Context(), newDoctor()); return err },
			"Doctors.Save":    func(tx ports.Tx) error { return tx.Doctors().Save(t.Context(), doctors.increment(before.doctor)) },
			"Doctors.Delete":  func(tx ports.Tx) error { return doctors.tryDeleteIn(t.Context(), tx, before.doctor.ID) },
			"Patients.Add":    func(tx ports.Tx) error { _, err := tx.Patients().Add(t.Context(), before.patient); return err },
			"Patients.Save":   func(tx ports.Tx) error { return tx.Patients().Save(t.Context(), patients.increment(before.patient)) },
			"Patients.Delete": func(tx ports.Tx) error { return patients.tryDeleteIn(t.Context(), tx, before.patient.ID) },
			"Mappings.Add":    func(tx ports.Tx) error { _, err := tx.Mappings().Add(t.Context(), before.mapping); return err },
			"Mappings.Save":   func(tx ports.Tx) error { return tx.Mappings().Save(t.Context(), mappings.increment(before.mapping)) },
			"Mappings.Add of what does not exist": func(tx ports.Tx) error {
				_, err := tx.Mappings().Add(t.Context(), newMapping(1<<40, 1<<40))
				return err
			},
			"Mappings.Delete": func(tx ports.Tx) error { return mappings.tryDeleteIn(t.Context(), tx, before.mapping.ID) },
			"History.Add": func(tx ports.Tx) error {
				_, err := tx.DoctorHistory().Add(t.Context(), doctorRecords.newVersion(domain.Updated, before.doctor))
				return err
			},
			"History.Add of nothing":             func(tx ports.Tx) error { _, err := tx.PatientHistory().Add(t.Context()); return err },
			"History.Restore of what is deleted": func(tx ports.Tx) error { return tx.MappingHistory().Restore(t.Context(), before.mapping) },
			"History.Restore of nothing":         func(tx ports.Tx) error { return tx.PatientHistory().Restore(t.Context()) },
			"History.Restore of what is not":     func(tx ports.Tx) error { return tx.DoctorHistory().Restore(t.Context(), before.doctor) },
			"Retention.Purge": func(tx ports.Tx) error {
				_, err := tx.Retention().Purge(t.Context(), domain.SubjectMapping, endOfTime, 10)
				return err
			},
			"Audit.Add": func(tx ports.Tx) error { return tx.Audit().Add(t.Context(), attest, newPatientRead()) },
			"Seals.Add": func(tx ports.Tx) error { return tx.Seals().Add(t.Context(), newSeal(2)) },
		} {
			err := store.View(t.Context(), write)
			require.Error(t, err, name)
			require.Equal(t, domain.Internal, domain.KindOf(err), "%s: %v", name, err)
		}
		require.Empty(t, doctorRecords.versions(t, store, before.doctor.ID, wholeList))
		require.Equal(t, added, mappingRecords.listDeleted(t, store, domain.Reference{}, wholeList))
		before.requireUnchanged(t, store)
	})
}

func testViewReads(s suite) {
	s.concurrently("each read sees everything committed before it began", func(t *testing.T, store ports.Store) {
		// If Views block Updates, the test fails at the deadline and does not hang.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		doctor := doctors.addNew(t, store)
		view(t, store, func(tx ports.Tx) error {
			for n := range 3 {
				found, err := tx.Doctors().Get(ctx, doctor.ID)
				if err != nil {
					return err
				}
				assert.Equal(t, doctors.incremented(doctor, n), found)
				committed := make(chan error, 1)
				go func() { committed <- doctors.trySave(ctx, store, doctors.incremented(doctor, n+1)) }()
				if err := <-committed; err != nil {
					return err
				}
			}
			return nil
		})
	})
}
