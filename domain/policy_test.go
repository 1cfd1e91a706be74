package domain_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
)

func TestAuthorize(t *testing.T) {
	assert.NoError(t, domain.Authorize(domain.Actor{Role: domain.Admin}, domain.DoctorCreate))
	assert.Equal(t, domain.Forbidden, domain.KindOf(domain.Authorize(domain.Actor{Role: domain.Staff}, domain.DoctorCreate)))
	assert.Equal(t, domain.Unauthenticated, domain.KindOf(domain.Authorize(domain.Actor{}, domain.DoctorCreate)))
	for _, role := range []domain.Role{"GOD", "admin", " ADMIN"} {
		for _, rule := range domain.Policy() {
			assert.Equal(t, domain.Forbidden, domain.KindOf(domain.Authorize(domain.Actor{Role: role}, rule.Permission)), "%s %s", role, rule.Permission)
		}
	}
	for _, role := range []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator} {
		assert.Error(t, domain.Authorize(domain.Actor{Role: role}, "doctor:unknown"), "a permission that the policy does not list is forbidden")
	}
}

func TestADutyComesBeforeEverythingElse(t *testing.T) {
	for _, tt := range []struct {
		duty    domain.Duty
		code    string
		allowed []domain.Permission
	}{
		{domain.DutyPassword, "password_change_required", []domain.Permission{domain.SessionRevokeSelf, domain.SessionUnlockSelf, domain.UserReadSelf, domain.UserChangePassword}},
		{domain.DutySecondFactor, "mfa_required", []domain.Permission{domain.SessionRevokeSelf, domain.SessionUnlockSelf, domain.UserReadSelf, domain.UserManageMFA}},
		{"unheard of", "mfa_required", nil},
	} {
		for _, role := range []domain.Role{domain.Staff, domain.Admin} {
			actor := domain.Actor{UserID: 1, Role: role, SessionID: 1, Duty: tt.duty}
			for _, rule := range domain.Policy() {
				err := domain.Authorize(actor, rule.Permission)
				switch e, _ := errors.AsType[*domain.Error](err); {
				case slices.Contains(tt.allowed, rule.Permission):
					assert.NoError(t, err, "%s %s", tt.duty, rule.Permission)
				case domain.Can(role, rule.Permission):
					require.NotNil(t, e, "%s %s", tt.duty, rule.Permission)
					assert.Equal(t, domain.Forbidden, e.Kind)
					assert.Equal(t, tt.code, e.Code)
				default:
					assert.Equal(t, domain.ErrForbidden("You do not have permission to perform this action."), err, "a duty grants no permissions")
				}
			}
			assert.Equal(t, append([]domain.Permission{}, tt.allowed...), domain.Permissions(actor))
		}
	}
}

func TestPermissionsAreWhatAuthorizeAllows(t *testing.T) {
	for _, role := range []domain.Role{domain.Anonymous, domain.Staff, domain.Admin, domain.Operator, "GOD"} {
		allowed := []domain.Permission{}
		for _, rule := range domain.Policy() {
			if slices.Contains(rule.Roles, role) {
				allowed = append(allowed, rule.Permission)
			}
		}
		assert.Equal(t, allowed, domain.Permissions(domain.Actor{Role: role}), role)
	}
	assert.Empty(t, domain.Permissions(domain.Actor{Role: "GOD"}))
	assert.NotNil(t, domain.Permissions(domain.Actor{Role: "GOD"}))
}

func TestPolicyNamesEachPermissionOnce(t *testing.T) {
	seen := map[domain.Permission]bool{}
	for _, rule := range domain.Policy() {
		assert.False(t, seen[rule.Permission], rule.Permission)
		seen[rule.Permission] = true
		assert.Regexp(t, `^[a-z]+:[a-z_]+$`, string(rule.Permission))
		assert.NotEmpty(t, rule.Description)
	}
}

func TestPolicyIsACopy(t *testing.T) {
	rules := domain.Policy()
	rules[0].Roles[0] = domain.Staff
	rules[0].Permission = "x"
	assert.Equal(t, domain.SessionCreate, domain.Policy()[0].Permission)
	assert.Equal(t, domain.Anonymous, domain.Policy()[0].Roles[0])
}
