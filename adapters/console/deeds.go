package console

import (
	"strings"

	"example.com/healthcare/domain"
)

// deed says in a few words what somebody has done who used a permission, or tried to do.
func (p *page) deed(permission domain.Permission, outcome domain.Outcome) string {
	description := domain.DescribePermission(permission)
	switch {
	case description == "": // An event of an earlier release can have an action that the policy no longer has.
		return string(permission)
	case outcome != domain.Allowed:
		return p.T("deeds.tried", description)
	}
	return p.T(deedKey("deeds.", permission))
}

// deedOnRecord is deed where it is clear that it was done to one patient's record.
func (p *page) deedOnRecord(permission domain.Permission, outcome domain.Outcome) string {
	key := deedKey("deeds_on_record.", permission)
	if words := p.T(key); words != key && outcome == domain.Allowed {
		return words
	}
	return p.deed(permission, outcome)
}

// deedKey returns the key of the text for a permission.
func deedKey(prefix string, permission domain.Permission) string {
	return prefix + strings.ReplaceAll(string(permission), ":", "_")
}
