package domain

import (
	"fmt"
	"slices"
)

// MaxItems is how many records one call can add.
const MaxItems = 1000

// maxItemErrors bounds how many bad fields of items one error names.
const maxItemErrors = 1000

// Items is the input of a call that adds several records or none of them.
type Items[In any] struct {
	List []In
	// Problem says why the list cannot be read. It is empty if it can.
	Problem string
	// Unreadable says why an item cannot be read, by its index. The List has a zero In in its
	// place.
	Unreadable map[int]string
	// Unknown are the names of the members beside the list.
	Unknown []string
}

// ParseItems returns the records that parse makes of the items. Every invalid field is
// reported, as "items[3].name", and so is an item with the NaturalKey of an earlier one.
func ParseItems[In any, T Record](in Items[In], parse func(In) (T, error)) ([]T, error) {
	form := newForm(false)
	form.unknown(in.Unknown)
	switch {
	case in.Problem != "":
		form.addError("items", in.Problem)
	case len(in.List) == 0:
		form.addError("items", "This list may not be empty.")
	case len(in.List) > MaxItems:
		form.addError("items", fmt.Sprintf("Ensure this field has no more than %d elements.", MaxItems))
	}
	if _, refused := form.errs["items"]; refused {
		return nil, form.err()
	}
	records, errs := make([]T, len(in.List)), make([]error, len(in.List))
	first := map[NaturalKey]int{}
	for i, item := range in.List {
		if problem, unreadable := in.Unreadable[i]; unreadable {
			errs[i] = &Error{Kind: Invalid, Fields: FieldErrors{wholeItem: {problem}}}
			continue
		}
		if records[i], errs[i] = parse(item); errs[i] != nil {
			continue
		}
		key := records[i].NaturalKey()
		if earlier, taken := first[key]; taken {
			errs[i] = ErrDuplicate(RecordKindOf(records[i].Self().Kind).keyField, fmt.Sprintf("The same as in %s.", itemName(earlier)))
		} else if key != "" {
			first[key] = i
		}
	}
	form.addItemErrors(errs)
	return records, form.err()
}

// ErrItems returns one error for all items: errs[3] is the error of items[3], or nil. It is a
// Conflict if all of them are, and nil if there are none.
func ErrItems(errs []error) error {
	form := newForm(false)
	form.addItemErrors(errs)
	err := form.err()
	if e, ok := err.(*Error); ok && !slices.ContainsFunc(errs, func(err error) bool { return err != nil && KindOf(err) != Conflict }) {
		e.Kind = Conflict
	}
	return err
}

// wholeItem is the name of a field in the error of an item that cannot be read.
const wholeItem = ""

// addItemErrors adds the errors of items, each field under the name of its item.
func (f *form) addItemErrors(errs []error) {
	for i, err := range errs {
		for field, messages := range fieldsOf(err) {
			name := itemName(i)
			if field != wholeItem {
				name += "." + field
			}
			f.errs[name] = messages
		}
		if len(f.errs) >= maxItemErrors && i < len(errs)-1 {
			f.addError("items", fmt.Sprintf("Errors after %s are not listed, because there are too many.", itemName(i)))
			return
		}
	}
}

func itemName(index int) string { return fmt.Sprintf("items[%d]", index) }
