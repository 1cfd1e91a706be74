package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// checkNewFile refuses to write a file that exists, unless replace is true, and one in
// DATA_DIR: it could replace the store or its key, and what destroys the store would destroy
// a backup, too.
func (c config) checkNewFile(path string, replace bool) error {
	folder, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("the folder of the file: %w", err)
	}
	if data, err := os.Stat(c.DataDir); err == nil && os.SameFile(folder, data) {
		return fmt.Errorf("%s is in DATA_DIR: choose another folder, if possible on another disk", path)
	}
	if _, err := os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	switch found, err := os.Stat(path); {
	case err != nil && !errors.Is(err, fs.ErrNotExist): // A link can lead to nothing.
		return err
	case err == nil && found.IsDir():
		return fmt.Errorf("%s is a folder: add the name of the file", path)
	case err == nil && !found.Mode().IsRegular():
		return fmt.Errorf("%s is a device or a pipe: choose a file", path)
	case !replace:
		return fmt.Errorf("%s exists: choose another name, or replace it with --force", path)
	}
	return nil
}

// createTemporary creates an empty file beside path, for its owner only. It returns its path.
func createTemporary(path string) (string, error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part-*") // with mode 0600
	if err != nil {
		return "", err
	}
	return file.Name(), file.Close()
}

// publish gives the file at temporary, which is on the disk, the name path. After a crash,
// path names either the earlier file or the new one. Without replace, a file at path is an
// error. The name temporary can remain.
func publish(temporary, path string, replace bool) error {
	if err := rename(temporary, path, replace); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

func rename(temporary, path string, replace bool) error {
	if replace {
		return os.Rename(temporary, path)
	}
	err := os.Link(temporary, path) // Unlike Rename, it replaces nothing.
	if err == nil || errors.Is(err, fs.ErrExist) {
		return err
	}
	// The file system has no hard links, like that of most USB sticks.
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	return os.Rename(temporary, path)
}

// removeDatabase removes the file of a database, with the files that SQLite keeps beside it.
func removeDatabase(path string) error {
	var all error
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		all = errors.Join(all, removeIfExists(path+suffix))
	}
	return all
}

func removeIfExists(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
