//go:build !unix

package httpserver

// maxOpenFiles returns false: the limit is not known.
func maxOpenFiles() (n uint64, known bool) { return 0, false }
