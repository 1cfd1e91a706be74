package sqlite_test

import (
	"database/sql"
	"database/sql/driver"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// A list by the index on its order would read all patients if a filter selects none.
func TestListsWithFewMatchesUseTheIndexOfTheFilter(t *testing.T) {
	var queries []string
	path := newPath(t)
	store := open(t, path, sqlite.Options{WrapDriver: func(connector driver.Connector) driver.Connector { return recorder{connector, &queries} }})
	db := direct(t, path)
	for index, in := range map[string]domain.Parameters{
		"patients_created_at_id_idx (created_at>?)":         {"created_at__gte": domain.Given("2026-01-01T00:00:00Z"), "ordering": domain.Given("name")},
		"patients_updated_at_id_idx (updated_at>?)":         {"updated_at__gt": domain.Given("2026-01-01T00:00:00Z")},
		"patients_gender_id_idx (<expr>=?)":                 {"gender": domain.Given("O"), "ordering": domain.Given("-name")},
		"patients_date_of_birth_id_idx (<expr>>? AND <expr": {"date_of_birth__gte": domain.Given("1990-01-01"), "date_of_birth__lt": domain.Given("1990-02-01")},
	} {
		query, err := domain.PatientList.Parse(domain.Actor{Role: domain.Staff}, in, nil)
		require.NoError(t, err)
		queries = nil
		require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
			_, err := tx.Patients().List(t.Context(), query)
			return err
		}))
		plan := plans(t, db, queries)
		require.Contains(t, plan, "SEARCH patients USING INTEGER PRIMARY KEY (rowid=?)", index)
		require.Contains(t, plan, index)
		require.NotContains(t, plan, "SCAN patients USING", index)
	}
}

// plans returns the plans of queries.
func plans(t *testing.T, db *sql.Conn, queries []string) string {
	t.Helper()
	var plan strings.Builder
	for _, query := range queries {
		rows, err := db.QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+query, make([]any, strings.Count(query, "$")+strings.Count(query, "?"))...)
		require.NoError(t, err)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			require.NoError(t, rows.Scan(&id, &parent, &unused, &detail))
			plan.WriteString(detail + "\n")
		}
		require.NoError(t, rows.Err())
		require.NoError(t, rows.Close())
	}
	return plan.String()
}
