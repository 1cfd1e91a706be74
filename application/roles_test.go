package application_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/adapters/totp"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// world contains the records and actors for the calls of useCaseTable.
type world struct {
	actors map[domain.Role]domain.Actor
	// devices are the devices that Staff and Admin have enrolled and not confirmed.
	devices      map[domain.Role]device
	other        domain.User
	otherGrant   application.Grant
	otherSession domain.ID // the session of otherGrant
	patient      domain.PatientView
	doctor       domain.Doctor
	otherDoctor  domain.Doctor
	mapping      domain.Mapping
	// These records are deleted. The doctor and the patient each had a mapping, which was deleted
	// with them. The other record of that mapping is live.
	deletedDoctor  domain.Doctor
	deletedPatient domain.PatientView
	deletedMapping domain.Mapping
	// unused is a name that no record has.
	unused string
	// eventsBefore is the number of events before the call.
	eventsBefore int
	// lastSeal is the last seal of the trail.
	lastSeal domain.Head
}

// newWorld adds a new world to the clinic. It purges the deleted records of the previous
// world.
func newWorld(c *clinic) world {
	c.purge(c.Now().Add(time.Second))
	c.worlds++
	name := func(of string) string { return fmt.Sprintf("%s-%d", of, c.worlds) }
	origin := domain.NewOrigin(netip.AddrFrom4([4]byte{10, 0, byte(c.worlds >> 8), byte(c.worlds)}), "a test")
	origin.RequestID = name("request")

	staff, admin := c.SignUp(name("staff")+"@example.com", domain.Staff), c.SignUp(name("admin")+"@example.com", domain.Admin)
	staff.Origin, admin.Origin = origin, origin
	w := world{
		actors: map[domain.Role]domain.Actor{
			domain.Anonymous: {Origin: origin},
			domain.Staff:     staff,
			domain.Admin:     admin,
			domain.Operator:  {Role: domain.Operator, Origin: origin},
			"GOD":            {UserID: staff.UserID, SessionID: staff.SessionID, Role: "GOD", Origin: origin},
		},
		devices:        map[domain.Role]device{domain.Staff: c.giveDevice(staff), domain.Admin: c.giveDevice(admin)},
		other:          c.register(name("other")+"@example.com", domain.Staff),
		deletedPatient: c.addPatient(staff, "Eve"),
		patient:        c.addPatient(staff, "Ada"),
		deletedDoctor:  c.addDoctor(name("K")),
		doctor:         c.addDoctor(name("L")),
		otherDoctor:    c.addDoctor(name("M")),
		unused:         name("unused"),
	}
	w.otherGrant = c.login(w.other.Email.String())
	w.otherSession = c.actor(w.otherGrant).SessionID
	c.assign(staff, w.patient, w.deletedDoctor)
	c.assign(staff, w.deletedPatient, w.doctor)
	w.deletedMapping = c.assign(staff, w.patient, w.otherDoctor)
	require.NoError(c.t, c.Doctors.Delete(c.ctx, domain.Actor{Role: domain.Admin}, w.deletedDoctor.ID, domain.AnyState()))
	require.NoError(c.t, c.Patients.Delete(c.ctx, staff, w.deletedPatient.ID, domain.AnyState()))
	require.NoError(c.t, c.Mappings.Unassign(c.ctx, staff, w.deletedMapping.ID, domain.AnyState()))
	w.mapping = c.assign(staff, w.patient, w.doctor)
	w.lastSeal = c.lastSeal()
	return w
}

// giveDevice does what enrol does, with a key that all worlds share, because drawing a QR code
// for each world would take most of the time.
func (c *clinic) giveDevice(actor domain.Actor) device {
	c.t.Helper()
	enrolment, err := sharedEnrolment()
	require.NoError(c.t, err)
	c.setUser(actor.UserID, func(user *domain.User) { user.SecondFactor = domain.NewSecondFactor(enrolment.Key) })
	return newDevice(c.t, enrolment)
}

var sharedEnrolment = sync.OnceValues(func() (ports.Enrolment, error) {
	keys, err := secretkeys.New(oldSecret)
	if err != nil {
		return ports.Enrolment{}, err
	}
	codes, err := totp.New(keys.For("second factors"))
	if err != nil {
		return ports.Enrolment{}, err
	}
	email, err := domain.ParseEmail("everybody@example.com")
	if err != nil {
		return ports.Enrolment{}, err
	}
	return codes.Enrol(email)
})

// startingAfter returns the parameters of the page that follows the entity.
func startingAfter[T any](c *clinic, listing domain.Listing[T], entity T) domain.Parameters {
	query, err := listing.Parse(operator, nil, c.Ports.Cursors.Open)
	require.NoError(c.t, err)
	return domain.Parameters{"cursor": domain.Given(c.Ports.Cursors.Seal(listing.Cursor(query, entity)))}
}

func doctorsFrom(c *clinic, id domain.ID) domain.Parameters {
	return startingAfter(c, domain.DoctorList, domain.Doctor{ID: id - 1})
}

func patientsFrom(c *clinic, id domain.ID) domain.Parameters {
	return startingAfter(c, domain.PatientList, domain.PatientView{Patient: domain.Patient{ID: id - 1}})
}

func mappingsFrom(c *clinic, id domain.ID) domain.Parameters {
	return startingAfter(c, domain.AssignmentList, domain.Assignment{ID: id - 1})
}

func usersFrom(c *clinic, id domain.ID) domain.Parameters {
	return startingAfter(c, domain.UserList, domain.User{ID: id - 1})
}

// deletedFrom returns the parameters of the page of deleted records that starts with the ID.
func deletedFrom(c *clinic, kind domain.SubjectKind, id domain.ID) domain.Parameters {
	context := fmt.Sprintf("%q", []string{"deleted " + domain.RecordKindOf(kind).Plural})
	return domain.Parameters{"cursor": domain.Given(c.Ports.Cursors.Seal((id - 1).String(), context))}
}

func TestEveryUseCaseByRole(t *testing.T) {
	for name, tt := range useCaseTable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, role := range testedRoles {
				c := newClinic(t)
				w := newWorld(c)
				before := storedData(c)
				done := c.measure()
				_, err := tt.run(c, w.actors[role], w)
				switch {
				case slices.Contains(tt.roles, role):
					assert.NoError(t, err, "by %q", role)
					continue
				case role == domain.Anonymous:
					assert.Equal(t, domain.ErrNotAuthenticated(), err, "by %q", role)
				default:
					assert.Equal(t, domain.Forbidden, domain.KindOf(err), "by %q", role)
				}
				assert.Equal(t, workCounts{updates: 1}, *done, "a denied call by %q only adds an event", role)
				assert.Equal(t, before, storedData(c), "%q changed something", role)
			}
		})
	}
}

// everything is the query of a whole list.
var everything = domain.ListQuery{Limit: domain.MaxPageLimit}

// storedData returns all stored data except audit events and attempts.
func storedData(c *clinic) (all []any) {
	all = storedRecords(c)
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		users, err := tx.Users().List(c.ctx, everything)
		all = append(all, users)
		for _, user := range users {
			sessions, sessionsErr := tx.Sessions().Live(c.ctx, user.ID, c.Now(), page)
			all = append(all, sessions)
			err = errors.Join(err, sessionsErr)
		}
		return err
	}))
	return all
}

// storedRecords returns the doctors, patients and mappings with their versions, and the seals.
func storedRecords(c *clinic) (all []any) {
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		doctors, doctorsErr := tx.Doctors().List(c.ctx, everything)
		patients, patientsErr := tx.Patients().List(c.ctx, everything)
		mappings, mappingsErr := tx.Mappings().List(c.ctx, everything)
		seals, sealsErr := tx.Seals().List(c.ctx, page)
		all = []any{
			doctors, patients, mappings, seals,
			allVersions(c, tx.DoctorHistory()), allVersions(c, tx.PatientHistory()), allVersions(c, tx.MappingHistory()),
		}
		return errors.Join(doctorsErr, patientsErr, mappingsErr, sealsErr)
	}))
	return all
}

// allVersions returns the versions of the records with IDs below 20.
func allVersions[T domain.Record](c *clinic, history ports.History[T]) (all [][]domain.Version[T]) {
	for id := range domain.ID(20) {
		versions, err := history.List(c.ctx, id, domain.Page{Limit: domain.MaxPageLimit})
		require.NoError(c.t, err)
		all = append(all, versions)
	}
	return all
}
