package domain

// StoreID names one installation's data. A record's ID counts only in the store that it
// came from.
type StoreID struct{ text string }

// String returns the store's id, or an empty text for the zero StoreID.
func (id StoreID) String() string { return id.text }
