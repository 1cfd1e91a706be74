package application_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"strings"
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
	patient     domain.Patient
	doctor      domain.Doctor
	otherDoctor domain.Doctor
	mapping     domain.Mapping
	// These are deleted, and each of the first two with a mapping to who is not.
	deletedDoctor  domain.Doctor
	deletedPatient domain.Patient
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
	c.purge(c.now.Add(time.Second))
	c.worlds++
	name := func(of string) string { return fmt.Sprintf("%s-%d", of, c.worlds) }
	origin := domain.NewOrigin(netip.AddrFrom4([4]byte{10, 0, byte(c.worlds >> 8), byte(c.worlds)}), "a test")
	origin.RequestID = name("request")

	staff, admin := c.signUp(name("staff")+"@example.com", domain.Staff), c.signUp(name("admin")+"@example.com", domain.Admin)
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
	require.NoError(c.t, c.doctors.Delete(c.ctx, domain.Actor{Role: domain.Admin}, w.deletedDoctor.ID))
	require.NoError(c.t, c.patients.Delete(c.ctx, staff, w.deletedPatient.ID))
	require.NoError(c.t, c.mappings.Unassign(c.ctx, staff, w.endedMapping.ID))
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
	c.setUser(actor.UserID, func(user *domain.User) { user.SecondFactor = domain.Enrolled(enrolment.Key) })
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
	require.NoError(c.t, c.store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		users, err := tx.Users().List(c.ctx, domain.UserFilter{}, page)
		all = append(all, users)
		for _, user := range users {
			sessions, sessionsErr := tx.Sessions().Live(c.ctx, user.ID, c.now, page)
			all = append(all, sessions)
			err = errors.Join(err, sessionsErr)
		}
		return err
	}))
	return all
}

// records are those of doctors, patients and mappings, with their versions, and the seals.
func records(c *clinic) (all []any) {
	require.NoError(c.t, c.store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		doctors, doctorsErr := tx.Doctors().List(c.ctx, page)
		patients, patientsErr := tx.Patients().List(c.ctx, page)
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
func allVersions[T any](c *clinic, history ports.History[T]) (all [][]domain.Version[T]) {
	for id := range domain.ID(20) {
		versions, err := history.List(c.ctx, id, domain.Page{Limit: domain.MaxPageLimit})
		require.NoError(c.t, err)
		all = append(all, versions)
	}
	return all
}

// services are all there are; a test finds every use-case through them.
var services = []any{
	&application.Authenticator{}, &application.Guard{}, &application.Limiter{}, &application.Sessions{}, &application.Account{}, &application.SecondFactor{},
	&application.Users{}, &application.Doctors{}, &application.Patients{}, &application.Mappings{},
	&application.Trail{}, &application.Audit{}, &application.Retention{}, &application.Sealer{}, &application.Verifier{},
}

// withHistory are those that have the use-cases of History among theirs.
var withHistory = []string{"Doctors", "Patients", "Mappings"}

// noUseCases ask for no permission: the first comes before every use-case, and the
// others say nothing of anybody.
var noUseCases = []string{"Authenticator.Authenticate", "Sealer.Seal", "Sealer.Head", "Trail.LastSeal", "Verifier.Verify", "Verifier.Head"}

func TestTheRoleMatrixIsComplete(t *testing.T) {
	var useCases []string
	for _, service := range services {
		typ := reflect.TypeOf(service)
		for method := range typ.Methods() {
			useCases = append(useCases, typ.Elem().Name()+"."+method.Name)
		}
	}
	inMatrix := slices.Sorted(maps.Keys(roleMatrix))
	assert.ElementsMatch(t, useCases, append(inMatrix, noUseCases...), "Guard and Limiter have none")
}

// The whole of every use-case is one call of account or perform with its
// permission, which decide whether the rest of it is run. Those that return a
// doctor hide the salary from who may not read it.
func TestEveryUseCaseIsAccountedForAsAWhole(t *testing.T) {
	found := 0
	packages, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0) //nolint:staticcheck // one package without build tags
	require.NoError(t, err)
	for path, file := range packages["application"].Files {
		for _, decl := range file.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || method.Recv == nil || !method.Name.IsExported() || strings.HasSuffix(path, "_test.go") {
				continue
			}
			receivers, permissions := []string{strings.TrimPrefix(types.ExprString(method.Recv.List[0].Type), "*")}, "domain."
			if receivers[0] == "History[T]" {
				receivers, permissions = withHistory, "s.kind."
			}
			for _, receiver := range receivers {
				name := receiver + "." + method.Name.Name
				if slices.Contains(noUseCases, name) {
					continue
				}
				found++
				call, ok := wholeBody(method).(*ast.CallExpr)
				require.True(t, ok, name)
				assert.Contains(t, []string{"account", "perform"}, types.ExprString(call.Fun), name)
				require.Len(t, call.Args, 6, name)
				for i, want := range []string{"ctx", "s.trail", "actor", permissions + roleMatrix[name].permission} {
					assert.Equal(t, want, types.ExprString(call.Args[i]), name)
				}
				assert.IsType(t, &ast.FuncLit{}, call.Args[5], name)
			}
		}
	}
	assert.Equal(t, len(roleMatrix), found)
}

// wholeBody is the only thing that a method does besides hiding the salary of
// the doctor whom it returns; nil if it does more.
func wholeBody(method *ast.FuncDecl) ast.Expr {
	statements := method.Body.List
	last, ok := statements[len(statements)-1].(*ast.ReturnStmt)
	switch {
	case ok && len(statements) == 1 && len(last.Results) == 1:
		return last.Results[0]
	case ok && len(statements) == 2 && len(last.Results) == 2 &&
		types.ExprString(last.Results[0]) == "doctor.VisibleTo(actor)" && types.ExprString(last.Results[1]) == "err":
		if assign, ok := statements[0].(*ast.AssignStmt); ok && len(assign.Lhs) == 2 && len(assign.Rhs) == 1 &&
			types.ExprString(assign.Lhs[0]) == "doctor" && types.ExprString(assign.Lhs[1]) == "err" {
			return assign.Rhs[0]
		}
	}
	return nil
}
