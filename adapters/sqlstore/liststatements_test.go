package sqlstore_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// A caller can make lists with any number of different texts of SQL. To keep each of them
// prepared would fill the memory of the service and of the database.
func TestListsKeepFewStatementsPrepared(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			store := engine.open(t, nil)
			fill(t, store, 3)
			list := func(in domain.Parameters) {
				query, err := domain.PatientList.Parse(domain.Actor{Role: domain.Staff}, in, nil)
				require.NoError(t, err)
				require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
					if _, err := tx.Patients().List(t.Context(), query); err != nil {
						return err
					}
					_, err := tx.Patients().Count(t.Context(), query)
					return err
				}))
			}
			list(domain.Parameters{})
			list(domain.Parameters{"search": domain.Given("anna")})
			before := store.PreparedStatements()
			assert.Positive(t, before)
			// A word can have one, two or three alternatives.
			for n := range 81 {
				var words []string
				for range 4 {
					words = append(words, []string{"anna", "2026", "1990-05-01"}[n%3])
					n /= 3
				}
				list(domain.Parameters{"search": domain.Given(strings.Join(words, " "))})
			}
			for _, ordering := range domain.PatientList.Orderings() {
				for _, member := range domain.PatientList.Members(domain.Actor{Role: domain.Staff}) {
					list(domain.Parameters{"ordering": domain.Given("-" + ordering), "fields": domain.Given(member), "gender": domain.Given("M"), "has_doctor": domain.Given("true")})
				}
			}
			assert.Equal(t, before, store.PreparedStatements())
		})
	}
}
