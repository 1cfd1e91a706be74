package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// importRun tells the operator what an import does with the rows of a file. It prints no value
// of a record: only lines, IDs, names of fields and reasons.
type importRun struct {
	process
	log      *slog.Logger
	flags    importFlags
	plural   string
	rows     int
	refused  *refusedFile
	progress *progress
	// out buffers the lines of the standard output.
	out *bufio.Writer
	// counts are those of the rows that were reported. last is the line of the last one.
	counts application.ImportSummary
	last   int
}

// slowImport is the number of rows that take about a second to write.
const slowImport = 2000

// describeFile prints how the file is read.
func (r *importRun) describeFile(hash string, fields []recordfiles.FieldColumns, ignored []string, voided int, embedded bool) {
	r.log.Info("import begins", "records", r.plural, "rows", r.rows, "sha256", hash, "dry_run", r.flags.DryRun, "batch", r.flags.Batch)
	for _, field := range fields {
		switch {
		case len(field.Columns) == 0:
			fmt.Fprintf(r.err, "%s has the same value in all rows.\n", field.Field)
		case len(field.Columns) > 1 || field.Columns[0] != field.Field:
			fmt.Fprintf(r.err, "%s is read from %s.\n", field.Field, quoteNames(field.Columns))
		}
	}
	if len(ignored) > 0 {
		fmt.Fprintf(r.err, "Not imported: %s.\n", quoteNames(ignored))
	}
	if voided > 0 {
		fmt.Fprintf(r.err, "Left out: %d rows that are marked as void.\n", voided)
	}
	if embedded && !r.flags.DryRun && r.flags.Batch == 0 && r.rows >= slowImport {
		fmt.Fprintln(r.err, "While all rows are written together, a running service does not answer. With --batch 1000 it does.")
	}
}

func quoteNames(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(quoted, ", ")
}

// report prints a row. Rows that need no attention are printed by a dry run only.
func (r *importRun) report(result application.ImportResult) error {
	r.counts.Add(result.Outcome)
	r.last = result.Line
	reason := ""
	if result.Outcome == application.ImportRefused {
		reason = describeRow(result.Reason)
		if err := r.refused.write(result.Line, result.Cells, reason); err != nil {
			return err
		}
	}
	warning := describeNamesakes(result)
	if !r.flags.DryRun && reason == "" && warning == "" {
		return nil
	}
	r.progress.clear()
	fmt.Fprintf(r.out, "line %d: %s", result.Line, result.Outcome)
	if result.ID != 0 {
		fmt.Fprintf(r.out, ", id %d", result.ID)
	}
	if len(result.Changed) > 0 {
		fmt.Fprintf(r.out, ": %s", strings.Join(result.Changed, ", "))
	}
	if reason != "" {
		fmt.Fprintf(r.out, ": %s", reason)
	}
	_, err := fmt.Fprintln(r.out, warning)
	return err
}

// describeRow returns on one line why a row is refused.
func describeRow(reason error) string {
	text := strings.ReplaceAll(describe(reason), "\n", "; ")
	text = strings.TrimPrefix(text, domain.NonField+": ")
	if e, ok := errors.AsType[*domain.Error](reason); ok && e.Code == application.CodeKeyless {
		text += " Read one from another column with --map 'external_id={COLUMN}', or add the patient with --add-keyless."
	}
	return text
}

func describeNamesakes(result application.ImportResult) string {
	var like []string
	for i, id := range result.Namesakes {
		if i == 3 {
			like = append(like, fmt.Sprintf("%d more", len(result.Namesakes)-i))
			break
		}
		like = append(like, fmt.Sprintf("patient %d", id))
	}
	if result.NamesakeLine > 0 {
		like = append(like, fmt.Sprintf("line %d", result.NamesakeLine))
	}
	if like == nil {
		return ""
	}
	return "; warning: same name and birth date as " + strings.Join(like, " and ")
}

// end prints the summary. The error says why the import is not complete.
func (r *importRun) end(ctx context.Context, summary application.ImportSummary, failure error) error {
	r.progress.clear()
	if failure != nil {
		summary = r.counts
	}
	if r.flags.Batch > 0 && !r.flags.DryRun {
		summary.Written = true
	}
	said := fmt.Sprintf("%d new, %d changed, %d same, %d refused", summary.New, summary.Changed, summary.Same, summary.Refused)
	r.log.Info("import ends", "records", r.plural, "new", summary.New, "changed", summary.Changed, "same", summary.Same, "refused", summary.Refused,
		"written", summary.Written)
	err := r.describeEnd(ctx, summary, said, failure)
	return errors.Join(err, r.out.Flush())
}

func (r *importRun) describeEnd(ctx context.Context, summary application.ImportSummary, said string, failure error) error {
	switch {
	case failure != nil && r.flags.Batch > 0 && !r.flags.DryRun:
		fmt.Fprintf(r.out, "Imported up to line %d: %s.\n", r.last, said)
		return fmt.Errorf("the import is not complete, run it again to import the rest: %w", interrupted(ctx, failure))
	case failure != nil:
		return fmt.Errorf("nothing was imported: %w", interrupted(ctx, failure))
	case r.flags.DryRun:
		fmt.Fprintf(r.out, "Dry run, nothing was imported: %s.\n", said)
	case summary.Written:
		fmt.Fprintf(r.out, "Imported: %s.\n", said)
	case summary.Refused > 0:
		fmt.Fprintf(r.out, "Nothing was imported: %s.\n", said)
	default:
		fmt.Fprintf(r.out, "Nothing to import: %s.\n", said)
	}
	switch {
	case summary.Refused == 0:
		return nil
	case summary.Written:
		return fmt.Errorf("%d rows were refused: correct them in %s, and import that file", summary.Refused, r.refused.path)
	default:
		return fmt.Errorf("%d of %d rows are refused: correct them, or import the others with --batch 1000", summary.Refused, r.rows)
	}
}

// interrupted returns a plain error if the operator has stopped the command.
func interrupted(ctx context.Context, failure error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return failure
}
