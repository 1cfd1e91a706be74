package portstest

import (
	"context"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// fullClinic holds one stored entity of every kind.
type fullClinic struct {
	user    domain.User
	session domain.Session
	doctor  domain.Doctor
	patient domain.Patient
	mapping domain.Mapping
	// attempts are stored under key.
	key      domain.AttemptKey
	attempts domain.Attempts
	event    domain.AuditEvent
	seal     domain.Seal
}

// newFullClinic fills an empty store.
func newFullClinic(t tester, store ports.Store) fullClinic {
	t.Helper()
	c := fullClinic{key: newKey(), attempts: newAttempts(1), seal: newSeal(1)}
	update(t, store, func(tx ports.Tx) error {
		users.addIn(t, tx, newUser())
		c.user = users.addIn(t, tx, newUser())
		c.session = sessions.addIn(t, tx, newSession(c.user))
		offsetDoctors(t, tx)
		c.doctor = doctors.addIn(t, tx, newDoctor())
		c.patient = patients.addIn(t, tx, newPatient(c.user.ID))
		c.mapping = mappings.addIn(t, tx, newMapping(c.patient.ID, c.doctor.ID))
		require.NoError(t, tx.Attempts().Save(t.Context(), c.key, c.attempts, now))
		require.NoError(t, tx.Seals().Add(t.Context(), c.seal))
		return tx.Audit().Add(t.Context(), attest, newPatientRead())
	})
	c.event = allEvents(t, store)[0]
	return c
}

// offsetDoctors makes the IDs of doctors differ from those of patients, so that a store
// that confuses the two fails.
func offsetDoctors(t tester, tx ports.Tx) {
	t.Helper()
	doctors.deleteIn(t, tx, doctors.addIn(t, tx, newDoctor()).ID)
}

// changeEverything saves, deletes or adds an entity of every kind.
func (c fullClinic) changeEverything(ctx context.Context, tx ports.Tx) error {
	for _, write := range []func() error{
		func() error { return tx.Users().Save(ctx, users.increment(c.user)) },
		func() error { return tx.Sessions().Save(ctx, sessions.increment(c.session)) },
		func() error { return tx.Doctors().Save(ctx, doctors.increment(c.doctor)) },
		func() error { return tx.Mappings().Save(ctx, mappings.increment(c.mapping)) },
		func() error { return tx.Attempts().Save(ctx, c.key, newAttempts(2), now) },
		func() error { return patients.tryDeleteIn(ctx, tx, c.patient.ID) },
		func() error { return tx.Audit().Add(ctx, attest, newPatientRead()) },
		func() error { return tx.Seals().Add(ctx, newSeal(2)) },
		func() error { _, err := tx.Users().Add(ctx, newUser()); return err },
		func() error { _, err := tx.Doctors().Add(ctx, newDoctor()); return err },
		func() error { _, err := tx.Sessions().Add(ctx, newSession(c.user)); return err },
		func() error { _, err := tx.Patients().Add(ctx, newPatient(c.user.ID)); return err },
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// requireUnchanged checks that the store still contains exactly the clinic, and that it
// accepts changes.
func (c fullClinic) requireUnchanged(t tester, store ports.Store) {
	t.Helper()
	require.Equal(t, c.user, users.get(t, store, c.user.ID))
	require.Equal(t, c.session, sessions.get(t, store, c.session.ID))
	require.Equal(t, []domain.Doctor{c.doctor}, allDoctors(t, store))
	require.Equal(t, []domain.PatientView{assigned(c.patient, c.doctor.ID)}, allPatients(t, store))
	require.Equal(t, []domain.Assignment{c.assignment()}, allMappings(t, store))
	require.Equal(t, c.attempts, attemptsOf(t, store, c.key))
	require.Equal(t, []domain.AuditEvent{c.event}, allEvents(t, store))
	require.Equal(t, []domain.Seal{c.seal}, allSeals(t, store))

	update(t, store, func(tx ports.Tx) error { return c.changeEverything(t.Context(), tx) })
	require.Len(t, allPatients(t, store), 1)
	require.Len(t, allDoctors(t, store), 2)
}

func (c fullClinic) assignment() domain.Assignment {
	return assignmentOf(c.mapping, c.patient, c.doctor)
}

func assignmentOf(mapping domain.Mapping, patient domain.Patient, doctor domain.Doctor) domain.Assignment {
	return domain.Assignment{
		ID:                mapping.ID,
		PatientID:         patient.ID,
		PatientName:       patient.Name,
		PatientExternalID: patient.ExternalID,
		Doctor:            doctor,
		AssignedAt:        mapping.AssignedAt,
		Version:           mapping.Version,
	}
}
