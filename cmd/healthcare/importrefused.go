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
	temporary *os.File
	buffer    *bufio.Writer
	rows      *recordfiles.RefusedWriter
	isEmpty   bool
}

// newRefusedFile returns nil for an import without batches. A file that cannot be written is an
// error now, before anything is imported.
func newRefusedFile(cfg config, flags importFlags, source *importSource, format func(io.Writer) *recordfiles.RefusedWriter) (*refusedFile, error) {
	if flags.Batch == 0 || flags.DryRun {
		return nil, nil
	}
	path := flags.Refused
	if path == "" {
		path = flags.File + ".refused" + filepath.Ext(flags.File)
	}
	if err := cfg.checkNewFile(path, true); err != nil {
		return nil, fmt.Errorf("%w. Name another file for refused rows with --refused", err)
	}
	if found, err := os.Stat(path); err == nil && source.is(found) {
		return nil, fmt.Errorf("%s is the file to import: name another file for refused rows with --refused", path)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) && !flags.Force {
		return nil, fmt.Errorf("%s exists: name another file for refused rows with --refused, or replace it with --force", path)
	}
	temporary, err := createTemporary(path)
	if err != nil {
		return nil, fmt.Errorf("create the file of refused rows: %w. Name another one with --refused", err)
	}
	file, err := os.OpenFile(temporary, os.O_WRONLY, 0)
	if err != nil {
		return nil, errors.Join(err, removeIfExists(temporary))
	}
	buffer := bufio.NewWriter(file)
	return &refusedFile{path: path, replace: flags.Force, temporary: file, buffer: buffer, rows: format(buffer), isEmpty: true}, nil
}

func (f *refusedFile) write(line int, cells []string, reason string) error {
	if f == nil {
		return nil
	}
	f.isEmpty = false
	if err := f.rows.Write(line, cells, reason); err != nil {
		return fmt.Errorf("write the file of refused rows: %w", err)
	}
	return nil
}

// close gives the file its name, unless it is empty or the import is not complete. An import that
// is run again refuses the same rows again.
func (f *refusedFile) close(complete bool) (err error) {
	if f == nil {
		return nil
	}
	name := f.temporary.Name()
	defer func() { err = errors.Join(err, removeIfExists(name)) }()
	if f.isEmpty || !complete {
		return f.temporary.Close()
	}
	err = f.rows.Flush()
	if err == nil {
		err = f.buffer.Flush()
	}
	if err == nil {
		err = f.temporary.Sync()
	}
	if err = errors.Join(err, f.temporary.Close()); err == nil {
		err = publish(name, f.path, f.replace)
	}
	if err != nil {
		return fmt.Errorf("finish the file of refused rows: %w. Run the import again to get it", err)
	}
	return nil
}
