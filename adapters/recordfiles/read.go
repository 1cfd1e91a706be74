package recordfiles

import (
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// Reader reads a file of records. The file was read once before, to find its columns and to
// make sure that it can be read to its end.
type Reader[In any] struct {
	// Rows reads the rows. Those that are marked as void are left out.
	Rows application.ImportRows[In]
	// Count is how many rows there are, and Voided how many were left out.
	Count, Voided int
	// Fields say for each field which columns are read into it.
	Fields []FieldColumns
	// Ignored are the columns that are read into no field.
	Ignored []string
	// refused returns the writer of Refused.
	refused func(io.Writer) *RefusedWriter
}

// FieldColumns are the columns that are read into a field.
type FieldColumns struct {
	Field   string
	Columns []string
}

// Refused returns a writer of rows of this file that are refused.
func (r *Reader[In]) Refused(w io.Writer) *RefusedWriter { return r.refused(w) }

// OpenPatients opens a file of patients: CSV or NDJSON, by its content.
func OpenPatients(ctx context.Context, file io.ReaderAt, options Options) (*Reader[domain.PatientInput], error) {
	return openFile(ctx, file, options, patientInputs)
}

// OpenDoctors opens a file of doctors.
func OpenDoctors(ctx context.Context, file io.ReaderAt, options Options) (*Reader[domain.DoctorInput], error) {
	return openFile(ctx, file, options, doctorInputs)
}

// OpenMappings opens a file of mappings.
func OpenMappings(ctx context.Context, file io.ReaderAt, options Options) (*Reader[application.MappingKeys], error) {
	return openFile(ctx, file, options, mappingKeys)
}

func openFile[In any](ctx context.Context, file io.ReaderAt, options Options, kind inputKind[In]) (*Reader[In], error) {
	rules, err := options.rules(kind.columns)
	if err != nil {
		return nil, err
	}
	seen, err := survey(ctx, file, rules, kind.name)
	if err != nil {
		return nil, err
	}
	table := newTableNames(seen.source.columns())
	fields, err := resolve(kind.columns, table, rules, seen.isExport)
	if err != nil {
		return nil, err
	}
	_, rules.how.isJSON = seen.source.(*ndjsonSource)
	reader := rowReader[In]{kind: kind, rules: rules, fields: fields, special: seen.special}
	if reader.special.void != none {
		reader.voidName = table.names[reader.special.void]
	}
	if !seen.isExport {
		reader.special.store, reader.special.id = none, none
	} else {
		reader.ids = findIDs(kind.ids, table)
	}
	opened := &Reader[In]{
		Rows:    reader.rows(file),
		Count:   seen.rows,
		Voided:  seen.voided,
		Ignored: reader.ignored(table),
		refused: seen.source.refused,
	}
	for _, f := range fields {
		if len(f.template.parts) == 0 {
			continue // left out with --map
		}
		columns := FieldColumns{Field: f.Field}
		for _, part := range f.template.parts {
			if part.isColumn {
				columns.Columns = append(columns.Columns, table.names[part.column])
			}
		}
		opened.Fields = append(opened.Fields, columns)
	}
	return opened, nil
}

func errColumn(column, problem string) error {
	return &domain.Error{Kind: domain.Invalid, Message: "Invalid input.", Fields: domain.FieldErrors{column: {problem}}}
}

// rowReader reads the rows of a file as inputs.
type rowReader[In any] struct {
	kind    inputKind[In]
	rules   rules
	fields  []field
	special special
	// voidName is the name of the column that marks rows as void.
	voidName string
	// ids are the columns of an export that have ids, by field.
	ids map[string]int
}

func findIDs(names []string, table tableNames) map[string]int {
	ids := map[string]int{}
	for _, name := range names {
		if at, found := table.find(name); found && at != ambiguous {
			ids[name] = at
		}
	}
	return ids
}

func (r rowReader[In]) rows(file io.ReaderAt) application.ImportRows[In] {
	return func(ctx context.Context) iter.Seq2[application.ImportRow[In], error] {
		return func(yield func(application.ImportRow[In], error) bool) {
			source, err := openSource(file, r.rules.encoding)
			for err == nil {
				if err = ctx.Err(); err != nil {
					break
				}
				var row row
				if row, err = source.next(); err != nil {
					break
				}
				isVoid, ok := readVoid(textAt(row.values, r.special.void))
				if isVoid {
					continue
				}
				if !ok {
					row.err = errColumn(r.voidName, "Must be true or false.")
				}
				if !yield(r.read(row), nil) {
					return
				}
			}
			if !errors.Is(err, io.EOF) {
				yield(application.ImportRow[In]{}, err)
			}
		}
	}
}

// read returns the input that the cells of a row make.
func (r rowReader[In]) read(row row) application.ImportRow[In] {
	read := application.ImportRow[In]{Line: row.line, Cells: row.cells, Err: row.err}
	if read.Err != nil {
		return read
	}
	how := r.rules.how
	if store := textAt(row.values, r.special.store); store != "" {
		how.exact = true
		from, err := parseOrigin(store)
		if err != nil {
			read.Err = err
			return read
		}
		read.Store = from.store
		if read.ID, read.Err = domain.ParseID(textAt(row.values, r.special.id)); read.Err != nil {
			read.Err = errColumn("id", "A row of an export needs its id. Without it, also remove the store from the row.")
			return read
		}
	}
	read.Input = r.kind.build(func(name string) domain.Input {
		if at, found := r.ids[name]; found && how.exact {
			return valueAt(row.values, at)
		}
		for _, f := range r.fields {
			if f.Field == name {
				return f.read(row.values, how)
			}
		}
		return domain.Input{}
	})
	return read
}

// ignored returns the columns that are read into nothing. Those that an export has are
// expected, and not reported.
func (r rowReader[In]) ignored(table tableNames) (names []string) {
	used := slices.Collect(maps.Values(r.ids))
	used = append(used, r.special.void, r.special.store, r.special.id)
	for _, f := range r.fields {
		for _, part := range f.template.parts {
			if part.isColumn {
				used = append(used, part.column)
			}
		}
	}
	for i, name := range table.names {
		isExported := r.special.store != none && slices.Contains(r.kind.exported, foldName(name))
		isOurs := name == lineColumn || name == reasonColumn
		if name != "" && !isExported && !isOurs && !slices.Contains(used, i) {
			names = append(names, name)
		}
	}
	return names
}
