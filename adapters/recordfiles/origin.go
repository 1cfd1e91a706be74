package recordfiles

import (
	"strings"

	"example.com/healthcare/domain"
)

// storeColumn is the last column, and the last member of a line of NDJSON. It has the origin of
// the record.
const storeColumn = "store"

// origin is where an export is from: the kind of its records and the ID of their store. With
// it, an import recognizes records that it knows by their IDs. The kind prevents that the row
// of doctor 7 changes patient 7.
type origin struct {
	kind  string
	store domain.StoreID
}

func (o origin) String() string { return o.kind + ":" + o.store.String() }

// parseOrigin parses the text that String returns.
func parseOrigin(text string) (o origin, err error) {
	kind, store, _ := strings.Cut(text, ":")
	o.kind = kind
	if o.store, err = domain.ParseStoreID(store); err != nil {
		return origin{}, errColumn(storeColumn, "Must be as the export wrote it.")
	}
	return o, nil
}
