package portstest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testTakeover checks ports.Takeover for one kind of entities.
func testTakeover[T any](s suite, a entityKind[T], takeOver func(*testing.T, ports.Tx, ...T) error) {
	add := func(t *testing.T, store ports.Store, entities ...T) error {
		return store.Update(t.Context(), func(tx ports.Tx) error { return takeOver(t, tx, entities...) })
	}

	s.promise("a takeover keeps the IDs, and later IDs are greater", func(t *testing.T, store ports.Store) {
		first, second := a.withID(a.newEntity(t, store), 70), a.withID(a.newEntity(t, store), 50)
		require.NoError(t, add(t, store, first, second))
		require.Equal(t, first, a.get(t, store, 70))
		require.Equal(t, second, a.get(t, store, 50))
		require.Greater(t, a.id(a.addNew(t, store)), domain.ID(70))

		require.NoError(t, add(t, store, a.withID(a.newEntity(t, store), 60)))
		require.Greater(t, a.id(a.addNew(t, store)), domain.ID(70), "a lower ID changes nothing")
		require.NoError(t, add(t, store, a.withID(a.newEntity(t, store), 1<<40)))
		require.Greater(t, a.id(a.addNew(t, store)), domain.ID(1<<40))
		require.NoError(t, add(t, store), "nothing to take over")
	})

	s.promise("a takeover of an ID in use is a Conflict and adds nothing", func(t *testing.T, store ports.Store) {
		existing := a.addNew(t, store)
		other := a.withID(a.newEntity(t, store), a.id(existing)+100)
		requireRefused(t, domain.ErrIDTaken(), add(t, store, other, a.withID(a.newEntity(t, store), a.id(existing))))
		require.Equal(t, existing, a.get(t, store, a.id(existing)))
		a.requireMissing(t, store, a.id(other))
	})

	s.promise("View cannot take over", func(t *testing.T, store ports.Store) {
		entity := a.withID(a.newEntity(t, store), 70)
		assert.Error(t, store.View(t.Context(), func(tx ports.Tx) error { return takeOver(t, tx, entity) }))
		a.requireMissing(t, store, 70)
	})
}

func testTakeovers(s suite) {
	testTakeover(s, users, func(t *testing.T, tx ports.Tx, list ...domain.User) error {
		return tx.Takeover().AddUsers(t.Context(), list...)
	})
	testTakeover(s, doctors, func(t *testing.T, tx ports.Tx, list ...domain.Doctor) error {
		return tx.Takeover().AddDoctors(t.Context(), list...)
	})
	testTakeover(s, patients, func(t *testing.T, tx ports.Tx, list ...domain.Patient) error {
		return tx.Takeover().AddPatients(t.Context(), list...)
	})
	testTakeover(s, mappings, func(t *testing.T, tx ports.Tx, list ...domain.Mapping) error {
		return tx.Takeover().AddMappings(t.Context(), list...)
	})

	s.promise("reserved IDs are not assigned", func(t *testing.T, store ports.Store) {
		reserve := func(kind domain.SubjectKind, last domain.ID) {
			update(t, store, func(tx ports.Tx) error { return tx.Takeover().ReserveIDs(t.Context(), kind, last) })
		}
		reserve(domain.SubjectUser, 70)
		reserve(domain.SubjectDoctor, 80)
		reserve(domain.SubjectPatient, 90)
		reserve(domain.SubjectMapping, 100)
		mapping := mappings.addNew(t, store)
		require.Greater(t, mapping.ID, domain.ID(100))
		require.Greater(t, mapping.PatientID, domain.ID(90))
		require.Greater(t, mapping.DoctorID, domain.ID(80))
		require.Greater(t, users.addNew(t, store).ID, domain.ID(70))
		reserve(domain.SubjectUser, 5)
		require.Greater(t, users.addNew(t, store).ID, domain.ID(71))
		require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
			assert.Error(t, tx.Takeover().ReserveIDs(t.Context(), domain.SubjectUser, 200))
			return nil
		}))
	})

	s.promise("a takeover refuses what Add refuses", func(t *testing.T, store ports.Store) {
		user, doctor, mapping := users.addNew(t, store), doctors.addNew(t, store), mappings.addNew(t, store)
		user.ID, doctor.ID, mapping.ID = user.ID+10, doctor.ID+10, mapping.ID+10
		orphan := mapping
		orphan.PatientID = 1 << 40
		patient := newPatient(1 << 40)
		patient.ID = 70
		for _, tt := range []struct {
			want error
			add  func(ports.Takeover) error
		}{
			{domain.ErrEmailTaken(), func(to ports.Takeover) error { return to.AddUsers(t.Context(), user) }},
			{domain.ErrLicenseTaken(), func(to ports.Takeover) error { return to.AddDoctors(t.Context(), doctor) }},
			{domain.ErrAlreadyAssigned(), func(to ports.Takeover) error { return to.AddMappings(t.Context(), mapping) }},
			{domain.ErrNoSuchReference("patient"), func(to ports.Takeover) error { return to.AddMappings(t.Context(), orphan) }},
			{domain.ErrNoSuchReference("created_by"), func(to ports.Takeover) error { return to.AddPatients(t.Context(), patient) }},
		} {
			requireRefused(t, tt.want, store.Update(t.Context(), func(tx ports.Tx) error { return tt.add(tx.Takeover()) }))
		}
	})

	s.promise("a takeover of the ID of a deleted record is a Conflict", func(t *testing.T, store ports.Store) {
		doctor := doctors.addNew(t, store)
		update(t, store, func(tx ports.Tx) error {
			if _, _, err := tx.Doctors().Delete(t.Context(), doctor.ID); err != nil {
				return err
			}
			_, err := tx.DoctorHistory().Add(t.Context(), domain.Version[domain.Doctor]{At: doctor.CreatedAt, Change: domain.Deleted, Record: doctor})
			return err
		})
		requireRefused(t, domain.ErrIDTaken(), store.Update(t.Context(), func(tx ports.Tx) error { return tx.Takeover().AddDoctors(t.Context(), doctor) }))
	})
}
