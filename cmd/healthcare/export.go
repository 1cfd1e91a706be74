package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type exportCommand struct {
	Kind   string `arg:"" enum:"patients,doctors,mappings,users" help:"patients, doctors, mappings or users."`
	File   string `arg:"" optional:"" default:"-" help:"The file to write. Its folder must exist and must not be DATA_DIR. - is the standard output."`
	Format string `enum:"csv,ndjson" default:"csv" help:"csv, or ndjson for one JSON object per line."`
	Force  bool   `help:"Replace the file if it exists."`
}

// standardOutput is the name of a file that stands for the standard output.
const standardOutput = "-"

// Run writes all records of a kind, in ascending order of their IDs, page by page.
func (c exportCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	if c.File != standardOutput {
		if err := cfg.checkNewFile(c.File, c.Force); err != nil {
			return err
		}
	}
	return cfg.withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		if c.File == standardOutput {
			if _, err := c.write(ctx, useCases, p.out); err != nil {
				return fmt.Errorf("export %s: %w\nwhat was written is incomplete", c.Kind, err)
			}
			return nil
		}
		count, err := c.writeFile(ctx, useCases)
		if err != nil {
			return fmt.Errorf("export %s: %w\nno file was written", c.Kind, err)
		}
		_, err = fmt.Fprintf(p.out, "Exported %s: %s (%d)\n", c.Kind, c.File, count)
		return err
	})
}

// writeFile writes the file, which gets its name when it is complete. It returns the number of
// records.
func (c exportCommand) writeFile(ctx context.Context, useCases *application.UseCases) (count int, err error) {
	temporary, err := createTemporary(c.File)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, removeIfExists(temporary)) }()
	file, err := os.OpenFile(temporary, os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	count, err = c.write(ctx, useCases, file)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return 0, err
	}
	return count, publish(temporary, c.File, c.Force)
}

// write writes all records of the kind and returns their number.
func (c exportCommand) write(ctx context.Context, useCases *application.UseCases, out io.Writer) (int, error) {
	store, err := useCases.Store.ID(ctx)
	if err != nil {
		return 0, err
	}
	format := map[string]recordfiles.Format{"csv": recordfiles.CSV, "ndjson": recordfiles.NDJSON}[c.Format]
	switch c.Kind {
	case "patients":
		return writeAll(ctx, out, recordfiles.Patients, format, store, useCases.Patients.List)
	case "doctors":
		return writeAll(ctx, out, recordfiles.Doctors, format, store, useCases.Doctors.List)
	case "mappings":
		return writeAll(ctx, out, recordfiles.Mappings, format, store, useCases.Mappings.List)
	default:
		return writeAll(ctx, out, recordfiles.Users, format, store, useCases.Users.List)
	}
}

// writeAll writes all pages of a list and returns the number of records. It holds one page in
// memory.
func writeAll[T any](ctx context.Context, out io.Writer, kind recordfiles.Kind[T], format recordfiles.Format, store domain.StoreID,
	list func(context.Context, domain.Actor, domain.Parameters) (application.Page[T], error),
) (count int, err error) {
	file, err := kind.File(format, operator, domain.Input{}, store)
	if err != nil {
		return 0, err
	}
	if _, err := io.WriteString(out, file.Header()); err != nil {
		return 0, err
	}
	in := domain.Parameters{"limit": domain.Given(strconv.Itoa(domain.MaxPageLimit))}
	for {
		page, err := list(ctx, operator, in)
		if ctx.Err() != nil {
			return count, errors.New("interrupted")
		}
		if err != nil {
			return count, err
		}
		if err := file.Write(out, page.Items); err != nil {
			return count, err
		}
		count += len(page.Items)
		if page.Next == "" {
			return count, nil
		}
		in["cursor"] = domain.Given(page.Next)
	}
}
