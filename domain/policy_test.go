package domain_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

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
		assert.Error(t, domain.Authorize(domain.Actor{Role: role}, "doctor:unknown"), "what the table does not name nobody may do")
	}
}

func TestPolicyNamesEachPermissionOnce(t *testing.T) {
	seen := map[domain.Permission]bool{}
	for _, rule := range domain.Policy() {
		assert.False(t, seen[rule.Permission], rule.Permission)
		seen[rule.Permission] = true
		assert.Regexp(t, `^[a-z]+:[a-z_]+$`, string(rule.Permission))
		assert.NotEmpty(t, rule.About)
	}
}

func TestPolicyIsACopy(t *testing.T) {
	rules := domain.Policy()
	rules[0].Roles[0] = domain.Staff
	rules[0].Permission = "x"
	assert.Equal(t, domain.SessionCreate, domain.Policy()[0].Permission)
	assert.Equal(t, domain.Anonymous, domain.Policy()[0].Roles[0])
}
