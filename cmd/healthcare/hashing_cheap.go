//go:build cheaphashing

package main

// Only tests build the program with this tag. They sign in hundreds of times under
// the race detector. Hashes that cost so little protect no password.
func init() { hashing.MemoryKiB = 64 }
