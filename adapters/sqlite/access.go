package sqlite

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// checkAccess returns an error unless this process has access to the file with the given
// mode, such as unix.R_OK|unix.W_OK. It does not open the file: closing it would release
// the locks of this process's other connections to it (fcntl(2), "Record locking").
func checkAccess(path string, mode uint32) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if info.IsDir() {
		return &fs.PathError{Op: "open", Path: path, Err: unix.EISDIR}
	}
	if err := unix.Access(path, mode); err != nil {
		return &fs.PathError{Op: "access", Path: path, Err: err}
	}
	return nil
}
