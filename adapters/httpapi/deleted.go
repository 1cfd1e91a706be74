package httpapi

import "example.com/healthcare/domain"

// showDeleted shows a deleted record, and when and by which user it was deleted; the user
// is null for an operator. A record that has parents also shows in ended_with the parent
// that it was deleted together with, or null if it was deleted alone.
func showDeleted[T domain.Record](version domain.Version[T]) recordView {
	added := []member{{Name: "deleted_at", Value: version.At}, {Name: "deleted_by", Value: nullIfZero(version.Author.UserID)}}
	if len(version.Record.Parents()) > 0 {
		added = append(added, member{Name: "ended_with", Value: showReference(version.Cause)})
	}
	return showRecord(version.Record, added...)
}

// listDeleted answers with a page of the deleted records of a kind.
func listDeleted[T domain.Record](do listOf[domain.Version[T]]) lister {
	return list(readParameters, do, showDeleted[T])
}
