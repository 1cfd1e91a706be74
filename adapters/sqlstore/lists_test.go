package sqlstore_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

// The tests of the stores compare what each filter selects and each ordering gives.
func TestEveryDeclaredFilterAndOrderingHasSQL(t *testing.T) {
	for table, listing := range map[string]interface {
		Filters() []string
		Orderings() []string
	}{"users": domain.UserList, "doctors": domain.DoctorList, "patients": domain.PatientList, "mappings": domain.AssignmentList} {
		var filters []string
		for _, name := range listing.Filters() {
			if !strings.Contains(name, "__") {
				filters = append(filters, name)
			}
		}
		orderings := slices.DeleteFunc(listing.Orderings(), func(name string) bool { return name == "id" })
		slices.Sort(filters)
		slices.Sort(orderings)
		require.Equal(t, [2][]string{filters, orderings}, sqlstore.ListSQL()[table], table)
	}
}
