package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"example.com/healthcare/adapters/recordfiles"
)

// refusedFile takes the rows that an import in batches leaves out. It gets its name when the
// import ends, so that a second run after a crash does not find half of it. A nil refusedFile
// takes nothing.
type refusedFile struct {
	path      string
	replace   bool
	format    func(io.Writer) *recordfiles.RefusedWriter
	temporary *os.File // nil before the first row
	buffer    *bufio.Writer
	rows      *recordfiles.RefusedWriter
}

// newRefusedFile returns nil for an import without batches. It refuses a file that exists
// before anything is imported.
func newRefusedFile(flags importFlags, format func(io.Writer) *recordfiles.RefusedWriter) (*refusedFile, error) {
	if flags.Batch == 0 || flags.DryRun {
		return nil, nil
	}
	path := flags.Refused
	if path == "" {
		path = flags.File + ".refused" + filepath.Ext(flags.File)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) && !flags.Force {
		if err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("%s exists: name another file for refused rows with --refused, or replace it with --force", path)
	}
	return &refusedFile{path: path, replace: flags.Force, format: format}, nil
}

func (f *refusedFile) write(line int, cells []string, reason string) error {
	if f == nil {
		return nil
	}
	if f.temporary == nil {
		path, err := createTemporary(f.path)
		if err != nil {
			return fmt.Errorf("create the file of refused rows: %w", err)
		}
		if f.temporary, err = os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			return err
		}
		f.buffer = bufio.NewWriter(f.temporary)
		f.rows = f.format(f.buffer)
	}
	if err := f.rows.Write(line, cells, reason); err != nil {
		return fmt.Errorf("write the file of refused rows: %w", err)
	}
	return nil
}

// close gives the file its name, if any row was refused.
func (f *refusedFile) close() error {
	if f == nil || f.temporary == nil {
		return nil
	}
	name := f.temporary.Name()
	err := errors.Join(f.rows.Flush(), f.buffer.Flush(), f.temporary.Sync(), f.temporary.Close())
	if err == nil {
		err = publish(name, f.path, f.replace)
	}
	if err != nil {
		return fmt.Errorf("finish the file of refused rows: %w", err)
	}
	return removeIfExists(name)
}
