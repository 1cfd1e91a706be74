package application

import (
	"hash/maphash"
	"maps"
)

// seenKeys remembers on which line of a file a key was first seen. It needs about 40 bytes
// for each key, because it keeps only hashes. Of ten million keys, two have the same hash with a
// probability of one to 300,000. Then a row is refused, and the next run has another seed.
type seenKeys struct {
	seed  maphash.Seed
	lines map[uint64]uint32
	// added are the keys of rows that are not committed yet.
	added map[uint64]uint32
}

func newSeenKeys() *seenKeys {
	return &seenKeys{seed: maphash.MakeSeed(), lines: map[uint64]uint32{}, added: map[uint64]uint32{}}
}

// add remembers the key and returns the line on which it was seen before, or zero. namespace
// separates keys of different kinds.
func (s *seenKeys) add(namespace, key string, line int) (first int) {
	hash := maphash.String(s.seed, namespace+"\x00"+key)
	if first, known := s.lines[hash]; known {
		return int(first)
	}
	if first, known := s.added[hash]; known {
		return int(first)
	}
	s.added[hash] = uint32(line)
	return 0
}

// keep keeps what was added since the last call of keep or forget.
func (s *seenKeys) keep() {
	maps.Copy(s.lines, s.added)
	clear(s.added)
}

// forget undoes what was added since the last call of keep or forget.
func (s *seenKeys) forget() { clear(s.added) }
