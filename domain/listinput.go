package domain

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Parameters are the parameters of a list as the caller gives them, by name. A transport
// passes all that it got: Parse refuses those that the list does not have, because
// ignoring a misspelt filter would show every record.
type Parameters map[string]Input

// HasSearch reports whether there are search words.
func (p Parameters) HasSearch() bool { return strings.TrimSpace(p["search"].text) != "" }

// References returns the patient, the doctor and the user that the filters name. It skips
// values that are not IDs.
func (p Parameters) References() []Reference {
	return slices.Concat(p["patient_id"].reference(SubjectPatient), p["doctor_id"].reference(SubjectDoctor), p["created_by"].reference(SubjectUser))
}

// OpenCursor returns the text of a sealed cursor, and false if it was not sealed for this
// context (see ports.Cursors).
type OpenCursor func(sealed, context string) (text string, ok bool)

// Parse returns the query for the parameters. The fixed conditions are added to the
// caller's, who cannot choose a value for their filters. Every invalid parameter is
// reported.
func (l Listing[T]) Parse(actor Actor, in Parameters, open OpenCursor, fixed ...Condition) (ListQuery, error) {
	form := newForm(false)
	l.refuseUnknown(form, in, fixed)
	query := ListQuery{
		Conditions: l.conditions(form, in, fixed),
		Limit:      optional(form, "limit", in["limit"], 0, parseLimit),
		Fields:     optional(form, "fields", in["fields"], nil, l.parseFields(actor)),
		Count:      optional(form, "count", in["count"], false, parseFlag),
	}
	if l.Searchable() {
		query.Search = optional(form, "search", in["search"], Search{}, ParseSearch)
	}
	if query.Limit == 0 {
		query.Limit = DefaultPageLimit
	}
	if len(l.orderings) > 0 {
		query.Order, query.Descending = strings.CutPrefix(optional(form, "ordering", in["ordering"], "", l.parseOrdering), "-")
	}
	query.context = l.context(query)
	if _, refused := form.errs["ordering"]; !refused {
		query.After = optional(form, "cursor", in["cursor"], nil, func(sealed string) (*Position, error) {
			return l.openCursor(query, sealed, open)
		})
	}
	return query, form.err()
}

func (l Listing[T]) refuseUnknown(form *form, in Parameters, fixed []Condition) {
	known := l.Parameters(fixed...)
	refused := FieldErrors{}
	for name := range in {
		if !slices.Contains(known, name) {
			refused[name] = []string{cmp.Or(in[name].problem, allowed("Unknown parameter.", l.allowedNames(fixed)))}
		}
	}
	form.refuse(refused)
}

// conditions reads the filters.
func (l Listing[T]) conditions(form *form, in Parameters, fixed []Condition) []Condition {
	conditions := slices.Clone(fixed)
	add := func(f filter[T], name string, comparison Comparison) {
		if in[name] == (Input{}) {
			return
		}
		if value := optional(form, name, in[name], nil, f.kind.parse); value != nil {
			conditions = append(conditions, Condition{f.name, comparison, value})
		}
	}
	for _, f := range l.filters {
		if slices.ContainsFunc(fixed, func(c Condition) bool { return c.Filter == f.name }) {
			continue
		}
		add(f, f.name, Equal)
		if f.ranges {
			for _, suffix := range rangeSuffixes {
				add(f, f.name+suffix.text, suffix.comparison)
			}
		}
	}
	return conditions
}

func (l Listing[T]) parseOrdering(text string) (string, error) {
	if !slices.Contains(l.Orderings(), strings.TrimPrefix(text, "-")) {
		return "", invalid(allowed("Not a valid choice.", l.Orderings()) + " A - before the name reverses the order.")
	}
	return text, nil
}

// maxFieldsLength is in characters. All members of a record are half as long.
const maxFieldsLength = 400

// parseFields parses names of members, separated by commas.
func (l Listing[T]) parseFields(actor Actor) func(text string) ([]string, error) {
	return func(text string) ([]string, error) {
		if utf8.RuneCountInString(text) > maxFieldsLength {
			return nil, errTooLong(maxFieldsLength)
		}
		members := l.Members(actor)
		asked := strings.Split(text, ",")
		for i, name := range asked {
			if asked[i] = strings.TrimSpace(name); !slices.Contains(members, asked[i]) {
				return nil, invalid(allowed("Give names separated by commas.", members))
			}
		}
		return slices.DeleteFunc(members, func(member string) bool { return !slices.Contains(asked, member) }), nil
	}
}

// ParseFields returns the members of a single record that the caller asks for with the
// parameter fields, in their usual order, or nil for all of them.
func (l Listing[T]) ParseFields(actor Actor, in Parameters) ([]string, error) {
	form := newForm(false)
	refused := FieldErrors{}
	for name := range in {
		if name != "fields" {
			refused[name] = []string{cmp.Or(in[name].problem, allowed("Unknown parameter.", []string{"fields"}))}
		}
	}
	form.refuse(refused)
	fields := optional(form, "fields", in["fields"], nil, l.parseFields(actor))
	return fields, form.err()
}

// Cursor returns the text of the cursor for the page after the one that ends with last, and
// the context that the cursor belongs to. The text can contain a name or a birth date.
func (l Listing[T]) Cursor(query ListQuery, last T) (text, context string) {
	at := l.PositionOf(query, last)
	text = at.ID.String()
	if at.Value != nil {
		text += " " + encodeValue(at.Value)
	}
	return text, query.context
}

var errCursor = invalid("Invalid cursor: follow the link to the next page as it was given. A cursor belongs to the search, filters and ordering of its list.")

func (l Listing[T]) openCursor(query ListQuery, sealed string, open OpenCursor) (*Position, error) {
	text, ok := open(sealed, query.context)
	if !ok {
		return nil, errCursor
	}
	idText, valueText, hasValue := strings.Cut(text, " ")
	id, err := strconv.ParseInt(idText, 10, 64)
	if err != nil {
		return nil, errCursor
	}
	at := Position{ID: ID(id)}
	if hasValue {
		if at.Value, err = l.orderingNamed(query.Order).kind.decode(valueText); err != nil {
			return nil, errCursor
		}
	}
	return &at, nil
}

// context identifies the list that a cursor belongs to: everything that decides which
// entities are on it and in which order.
func (l Listing[T]) context(query ListQuery) string {
	parts := []string{l.name}
	for _, condition := range query.Conditions {
		parts = append(parts, condition.Filter, string(condition.Comparison), fmt.Sprint(condition.Value))
	}
	for _, alternatives := range query.Search.Words() {
		parts = append(parts, fmt.Sprintf("search %q", alternatives))
	}
	if !query.ByID() || query.Descending {
		parts = append(parts, fmt.Sprintf("ordering %s %t", query.Order, query.Descending))
	}
	return fmt.Sprintf("%q", parts) // Quoted, so that no two lists have the same context.
}
