package sqlite

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// checkAccess returns an error unless this process may use the file in the given ways,
// unix.R_OK and unix.W_OK. It does not open the file: closing it would end the locks that
// other connections of this process have on it (fcntl(2), "Record locking"), and another
// process would take itself for the only one.
func checkAccess(path string, ways uint32) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &fs.PathError{Op: "open", Path: path, Err: unix.EISDIR}
	}
	if err := unix.Access(path, ways); err != nil {
		return &fs.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}
