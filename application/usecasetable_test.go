package application_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/domain"
)

// useCaseTest is one row of the table of use-cases. It says which roles can call the use-case
// and which audit event each call records.
//
// The rows are in the files usecasetable<topic>_test.go. The key of a row is the service and
// method of the use-case. To add a use-case, add one row to the table of its service;
// TestEveryUseCaseIsInTheTable fails until you do. The rows of the history use-cases, which are
// the same for each kind of record, are made by historyTable.
//
// The roles and permissions are written out and not derived from domain.Policy, so that an
// accidental change of the policy fails the tests.
type useCaseTest struct {
	// roles are the roles with the permission.
	roles      []domain.Role
	permission domain.Permission
	// run calls the use-case. It succeeds for each of the roles. It returns nil for a use-case
	// that only returns an error.
	run call
	// denied is the event of a call without the permission. It contains only what is known
	// before the use-case reads the store.
	denied eventOf
	// allowed is the event of run.
	allowed eventOf
	// cases are other calls by a role with the permission. A case without run uses the run of
	// the row. A case without event expects denied.
	cases map[string]testCall
}

// call calls a use-case in a world.
type call = func(c *clinic, by domain.Actor, w world) (any, error)

// testCall is one call of a use-case, and the one event that it records.
type testCall struct {
	role domain.Role
	// setup changes the rules or ports, nil to change nothing.
	setup clinictest.Setup
	// before runs before the call and leaves no event.
	before func(c *clinic, w world)
	run    call
	// collideWith runs during the first Update, which then collides and runs again. It leaves
	// no event.
	collideWith func(c *clinic, w world)
	// errKind is the kind of the error. Internal means that there is no error: no test
	// expects a real Internal error.
	errKind domain.Kind
	outcome domain.Outcome
	action  domain.Permission
	// event is the event without ID, At, Action and Outcome. If it has no Actor, the actor of
	// the call is expected.
	event eventOf
}

var (
	staffAndAdmin    = []domain.Role{domain.Staff, domain.Admin}
	allButAnonymous  = []domain.Role{domain.Staff, domain.Admin, domain.Operator}
	adminOnly        = []domain.Role{domain.Admin}
	adminAndOperator = []domain.Role{domain.Admin, domain.Operator}
	operatorOnly     = []domain.Role{domain.Operator}
	allButOperator   = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin}
	allRoles         = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator}
)

var useCaseTable = func() map[string]useCaseTest {
	all := map[string]useCaseTest{}
	for _, table := range []map[string]useCaseTest{
		sessionsTable, accountTable, secondFactorTable, usersTable, doctorsTable, patientsTable, mappingsTable, bulkTable, importsTable, auditTable, retentionTable, takeoverTable,
		historyTable("Doctors", doctorHistory, onDoctor, onDeletedDoctor, noReferences, noReferences),
		historyTable("Patients", patientHistory, onPatient, onDeletedPatient, noReferences, noReferences),
		historyTable("Mappings", mappingHistory, onMapping, onDeletedMapping, thePair, theOtherPair),
	} {
		maps.Copy(all, table)
	}
	addPreconditionCases(all)
	return all
}()

var testedRoles = []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator, "GOD"}

// allTestCalls returns all calls of the table: each use-case by each role, and all cases.
func allTestCalls() map[string]testCall {
	all := map[string]testCall{}
	for name, row := range useCaseTable {
		for _, role := range testedRoles {
			test := testCall{role: role, run: row.run, action: row.permission, event: row.allowed, outcome: domain.Allowed}
			if !slices.Contains(row.roles, role) {
				test.event, test.outcome, test.errKind = row.denied, domain.Denied, domain.Forbidden
				if role == domain.Anonymous {
					test.errKind = domain.Unauthenticated
				}
			}
			all[name+" by "+string(role)] = test
		}
		for caseName, test := range row.cases {
			test.action = row.permission
			test.outcome = outcomeOfErrKind[test.errKind]
			if test.run == nil {
				test.run = row.run
			}
			if test.event == nil {
				test.event = row.denied
			}
			all[name+": "+caseName] = test
		}
	}
	return all
}

// outcomeOfErrKind is the outcome of a call by a role with the permission.
var outcomeOfErrKind = map[domain.Kind]domain.Outcome{
	domain.Internal: domain.Allowed, domain.Forbidden: domain.Denied, domain.Invalid: domain.Failed,
	domain.Unauthenticated: domain.Failed, domain.NotFound: domain.Failed, domain.Conflict: domain.Failed, domain.TooMany: domain.Failed,
	domain.PreconditionFailed: domain.Failed, domain.PreconditionRequired: domain.Failed,
}

func TestEveryUseCaseIsInTheTable(t *testing.T) {
	var names []string
	for _, useCase := range useCases {
		names = append(names, useCase.String())
	}
	assert.ElementsMatch(t, names, slices.Collect(maps.Keys(useCaseTable)))
}
