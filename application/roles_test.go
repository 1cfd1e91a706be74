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

// world is what the use-cases of the matrix are run on.
type world struct {
	actors map[domain.Role]domain.Actor
	// devices are what Staff and Admin have enrolled and not yet confirmed.
	devices     map[domain.Role]device
	other       domain.User
	grant       application.Grant
	session     domain.ID // of grant
	patient     domain.PatientView
	doctor      domain.Doctor
	otherDoctor domain.Doctor
	mapping     domain.Mapping
	// These are deleted, and each of the first two with a mapping to who is not.
	deletedDoctor  domain.Doctor
	deletedPatient domain.PatientView
	endedMapping   domain.Mapping
	// unused is a name that nothing has.
	unused string
	// events is how many there were before.
	events int
	// lastSeal is the one of the trail.
	lastSeal domain.Head
}

// newWorld adds a world to what there is, and removes for good what was deleted
// in the one before.
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
	w.grant = c.login(w.other.Email.String())
	w.session = c.actor(w.grant).SessionID
	c.assign(staff, w.patient, w.deletedDoctor)
	c.assign(staff, w.deletedPatient, w.doctor)
	w.endedMapping = c.assign(staff, w.patient, w.otherDoctor)
	require.NoError(c.t, c.Doctors.Delete(c.ctx, domain.Actor{Role: domain.Admin}, w.deletedDoctor.ID))
	require.NoError(c.t, c.Patients.Delete(c.ctx, staff, w.deletedPatient.ID))
	require.NoError(c.t, c.Mappings.Unassign(c.ctx, staff, w.endedMapping.ID))
	w.mapping = c.assign(staff, w.patient, w.doctor)
	w.lastSeal = c.lastSeal()
	return w
}

// giveDevice does what enrol does, with a key that all worlds share: to draw the
// QR code of each would take longer than everything else.
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

// startingAt is the page of a list from id on.
func startingAt(id domain.ID) domain.PageInput {
	if id == 1 {
		return domain.PageInput{}
	}
	return domain.PageInput{Cursor: domain.Given((id - 1).String())}
}

func TestEveryUseCaseByRole(t *testing.T) {
	for name, tt := range roleMatrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, role := range roles {
				c := newClinic(t)
				w := newWorld(c)
				before := everything(c)
				done := c.measure()
				_, err := tt.run(c, w.actors[role], w)
				switch {
				case slices.Contains(tt.allowed, role):
					assert.NoError(t, err, "by %q", role)
					continue
				case role == domain.Anonymous:
					assert.Equal(t, domain.ErrNotAuthenticated(), err, "by %q", role)
				default:
					assert.Equal(t, domain.Forbidden, domain.KindOf(err), "by %q", role)
				}
				assert.Equal(t, work{updates: 1}, *done, "all that %q caused is an event", role)
				assert.Equal(t, before, everything(c), "%q changed something", role)
			}
		})
	}
}

// everything is what is stored but events and attempts.
func everything(c *clinic) (all []any) {
	all = records(c)
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		users, err := tx.Users().List(c.ctx, domain.UserFilter{}, page)
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

// records are those of doctors, patients and mappings, with their versions, and the seals.
func records(c *clinic) (all []any) {
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		doctors, doctorsErr := tx.Doctors().List(c.ctx, domain.DoctorFilter{}, page)
		patients, patientsErr := tx.Patients().List(c.ctx, domain.PatientFilter{}, page)
		mappings, mappingsErr := tx.Mappings().List(c.ctx, domain.MappingFilter{}, page)
		seals, sealsErr := tx.Seals().List(c.ctx, page)
		all = []any{
			doctors, patients, mappings, seals,
			allVersions(c, tx.DoctorHistory()), allVersions(c, tx.PatientHistory()), allVersions(c, tx.MappingHistory()),
		}
		return errors.Join(doctorsErr, patientsErr, mappingsErr, sealsErr)
	}))
	return all
}

// allVersions are those of all records of a kind, as long as there are few.
func allVersions[T domain.Record](c *clinic, history ports.History[T]) (all [][]domain.Version[T]) {
	for id := range domain.ID(20) {
		versions, err := history.List(c.ctx, id, domain.Page{Limit: domain.MaxPageLimit})
		require.NoError(c.t, err)
		all = append(all, versions)
	}
	return all
}
