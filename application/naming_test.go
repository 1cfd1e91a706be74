package application_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// Whatever the outcome is, the event names every record that the caller named: by an
// argument of type ID, which a transport takes from the path of the request, or by a field of the
// input that refers to a record.
func TestAnEventNamesAllRecordsThatTheCallerNamed(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		c := newClinic(t)
		caller := newCaller(c)
		for range 20 {
			useCase := rapid.SampledFrom(useCases).Draw(r, "use-case")
			by := rapid.SampledFrom(caller.actors).Draw(r, "actor")
			given, named := caller.draw(r, useCase)
			start := len(c.Events())
			_, err := c.Trail.WriteRepeatedRefusals(c.ctx, true) // So that none counts as a repeated refusal.
			require.NoError(r, err)
			err = useCase.call(c, by, given)
			events := c.Events()[start:]
			require.Len(r, events, 1, "%s by %q: %v", useCase, by.Role, err)
			for _, record := range named {
				require.True(r, namesRecord(events[0], record), "%s by %q (%v): %v is not named by %+v", useCase, by.Role, err, record, events[0])
			}
		}
	})
}

// namesRecord reports whether an event names a record.
func namesRecord(event domain.AuditEvent, record domain.Reference) bool {
	return slices.Contains(event.Related, record) ||
		event.Subject.Kind == record.Kind && (event.Subject.ID == record.ID || slices.Contains(event.Subject.Shown, record.ID))
}

// inputGenerator draws the inputs of use-cases.
type inputGenerator struct {
	w      world
	actors []domain.Actor
	// ids are IDs of records that exist, were deleted or never existed.
	ids []domain.ID
	// texts are values of fields that do not refer to a record.
	texts []string
}

func newCaller(c *clinic) *inputGenerator {
	w := newWorld(c)
	drawn := &inputGenerator{w: w, texts: []string{
		"", "x", "1", "ADMIN", "STAFF", "true", "false", "Ada", "M", "2000-01-01", "2026-11-22T09:00:00Z", "12.50",
		goodPassword, otherPassword, w.unused + "@example.com", w.other.Email.String(), "patient:read", "denied",
		w.otherGrant.Refresh.Reveal(),
	}}
	for _, role := range testedRoles {
		drawn.actors = append(drawn.actors, w.actors[role])
	}
	hurried := w.actors[domain.Admin]
	hurried.Duty = domain.DutyPassword
	drawn.actors = append(drawn.actors, hurried)
	for id := range domain.ID(8) {
		drawn.ids = append(drawn.ids, id+1)
	}
	drawn.ids = append(drawn.ids, missingID, 1<<63-1)
	return drawn
}

// draw draws the input of a use-case and returns the records that it names.
func (d *inputGenerator) draw(r *rapid.T, useCase method) (given []reflect.Value, named []domain.Reference) {
	for i, typ := range useCase.inputTypes() {
		value := reflect.New(typ).Elem()
		switch typ {
		case reflect.TypeFor[domain.ID]():
			id := d.drawID(r)
			value.SetInt(int64(id))
			if i == 0 { // A second ID is the number of a version.
				named = append(named, domain.Reference{Kind: useCase.kindOfPath(), ID: id})
			}
		case reflect.TypeFor[domain.SubjectKind]():
			value.SetString(string(rapid.SampledFrom(recordKinds).Draw(r, "kind")))
		case reflect.TypeFor[time.Time]():
			value.Set(reflect.ValueOf(time.Date(2026, 11, rapid.IntRange(21, 23).Draw(r, "day"), 0, 0, 0, 0, time.UTC)))
		case reflect.TypeFor[domain.Email]():
			value.Set(reflect.ValueOf(d.w.other.Email))
		case reflect.TypeFor[domain.Head]():
			value.Set(reflect.ValueOf(rapid.SampledFrom([]domain.Head{{}, d.w.lastSeal, {Number: missingID}}).Draw(r, "head")))
		case reflect.TypeFor[domain.Parameters]():
			in := domain.Parameters{}
			for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(parameterNames), rapid.ID).Draw(r, "parameters") {
				var id domain.ID
				in[name], id = d.drawInput(r, name)
				if id != 0 {
					named = append(named, domain.Reference{Kind: references[name], ID: id})
				}
			}
			value.Set(reflect.ValueOf(in))
		case reflect.TypeFor[domain.Precondition]():
			value.Set(reflect.ValueOf(rapid.SampledFrom([]domain.Precondition{{}, domain.AnyState(), domain.OneOf()}).Draw(r, "precondition")))
		case reflect.TypeFor[application.Once]():
			value.Set(reflect.ValueOf(rapid.SampledFrom([]application.Once{noKey, onceWith("a key")}).Draw(r, "once")))
		case reflect.TypeFor[application.AccessReport](): // The zero AccessReport begins a report.
		default:
			require.Equal(r, reflect.Struct, typ.Kind(), "%s takes a %s, which is not drawn yet", useCase, typ)
			named = append(named, d.drawFields(r, value)...)
		}
		given = append(given, value)
	}
	return given, named
}

func (d *inputGenerator) drawID(r *rapid.T) domain.ID { return rapid.SampledFrom(d.ids).Draw(r, "id") }

// kindOfPath returns the kind of the record that the first ID names. It is the end of the
// name, as in ListByPatient, or the name of the service.
func (m method) kindOfPath() domain.SubjectKind {
	if strings.HasSuffix(m.String(), "Accesses") {
		return domain.SubjectPatient
	}
	if _, of, found := strings.Cut(m.name, "By"); found {
		return domain.SubjectKind(strings.ToLower(of))
	}
	service := strings.ToLower(m.service)
	for _, known := range domain.RecordKinds() {
		if known.Plural == service {
			return known.Kind
		}
	}
	return domain.SubjectKind(strings.TrimSuffix(service, "s"))
}

// references are the names of fields that refer to a record.
var references = map[string]domain.SubjectKind{
	"Patient": domain.SubjectPatient, "Doctor": domain.SubjectDoctor, "Actor": domain.SubjectUser, "IDs": domain.SubjectUser,
	"patient_id": domain.SubjectPatient, "doctor_id": domain.SubjectDoctor, "created_by": domain.SubjectUser,
}

// parameterNames are parameters of lists, and one that no list has.
var parameterNames = []string{
	"patient_id", "doctor_id", "created_by", "search", "role", "gender", "is_active", "updated_at__gte", "ordering", "limit", "cursor", "fields", "count", "unknown",
}

// drawFields draws the fields of an input and returns the records that they name.
func (d *inputGenerator) drawFields(r *rapid.T, input reflect.Value) (named []domain.Reference) {
	for i := range input.NumField() {
		name, field := input.Type().Field(i).Name, input.Field(i)
		switch field.Type() {
		case reflect.TypeFor[domain.Input]():
			drawn, id := d.drawInput(r, name)
			field.Set(reflect.ValueOf(drawn))
			if id != 0 {
				named = append(named, domain.Reference{Kind: references[name], ID: id})
			}
		case reflect.TypeFor[[]domain.Input]():
			for range rapid.IntRange(0, 3).Draw(r, name) {
				drawn, id := d.drawInput(r, name)
				field.Set(reflect.Append(field, reflect.ValueOf(drawn)))
				if id != 0 {
					named = append(named, domain.Reference{Kind: references[name], ID: id})
				}
			}
		case reflect.TypeFor[[]string]():
			if rapid.IntRange(0, 9).Draw(r, name) == 0 {
				field.Set(reflect.ValueOf([]string{"unknown"}))
			}
		case reflect.TypeFor[domain.FieldErrors]():
			if rapid.IntRange(0, 9).Draw(r, name) == 0 {
				field.Set(reflect.ValueOf(domain.FieldErrors{"unknown": {"Unknown parameter."}}))
			}
		default:
			named = append(named, d.drawFields(r, field)...)
		}
	}
	return named
}

// drawInput draws one field. If the field refers to a record, it returns the ID.
func (d *inputGenerator) drawInput(r *rapid.T, name string) (domain.Input, domain.ID) {
	_, refers := references[name]
	switch n := rapid.IntRange(0, 9).Draw(r, name); {
	case n == 0:
		return domain.Null(), 0
	case n == 1:
		return domain.Unreadable("Not a string."), 0
	case n == 2:
		return domain.Given("x"), 0
	case n < 5:
		return domain.Input{}, 0
	case refers:
		id := d.drawID(r)
		return domain.Given(id.String()), id
	default:
		return domain.Given(rapid.SampledFrom(d.texts).Draw(r, name)), 0
	}
}
