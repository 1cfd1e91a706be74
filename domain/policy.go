package domain

import "slices"

// Permission names something that can be done, as resource:verb.
type Permission string

// The permissions. Each use-case asks for one, and the names are the same in
// every place that speaks of them.
const (
	SessionCreate     Permission = "session:create"
	SessionRefresh    Permission = "session:refresh"
	SessionRevokeSelf Permission = "session:revoke_self"

	UserRegister   Permission = "user:register"
	UserCreate     Permission = "user:create"
	UserReadSelf   Permission = "user:read_self"
	UserUpdateSelf Permission = "user:update_self"

	DoctorCreate     Permission = "doctor:create"
	DoctorRead       Permission = "doctor:read"
	DoctorReadSalary Permission = "doctor:read_salary"
	DoctorUpdate     Permission = "doctor:update"
	DoctorDelete     Permission = "doctor:delete"

	PatientCreate Permission = "patient:create"
	PatientRead   Permission = "patient:read"
	PatientUpdate Permission = "patient:update"
	PatientDelete Permission = "patient:delete"

	MappingCreate Permission = "mapping:create"
	MappingRead   Permission = "mapping:read"
	MappingUpdate Permission = "mapping:update"
	MappingDelete Permission = "mapping:delete"
)

// Rule says which roles hold a permission.
type Rule struct {
	Permission Permission
	// About says in a few words what the permission lets one do.
	About string
	Roles []Role
}

// policy is the whole of who may do what. What is not in it nobody may do.
var policy = []Rule{
	{SessionCreate, "sign in", []Role{Anonymous, Staff, Admin}},
	{SessionRefresh, "continue a session with its refresh token", []Role{Anonymous, Staff, Admin}},
	{SessionRevokeSelf, "sign out", []Role{Staff, Admin}},

	{UserRegister, "register as Staff, while registration is open", []Role{Anonymous, Staff, Admin, Operator}},
	{UserCreate, "create users of either role, also while registration is closed", []Role{Admin, Operator}},
	{UserReadSelf, "see one's own account", []Role{Staff, Admin}},
	{UserUpdateSelf, "change one's own names and phone number", []Role{Staff, Admin}},

	{DoctorCreate, "add doctors", []Role{Admin}},
	{DoctorRead, "see doctors, without their salaries", []Role{Staff, Admin}},
	{DoctorReadSalary, "see doctors' salaries", []Role{Admin}},
	{DoctorUpdate, "change doctors", []Role{Admin}},
	{DoctorDelete, "delete doctors", []Role{Admin}},

	{PatientCreate, "add patients", []Role{Staff, Admin}},
	{PatientRead, "see patients", []Role{Staff, Admin}},
	{PatientUpdate, "change patients", []Role{Staff, Admin}},
	{PatientDelete, "delete patients", []Role{Staff, Admin}},

	{MappingCreate, "assign doctors to patients", []Role{Staff, Admin}},
	{MappingRead, "see who is assigned to whom", []Role{Staff, Admin}},
	{MappingUpdate, "change assignments", []Role{Staff, Admin}},
	{MappingDelete, "end assignments", []Role{Staff, Admin}},
}

// Policy returns a copy of the table of permissions.
func Policy() []Rule {
	rules := slices.Clone(policy)
	for i := range rules {
		rules[i].Roles = slices.Clone(rules[i].Roles)
	}
	return rules
}

// Can reports whether role holds permission.
func Can(role Role, permission Permission) bool {
	for _, rule := range policy {
		if rule.Permission == permission {
			return slices.Contains(rule.Roles, role)
		}
	}
	return false
}

// Authorize returns nil if actor holds permission; otherwise Unauthenticated for
// who has not signed in, Forbidden for everybody else.
func Authorize(actor Actor, permission Permission) error {
	switch {
	case Can(actor.Role, permission):
		return nil
	case actor.Role == Anonymous:
		return ErrNotAuthenticated()
	default:
		return ErrForbidden("You do not have permission to perform this action.")
	}
}

// ErrNotAuthenticated refuses a caller who did not say who they are.
func ErrNotAuthenticated() error {
	return &Error{Kind: Unauthenticated, Code: "not_authenticated", Message: "Authentication credentials were not provided."}
}

// ErrForbidden refuses a known caller, and says what would be needed.
func ErrForbidden(message string) error {
	return &Error{Kind: Forbidden, Code: "permission_denied", Message: message}
}
