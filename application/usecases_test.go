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

// method is an exported method of a service. It is a use-case if its first parameters are a
// context and an actor.
type method struct {
	service, name string
	reflect.Type
}

var contextType, actorType = reflect.TypeFor[context.Context](), reflect.TypeFor[domain.Actor]()

func (m method) String() string { return m.service + "." + m.name }

func (m method) isUseCase() bool {
	return m.NumIn() >= 2 && m.In(0) == contextType && m.In(1) == actorType
}

// inputTypes returns the types of the other parameters.
func (m method) inputTypes() (types []reflect.Type) {
	for i := 2; i < m.NumIn(); i++ {
		types = append(types, m.In(i))
	}
	return types
}

// call calls the use-case.
func (m method) call(c *clinic, by domain.Actor, given []reflect.Value) error {
	in := append([]reflect.Value{reflect.ValueOf(c.ctx), reflect.ValueOf(by)}, given...)
	out := reflect.ValueOf(c.UseCases).Elem().FieldByName(m.service).MethodByName(m.name).Call(in)
	err, _ := out[len(out)-1].Interface().(error)
	return err
}

// methods are the exported methods of all services.
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

// useCases are the methods that are use-cases.
var useCases = slices.DeleteFunc(slices.Clone(methods), func(m method) bool { return !m.isUseCase() })

// notUseCases need no permission: the first two run before every use-case, and the others
// return no data of any person.
var notUseCases = []string{"Authenticator.Authenticate", "Authenticator.Recheck", "Authenticator.RecheckAtEnd", "Sealer.Seal", "Sealer.Head", "Store.ID", "Trail.LastSeal", "Trail.Stats", "Trail.WriteRepeatedRefusals", "Users.HasAdministrator", "Verifier.Verify", "Verifier.Head"}

func TestEveryMethodIsAUseCaseOrAListedException(t *testing.T) {
	var others []string
	for _, m := range methods {
		if !m.isUseCase() {
			others = append(others, m.String())
		}
	}
	assert.ElementsMatch(t, notUseCases, others)
}

// Every use-case checks exactly one permission. Without it, a call changes nothing and returns
// an error.
func TestEveryUseCaseChecksOnePermissionAndRecordsOneEvent(t *testing.T) {
	for _, useCase := range useCases {
		t.Run(useCase.String(), func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			w := newWorld(c)
			before := storedData(c)
			var nothing []reflect.Value
			for _, given := range useCase.inputTypes() {
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

// permissions returns the permissions of the policy.
func permissions() (all []domain.Permission) {
	for _, rule := range domain.Policy() {
		all = append(all, rule.Permission)
	}
	return all
}

// Every result type that contains a doctor has a VisibleTo of its own.
func TestEveryResultWithADoctorHasItsOwnVisibleTo(t *testing.T) {
	found := 0
	for _, useCase := range useCases {
		result := useCase.Type.Out(0)
		if !holdsDoctor(result, map[reflect.Type]bool{}) {
			continue
		}
		found++
		show, ok := result.MethodByName("VisibleTo")
		if assert.True(t, ok, "%s returns %s", useCase, result) {
			assert.Equal(t, result, show.Type.Out(0), "%s returns %s, whose VisibleTo is the promoted method of an embedded type", useCase, result)
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
