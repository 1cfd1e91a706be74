package application_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// roleMatrix says of every use-case which permission it asks for, and who may
// run it. It is written out, not derived from the policy, so that it holds the
// policy to what was agreed.
var roleMatrix = map[string]struct {
	permission string
	allowed    []domain.Role
	run        func(c *clinic, by domain.Actor, w world) error
}{
	"Auth.Login": {"SessionCreate", anyone, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.auth.Login(c.ctx, by, credentials("staff@example.com", goodPassword))
		return err
	}},
	"Auth.Refresh": {"SessionRefresh", anyone, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.auth.Refresh(c.ctx, by, refresh(c.login("staff@example.com").Refresh))
		return err
	}},
	"Auth.Logout": {"SessionRevokeSelf", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.auth.Logout(c.ctx, by) }},

	"Users.Register": {"UserRegister", append([]domain.Role{domain.Operator}, anyone...), func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.Register(c.ctx, by, registration("new@example.com", domain.Staff))
		return err
	}},
	"Users.Me": {"UserReadSelf", signedIn, func(c *clinic, by domain.Actor, w world) error { _, err := c.users.Me(c.ctx, by); return err }},
	"Users.ChangeMe": {"UserUpdateSelf", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.users.ChangeMe(c.ctx, by, domain.Profile{FirstName: domain.Given("New")})
		return err
	}},

	"Doctors.Create": {"DoctorCreate", admins, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Create(c.ctx, by, doctorInput("new"))
		return err
	}},
	"Doctors.Get": {"DoctorRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Get(c.ctx, by, w.doctor.ID)
		return err
	}},
	"Doctors.List": {"DoctorRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.List(c.ctx, by, domain.PageInput{})
		return err
	}},
	"Doctors.OfPatient": {"MappingRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.OfPatient(c.ctx, by, w.patient.ID, domain.PageInput{})
		return err
	}},
	"Doctors.Replace": {"DoctorUpdate", admins, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Replace(c.ctx, by, w.doctor.ID, doctorInput("new"))
		return err
	}},
	"Doctors.Change": {"DoctorUpdate", admins, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.doctors.Change(c.ctx, by, w.doctor.ID, domain.DoctorInput{Name: domain.Given("New")})
		return err
	}},
	"Doctors.Delete": {"DoctorDelete", admins, func(c *clinic, by domain.Actor, w world) error { return c.doctors.Delete(c.ctx, by, w.doctor.ID) }},

	"Patients.Create": {"PatientCreate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Create(c.ctx, by, patientInput("New"))
		return err
	}},
	"Patients.Get": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Get(c.ctx, by, w.patient.ID)
		return err
	}},
	"Patients.List": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.List(c.ctx, by, domain.PageInput{})
		return err
	}},
	"Patients.OfDoctor": {"PatientRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.OfDoctor(c.ctx, by, w.doctor.ID, domain.PageInput{})
		return err
	}},
	"Patients.Replace": {"PatientUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Replace(c.ctx, by, w.patient.ID, patientInput("New"))
		return err
	}},
	"Patients.Change": {"PatientUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.patients.Change(c.ctx, by, w.patient.ID, patientInput("New"))
		return err
	}},
	"Patients.Delete": {"PatientDelete", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.patients.Delete(c.ctx, by, w.patient.ID) }},

	"Mappings.Assign": {"MappingCreate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.Assign(c.ctx, by, pair(w.patient.ID, w.otherDoctor.ID))
		return err
	}},
	"Mappings.List": {"MappingRead", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.List(c.ctx, by, domain.MappingQuery{})
		return err
	}},
	"Mappings.Replace": {"MappingUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.Replace(c.ctx, by, w.mapping.ID, pair(w.patient.ID, w.otherDoctor.ID))
		return err
	}},
	"Mappings.Change": {"MappingUpdate", signedIn, func(c *clinic, by domain.Actor, w world) error {
		_, err := c.mappings.Change(c.ctx, by, w.mapping.ID, domain.MappingInput{Doctor: domain.Given(w.otherDoctor.ID.String())})
		return err
	}},
	"Mappings.Unassign": {"MappingDelete", signedIn, func(c *clinic, by domain.Actor, w world) error { return c.mappings.Unassign(c.ctx, by, w.mapping.ID) }},
}

var (
	anyone   = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin}
	signedIn = []domain.Role{domain.Staff, domain.Admin}
	admins   = []domain.Role{domain.Admin}
)

// world is what the use-cases of the matrix are run on.
type world struct {
	actors      map[domain.Role]domain.Actor
	patient     domain.Patient
	doctor      domain.Doctor
	otherDoctor domain.Doctor
	mapping     domain.Mapping
}

func newWorld(c *clinic) world {
	staff := c.signUp("staff@example.com", domain.Staff)
	w := world{
		actors: map[domain.Role]domain.Actor{
			domain.Anonymous: {},
			domain.Staff:     staff,
			domain.Admin:     c.signUp("admin@example.com", domain.Admin),
			domain.Operator:  operator,
			"GOD":            {UserID: staff.UserID, SessionID: staff.SessionID, Role: "GOD"},
		},
		patient:     c.addPatient(staff, "Ada"),
		doctor:      c.addDoctor("L-1"),
		otherDoctor: c.addDoctor("L-2"),
	}
	w.mapping = c.assign(staff, w.patient, w.doctor)
	return w
}

func TestEveryUseCaseByRole(t *testing.T) {
	for name, tt := range roleMatrix {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, role := range []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator, "GOD"} {
				c := newClinic(t)
				w := newWorld(c)
				before := everything(c)
				err := tt.run(c, w.actors[role], w)
				switch {
				case slices.Contains(tt.allowed, role):
					assert.NoError(t, err, "by %q", role)
					continue
				case role == domain.Anonymous:
					assert.Equal(t, domain.ErrNotAuthenticated(), err, "by %q", role)
				default:
					assert.Equal(t, domain.Forbidden, domain.KindOf(err), "by %q", role)
				}
				assert.Equal(t, before, everything(c), "%q changed something", role)
			}
		})
	}
}

// everything is what an administrator sees.
func everything(c *clinic) []any {
	admin := domain.Actor{Role: domain.Admin}
	doctors, err := c.doctors.List(c.ctx, admin, domain.PageInput{})
	require.NoError(c.t, err)
	patients, err := c.patients.List(c.ctx, admin, domain.PageInput{})
	require.NoError(c.t, err)
	mappings, err := c.mappings.List(c.ctx, admin, domain.MappingQuery{})
	require.NoError(c.t, err)
	return []any{doctors, patients, mappings}
}

// services are all there are; a test finds every use-case through them.
var services = []any{&application.Auth{}, &application.Users{}, &application.Doctors{}, &application.Patients{}, &application.Mappings{}}

// authenticate comes before every use-case and asks for no permission.
const authenticate = "Auth.Authenticate"

func TestTheRoleMatrixIsComplete(t *testing.T) {
	var useCases []string
	for _, service := range services {
		typ := reflect.TypeOf(service)
		for method := range typ.Methods() {
			if name := typ.Elem().Name() + "." + method.Name; name != authenticate {
				useCases = append(useCases, name)
			}
		}
	}
	var inMatrix []string
	for name := range roleMatrix {
		inMatrix = append(inMatrix, name)
	}
	assert.ElementsMatch(t, useCases, inMatrix)
}

// TestAuthorizationComesFirst reads the source: in every use-case the first
// statement is "if err := domain.Authorize(actor, domain.ThePermission); err != nil".
func TestAuthorizationComesFirst(t *testing.T) {
	found := 0
	packages, err := parser.ParseDir(token.NewFileSet(), ".", nil, 0) //nolint:staticcheck // one package without build tags
	require.NoError(t, err)
	for path, file := range packages["application"].Files {
		for _, decl := range file.Decls {
			method, ok := decl.(*ast.FuncDecl)
			if !ok || method.Recv == nil || !method.Name.IsExported() || strings.HasSuffix(path, "_test.go") {
				continue
			}
			name := strings.TrimPrefix(types.ExprString(method.Recv.List[0].Type), "*") + "." + method.Name.Name
			if name == authenticate {
				continue
			}
			found++
			check, ok := method.Body.List[0].(*ast.IfStmt)
			require.True(t, ok, name)
			assign, ok := check.Init.(*ast.AssignStmt)
			require.True(t, ok, name)
			assert.Equal(t, "domain.Authorize(actor, domain."+roleMatrix[name].permission+")", types.ExprString(assign.Rhs[0]), name)
			assert.Equal(t, "err != nil", types.ExprString(check.Cond), name)
		}
	}
	assert.Equal(t, len(roleMatrix), found)
}
