package application_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// conditionalCall calls a use-case that takes a precondition, as in its row of useCaseTable.
type conditionalCall struct {
	run func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error)
	// refused is the event of a call whose precondition does not hold.
	refused eventOf
}

// conditionalCalls has an entry for each use-case that takes a precondition.
var conditionalCalls = map[string]conditionalCall{
	"Doctors.Replace": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Doctors.Replace(c.ctx, by, w.doctor.ID, expected, doctorInput(w.unused))
	}, onDoctor},
	"Doctors.Change": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Doctors.Change(c.ctx, by, w.doctor.ID, expected, domain.DoctorInput{Name: domain.Given("New")})
	}, onDoctor},
	"Doctors.Delete": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return nil, c.Doctors.Delete(c.ctx, by, w.doctor.ID, expected)
	}, onDoctor},
	"Patients.Replace": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Patients.Replace(c.ctx, by, w.patient.ID, expected, patientInput("New"))
	}, onPatient},
	"Patients.Change": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Patients.Change(c.ctx, by, w.patient.ID, expected, patientInput("New"))
	}, onPatient},
	"Patients.Delete": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return nil, c.Patients.Delete(c.ctx, by, w.patient.ID, expected)
	}, onPatient},
	"Mappings.Replace": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Mappings.Replace(c.ctx, by, w.mapping.ID, expected, pair(w.patient.ID, w.otherDoctor.ID))
	}, onMovedMapping},
	"Mappings.Change": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Mappings.Change(c.ctx, by, w.mapping.ID, expected, domain.MappingInput{Doctor: domain.Given(w.otherDoctor.ID.String())})
	}, withRelated(withRelated(onMapping, theOtherDoctor), thePair)},
	"Mappings.Unassign": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return nil, c.Mappings.Unassign(c.ctx, by, w.mapping.ID, expected)
	}, withRelated(onMapping, thePair)},
	"Users.Change": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return c.Users.Change(c.ctx, by, w.other.ID, expected, toAdmin)
	}, otherUser},
	"Users.Deactivate": {func(c *clinic, by domain.Actor, w world, expected domain.Precondition) (any, error) {
		return nil, c.Users.Deactivate(c.ctx, by, w.other.ID, expected)
	}, otherUser},
	"Account.ChangeMe": {func(c *clinic, by domain.Actor, _ world, expected domain.Precondition) (any, error) {
		return c.Account.ChangeMe(c.ctx, by, expected, domain.Profile{FirstName: domain.Given("New")})
	}, ownAccount},
}

// addPreconditionCases adds the cases that all use-cases with a precondition have.
func addPreconditionCases(table map[string]useCaseTest) {
	for name, conditional := range conditionalCalls {
		row := table[name]
		row.cases = maps.Clone(row.cases)
		row.cases["a state that it never had"] = testCall{
			role: domain.Admin, errKind: domain.PreconditionFailed, event: conditional.refused,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return conditional.run(c, by, w, domain.OneOf("0", "none"))
			},
		}
		row.cases["any state"] = testCall{
			role: domain.Admin, event: row.allowed, setup: preconditionsRequired,
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return conditional.run(c, by, w, domain.AnyState())
			},
		}
		row.cases["no precondition"] = testCall{role: domain.Admin, errKind: domain.PreconditionRequired, setup: preconditionsRequired}
		table[name] = row
	}
}

func preconditionsRequired(_ *application.Ports, r *application.Rules) {
	r.Preconditions = application.PreconditionsRequired
}

func TestEveryUseCaseWithAPreconditionIsTested(t *testing.T) {
	var names []string
	for _, useCase := range useCases {
		if slices.Contains(useCase.inputTypes(), reflect.TypeFor[domain.Precondition]()) {
			names = append(names, useCase.String())
		}
	}
	assert.ElementsMatch(t, names, slices.Collect(maps.Keys(conditionalCalls)))
}

// A refused change leaves everything as it is, versions included.
func TestAChangeOfAnotherStateThanExpectedChangesNothing(t *testing.T) {
	for name, conditional := range conditionalCalls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			w := newWorld(c)
			before := storedData(c)
			_, err := conditional.run(c, w.actors[domain.Admin], w, domain.OneOf("0"))
			assertKind(t, domain.PreconditionFailed, err)
			assert.Equal(t, before, storedData(c))
			_, err = conditional.run(c, w.actors[domain.Admin], w, domain.AnyState())
			require.NoError(t, err)
			assert.NotEqual(t, before, storedData(c))
		})
	}
}

// The state is compared in the transaction of the change: another change that commits between
// the two is noticed.
func TestAChangeInBetweenIsNoticed(t *testing.T) {
	c := newClinic(t)
	for i, name := range []string{"Doctors.Replace", "Doctors.Change", "Doctors.Delete"} {
		test := testCall{
			role: domain.Admin, errKind: domain.PreconditionFailed, event: onDoctor,
			collideWith: func(c *clinic, w world) {
				_, err := c.Doctors.Change(c.ctx, w.actors[domain.Admin], w.doctor.ID, unconditional, domain.DoctorInput{Name: domain.Given("Wilson")})
				require.NoError(t, err)
			},
			run: func(c *clinic, by domain.Actor, w world) (any, error) {
				return conditionalCalls[name].run(c, by, w, domain.OneOf(w.doctor.ETag()))
			},
		}
		test.runIn(c, i, name)
	}
}
