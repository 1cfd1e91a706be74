package application_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

// What is said of an attempt is what its last run found, and not the one before
// that collided.
func TestARunThatCollidedSaysNothingInTheTrail(t *testing.T) {
	unassign := roleMatrix["Mappings.Unassign"].run
	c := newClinic(t)
	n := 0
	for name, tt := range map[string]attempt{
		"a mapping moved in between": {
			by: domain.Staff, action: "mapping:delete", outcome: domain.Allowed, run: unassign,
			between: func(c *clinic, w world) {
				_, err := c.Mappings.Change(c.ctx, w.actors[domain.Admin], w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
				require.NoError(t, err)
			},
			leaves: making(3, func(_ domain.Actor, w world) domain.AuditEvent {
				return one(domain.SubjectMapping, w.mapping.ID, patientRef(w.patient.ID), doctorRef(w.otherDoctor.ID))
			}),
		},
		"a mapping ended in between": {
			by: domain.Staff, action: "mapping:delete", outcome: domain.Failed, refusal: domain.NotFound, run: unassign,
			between: func(c *clinic, w world) {
				require.NoError(t, c.Mappings.Unassign(c.ctx, w.actors[domain.Admin], w.mapping.ID))
			},
			leaves: mapping,
		},
		"a user deactivated while signing in": {
			action: "session:create", outcome: domain.Failed, refusal: domain.Unauthenticated, run: loginAs(ofOther, goodPassword, domain.Input{}),
			between: func(c *clinic, w world) { require.NoError(t, c.Users.Deactivate(c.ctx, operator, w.other.ID)) },
			leaves:  other,
		},
		"a user activated while signing in": {
			action: "session:create", outcome: domain.Allowed, run: loginAs(ofOther, goodPassword, domain.Input{}),
			before: func(c *clinic, w world) { require.NoError(t, c.Users.Deactivate(c.ctx, operator, w.other.ID)) },
			between: func(c *clinic, w world) {
				_, err := c.Users.Change(c.ctx, operator, w.other.ID, domain.UserChange{Active: domain.Given("true")})
				require.NoError(t, err)
			},
			leaves: signedInAs(func(w world) domain.ID { return w.session + 1 }),
		},
		"a token spent in between": {
			action: "session:refresh", outcome: domain.Failed, refusal: domain.Unauthenticated, run: roleMatrix["Sessions.Refresh"].run,
			between: func(c *clinic, w world) {
				_, err := c.refresh(w.grant)
				require.NoError(t, err)
			},
			leaves: func(_ domain.Actor, w world) domain.AuditEvent { return one(domain.SubjectSession, w.session) },
		},
		"a licence number taken in between": {
			by: domain.Admin, action: "doctor:create", outcome: domain.Failed, refusal: domain.Conflict, run: roleMatrix["Doctors.Create"].run,
			between: func(c *clinic, w world) { c.addDoctor(w.unused) },
			leaves:  none(domain.SubjectDoctor),
		},
		"a patient added in between": {
			by: domain.Staff, action: "patient:create", outcome: domain.Allowed, run: roleMatrix["Patients.Create"].run,
			between: func(c *clinic, w world) { c.addPatient(w.actors[domain.Admin], "Eve") },
			leaves: making(1, func(_ domain.Actor, w world) domain.AuditEvent {
				return one(domain.SubjectPatient, w.patient.ID+2)
			}),
		},
		"a doctor whose mapping ended in between": {
			by: domain.Admin, action: "doctor:delete", outcome: domain.Allowed, run: roleMatrix["Doctors.Delete"].run,
			between: func(c *clinic, w world) {
				require.NoError(t, c.Mappings.Unassign(c.ctx, w.actors[domain.Admin], w.mapping.ID))
			},
			leaves: making(2, doctor),
		},
		"a doctor restored in between": {
			by: domain.Admin, action: "doctor:restore", outcome: domain.Failed, refusal: domain.NotFound, run: roleMatrix["Doctors.Restore"].run,
			between: func(c *clinic, w world) {
				_, err := c.Doctors.Restore(c.ctx, w.actors[domain.Admin], w.deletedDoctor.ID)
				require.NoError(t, err)
			},
			leaves: deletedDoctor,
		},
	} {
		want := tt.make(c, n, name)
		assert.Equal(t, []domain.AuditEvent{want}, c.events(n), name)
		n++
	}
}
