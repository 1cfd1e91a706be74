package sqlstore

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"path"
	"time"

	"github.com/pressly/goose/v3"
)

// Migration is one step of the schema.
type Migration struct {
	Version int64
	// Name is the step's file name, such as "00001_clinic.sql".
	Name string
	// AppliedAt is zero while the step is pending.
	AppliedAt time.Time
	// Unknown says that a newer program applied the step. Its Name is its number.
	Unknown bool
	// Compatible says that this program can work with the unknown step.
	Compatible bool
}

// Pending reports whether the step has not been applied.
func (m Migration) Pending() bool { return m.AppliedAt.IsZero() }

// foldingStep is the step that adds the derived columns. The indexes on them are built by a
// later step, because that is faster than adding row after row to them.
const foldingStep = 13

// Migrate applies the pending steps, each in its own transaction, and folds the rows that
// were there before. It returns the steps that it applied, even if a later step failed. It
// uses store, whose handle must be that of the provider, and logs its progress.
func Migrate(ctx context.Context, provider *goose.Provider, store *Store, log *slog.Logger) ([]Migration, error) {
	applied, err := upTo(ctx, provider, foldingStep)
	if err != nil {
		return applied, err
	}
	for total := 0; ; {
		folded, err := store.FoldStale(ctx)
		if err != nil {
			return applied, err
		}
		if folded == 0 {
			break
		}
		total += folded
		log.Info("preparing stored records for searches", "done", total)
	}
	rest, err := upTo(ctx, provider, math.MaxInt64)
	return append(applied, rest...), err
}

func upTo(ctx context.Context, provider *goose.Provider, last int64) ([]Migration, error) {
	now := time.Now()
	results, err := provider.UpTo(ctx, last)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		results = partial.Applied
	}
	applied := make([]Migration, len(results))
	for i, result := range results {
		applied[i] = Migration{Version: result.Source.Version, Name: path.Base(result.Source.Path), AppliedAt: now}
	}
	return applied, err
}
