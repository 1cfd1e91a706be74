package domain

import (
	"slices"
	"strings"
)

// Listing declares what callers can ask of the list of one kind of entity: what is searched,
// the filters, the orderings and the members. Parse accepts exactly this; the stores, the
// documentation and the cursors are tested against it. To add a filter, add it to the
// listing and add its SQL to the store.
type Listing[T any] struct {
	// name is the plural of the kind.
	name string
	id   func(T) ID
	// searchText returns what a search is compared with. It is nil if the list has no search.
	searchText func(T) string
	filters    []filter[T]
	// orderings are those that the caller can choose from. Without any, the order is by ID.
	orderings []ordering[T]
	// members are those of an entity's JSON object, in their usual order.
	members []string
	// derived are the members that a view adds: a stored version does not have them.
	derived []string
	// restricted are the members that need a permission.
	restricted map[string]Permission
}

// filter is a parameter that selects entities by a value.
type filter[T any] struct {
	name string
	kind valueKind
	// ranges says that the parameter can also have a suffix, such as __gte.
	ranges bool
	// value returns the entity's value, nil if it has none. It is nil for a filter by
	// another record, such as the doctor of a patient: the store knows the entities that
	// belong to that record.
	value func(T) Value
}

// ordering is an order of the list by one value. Entities with the same value are in the
// order of their IDs.
type ordering[T any] struct {
	name string
	kind valueKind
	// value returns nil if the entity has none.
	value func(T) Value
}

// Searchable reports whether the list has a search.
func (l Listing[T]) Searchable() bool { return l.searchText != nil }

// Filters returns the names of the filters' parameters, those with suffixes included.
func (l Listing[T]) Filters() []string {
	var names []string
	for _, f := range l.filters {
		names = append(names, f.name)
		if f.ranges {
			for _, suffix := range rangeSuffixes {
				names = append(names, f.name+suffix.text)
			}
		}
	}
	return names
}

// Orderings returns the names of the orderings, without the "-" of the descending ones.
func (l Listing[T]) Orderings() []string {
	var names []string
	for _, o := range l.orderings {
		names = append(names, o.name)
	}
	return names
}

// Members returns the members that actor can ask for, in their usual order.
func (l Listing[T]) Members(actor Actor) []string {
	return slices.DeleteFunc(slices.Clone(l.members), func(member string) bool {
		permission, restricted := l.restricted[member]
		return restricted && !Can(actor.Role, permission)
	})
}

// allowedNames returns the names of the parameters for an error message. It writes the
// suffixes of a range once.
func (l Listing[T]) allowedNames(fixed []Condition) []string {
	names := l.Parameters(fixed...)
	for _, f := range l.filters {
		if at := slices.Index(names, f.name); f.ranges && at >= 0 {
			names[at] += " (also with __gte, __gt, __lte, __lt)"
			names = slices.Delete(names, at+1, at+1+len(rangeSuffixes))
		}
	}
	return names
}

// Parameters returns the names of all parameters, in the order of the documentation, except
// the filters that the caller cannot choose because they are fixed.
func (l Listing[T]) Parameters(fixed ...Condition) []string {
	var names []string
	if l.Searchable() {
		names = append(names, "search")
	}
	for _, name := range l.Filters() {
		if !slices.ContainsFunc(fixed, func(c Condition) bool { return c.Filter == name }) {
			names = append(names, name)
		}
	}
	if len(l.orderings) > 0 {
		names = append(names, "ordering")
	}
	return append(names, "limit", "cursor", "count", "fields")
}

// Matches reports whether the query selects the entity, on some page. It takes for granted
// that the entity belongs to the records that filters such as doctor_id name.
func (l Listing[T]) Matches(query ListQuery, entity T) bool {
	if !query.Search.IsZero() && !query.Search.Matches(l.searchText(entity)) {
		return false
	}
	for _, condition := range query.Conditions {
		if value := l.filterNamed(condition.Filter).value; value != nil && !condition.holds(value(entity)) {
			return false
		}
	}
	return true
}

// PositionOf returns the entity's position in the order of the query.
func (l Listing[T]) PositionOf(query ListQuery, entity T) Position {
	if query.ByID() {
		return Position{ID: l.id(entity)}
	}
	return Position{Value: l.orderingNamed(query.Order).value(entity), ID: l.id(entity)}
}

func (l Listing[T]) filterNamed(name string) filter[T] {
	return l.filters[slices.IndexFunc(l.filters, func(f filter[T]) bool { return f.name == name })]
}

func (l Listing[T]) orderingNamed(name string) ordering[T] {
	return l.orderings[slices.IndexFunc(l.orderings, func(o ordering[T]) bool { return o.name == name })]
}

// DeletedListing declares the list of the deleted records of a kind, each as its last
// version. It is in the order of the IDs and has no filters. live is the listing of the
// records that are not deleted.
func DeletedListing[T Record, V any](live Listing[V]) Listing[Version[T]] {
	members := slices.DeleteFunc(slices.Clone(live.members), func(member string) bool { return slices.Contains(live.derived, member) })
	members = append(members, "deleted_at", "deleted_by")
	var record T
	if len(record.Parents()) > 0 {
		members = append(members, "ended_with")
	}
	return Listing[Version[T]]{
		name:       "deleted " + live.name,
		id:         func(version Version[T]) ID { return version.Record.Self().ID },
		members:    members,
		restricted: live.restricted,
	}
}

// orderID is the ordering by ID, which every listing has.
const orderID = "id"

// byID returns the ordering by ID.
func byID[T any](id func(T) ID) ordering[T] {
	return ordering[T]{orderID, idValue, func(entity T) Value { return id(entity) }}
}

// allowed ends an error message with the names that would have been accepted.
func allowed(message string, names []string) string {
	return message + " Allowed: " + strings.Join(names, ", ") + "."
}
