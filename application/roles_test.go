package application_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// world is what the use-cases of the matrix are run on.
type world struct {
	actors      map[domain.Role]domain.Actor
	other       domain.User
	grant       application.Grant
	patient     domain.Patient
	doctor      domain.Doctor
	otherDoctor domain.Doctor
	mapping     domain.Mapping
}

func newWorld(c *clinic) world {
	staff, admin := c.signUp("staff@example.com", domain.Staff), c.signUp("admin@example.com", domain.Admin)
	w := world{
		actors: map[domain.Role]domain.Actor{
			domain.Anonymous: {},
			domain.Staff:     staff,
			domain.Admin:     admin,
			domain.Operator:  operator,
			"GOD":            {UserID: staff.UserID, SessionID: staff.SessionID, Role: "GOD"},
		},
		other:       c.register("other@example.com", domain.Staff),
		grant:       c.login("other@example.com"),
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

// everything is what is stored.
func everything(c *clinic) (all []any) {
	require.NoError(c.t, c.store.View(c.ctx, func(tx ports.Tx) error {
		page := domain.Page{Limit: domain.MaxPageLimit}
		users, usersErr := tx.Users().List(c.ctx, domain.UserFilter{}, page)
		doctors, doctorsErr := tx.Doctors().List(c.ctx, page)
		patients, patientsErr := tx.Patients().List(c.ctx, page)
		mappings, mappingsErr := tx.Mappings().List(c.ctx, domain.MappingFilter{}, page)
		all = []any{users, doctors, patients, mappings}
		for _, user := range users {
			sessions, err := tx.Sessions().Live(c.ctx, user.ID, c.now, page)
			if err != nil {
				return err
			}
			all = append(all, sessions)
		}
		return errors.Join(usersErr, doctorsErr, patientsErr, mappingsErr)
	}))
	return all
}

// services are all there are; a test finds every use-case through them.
var services = []any{
	&application.Authenticator{}, &application.Guard{}, &application.Limiter{}, &application.Sessions{}, &application.Account{}, &application.SecondFactor{},
	&application.Users{}, &application.Doctors{}, &application.Patients{}, &application.Mappings{},
}

// authenticate comes before every use-case and asks for no permission.
const authenticate = "Authenticator.Authenticate"

func TestTheRoleMatrixIsComplete(t *testing.T) {
	var useCases []string
	for _, service := range services {
		typ := reflect.TypeOf(service)
		for method := range typ.Methods() {
			useCases = append(useCases, typ.Elem().Name()+"."+method.Name)
		}
	}
	inMatrix := slices.Sorted(maps.Keys(roleMatrix))
	assert.ElementsMatch(t, useCases, append(inMatrix, authenticate), "Guard and Limiter have none")
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
