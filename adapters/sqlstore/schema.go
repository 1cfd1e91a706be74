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

// The errors of a schema that the program cannot work with.
var (
	// ErrSchemaBehind says that migrations are pending.
	ErrSchemaBehind = errors.New("the database's schema is behind this program: apply the pending migrations first")
	// ErrSchemaUnknown says that a newer program has changed the schema in a way that this
	// program cannot work with.
	ErrSchemaUnknown = errors.New("the database's schema has steps that this program does not know")
)

// Schema holds the steps of the schema that the program knows, for one engine.
type Schema struct {
	known       []Migration // in order, all of them pending
	tableExists string
}

// NewSchema returns the schema whose steps are in files. tableExists is a query that
// reports whether a table with the name $1 exists.
func NewSchema(files fs.FS, tableExists string) Schema {
	names, err := fs.Glob(files, "*.sql") // in order
	if err != nil {
		panic(err) // Glob fails only for a malformed pattern.
	}
	schema := Schema{tableExists: tableExists}
	for _, name := range names {
		version, err := goose.NumericComponent(name)
		if err != nil {
			panic(fmt.Sprintf("the step %s has no number: %v", name, err)) // The steps are compiled in.
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
	// countIncompatible counts the applied steps with which a program whose last step is $1
	// cannot work.
	countIncompatible = `SELECT count(*) FROM goose_db_version
		WHERE is_applied AND version_id > $1 AND version_id NOT IN (SELECT step FROM compatible_steps)`
)

// Status returns all steps in order: the steps that the program knows, and the applied steps
// that it does not know. It does not change the database.
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

// read returns the steps and times that query selects from a table, or nothing if the table
// does not exist.
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

// CheckUpTo is Check for a program that needs only the steps up to last. ErrSchemaBehind then
// says that one of these is pending. If last is 0, all steps can be pending.
func (s Schema) CheckUpTo(ctx context.Context, db *sql.DB, last int64) error {
	steps, err := s.Status(ctx, db)
	if err != nil {
		return err
	}
	if err := checkUnknown(steps); err != nil {
		return err
	}
	if slices.ContainsFunc(steps, func(step Migration) bool { return step.Version <= last && step.Pending() }) {
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

// schemaCheckInterval is how long a store relies on its last check of the schema.
const schemaCheckInterval = time.Second

// checkSchema returns ErrSchemaUnknown if a newer program has changed the schema since the
// store was opened, in a way that this program cannot work with. It queries the database
// once per schemaCheckInterval.
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
	var incompatible int
	if err := q.get(ctx, &incompatible, countIncompatible, q.engine.LastStep); err != nil {
		return err
	}
	if incompatible > 0 {
		return domain.ErrUnavailable(ErrSchemaUnknown)
	}
	return nil
}
