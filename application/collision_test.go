package application_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// The event contains what the last run of the transaction found, and nothing of a run that
// collided.
func TestTheEventContainsNothingOfARunThatCollided(t *testing.T) {
	unassign := useCaseTable["Mappings.Unassign"].run
	c := newClinic(t)
	n := 0
	for name, tt := range map[string]testCall{
		"a mapping moved in between": {
			role: domain.Staff, action: "mapping:delete", outcome: domain.Allowed, run: unassign,
			collideWith: func(c *clinic, w world) {
				_, err := c.Mappings.Change(c.ctx, w.actors[domain.Admin], w.mapping.ID, unconditional, pair(w.patient.ID, w.otherDoctor.ID))
				require.NoError(t, err)
			},
			event: withVersion(3, func(_ domain.Actor, w world) domain.AuditEvent {
				return eventOn(domain.SubjectMapping, w.mapping.ID, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
			}),
		},
		"a mapping ended in between": {
			role: domain.Staff, action: "mapping:delete", outcome: domain.Failed, errKind: domain.NotFound, run: unassign,
			collideWith: func(c *clinic, w world) {
				require.NoError(t, c.Mappings.Unassign(c.ctx, w.actors[domain.Admin], w.mapping.ID, unconditional))
			},
			event: onMapping,
		},
		"a user deactivated while signing in": {
			action: "session:create", outcome: domain.Failed, errKind: domain.Unauthenticated, run: loginAs(othersEmail, goodPassword, domain.Input{}),
			collideWith: func(c *clinic, w world) {
				require.NoError(t, c.Users.Deactivate(c.ctx, operator, w.other.ID, unconditional))
			},
			event: otherUser,
		},
		"a user activated while signing in": {
			action: "session:create", outcome: domain.Allowed, run: loginAs(othersEmail, goodPassword, domain.Input{}),
			before: func(c *clinic, w world) {
				require.NoError(t, c.Users.Deactivate(c.ctx, operator, w.other.ID, unconditional))
			},
			collideWith: func(c *clinic, w world) {
				_, err := c.Users.Change(c.ctx, operator, w.other.ID, unconditional, domain.UserChange{Active: domain.Given("true")})
				require.NoError(t, err)
			},
			event: inSession(func(w world) domain.ID { return w.otherSession + 1 }),
		},
		"a token spent in between": {
			action: "session:refresh", outcome: domain.Failed, errKind: domain.Unauthenticated, run: useCaseTable["Sessions.Refresh"].run,
			collideWith: func(c *clinic, w world) {
				_, err := c.refresh(w.otherGrant)
				require.NoError(t, err)
			},
			event: func(_ domain.Actor, w world) domain.AuditEvent { return eventOn(domain.SubjectSession, w.otherSession) },
		},
		"a licence number taken in between": {
			role: domain.Admin, action: "doctor:create", outcome: domain.Failed, errKind: domain.Conflict, run: useCaseTable["Doctors.Create"].run,
			collideWith: func(c *clinic, w world) { c.addDoctor(w.unused) },
			event:       noRecord(domain.SubjectDoctor),
		},
		"a patient added in between": {
			role: domain.Staff, action: "patient:create", outcome: domain.Allowed, run: useCaseTable["Patients.Create"].run,
			collideWith: func(c *clinic, w world) { c.addPatient(w.actors[domain.Admin], "Eve") },
			event: withVersion(1, func(_ domain.Actor, w world) domain.AuditEvent {
				return eventOn(domain.SubjectPatient, w.patient.ID+2)
			}),
		},
		"a doctor whose mapping ended in between": {
			role: domain.Admin, action: "doctor:delete", outcome: domain.Allowed, run: useCaseTable["Doctors.Delete"].run,
			collideWith: func(c *clinic, w world) {
				require.NoError(t, c.Mappings.Unassign(c.ctx, w.actors[domain.Admin], w.mapping.ID, unconditional))
			},
			event: withVersion(2, onDoctor),
		},
		"a doctor restored in between": {
			role: domain.Admin, action: "doctor:restore", outcome: domain.Failed, errKind: domain.NotFound, run: useCaseTable["Doctors.Restore"].run,
			collideWith: func(c *clinic, w world) {
				_, err := c.Doctors.Restore(c.ctx, w.actors[domain.Admin], noKey, w.deletedDoctor.ID)
				require.NoError(t, err)
			},
			event: onDeletedDoctor,
		},
	} {
		want := tt.runIn(c, n, name)
		assert.Equal(t, []domain.AuditEvent{want}, c.events(n), name)
		n++
	}
}
