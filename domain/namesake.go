package domain

// PersonKey returns a text that is equal for patients with the same birth date and the same
// name, as Fold compares names. Such patients are probably one person. It is empty if the
// birth date is not known.
func (p Patient) PersonKey() string {
	if p.DateOfBirth.IsZero() {
		return ""
	}
	return p.DateOfBirth.String() + " " + SortKey(p.Name.String())
}
