package sqlstore

import (
	"context"
	"errors"
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

// Migrate applies the pending steps, each in its own transaction. It returns the steps that
// it applied, even if a later step failed.
func Migrate(ctx context.Context, provider *goose.Provider) ([]Migration, error) {
	now := time.Now()
	results, err := provider.Up(ctx)
	if partial, ok := errors.AsType[*goose.PartialError](err); ok {
		results = partial.Applied
	}
	applied := make([]Migration, len(results))
	for i, result := range results {
		applied[i] = Migration{Version: result.Source.Version, Name: path.Base(result.Source.Path), AppliedAt: now}
	}
	return applied, err
}
