package recordfiles

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"example.com/healthcare/domain"
)

// Options say how a file is read, as the options of the command do.
type Options struct {
	// Encoding is the encoding of a file without a byte order mark. If it is empty, that is
	// UTF-8.
	Encoding string
	// DateFormat is how dates are written, besides YYYY-MM-DD, such as DD.MM.YYYY.
	DateFormat string
	// DecimalComma is set if amounts are written as 1.234,50.
	DecimalComma bool
	// Map says which columns are read into a field: "name={FIRST} {LAST}".
	Map []string
	// Values say what a text means in a field: "gender:weiblich=F". With nothing after the
	// =, it means an empty cell.
	Values []string
}

// Check returns why the options cannot be those of a file of records with these columns. Whether
// the file has the columns that Map names shows when it is opened.
func (o Options) Check(columns []Column) error {
	_, err := o.rules(columns)
	return err
}

// rules are Options after they were checked.
type rules struct {
	encoding  textEncoding
	how       conventions
	templates map[string]string            // by field
	meanings  map[string]map[string]string // by field and text
}

func (o Options) rules(columns []Column) (r rules, err error) {
	if r.encoding, err = parseEncoding(o.Encoding); err != nil {
		return rules{}, err
	}
	if r.how.dates, err = parseDateFormat(o.DateFormat); err != nil {
		return rules{}, err
	}
	r.how.decimalComma = o.DecimalComma
	r.templates, r.meanings = map[string]string{}, map[string]map[string]string{}
	for _, option := range o.Map {
		field, template, found := strings.Cut(option, "=")
		field = strings.TrimSpace(field)
		if !found || !isField(columns, field) {
			return rules{}, errOption("map", "write FIELD={COLUMN}, where FIELD is one of "+fieldNames(columns))
		}
		if _, twice := r.templates[field]; twice {
			return rules{}, errOption("map", field+" is given twice. Write all its columns in one: "+field+"={COLUMN} {COLUMN}")
		}
		r.templates[field] = template
	}
	for _, option := range o.Values {
		field, rest, found := strings.Cut(option, ":")
		equals := strings.LastIndex(rest, "=")
		if !found || equals < 0 || !isField(columns, field) {
			return rules{}, errOption("value", "write FIELD:TEXT=VALUE, such as gender:weiblich=F, where FIELD is one of "+fieldNames(columns))
		}
		if foldValue(rest[:equals]) == "" {
			return rules{}, errOption("value", "an empty cell keeps what a record has. To give all rows one value, use --map "+field+"=VALUE")
		}
		if r.meanings[field] == nil {
			r.meanings[field] = map[string]string{}
		}
		r.meanings[field][foldValue(rest[:equals])] = strings.TrimSpace(rest[equals+1:])
	}
	return r, nil
}

// foldValue returns the text by which words and --value find the text of a cell.
func foldValue(text string) string { return strings.ToLower(norm.NFC.String(strings.TrimSpace(text))) }

func isField(columns []Column, field string) bool {
	return slices.ContainsFunc(columns, func(c Column) bool { return c.Field == field })
}

func fieldNames(columns []Column) string {
	var names []string
	for _, column := range columns {
		names = append(names, column.Field)
	}
	return strings.Join(names, ", ")
}

// field is a field whose columns were found.
type field struct {
	Column
	template template
	meanings map[string]string
}

// read returns the value of the field in a row.
func (f field) read(values []domain.Input, how conventions) domain.Input {
	in := f.template.read(values)
	if in == domain.Null() && !f.Required {
		return domain.Given("") // Unlike in the API, null also clears texts: most tools write it for them.
	}
	text := strings.TrimSpace(in.Text())
	if text == "" {
		return in // absent, null, empty or unreadable
	}
	if meaning, found := f.meanings[foldValue(text)]; found {
		if meaning == "" {
			return domain.Input{}
		}
		text = meaning
		in = domain.Given(text)
	}
	if f.values == nil {
		return in
	}
	if read := f.values(text, how); read != domain.Given(text) {
		return read
	}
	return in // as it is, with the blanks around it
}

// resolve finds the columns of every field.
func resolve(columns []Column, table tableNames, rules rules, isExport bool) ([]field, error) {
	var fields []field
	var missing []Column
	for _, column := range columns {
		f := field{Column: column, meanings: rules.meanings[column.Field]}
		text, mapped := rules.templates[column.Field]
		found := mapped
		if mapped {
			var problem string
			if column.Required && strings.TrimSpace(text) == "" {
				return nil, errOption("map "+column.Field, "this field is required. Say which column to read, such as "+column.Field+"={COLUMN}")
			}
			if f.template, problem = parseTemplate(text, table); problem != "" {
				return nil, errOption("map "+column.Field, problem)
			}
		} else {
			var at []int
			at, found = findColumns(column, table)
			if found && slices.Contains(at, ambiguous) {
				return nil, errOption("map", "several columns can be "+column.Field+". Say which of them to read: --map '"+column.Field+"={COLUMN}'. "+table.list())
			}
			f.template = columnTemplate(at...)
		}
		switch {
		case found:
			fields = append(fields, f)
		case column.Required && !isExport:
			missing = append(missing, column)
		}
	}
	if missing != nil {
		return nil, errMissing(missing, table)
	}
	return fields, nil
}

// findColumns returns the columns that are read into a field without --map.
func findColumns(column Column, table tableNames) ([]int, bool) {
	var first, last int
	var hasFirst, hasLast bool
	if column.Field == "name" {
		first, hasFirst = table.find(FirstNames...)
		last, hasLast = table.find(LastNames...)
		if !hasLast && hasFirst && first != ambiguous && foldName(table.names[first]) == "vorname" {
			// In German, a column "Name" beside "Vorname" has the last name.
			last, hasLast = table.find("name")
			if hasLast {
				return []int{first, last}, true
			}
		}
	}
	if at, found := table.find(append([]string{column.Field}, column.Names...)...); found {
		return []int{at}, true
	}
	return []int{first, last}, hasFirst && hasLast
}

// errMissing says which columns were not found, which there are, and what to do.
func errMissing(missing []Column, table tableNames) error {
	var names []string
	var options strings.Builder
	for _, column := range missing {
		names = append(names, column.Field)
		// Within quotes of a shell, '\'' is a quote.
		fmt.Fprintf(&options, " --map '%s=%s'", column.Field, strings.ReplaceAll(suggestion(column, table), "'", `'\''`))
	}
	hint := ""
	if len(table.names) == 1 {
		hint = " If these are several columns, separate them by commas, semicolons or tabs."
	}
	return &domain.Error{Kind: domain.Invalid, Message: fmt.Sprintf(
		"there is no column for %s. %s%s Say which of them to read, such as%s. A text without braces is the value in all rows.",
		strings.Join(names, " and none for "), table.list(), hint, options.String())}
}

// suggestion returns a template of the columns that could be meant.
func suggestion(column Column, table tableNames) string {
	name := func(at int) string { return "{" + shown(table.names[at]) + "}" }
	if column.Field == "name" {
		first, hasFirst := table.guess(FirstNames...)
		last, hasLast := table.guess(LastNames...)
		if hasFirst && hasLast && first != last {
			return name(first) + " " + name(last)
		}
	}
	if at, found := table.guess(append([]string{column.Field}, column.Names...)...); found {
		return name(at)
	}
	return "{COLUMN}"
}

// maxListed is how many columns an error lists, and maxShown how many bytes of a name.
const (
	maxListed = 50
	maxShown  = 100
)

// list returns a sentence with the names of the columns.
func (t tableNames) list() string {
	var names []string
	for _, name := range t.names[:min(len(t.names), maxListed)] {
		names = append(names, quoted(name))
	}
	if more := len(t.names) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return "The columns are " + strings.Join(names, ", ") + "."
}

func quoted(name string) string { return fmt.Sprintf("%q", shown(name)) }

// shown cuts a name to the length that a message has of it, and replaces characters that
// could control a terminal.
func shown(name string) string {
	if len(name) > maxShown {
		name = strings.ToValidUTF8(name[:maxShown], "") + "..."
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return unicode.ReplacementChar
		}
		return r
	}, name)
}
