package recordfiles

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"iter"
	"math"
	"slices"
	"strings"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// File is a file of records that was read once, to find its columns and to make sure that it
// can be read to its end.
type File[In any] struct {
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
func (f *File[In]) Refused(w io.Writer) *RefusedWriter { return f.refused(w) }

// OpenPatients opens a file of patients: CSV or NDJSON, by its content.
func OpenPatients(ctx context.Context, file io.ReaderAt, options Options) (*File[domain.PatientInput], error) {
	return openFile(ctx, file, options, patients)
}

// OpenDoctors opens a file of doctors.
func OpenDoctors(ctx context.Context, file io.ReaderAt, options Options) (*File[domain.DoctorInput], error) {
	return openFile(ctx, file, options, doctors)
}

// OpenMappings opens a file of mappings.
func OpenMappings(ctx context.Context, file io.ReaderAt, options Options) (*File[application.MappingKeys], error) {
	return openFile(ctx, file, options, mappings)
}

func openFile[In any](ctx context.Context, file io.ReaderAt, options Options, kind kind[In]) (*File[In], error) {
	rules, err := options.rules(kind.columns)
	if err != nil {
		return nil, err
	}
	seen, err := survey(ctx, file, rules)
	if err != nil {
		return nil, err
	}
	table := newTableNames(seen.source.columns())
	fields, err := resolve(kind.columns, table, rules, seen.isExport)
	if err != nil {
		return nil, err
	}
	reader := rowReader[In]{kind: kind, rules: rules, fields: fields, special: seen.special}
	if !seen.isExport {
		reader.special.store, reader.special.id = none, none
	} else {
		reader.ids = findIDs(kind.ids, table)
	}
	opened := &File[In]{
		Rows:    reader.rows(file),
		Count:   seen.rows,
		Voided:  seen.voided,
		Ignored: reader.ignored(table),
		refused: seen.source.refused,
	}
	for _, f := range fields {
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

// openSource begins to read a file.
func openSource(file io.ReaderAt, expected textEncoding) (source, error) {
	text, encoding, err := decode(io.NewSectionReader(file, 0, math.MaxInt64), expected)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(text, maxHeaderBytes)
	start, err := buffered.Peek(maxHeaderBytes)
	if err != nil && err != io.EOF {
		return nil, err
	}
	switch start = bytes.TrimSpace(start); {
	case bytes.HasPrefix(start, []byte("{")):
		return newNDJSONSource(buffered, encoding), nil
	case bytes.HasPrefix(start, []byte("[")):
		return nil, errFile(1, "the file is a JSON array. Write one object per line: jq -c '.[]'")
	}
	return newCSVSource(buffered, encoding)
}

// special are the columns that say what a row is. A column that there is not is none.
type special struct{ void, store, id int }

const none = -1

func findSpecial(table tableNames) special {
	position := func(names ...string) int {
		if at, found := table.find(names...); found {
			return at
		}
		return none
	}
	return special{void: position(voidColumns...), store: position("store"), id: position("id")}
}

// textAt returns the text of a column, without blanks around it.
func textAt(values []domain.Input, column int) string {
	if column == none {
		return ""
	}
	return strings.TrimSpace(valueAt(values, column).Text())
}

// surveyed is what the first reading of a file finds out.
type surveyed struct {
	source       source
	special      special
	rows, voided int
	// isExport is set if a row is from an export.
	isExport bool
}

// survey reads a file from its beginning to its end.
func survey(ctx context.Context, file io.ReaderAt, rules rules) (seen surveyed, err error) {
	if seen.source, err = openSource(file, rules.encoding); err != nil {
		return surveyed{}, err
	}
	known := -1 // columns; NDJSON has new ones in any row
	for {
		if err := ctx.Err(); err != nil {
			return surveyed{}, err
		}
		row, err := seen.source.next()
		if err == io.EOF {
			return seen, nil
		}
		if err != nil {
			return surveyed{}, err
		}
		if columns := seen.source.columns(); len(columns) != known {
			known = len(columns)
			seen.special = findSpecial(newTableNames(columns))
		}
		if isVoid, err := isVoid(textAt(row.values, seen.special.void)); err == nil && isVoid {
			seen.voided++
			continue
		}
		seen.rows++
		if !seen.isExport && seen.special.id != none {
			_, err := domain.ParseStoreID(textAt(row.values, seen.special.store))
			seen.isExport = err == nil
		}
	}
}

// isVoid parses the cell of a column that marks rows as void.
func isVoid(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "", "false", "0", "no", "n", "f":
		return false, nil
	case "true", "1", "yes", "y", "t":
		return true, nil
	}
	return false, errColumn("void", "Must be true or false.")
}

func errColumn(column, problem string) error {
	return &domain.Error{Kind: domain.Invalid, Message: "Invalid input.", Fields: domain.FieldErrors{column: {problem}}}
}

// rowReader reads the rows of a file as inputs.
type rowReader[In any] struct {
	kind    kind[In]
	rules   rules
	fields  []field
	special special
	// ids are the columns of an export that have ids, by field.
	ids map[string]int
}

func findIDs(names []string, table tableNames) map[string]int {
	ids := map[string]int{}
	for _, name := range names {
		if at, found := table.find(name); found {
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
				isVoid, voidErr := isVoid(textAt(row.values, r.special.void))
				if isVoid {
					continue
				}
				if row.err == nil {
					row.err = voidErr
				}
				if !yield(r.read(row), nil) {
					return
				}
			}
			if err != io.EOF {
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
		if read.Store, read.Err = domain.ParseStoreID(store); read.Err != nil {
			return read
		}
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
	used := []int{r.special.void, r.special.store, r.special.id}
	for _, f := range r.fields {
		for _, part := range f.template.parts {
			if part.isColumn {
				used = append(used, part.column)
			}
		}
	}
	for i, name := range table.names {
		isExported := r.special.store != none && (slices.Contains(r.kind.exported, name) || slices.Contains(r.kind.ids, name))
		isOurs := name == lineColumn || name == reasonColumn
		if name != "" && !isExported && !isOurs && !slices.Contains(used, i) {
			names = append(names, name)
		}
	}
	return names
}
