package application_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// faultsIn returns the faults that Verify reports, as texts.
func (c *clinic) faultsIn() (said []string) {
	c.t.Helper()
	for _, fault := range c.verifySilently().Faults {
		said = append(said, fault.String())
	}
	return said
}

func named(kind domain.SubjectKind, id domain.ID, number int) domain.VersionName {
	return domain.VersionName{Record: domain.Reference{Kind: kind, ID: id}, Number: number}
}

func TestVerifyFindsEachTamperedVersionAfterRandomChanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newClinic(t)
		admin := c.SignUp("admin@example.com", domain.Admin)
		id := func() domain.ID { return domain.ID(rapid.IntRange(1, 4).Draw(r, "id")) }
		// Some calls fail, and only record an event.
		r.Repeat(map[string]func(*rapid.T){
			"add a doctor":  func(r *rapid.T) { _, _ = c.Doctors.Create(c.ctx, admin, noKey, doctorInput(fmt.Sprint("L-", id()))) },
			"add a patient": func(r *rapid.T) { _, _ = c.Patients.Create(c.ctx, admin, noKey, patientInput("Ada")) },
			"assign":        func(r *rapid.T) { _, _ = c.Mappings.Assign(c.ctx, admin, noKey, pair(id(), id())) },
			"change a patient": func(r *rapid.T) {
				_, _ = c.Patients.Change(c.ctx, admin, id(), unconditional, patientInput(fmt.Sprint("Ada ", id())))
			},
			"move":            func(r *rapid.T) { _, _ = c.Mappings.Replace(c.ctx, admin, id(), unconditional, pair(id(), id())) },
			"delete doctor":   func(r *rapid.T) { _ = c.Doctors.Delete(c.ctx, admin, id(), unconditional) },
			"delete patient":  func(r *rapid.T) { _ = c.Patients.Delete(c.ctx, admin, id(), unconditional) },
			"restore doctor":  func(r *rapid.T) { _, _ = c.Doctors.Restore(c.ctx, admin, noKey, id()) },
			"restore patient": func(r *rapid.T) { _, _ = c.Patients.Restore(c.ctx, admin, noKey, id()) },
			"restore mapping": func(r *rapid.T) { _, _ = c.Mappings.Restore(c.ctx, admin, noKey, id()) },
			"purge": func(r *rapid.T) {
				_, _ = c.Retention.Purge(c.ctx, operator, rapid.SampledFrom(recordKinds).Draw(r, "kind"), c.Now().Add(time.Hour))
			},
			"seal": func(r *rapid.T) { c.seal() },
		})
		require.Empty(r, c.faultsIn())

		kept := c.commitments()
		if len(kept) == 0 {
			return
		}
		at := rapid.IntRange(0, len(kept)-1).Draw(r, "version")
		name := kept[at].VersionName
		store := c.tamper()
		for problem, tamper := range map[domain.Problem]func([]domain.Commitment) []domain.Commitment{
			domain.VersionChanged: func(all []domain.Commitment) []domain.Commitment {
				all[at].Digest[3]++
				return all
			},
			domain.VersionRemoved: func(all []domain.Commitment) []domain.Commitment { return slices.Delete(all, at, at+1) },
			domain.VersionInserted: func(all []domain.Commitment) []domain.Commitment {
				inserted := all[at]
				inserted.Number += 100
				return append(all, inserted)
			},
		} {
			store.commitments = tamper
			want := domain.Fault{Problem: problem, Version: name}
			if problem == domain.VersionInserted {
				want.Version.Number += 100
			}
			require.Equal(r, []domain.Fault{want}, c.verifySilently().Faults)
		}
	})
}

// commitments returns the commitments of all versions.
func (c *clinic) commitments() (all []domain.Commitment) {
	c.t.Helper()
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
		all, err = tx.Audit().ListCommitments(c.ctx, domain.VersionName{}, 1<<30)
		return err
	}))
	return all
}

// keepAsBefore adds versions and an event as releases without commitments did.
func (c *clinic) keepAsBefore(event domain.AuditEvent, versions ...domain.Version[domain.Mapping]) {
	c.t.Helper()
	c.addAsBefore(event, func(tx ports.Tx) error {
		_, err := tx.MappingHistory().Add(c.ctx, versions...)
		return err
	})
}

func (c *clinic) addAsBefore(event domain.AuditEvent, keep func(ports.Tx) error) {
	c.t.Helper()
	require.NoError(c.t, c.Ports.Store.Update(c.ctx, func(tx ports.Tx) error {
		if err := keep(tx); err != nil {
			return err
		}
		return tx.Audit().Add(c.ctx, c.attest, event)
	}))
}

func changeOf(record domain.Reference, version int) domain.AuditEvent {
	return domain.AuditEvent{Action: domain.MappingUpdate, Outcome: domain.Allowed, Subject: domain.Subject{Kind: record.Kind, ID: record.ID}, Version: version}
}

func TestVersionsOfReleasesWithoutCommitments(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	mapping := w.mapping
	before := domain.Version[domain.Mapping]{At: c.Now(), Change: domain.Updated, Record: mapping}
	old := mapping
	old.ID = 1000
	c.keepAsBefore(changeOf(old.Self(), 1), domain.Version[domain.Mapping]{At: c.Now(), Change: domain.Created, Record: old})
	found := c.verifySilently()
	assert.Empty(t, found.Faults)
	assert.Equal(t, 1, found.VersionsWithoutCommitment)
	assert.Equal(t, domain.ID(1), found.CoveredFrom)
	number := len(slices.DeleteFunc(c.commitments(), func(kept domain.Commitment) bool { return kept.Record != mapping.Self() }))

	t.Run("a version after versions with commitments was inserted", func(t *testing.T) {
		c := *c
		c.tamper().commitments = func(all []domain.Commitment) []domain.Commitment {
			return append(all, domain.Commitment{VersionName: domain.VersionName{Record: mapping.Self(), Number: number + 1}})
		}
		assert.Equal(t, []string{fmt.Sprintf("version %d of mapping %d was inserted", number+1, mapping.ID)}, c.faultsIn())
	})
	t.Run("a version with an impossible number was inserted", func(t *testing.T) {
		c := *c
		c.tamper().commitments = func(all []domain.Commitment) []domain.Commitment {
			return append(all, domain.Commitment{VersionName: domain.VersionName{Record: old.Self()}})
		}
		assert.Equal(t, []string{"version 0 of mapping 1000 was inserted"}, c.faultsIn())
	})
	t.Run("a version that no event of an earlier release made was inserted", func(t *testing.T) {
		for _, name := range []domain.VersionName{named(domain.SubjectPatient, 999, 1), named(domain.SubjectMapping, 999, 1), named(domain.SubjectMapping, 1000, 2)} {
			c := *c
			c.tamper().commitments = func(all []domain.Commitment) []domain.Commitment {
				return append(all, domain.Commitment{VersionName: name})
			}
			assert.Equal(t, []string{fmt.Sprintf("version %d of %s %d was inserted", name.Number, name.Record.Kind, name.Record.ID)}, c.faultsIn())
		}
	})
	t.Run("a duplicated version was inserted", func(t *testing.T) {
		c := *c
		c.tamper().commitments = func(all []domain.Commitment) []domain.Commitment {
			return append(all, domain.Commitment{VersionName: named(domain.SubjectMapping, 1000, 1)})
		}
		assert.Equal(t, []string{"version 1 of mapping 1000 was inserted"}, c.faultsIn())
	})
	t.Run("a missing version was removed", func(t *testing.T) {
		c := *c
		c.tamper().commitments = func(all []domain.Commitment) []domain.Commitment {
			return slices.DeleteFunc(all, func(kept domain.Commitment) bool { return kept.Record == old.Self() })
		}
		assert.Equal(t, []string{"version 1 of mapping 1000 was removed"}, c.faultsIn())
	})
	t.Run("a version that has a commitment now was changed", func(t *testing.T) {
		c := *c
		c.tamper().commitments = func(all []domain.Commitment) []domain.Commitment {
			for i := range all {
				if all[i].Record == old.Self() {
					all[i].Digest[0]++
				}
			}
			return all
		}
		assert.Equal(t, []string{"version 1 of mapping 1000 was changed"}, c.faultsIn())
	})

	// An instance of an earlier release can run at the same time as this one until it is stopped.
	c.keepAsBefore(changeOf(mapping.Self(), number+1), before)
	assert.Empty(t, c.faultsIn())
	require.NoError(t, c.Mappings.Unassign(c.ctx, w.actors[domain.Admin], mapping.ID, unconditional))
	assert.Empty(t, c.faultsIn())
	other := c.assign(w.actors[domain.Admin], w.patient, w.otherDoctor)
	with := domain.Version[domain.Mapping]{At: c.Now(), Change: domain.Deleted, Cause: domain.Reference{Kind: domain.SubjectDoctor, ID: other.DoctorID}, Record: other}
	c.addAsBefore(changeOf(with.Cause, 2), func(tx ports.Tx) error {
		doctor, err := tx.Doctors().Get(c.ctx, other.DoctorID)
		if err == nil {
			_, err = tx.DoctorHistory().Add(c.ctx, domain.Version[domain.Doctor]{At: c.Now(), Change: domain.Deleted, Record: doctor})
		}
		if err == nil {
			_, err = tx.MappingHistory().Add(c.ctx, with)
		}
		return err
	})
	assert.Empty(t, c.faultsIn(), "a child that was deleted with its parent")
}

func TestAFirstVersionByAnEarlierReleaseNeedsNoEvent(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	mapping := w.mapping
	mapping.ID = 1000
	c.keepAsBefore(changeOf(mapping.Self(), 2),
		domain.Version[domain.Mapping]{At: c.Now(), Change: domain.Found, Record: mapping},
		domain.Version[domain.Mapping]{At: c.Now(), Change: domain.Updated, Record: mapping})
	assert.Empty(t, c.faultsIn())
}

func TestChangesAndPurgesDuringVerifyAreNoFaults(t *testing.T) {
	for name, meanwhile := range map[string]func(*clinic, domain.Actor){
		"a version is made": func(c *clinic, admin domain.Actor) { c.addPatient(admin, "Ada") },
		"all is purged": func(c *clinic, _ domain.Actor) {
			for _, kind := range recordKinds {
				assert.NotZero(c.t, c.purged(kind, c.Now().Add(time.Hour)))
			}
		},
		"both, and a seal": func(c *clinic, admin domain.Actor) {
			c.addPatient(admin, "Ada")
			assert.NotZero(c.t, c.purged(domain.SubjectDoctor, c.Now().Add(time.Hour)))
			c.seal()
			c.addPatient(admin, "Ada")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t)
			w := newWorld(c)
			c.seal()
			other := *c
			other.t = t
			done := false
			store := c.tamper()
			store.commitments = func([]domain.Commitment) []domain.Commitment {
				if !done {
					done = true
					meanwhile(&other, w.actors[domain.Admin])
				}
				return other.commitments()
			}
			assert.Empty(t, c.faultsIn())
			assert.True(t, done)
		})
	}
}

func TestVerifyReportsAtMostOneHundredVersions(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	for range domain.MaxFaults + 20 {
		c.addPatient(admin, "Ada")
	}
	store := c.tamper()
	store.commitments = func([]domain.Commitment) []domain.Commitment { return nil }
	faults := c.verifySilently().Faults
	require.Len(t, faults, domain.MaxFaults)
	for i, fault := range faults {
		assert.Equal(t, domain.Fault{Problem: domain.VersionRemoved, Version: named(domain.SubjectPatient, domain.ID(i+1), 1)}, fault)
	}
	store.commitments = func(all []domain.Commitment) []domain.Commitment {
		for i := range all {
			all[i].Number += 5
		}
		return all
	}
	assert.Len(t, c.verifySilently().Faults, domain.MaxFaults)
}

// Versions cannot be compared with events that were removed or changed.
func TestVersionsAreNotExaminedIfEventsWereChanged(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	c.addPatient(admin, "Ada")
	last := c.LastEvent().ID
	require.Len(t, c.LastEvent().Commitments, 1)
	c.seal()
	c.tamper().events = without(last)
	assert.Equal(t, []domain.Fault{{Problem: domain.EventRemoved, Event: last, Seal: 1}}, c.verifySilently().Faults)
}

// An inserted event that copies the commitments of another event makes no version a fault.
func TestAnInsertedCopyOfAnEventIsTheOnlyFault(t *testing.T) {
	c := newClinic(t)
	admin := c.SignUp("admin@example.com", domain.Admin)
	c.addPatient(admin, "Ada")
	c.seal()
	copied := c.LastEvent()
	require.NoError(t, c.leaveEvent())
	inserted := c.LastEvent().ID
	for _, number := range []int{1, 7} {
		store := c.tamper()
		store.events = editing(inserted, func(event *domain.AuditEvent) {
			*event = copied
			event.ID, event.Commitments = inserted, slices.Clone(copied.Commitments)
			event.Commitments[0].Number = number
		})
		assert.Equal(t, []domain.Fault{{Problem: domain.EventInserted, Event: inserted}}, c.verifySilently().Faults)
	}
}

func TestAChangeThatFailedHasNoCommitments(t *testing.T) {
	c := newClinic(t)
	w := newWorld(c)
	_, err := c.Mappings.Assign(c.ctx, w.actors[domain.Admin], noKey, pair(w.mapping.PatientID, w.mapping.DoctorID))
	require.Error(t, err)
	assert.Empty(t, c.LastEvent().Commitments)
	c.use(onStore(&collidingStore{Store: c.Ports.Store, between: func() {}}))
	require.NoError(t, c.Doctors.Delete(c.ctx, w.actors[domain.Admin], w.doctor.ID, unconditional))
	seen := map[domain.VersionName]bool{}
	for _, commitment := range c.LastEvent().Commitments {
		assert.False(t, seen[commitment.VersionName], "a run that collided leaves no commitments")
		seen[commitment.VersionName] = true
	}
	assert.Greater(t, len(seen), 1, "the commitments of the children too")
	assert.Empty(t, c.faultsIn())
}
