package application

import (
	"crypto/sha256"
	"maps"
)

// seenKeys remembers on which line of a file a key was first seen. It needs about 50 bytes
// for each key, because it keeps only hashes.
type seenKeys struct {
	lines map[keyHash]int
	// added are the keys of rows that are not committed yet.
	added map[keyHash]int
}

// keyHash is a SHA-256 hash, cut to 128 bits.
type keyHash [16]byte

func newSeenKeys() *seenKeys {
	return &seenKeys{lines: map[keyHash]int{}, added: map[keyHash]int{}}
}

// add remembers the key and returns the line on which it was seen before, or zero. namespace
// separates keys of different kinds.
func (s *seenKeys) add(namespace, key string, line int) (first int) {
	sum := sha256.Sum256([]byte(namespace + "\x00" + key))
	hash := keyHash(sum[:])
	if first, known := s.lines[hash]; known {
		return first
	}
	if first, known := s.added[hash]; known {
		return first
	}
	s.added[hash] = line
	return 0
}

// keep keeps what was added since the last call of keep or forget.
func (s *seenKeys) keep() {
	maps.Copy(s.lines, s.added)
	clear(s.added)
}

// forget undoes what was added since the last call of keep or forget.
func (s *seenKeys) forget() { clear(s.added) }
