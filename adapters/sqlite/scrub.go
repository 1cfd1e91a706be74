package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// scrubPages is how many pages of a search index (see step 21 of the schema) one transaction of
// Scrub rewrites, because other writers wait for it.
const scrubPages = 1000

const (
	addPart    = `INSERT OR REPLACE INTO TABLE (rowid, pieces) VALUES (-1, 'scrub')`
	mergeParts = `INSERT INTO TABLE (TABLE, rank) VALUES ('merge', $1)`
)

// Scrub removes from the search indexes what is left there of records that were deleted or
// changed. FTS5 only marks such rows, and removes them when it happens to merge the parts of
// the index that hold them (SQLite, "FTS5", 5.4). Scrub makes it merge all parts, in many
// short transactions. Like Purge, it overwrites what it removes with zeros.
func Scrub(ctx context.Context, path string) error {
	db, err := open(path, Options{}, "_txlock", "immediate", "_pragma", "secure_delete(1)")
	if err != nil {
		return openError(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1) // total_changes counts the changes of one connection.
	for _, table := range indexedTables {
		if err := scrub(ctx, db.DB, table+"_search"); err != nil {
			return openError(fmt.Errorf("scrub the search index of %s: %w", table, err))
		}
	}
	return nil
}

func scrub(ctx context.Context, db *sql.DB, table string) error {
	// An index of one part would not be merged. This row, which no search finds, makes another.
	if _, err := db.ExecContext(ctx, strings.ReplaceAll(addPart, "TABLE", table)); err != nil {
		return err
	}
	// A negative number begins to merge all parts. The work is done when a further step
	// changes less than two rows (SQLite, "FTS5", 6.9).
	for pages := -scrubPages; ; pages = scrubPages {
		changed, err := merge(ctx, db, table, pages)
		if err != nil || pages > 0 && changed < 2 {
			return err
		}
	}
}

// merge merges parts of the index, until it has written so many pages. It returns how many
// rows it changed.
func merge(ctx context.Context, db *sql.DB, table string, pages int) (changed int, err error) {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return 0, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	var before, after int
	if err := tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&before); err != nil {
		return 0, err
	}
	if _, err := tx.ExecContext(ctx, strings.ReplaceAll(mergeParts, "TABLE", table), pages); err != nil {
		return 0, err
	}
	if err := tx.QueryRowContext(ctx, `SELECT total_changes()`).Scan(&after); err != nil {
		return 0, err
	}
	return after - before, tx.Commit()
}
