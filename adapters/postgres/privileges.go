package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/lib/pq"

	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

// requiredPrivileges are the privileges that a service needs on the schema, in the order of the
// GRANT statements. They do not let it change or remove audit events or versions.
var requiredPrivileges = []struct {
	privileges []string
	objects    []string
	sequences  bool
}{
	{privileges: []string{"SELECT", "INSERT", "UPDATE", "DELETE"}, objects: append(recordTables(), "users", "sessions", "attempts", "deletions", "idempotency_keys",
		"doctors_search", "patients_search", "users_search")},
	{privileges: []string{"SELECT", "INSERT"}, objects: []string{"versions", "audit_events", "audit_about", "audit_seals"}},
	{privileges: []string{"USAGE"}, objects: []string{"audit_events_id_seq"}, sequences: true},
	{privileges: []string{"SELECT"}, objects: []string{"goose_db_version", "compatible_steps", "store_id"}},
}

func recordTables() (names []string) {
	for _, known := range domain.RecordKinds() {
		names = append(names, known.Plural)
	}
	return names
}

// selectMissingPrivileges selects the privileges that the connection's role lacks, as one text.
var selectMissingPrivileges = func() string {
	var tables, sequences []string
	for _, right := range requiredPrivileges {
		for _, object := range right.objects {
			for _, privilege := range right.privileges {
				row := `(` + pq.QuoteLiteral(object) + `, ` + pq.QuoteLiteral(privilege) + `)`
				if right.sequences {
					sequences = append(sequences, row)
				} else {
					tables = append(tables, row)
				}
			}
		}
	}
	return `SELECT COALESCE(string_agg(missing, ', '), '') FROM (
			SELECT string_agg(privilege, ', ') || ' on ' || name AS missing
			FROM (VALUES ` + strings.Join(tables, `, `) + `) AS needed (name, privilege)
			WHERE NOT has_table_privilege(name, privilege) GROUP BY name
			UNION ALL
			SELECT privilege || ' on ' || name
			FROM (VALUES ` + strings.Join(sequences, `, `) + `) AS needed (name, privilege)
			WHERE NOT has_sequence_privilege(name, privilege)
			ORDER BY missing
		) AS privileges`
}()

type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// checkPrivileges returns ErrMissingPrivilege unless the connection's role has all required
// privileges.
func checkPrivileges(ctx context.Context, db rowQuerier) error {
	var missing string
	if err := db.QueryRowContext(ctx, selectMissingPrivileges).Scan(&missing); err != nil {
		return err
	}
	if missing != "" {
		return missingPrivilege(missing)
	}
	return nil
}

// checkSchemaReadable returns ErrMissingPrivilege if the role cannot read the schema's version. A
// schema without the privilege USAGE would look like an empty one.
func checkSchemaReadable(ctx context.Context, db *sql.DB) error {
	var migrated bool
	var unreadable, unusable string
	err := db.QueryRowContext(ctx, `
		SELECT to_regclass('goose_db_version') IS NOT NULL, COALESCE((
			SELECT string_agg(name, ', ') FROM (VALUES ('goose_db_version'), ('compatible_steps')) AS needed (name)
			WHERE NOT has_table_privilege(to_regclass(name), 'SELECT')
		), ''), COALESCE((
			SELECT string_agg(quote_ident(nspname), ', ') FROM pg_namespace
			WHERE NOT has_schema_privilege(oid, 'USAGE') AND nspname IN (
				SELECT replace(replace(regexp_replace(trim(name), '^"(.*)"$', '\1'), '""', '"'), '$user', current_user)
				FROM unnest(string_to_array(current_setting('search_path'), ',')) AS path (name))
		), '')`).Scan(&migrated, &unreadable, &unusable)
	switch {
	case err != nil:
		return unavailable(err)
	case unreadable != "":
		return missingPrivilege("SELECT on " + unreadable)
	case !migrated && unusable != "":
		return missingPrivilege("USAGE on schema " + unusable)
	}
	return nil
}

func missingPrivilege(what string) error {
	return fmt.Errorf("postgres: %w: the service's role has no %s", sqlstore.ErrMissingPrivilege, what)
}

// Grants returns the GRANT statements with the privileges that a service needs on the schema
// that dsn selects (see Open). They name the role ROLE.
func Grants(ctx context.Context, dsn string) (grants []string, err error) {
	err = withDB(dsn, func(db *sql.DB) error {
		grants, err = grantStatements(ctx, db, "ROLE")
		return err
	})
	return grants, err
}

// Grant grants role the privileges that a service needs on the schema that dsn selects. Only
// the owner of the schema can do this.
func Grant(ctx context.Context, dsn, role string) error {
	return withDB(dsn, func(db *sql.DB) error {
		grants, err := grantStatements(ctx, db, pq.QuoteIdentifier(role))
		if err != nil {
			return err
		}
		// Several statements in one query are one transaction (PostgreSQL manual, 55.2.2.1).
		if _, err := db.ExecContext(ctx, strings.Join(grants, "\n")); err != nil {
			return fmt.Errorf("postgres: grant privileges: %w", err) // The statements contain no stored values.
		}
		return nil
	})
}

func grantStatements(ctx context.Context, db *sql.DB, role string) ([]string, error) {
	var schema string
	if err := db.QueryRowContext(ctx, `SELECT COALESCE(quote_ident(current_schema()), '')`).Scan(&schema); err != nil {
		return nil, err
	}
	grants := []string{`GRANT USAGE ON SCHEMA ` + schema + ` TO ` + role + `;`}
	for _, right := range requiredPrivileges {
		kind := ""
		if right.sequences {
			kind = "SEQUENCE "
		}
		objects := make([]string, len(right.objects))
		for i, object := range right.objects {
			objects[i] = schema + "." + object
		}
		grants = append(grants, `GRANT `+strings.Join(right.privileges, ", ")+` ON `+kind+strings.Join(objects, ", ")+` TO `+role+`;`)
	}
	return grants, nil
}
