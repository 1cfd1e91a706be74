package application_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func (c *clinic) expired(kind domain.SubjectKind, before time.Time) int {
	c.t.Helper()
	count, err := c.Retention.CountExpired(c.ctx, operator, kind, before)
	require.NoError(c.t, err)
	return count
}

// purged returns how many records of a kind one Purge removes.
func (c *clinic) purged(kind domain.SubjectKind, before time.Time) int {
	c.t.Helper()
	count, err := c.Retention.Purge(c.ctx, operator, kind, before)
	require.NoError(c.t, err)
	return count
}

func TestExpiredRecordsArePurgedKindByKind(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c) // One doctor, one patient and three mappings of a new world are deleted.
	for _, id := range []domain.ID{w.doctor.ID, w.otherDoctor.ID} {
		require.NoError(t, c.Doctors.Delete(c.ctx, w.actors[domain.Admin], id, unconditional))
	}
	later := c.Now().Add(time.Microsecond)
	want := map[domain.SubjectKind]int{domain.SubjectDoctor: 3, domain.SubjectPatient: 1, domain.SubjectMapping: 4}
	for _, kind := range recordKinds {
		assert.Zero(t, c.expired(kind, c.Now()), "%s: deleted at that time, not before", kind)
		assert.Zero(t, c.purged(kind, c.Now()), kind)
		for _, kind := range recordKinds {
			assert.Equal(t, want[kind], c.expired(kind, later), kind)
		}
		assert.Equal(t, want[kind], c.purged(kind, later), kind)
		want[kind] = 0
		assert.Zero(t, c.expired(kind, later), kind)
		assert.Zero(t, c.purged(kind, later), kind)
	}
}

func TestPurgedRecordsCannotBeReadOrRestored(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin := w.actors[domain.Admin]
	events := c.events(0)
	for _, kind := range recordKinds {
		c.purged(kind, c.Now().Add(time.Second))
	}
	assert.Equal(t, events, c.events(0)[:len(events)], "the events about it are kept")
	assert.Empty(t, readDeleted(c, &c.Doctors.History, "10"))
	assert.Empty(t, readDeleted(c, &c.Patients.History, "10"))
	assert.Empty(t, readDeleted(c, &c.Mappings.History, "10"))
	for _, attempt := range []func() error{
		func() error { _, err := c.Doctors.Restore(c.ctx, admin, noKey, w.deletedDoctor.ID); return err },
		func() error {
			_, err := c.Doctors.ListVersions(c.ctx, admin, w.deletedDoctor.ID, domain.PageInput{})
			return err
		},
		func() error { _, err := c.Doctors.GetVersion(c.ctx, admin, w.deletedDoctor.ID, 1); return err },
		func() error { _, err := c.Patients.Restore(c.ctx, admin, noKey, w.deletedPatient.ID); return err },
		func() error { _, err := c.Patients.GetVersion(c.ctx, admin, w.deletedPatient.ID, 2); return err },
		func() error { _, err := c.Mappings.Restore(c.ctx, admin, noKey, w.deletedMapping.ID); return err },
	} {
		assert.Equal(t, domain.ErrNotFound(), attempt())
	}
	assertVersions(c, &c.Doctors.History, admin, w.doctor.ID, versionBy(c, domain.Actor{Role: domain.Admin}, domain.Created, w.doctor))
}

// Only deleted records are purged, and their age counts from the last deletion.
func TestARestoredRecordIsNotExpired(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	admin, deletion := w.actors[domain.Admin], c.Now()
	c.Advance(24 * time.Hour)
	_, err := c.Doctors.Restore(c.ctx, admin, noKey, w.deletedDoctor.ID)
	require.NoError(t, err)
	before := storedData(c)
	assert.Zero(t, c.expired(domain.SubjectDoctor, c.Now().Add(time.Hour)))
	assert.Zero(t, c.purged(domain.SubjectDoctor, c.Now().Add(time.Hour)))
	assert.Equal(t, before, storedData(c))

	require.NoError(t, c.Doctors.Delete(c.ctx, admin, w.deletedDoctor.ID, unconditional))
	assert.Zero(t, c.purged(domain.SubjectDoctor, deletion.Add(time.Hour)))
	assert.Equal(t, 1, c.purged(domain.SubjectDoctor, c.Now().Add(time.Hour)))
}

// A doctor can be restored after one of the mappings was purged.
func TestPurgedMappingsAreNotRestoredWithTheirDoctor(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	c.purged(domain.SubjectMapping, c.Now().Add(time.Second))
	_, err := c.Doctors.Restore(c.ctx, w.actors[domain.Admin], noKey, w.deletedDoctor.ID)
	require.NoError(t, err)
	ofPatient, err := c.Doctors.ListByPatient(c.ctx, w.actors[domain.Admin], w.patient.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, []domain.Doctor{w.doctor}, ofPatient.Items)
}

func TestOnePurgeRemovesAtMostFiveHundredRecords(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	var all []domain.ID
	for n := range 1001 {
		doctor := c.addDoctor(fmt.Sprint("L-", n))
		require.NoError(t, c.Doctors.Delete(c.ctx, admin, doctor.ID, unconditional))
		all = append(all, doctor.ID)
	}
	before := c.Now().Add(time.Second)
	assert.Equal(t, 1001, c.expired(domain.SubjectDoctor, before))
	for _, want := range []int{500, 500, 1, 0} {
		assert.Equal(t, want, c.purged(domain.SubjectDoctor, before))
	}
	events, err := c.Audit.List(c.ctx, admin, domain.AuditQuery{Action: domain.Given("retention:purge")})
	require.NoError(t, err)
	var named []domain.ID
	for _, event := range events.Items {
		named = append(named, event.Subject.Shown...)
	}
	assert.Equal(t, all, named, "the events name the purged records")
}

// Kinds without versions have no deleted records.
func TestOnlyRecordKindsCanBePurged(t *testing.T) {
	c := newClinic(t)
	newWorld(c)
	before := storedData(c)
	for _, kind := range []domain.SubjectKind{domain.SubjectUser, domain.SubjectSession, domain.SubjectAudit, "", "unheard of"} {
		assert.Zero(t, c.expired(kind, c.Now().Add(time.Hour)), kind)
		assert.Zero(t, c.purged(kind, c.Now().Add(time.Hour)), kind)
	}
	assert.Equal(t, before, storedData(c))
}
