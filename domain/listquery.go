package domain

import (
	"cmp"
	"strings"
	"time"
)

// ListQuery selects one page of a list. The zero ListQuery with a Limit selects the first
// page of all entities, in ascending order of ID.
type ListQuery struct {
	Search     Search
	Conditions []Condition // All of them must hold.
	// Order is the name of one of the listing's orderings. Empty means by ID.
	Order      string
	Descending bool
	// After is the position after which the page begins, nil for the first page.
	After *Position
	Limit int
	// Fields are the members to be shown, nil for all. Stores can leave out long texts
	// that are not among them.
	Fields []string
	// Count asks how many entities match, on all pages.
	Count bool

	// context is what a cursor of this list belongs to.
	context string
}

// Wants reports whether the member is to be shown.
func (q ListQuery) Wants(member string) bool {
	if q.Fields == nil {
		return true
	}
	for _, field := range q.Fields {
		if field == member {
			return true
		}
	}
	return false
}

// ByID reports whether the list is in the order of the IDs.
func (q ListQuery) ByID() bool { return q.Order == "" || q.Order == orderID }

// Compare orders two positions as the query asks, like cmp.Compare.
func (q ListQuery) Compare(a, b Position) int {
	order := cmp.Or(compareValues(a.Value, b.Value), cmp.Compare(a.ID, b.ID))
	if q.Descending {
		return -order
	}
	return order
}

// IsOnPage reports whether an entity at the position comes after the query's After.
func (q ListQuery) IsOnPage(at Position) bool { return q.After == nil || q.Compare(at, *q.After) > 0 }

// Position is the place of an entity in an order: its value, nil if it has none, and its
// ID. In the order by ID the value is always nil.
type Position struct {
	Value Value
	ID    ID
}

// Comparison says how a value is compared with that of a Condition.
type Comparison string

// The comparisons, as SQL writes them.
const (
	Equal          Comparison = "="
	Less           Comparison = "<"
	LessOrEqual    Comparison = "<="
	Greater        Comparison = ">"
	GreaterOrEqual Comparison = ">="
)

// rangeSuffixes are the suffixes of parameters that select a range.
var rangeSuffixes = []struct {
	text       string
	comparison Comparison
}{
	{"__gte", GreaterOrEqual},
	{"__gt", Greater},
	{"__lte", LessOrEqual},
	{"__lt", Less},
}

// Condition is met by entities one of whose values for the filter compares with Value.
// Entities without a value never meet it.
type Condition struct {
	Filter     string
	Comparison Comparison
	Value      Value
}

func (c Condition) holds(value Value) bool {
	if value == nil {
		return false
	}
	order := compareValues(value, c.Value)
	switch c.Comparison {
	case Less:
		return order < 0
	case LessOrEqual:
		return order <= 0
	case Greater:
		return order > 0
	case GreaterOrEqual:
		return order >= 0
	default:
		return order == 0
	}
}

// Value is what lists are filtered and ordered by: a string, an ID, a bool, a Date, a
// time.Time, or nil for an entity that has no value. Texts are in the form in which they
// are compared.
type Value any

// compareValues orders values of one type. Texts are ordered by code points, and nil comes
// after every value.
func compareValues(a, b Value) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	switch a := a.(type) {
	case ID:
		return cmp.Compare(a, b.(ID))
	case Date:
		return strings.Compare(a.text, b.(Date).text)
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		if a == b.(bool) {
			return 0
		}
		return 1
	default:
		return strings.Compare(a.(string), b.(string))
	}
}
