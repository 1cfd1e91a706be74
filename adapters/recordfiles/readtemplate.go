package recordfiles

import (
	"strings"

	"example.com/healthcare/domain"
)

// template says how the value of a field is made of the cells of a row, such as
// "{FIRST} {LAST}".
type template struct {
	parts []part
	// columns is how many parts are columns.
	columns int
}

// part is a text, or a column if isColumn is set.
type part struct {
	text     string
	column   int
	isColumn bool
}

// columnTemplate returns the template whose value is that of the columns, with blanks
// between them.
func columnTemplate(columns ...int) (t template) {
	for i, column := range columns {
		if i > 0 {
			t.parts = append(t.parts, part{text: " "})
		}
		t.parts = append(t.parts, part{column: column, isColumn: true})
		t.columns++
	}
	return t
}

// parseTemplate parses a text in which {NAME} is the cell of a column, and {{ and }} are
// braces. The problem is empty if the text is a template.
func parseTemplate(text string, table tableNames) (t template, problem string) {
	literal := ""
	for text != "" {
		at := strings.IndexAny(text, "{}")
		if at < 0 {
			at = len(text)
		}
		literal += text[:at]
		text = text[at:]
		if text == "" {
			break
		}
		if strings.HasPrefix(text, "{{") || strings.HasPrefix(text, "}}") {
			literal += text[:1]
			text = text[2:]
			continue
		}
		name, rest, closed := strings.Cut(text[1:], "}")
		if text[0] == '}' || !closed {
			return template{}, "a brace is missing its pair. Write {COLUMN} for a column, and {{ or }} for a brace"
		}
		column, found := table.find(name)
		if !found {
			return template{}, "there is no column " + quoted(name) + ". " + table.list()
		}
		if column == ambiguous {
			return template{}, "several columns have a name like " + quoted(name) + ". Write it as the file does. " + table.list()
		}
		if literal != "" {
			t.parts = append(t.parts, part{text: literal})
			literal = ""
		}
		t.parts = append(t.parts, part{column: column, isColumn: true})
		t.columns++
		text = rest
	}
	if literal != "" {
		t.parts = append(t.parts, part{text: literal})
	}
	if _, found := table.find(literal); found && t.columns == 0 {
		return template{}, "without braces, this is a fixed text. For the column, write {" + shown(literal) + "}"
	}
	return t, ""
}

// read returns the value of a row. If all columns are blank, or the template is, it is absent. Text between two
// columns is left out if there is nothing before or nothing after it, so that blanks and
// commas do not pile up.
func (t template) read(values []domain.Input) domain.Input {
	if t.columns == 1 && len(t.parts) == 1 {
		return valueAt(values, t.parts[0].column)
	}
	var text strings.Builder
	separator, filled := "", 0
	for i, p := range t.parts {
		if !p.isColumn {
			if isBetween := i > 0 && i < len(t.parts)-1; !isBetween {
				text.WriteString(p.text)
			} else if filled > 0 && separator == "" {
				separator = p.text
			}
			continue
		}
		in := valueAt(values, p.column)
		cell := strings.TrimSpace(in.Text())
		if cell == "" && in != (domain.Input{}) && in != domain.Null() && in != domain.Given("") {
			return in // unreadable
		}
		if cell != "" {
			text.WriteString(separator)
			text.WriteString(cell)
			separator = ""
			filled++
		}
	}
	value := strings.TrimSpace(text.String())
	if value == "" || t.columns > 0 && filled == 0 {
		return domain.Input{}
	}
	return domain.Given(value)
}

// valueAt returns the value of a column, which is absent in rows before the first one that
// has the column.
func valueAt(values []domain.Input, column int) domain.Input {
	if column >= len(values) {
		return domain.Input{}
	}
	return values[column]
}
