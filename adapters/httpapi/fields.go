package httpapi

import (
	"strings"

	"example.com/healthcare/domain"
)

// withFields returns the view with the members only that the parameter fields names, in
// their usual order, or the whole view without that parameter. The use-case has checked the
// names.
func withFields(fields domain.Input, view any) any {
	whole, hasMembers := view.(interface{ Only(names ...string) object })
	if fields == (domain.Input{}) || !hasMembers {
		return view
	}
	names := strings.Split(fields.Text(), ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	return whole.Only(names...)
}
