//go:build cheaphashing

package main

// Only the tests build the program with this tag: they sign in hundreds of times under the
// race detector. Hashes this cheap do not protect passwords.
func init() { hashingParams.MemoryKiB = 64 }
