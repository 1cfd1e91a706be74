package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"

	"example.com/healthcare/domain"
)

// What a program refuses to work with.
var (
	// ErrSchemaBehind says that steps of the schema are pending.
	ErrSchemaBehind = errors.New("the database's schema is behind this program: apply the pending migrations first")
	// ErrSchemaUnknown says that a newer program has changed the schema in a way that this
	// one cannot go on with.
	ErrSchemaUnknown = errors.New("the database's schema has steps that this program does not know")
)

// Schema is the steps of the schema that the program knows, on one engine.
type Schema struct {
	known       []Migration // in order, all of them pending
	tableExists string
}

// NewSchema returns the schema whose steps are in files. tableExists is the query that
// tells whether there is a table with the name $1.
func NewSchema(files fs.FS, tableExists string) Schema {
	names, err := fs.Glob(files, "*.sql") // in order
	if err != nil {
		panic(err) // Only a bad pattern gives an error.
	}
	schema := Schema{tableExists: tableExists}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			panic(fmt.Sprintf("the step %s has no number: %v", name, err)) // It is compiled in.
		}
		schema.known = append(schema.known, Migration{Version: version, Name: name})
	}
	return schema
}

// Last is the number of the last step that the program knows.
func (s Schema) Last() int64 { return s.known[len(s.known)-1].Version }

const (
	selectApplied    = `SELECT version_id, tstamp FROM goose_db_version WHERE is_applied AND version_id > 0 ORDER BY version_id`
	selectCompatible = `SELECT step, 0 FROM compatible_steps`
	// countUnfit counts the steps after $1 that a program that knows all up to $1 cannot go on with.
	countIncompatible = `SELECT count(*) FROM goose_db_version
		WHERE is_applied AND version_id > $1 AND version_id NOT IN (SELECT step FROM compatible_steps)`
)

// Status returns all steps in order: those that the program knows, and those that were
// applied and that it does not know. It changes nothing in the database.
func (s Schema) Status(ctx context.Context, db *sql.DB) ([]Migration, error) {
	steps := slices.Clone(s.known)
	applied, err := s.read(ctx, db, "goose_db_version", selectApplied)
	if err != nil {
		return nil, err
	}
	compatible, err := s.read(ctx, db, "compatible_steps", selectCompatible)
	if err != nil {
		return nil, err
	}
	for _, step := range applied {
		at := slices.IndexFunc(steps, func(known Migration) bool { return known.Version == step.Version })
		if at >= 0 {
			steps[at].AppliedAt = step.AppliedAt
			continue
		}
		step.Name, step.Unknown = fmt.Sprintf("%05d", step.Version), true
		step.Compatible = step.Version > s.Last() &&
			slices.ContainsFunc(compatible, func(c Migration) bool { return c.Version == step.Version })
		steps = append(steps, step)
	}
	slices.SortFunc(steps, func(a, b Migration) int { return int(a.Version - b.Version) })
	return steps, nil
}

// read returns the rows of a step and a time that query selects from a table, none if
// there is no such table.
func (s Schema) read(ctx context.Context, db *sql.DB, table, query string) (steps []Migration, err error) {
	var exists bool
	if err := db.QueryRowContext(ctx, s.tableExists, table).Scan(&exists); err != nil || !exists {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var step Migration
		var at any
		if err := rows.Scan(&step.Version, &at); err != nil {
			return nil, err
		}
		step.AppliedAt, _ = at.(time.Time)
		steps = append(steps, step)
	}
	return steps, rows.Err()
}

// Check returns an error unless the program can work with the schema: ErrSchemaBehind or
// ErrSchemaUnknown.
func (s Schema) Check(ctx context.Context, db *sql.DB) error {
	return s.CheckUpTo(ctx, db, s.Last())
}

// CheckSince does the same for a program that only reads what the step since, and those
// before it, made: ErrSchemaBehind says that this step is pending. With 0, none has to be
// there.
func (s Schema) CheckUpTo(ctx context.Context, db *sql.DB, since int64) error {
	steps, err := s.Status(ctx, db)
	if err != nil {
		return err
	}
	if err := checkUnknown(steps); err != nil {
		return err
	}
	if slices.ContainsFunc(steps, func(step Migration) bool { return step.Version <= since && step.Pending() }) {
		return ErrSchemaBehind
	}
	return nil
}

func checkUnknown(steps []Migration) error {
	var names []string
	for _, step := range steps {
		if step.Unknown && !step.Compatible {
			names = append(names, step.Name)
		}
	}
	if names == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrSchemaUnknown, strings.Join(names, ", "))
}

// fitInterval is how long a store relies on having seen that it fits the schema.
const schemaCheckInterval = time.Second

// fits returns an error when a newer program has changed the schema meanwhile in a way
// that this one cannot go on with. It looks once a second.
func (s *Store) checkSchema(ctx context.Context, q *querier) error {
	now := time.Now()
	if now.Sub(time.Unix(0, s.schemaChecked.Load())) < schemaCheckInterval {
		return nil
	}
	if err := q.checkSchema(ctx); err != nil {
		return err
	}
	s.schemaChecked.Store(now.UnixNano())
	return nil
}

func (q *querier) checkSchema(ctx context.Context) error {
	var unfit int
	if err := q.get(ctx, &unfit, countIncompatible, q.engine.LastStep); err != nil {
		return err
	}
	if unfit > 0 {
		return domain.ErrUnavailable(ErrSchemaUnknown)
	}
	return nil
}
