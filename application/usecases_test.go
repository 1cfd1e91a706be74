package application_test

import (
	"context"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// method is an exported method of a service. A use-case is one that takes a context, an
// actor and what the caller gives.
type method struct {
	service, name string
	reflect.Type
}

var contextType, actorType = reflect.TypeFor[context.Context](), reflect.TypeFor[domain.Actor]()

func (m method) String() string { return m.service + "." + m.name }

func (m method) isUseCase() bool {
	return m.NumIn() >= 2 && m.In(0) == contextType && m.In(1) == actorType
}

// given are the types of what the caller gives.
func (m method) given() (types []reflect.Type) {
	for i := 2; i < m.NumIn(); i++ {
		types = append(types, m.In(i))
	}
	return types
}

// call runs the use-case.
func (m method) call(c *clinic, by domain.Actor, given []reflect.Value) error {
	in := append([]reflect.Value{reflect.ValueOf(c.ctx), reflect.ValueOf(by)}, given...)
	out := reflect.ValueOf(c.UseCases).Elem().FieldByName(m.service).MethodByName(m.name).Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// methods are those of all services.
var methods = func() (all []method) {
	services := reflect.ValueOf(application.New(application.Ports{}, application.Rules{})).Elem()
	for i := range services.NumField() {
		service := services.Field(i)
		for m := range service.Type().Methods() {
			all = append(all, method{services.Type().Field(i).Name, m.Name, service.MethodByName(m.Name).Type()})
		}
	}
	return all
}()

// useCases are those methods that are one.
var useCases = slices.DeleteFunc(slices.Clone(methods), func(m method) bool { return !m.isUseCase() })

// noUseCases ask for no permission: the first two come before every use-case, and the
// others say nothing of anybody.
var notUseCases = []string{"Authenticator.Authenticate", "Authenticator.RecheckAtEnd", "Sealer.Seal", "Sealer.Head", "Trail.LastSeal", "Trail.WriteRepeatedRefusals", "Users.HasAdministrator", "Verifier.Verify", "Verifier.Head"}

func TestWhatIsNoUseCaseIsKnown(t *testing.T) {
	var others []string
	for _, m := range methods {
		if !m.isUseCase() {
			others = append(others, m.String())
		}
	}
	assert.ElementsMatch(t, notUseCases, others)
}

// Every use-case is accounted for as a whole, with one permission, and lets nobody do
// or see anything without it.
func TestEveryUseCaseIsAccountedForAsAWhole(t *testing.T) {
	for _, useCase := range useCases {
		t.Run(useCase.String(), func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			w := newWorld(c)
			before := storedData(c)
			var nothing []reflect.Value
			for _, given := range useCase.given() {
				nothing = append(nothing, reflect.Zero(given))
			}
			attempt := func(role domain.Role) (domain.AuditEvent, error) {
				start := len(c.Events())
				err := useCase.call(c, w.actors[role], nothing)
				events := c.Events()[start:]
				require.Len(t, events, 1, "by %q", role)
				return events[0], err
			}

			event, err := attempt("GOD")
			assertKind(t, domain.Forbidden, err)
			assert.Equal(t, domain.Denied, event.Outcome)
			assert.Equal(t, before, storedData(c))
			action := event.Action
			assert.Contains(t, permissions(), action)

			for _, role := range []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator} {
				before := storedData(c)
				event, err := attempt(role)
				assert.Equal(t, action, event.Action, "by %q", role)
				if !domain.Can(role, action) {
					assert.Error(t, err, "by %q", role)
					assert.Equal(t, domain.Denied, event.Outcome, "by %q", role)
					assert.Equal(t, before, storedData(c), "by %q", role)
				}
			}
		})
	}
}

// permissions are those of the policy.
func permissions() (all []domain.Permission) {
	for _, rule := range domain.Policy() {
		all = append(all, rule.Permission)
	}
	return all
}

// Whatever a use-case returns that a doctor can be found in says what to show of it.
func TestEveryResultWithADoctorKnowsWhatToShow(t *testing.T) {
	found := 0
	for _, useCase := range useCases {
		result := useCase.Type.Out(0)
		if !holdsDoctor(result, map[reflect.Type]bool{}) {
			continue
		}
		found++
		show, ok := result.MethodByName("VisibleTo")
		if assert.True(t, ok, "%s returns %s", useCase, result) {
			assert.Equal(t, result, show.Type.Out(0), "%s returns %s, whose VisibleTo is that of what it embeds", useCase, result)
		}
	}
	assert.Greater(t, found, 5, "the search finds doctors")
}

func holdsDoctor(in reflect.Type, seen map[reflect.Type]bool) bool {
	if in == reflect.TypeFor[domain.Doctor]() {
		return true
	}
	if seen[in] {
		return false
	}
	seen[in] = true
	switch in.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return holdsDoctor(in.Elem(), seen)
	case reflect.Struct:
		for field := range in.Fields() {
			if holdsDoctor(field.Type, seen) {
				return true
			}
		}
	}
	return false
}
