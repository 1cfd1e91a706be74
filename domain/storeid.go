package domain

import (
	"crypto/rand"
	"encoding/hex"
)

// StoreID is the random ID of one store. A store keeps it for life, and so does a copy of the
// store, such as a restored backup. IDs of records mean something only together with it.
type StoreID [16]byte

// NewStoreID returns a new random ID.
func NewStoreID() (id StoreID) {
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return id
}

// ParseStoreID reads the text that String returns.
func ParseStoreID(text string) (id StoreID, err error) {
	decoded, err := hex.DecodeString(text)
	if err != nil || len(decoded) != len(id) || StoreID(decoded) == (StoreID{}) {
		return StoreID{}, &Error{Kind: Invalid, Fields: FieldErrors{"store": {"Must be the 32 hexadecimal digits that an export wrote."}}}
	}
	return StoreID(decoded), nil
}

// String returns the ID as 32 hexadecimal digits.
func (id StoreID) String() string { return hex.EncodeToString(id[:]) }
