package domain

import "slices"

// Permission names an action, in the form resource:verb.
type Permission string

// The permissions. Every use-case requires one. The API, the audit trail and the
// documentation use the same names.
const (
	SessionCreate     Permission = "session:create"
	SessionRefresh    Permission = "session:refresh"
	SessionReadSelf   Permission = "session:read_self"
	SessionRevokeSelf Permission = "session:revoke_self"
	SessionRead       Permission = "session:read"
	SessionRevoke     Permission = "session:revoke"
	SessionUnlockSelf Permission = "session:unlock_self"

	UserRegister       Permission = "user:register"
	UserCreate         Permission = "user:create"
	UserRead           Permission = "user:read"
	UserSearch         Permission = "user:search"
	UserReadNames      Permission = "user:read_names"
	UserUpdate         Permission = "user:update"
	UserDeactivate     Permission = "user:deactivate"
	UserSetPassword    Permission = "user:set_password"
	UserResetMFA       Permission = "user:reset_mfa"
	UserResealMFA      Permission = "user:reseal_mfa"
	UserReadSelf       Permission = "user:read_self"
	UserUpdateSelf     Permission = "user:update_self"
	UserChangePassword Permission = "user:change_password"
	UserManageMFA      Permission = "user:manage_mfa"

	DoctorCreate     Permission = "doctor:create"
	DoctorRead       Permission = "doctor:read"
	DoctorSearch     Permission = "doctor:search"
	DoctorReadSalary Permission = "doctor:read_salary"
	DoctorUpdate     Permission = "doctor:update"
	DoctorDelete     Permission = "doctor:delete"

	PatientCreate Permission = "patient:create"
	PatientRead   Permission = "patient:read"
	PatientSearch Permission = "patient:search"
	PatientUpdate Permission = "patient:update"
	PatientDelete Permission = "patient:delete"

	MappingCreate Permission = "mapping:create"
	MappingRead   Permission = "mapping:read"
	MappingUpdate Permission = "mapping:update"
	MappingDelete Permission = "mapping:delete"

	DoctorReadHistory  Permission = "doctor:read_history"
	DoctorReadDeleted  Permission = "doctor:read_deleted"
	DoctorRestore      Permission = "doctor:restore"
	PatientReadHistory Permission = "patient:read_history"
	PatientReadDeleted Permission = "patient:read_deleted"
	PatientRestore     Permission = "patient:restore"
	PatientRestoreAny  Permission = "patient:restore_any"
	MappingReadHistory Permission = "mapping:read_history"
	MappingReadDeleted Permission = "mapping:read_deleted"
	MappingRestore     Permission = "mapping:restore"
	MappingRestoreAny  Permission = "mapping:restore_any"

	DoctorImport  Permission = "doctor:import"
	PatientImport Permission = "patient:import"
	MappingImport Permission = "mapping:import"

	DoctorReplay  Permission = "doctor:replay"
	PatientReplay Permission = "patient:replay"
	MappingReplay Permission = "mapping:replay"

	StoreRestore  Permission = "store:restore"
	StoreTakeOver Permission = "store:take_over"

	RetentionRead  Permission = "retention:read"
	RetentionPurge Permission = "retention:purge"

	AuditRead  Permission = "audit:read"
	AuditAdopt Permission = "audit:adopt"
)

// Rule says which roles hold a permission.
type Rule struct {
	Permission Permission
	// Description completes the sentence "This permission allows you to ...".
	Description string
	Roles       []Role
}

// policy is the complete table of permissions. What it does not list is forbidden to
// everybody.
var policy = []Rule{
	{SessionCreate, "sign in", []Role{Anonymous, Staff, Admin}},
	{SessionRefresh, "continue a session with its refresh token", []Role{Anonymous, Staff, Admin}},
	{SessionReadSelf, "see one's own sessions", []Role{Staff, Admin}},
	{SessionRevokeSelf, "revoke one's own sessions", []Role{Staff, Admin}},
	{SessionUnlockSelf, "unlock one's own session with the password", []Role{Staff, Admin}},
	{SessionRead, "see other users' sessions", []Role{Admin}},
	{SessionRevoke, "revoke other users' sessions", []Role{Admin, Operator}},

	{UserRegister, "register as Staff while registration is open", []Role{Anonymous, Staff, Admin, Operator}},
	{UserCreate, "create users of either role, even while registration is closed", []Role{Admin, Operator}},
	{UserRead, "see all users", []Role{Admin, Operator}},
	{UserSearch, "search the users", []Role{Admin, Operator}},
	{UserReadNames, "see the names of users whose ids one knows", []Role{Staff, Admin}},
	{UserUpdate, "change users' names, phone numbers, roles, and whether they are active", []Role{Admin, Operator}},
	{UserDeactivate, "deactivate users", []Role{Admin, Operator}},
	{UserSetPassword, "set temporary passwords for other users", []Role{Admin, Operator}},
	{UserResetMFA, "remove users' second factors", []Role{Operator}},
	{UserResealMFA, "encrypt second factors with the current key", []Role{Operator}},
	{UserReadSelf, "see one's own account and permissions", []Role{Staff, Admin}},
	{UserUpdateSelf, "change one's own names and phone number", []Role{Staff, Admin}},
	{UserChangePassword, "change one's own password", []Role{Staff, Admin}},
	{UserManageMFA, "set up and remove one's own second factor", []Role{Staff, Admin}},

	{DoctorCreate, "add doctors", []Role{Admin}},
	{DoctorRead, "see doctors, without their salaries", []Role{Staff, Admin, Operator}},
	{DoctorSearch, "search the doctors", []Role{Staff, Admin}},
	{DoctorReadSalary, "see doctors' salaries", []Role{Admin, Operator}},
	{DoctorUpdate, "change doctors", []Role{Admin}},
	{DoctorDelete, "delete doctors", []Role{Admin}},

	{PatientCreate, "add patients", []Role{Staff, Admin}},
	{PatientRead, "see patients", []Role{Staff, Admin, Operator}},
	{PatientSearch, "search the patients", []Role{Staff, Admin}},
	{PatientUpdate, "change patients", []Role{Staff, Admin}},
	{PatientDelete, "delete patients", []Role{Staff, Admin}},

	{MappingCreate, "assign doctors to patients", []Role{Staff, Admin}},
	{MappingRead, "see assignments", []Role{Staff, Admin, Operator}},
	{MappingUpdate, "change assignments", []Role{Staff, Admin}},
	{MappingDelete, "delete assignments", []Role{Staff, Admin}},

	{DoctorReadHistory, "see earlier versions of doctors, without their salaries", []Role{Staff, Admin}},
	{DoctorReadDeleted, "see deleted doctors and their versions", []Role{Admin}},
	{DoctorRestore, "restore deleted doctors", []Role{Admin}},
	{PatientReadHistory, "see earlier versions of patients", []Role{Staff, Admin}},
	{PatientReadDeleted, "see deleted patients and their versions", []Role{Admin}},
	{PatientRestore, "restore patients that one deleted oneself", []Role{Staff, Admin}},
	{PatientRestoreAny, "restore patients that others deleted", []Role{Admin}},
	{MappingReadHistory, "see earlier versions of assignments", []Role{Staff, Admin}},
	{MappingReadDeleted, "see deleted assignments and their versions", []Role{Admin}},
	{MappingRestore, "restore assignments that one deleted oneself", []Role{Staff, Admin}},
	{MappingRestoreAny, "restore assignments that others deleted", []Role{Admin}},

	{DoctorImport, "add and change doctors from a file, with their salaries", []Role{Operator}},
	{PatientImport, "add and change patients from a file", []Role{Operator}},
	{MappingImport, "assign doctors to patients from a file", []Role{Operator}},

	{DoctorReplay, "get the answer again of adding or restoring doctors, for a repeated Idempotency-Key", []Role{Admin}},
	{PatientReplay, "get the answer again of adding or restoring patients, for a repeated Idempotency-Key", []Role{Staff, Admin}},
	{MappingReplay, "get the answer again of adding or restoring assignments, for a repeated Idempotency-Key", []Role{Staff, Admin}},

	{StoreRestore, "restore the store from a backup, which revokes all sessions", []Role{Operator}},
	{StoreTakeOver, "take over the users and records of the old backend, or see what that would change", []Role{Operator}},

	{RetentionRead, "count the deleted records that are old enough to be removed for good", []Role{Operator}},
	{RetentionPurge, "remove deleted records for good", []Role{Operator}},

	{AuditRead, "see the audit trail", []Role{Admin}},
	{AuditAdopt, "continue a trail that was sealed with another key, or that has no seals", []Role{Operator}},
}

// Policy returns a copy of the table of permissions.
func Policy() []Rule {
	rules := slices.Clone(policy)
	for i := range rules {
		rules[i].Roles = slices.Clone(rules[i].Roles)
	}
	return rules
}

// DescribePermission returns the description of a permission, or an empty text if the
// policy does not list it.
func DescribePermission(permission Permission) string {
	for _, rule := range policy {
		if rule.Permission == permission {
			return rule.Description
		}
	}
	return ""
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

// allowedBeforeDuty lists the permissions that an actor can use before a duty is done, if
// the role holds them.
var allowedBeforeDuty = map[Duty][]Permission{
	DutyPassword:     {UserChangePassword, UserReadSelf, SessionRevokeSelf, SessionUnlockSelf},
	DutySecondFactor: {UserManageMFA, UserReadSelf, SessionRevokeSelf, SessionUnlockSelf},
}

// Authorize returns nil if the actor's role holds the permission and the actor has no
// duty to do first. Otherwise it returns Unauthenticated if the actor is anonymous, and
// Forbidden if not.
func Authorize(actor Actor, permission Permission) error {
	switch {
	case !Can(actor.Role, permission) && actor.Role == Anonymous:
		return ErrNotAuthenticated()
	case !Can(actor.Role, permission):
		return ErrForbidden("You do not have permission to perform this action.")
	case actor.Duty != NoDuty && !slices.Contains(allowedBeforeDuty[actor.Duty], permission):
		return errDuty(actor.Duty)
	}
	return nil
}

// Permissions returns what the actor is allowed to do now, in the order of the policy.
func Permissions(actor Actor) []Permission {
	permissions := []Permission{}
	for _, rule := range policy {
		if Authorize(actor, rule.Permission) == nil {
			permissions = append(permissions, rule.Permission)
		}
	}
	return permissions
}

// errDuty returns the error that names the duty to do first.
func errDuty(duty Duty) error {
	if duty == DutyPassword {
		return &Error{Kind: Forbidden, Code: "password_change_required", Message: "Your password is temporary. Change it first."}
	}
	return &Error{Kind: Forbidden, Code: "mfa_required", Message: "Administrators need a second factor here. Enrol one first."}
}

// ErrNotAuthenticated returns the error for a caller without credentials.
func ErrNotAuthenticated() error {
	return &Error{Kind: Unauthenticated, Code: "not_authenticated", Message: "Authentication credentials were not provided."}
}

// ErrForbidden returns the error for a signed-in caller without the permission. The
// message says what is missing.
func ErrForbidden(message string) error {
	return &Error{Kind: Forbidden, Code: "permission_denied", Message: message}
}
