package sqlstore_test

import (
	"database/sql/driver"
	"fmt"
	"strings"
	"testing"

	"github.com/lib/pq"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// explain returns the plan of a query. On PostgreSQL it is a generic plan, which the server
// can choose for statements that run often.
func (d database) explain(t *testing.T, engine, query string, args []any) string {
	t.Helper()
	conn, err := d.db.Conn(t.Context())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	if engine == "PostgreSQL" {
		literals := make([]string, len(args))
		for i, arg := range args {
			if valuer, is := arg.(driver.Valuer); is {
				arg, err = valuer.Value()
				require.NoError(t, err)
			}
			literals[i] = pq.QuoteLiteral(fmt.Sprint(arg))
		}
		_, err = conn.ExecContext(t.Context(), `DEALLOCATE ALL; SET plan_cache_mode = force_generic_plan; PREPARE searching AS `+query)
		require.NoError(t, err)
		query = `EXPLAIN EXECUTE searching`
		if args != nil {
			query += `(` + strings.Join(literals, ", ") + `)`
		}
		args = nil
	} else {
		query = `EXPLAIN QUERY PLAN ` + query
	}
	rows, err := conn.QueryContext(t.Context(), query, args...)
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	var plan strings.Builder
	for rows.Next() {
		var line string
		var others [3]int
		dest := []any{&others[0], &others[1], &others[2], &line}
		require.NoError(t, rows.Scan(dest[4-len(columns):]...))
		plan.WriteString(line + "\n")
	}
	require.NoError(t, rows.Err())
	return plan.String()
}

func TestSearchesUseAnIndex(t *testing.T) {
	const patients = 6_000
	uses := map[string]struct{ search, order string }{
		"PostgreSQL": {"patients_search_pieces_idx", "patients_name_folded_id_idx"},
		"SQLite":     {"SEARCH patients USING INTEGER PRIMARY KEY (rowid=?)", "SCAN patients USING INDEX patients_name_folded_id_idx"},
	}
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			store, err := d.open()
			closing(t, store, err)
			fill(t, store, 0)
			update(t, store, func(tx ports.Tx) error {
				for i := range patients {
					patient := newPatient(1)
					patient.Name = domain.FromStored[domain.Name](fmt.Sprintf("Anna N%dn", i))
					if i == 777 {
						patient.Name = domain.FromStored[domain.Name]("王 Unique")
					}
					patient.Phone = domain.FromStored[domain.Phone](fmt.Sprintf("+44 20 %07d", i*499+1_000_000))
					if _, err := tx.Patients().Add(t.Context(), patient); err != nil {
						return err
					}
				}
				return nil
			})
			if name == "PostgreSQL" {
				_, err := d.db.ExecContext(t.Context(), `ANALYZE patients, patients_search`)
				require.NoError(t, err)
			}
			for _, words := range []string{"unique", "王", "anna n5999n", "nobody", "zq", "1990-05-01 anna", fmt.Sprint(999*499 + 1_000_000), "n777n nobody"} {
				query, args, err := store.FindQuery(t.Context(), "patients", "name_folded, id", parseSearch(t, words), 100)
				require.NoError(t, err)
				plan := d.explain(t, name, query, args)
				require.Contains(t, plan, uses[name].search, words)
				require.NotContains(t, plan, "Seq Scan", words)
				require.NotContains(t, plan, "SCAN patients", words)
			}
			for _, words := range []string{"a", "anna", "an na", "5"} { // most patients
				query, args, err := store.FindQuery(t.Context(), "patients", "name_folded, id", parseSearch(t, words), 100)
				require.NoError(t, err)
				plan := d.explain(t, name, query, args)
				require.Contains(t, plan, uses[name].order, words)
				require.NotContains(t, plan, uses[name].search, words)
			}
		})
	}
}

func TestStaleRowsAreFoundByAnIndex(t *testing.T) {
	for name, d := range databases(t) {
		t.Run(name, func(t *testing.T) {
			for _, table := range []string{"users", "doctors", "patients"} {
				if name == "PostgreSQL" { // The tables are so small that it would read all rows.
					d.db.SetMaxOpenConns(1)
					_, err := d.db.ExecContext(t.Context(), `SET enable_seqscan = off`)
					require.NoError(t, err)
				}
				plan := d.explain(t, name, sqlstore.SelectStale(table, "id"), nil)
				require.Contains(t, plan, table+"_stale_idx")
			}
		})
	}
}
