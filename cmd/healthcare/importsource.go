package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"time"

	"example.com/healthcare/application"
)

// importSource is a file to import, which is read several times.
type importSource struct {
	*os.File
	// hash is the SHA-256 of the file in hexadecimal digits.
	hash string
	// temporary is set for a copy, which is removed when it is closed.
	temporary bool
	size      int64
	changed   time.Time
}

// openSource opens the file, or a private copy of the standard input if path is "-". A file
// that can be read only once, such as a pipe, is copied, too.
func openSource(ctx context.Context, p process, path string) (_ *importSource, err error) {
	source := &importSource{File: p.in}
	if path != "-" {
		if source.File, err = os.Open(path); err != nil {
			return nil, err
		}
	}
	info, err := source.Stat()
	if err != nil {
		return nil, errors.Join(err, source.close())
	}
	if info.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s is a folder: name a file", path), source.close())
	}
	if path == "-" || !info.Mode().IsRegular() {
		spooled, err := spool(ctx, source.File)
		if path != "-" {
			err = errors.Join(err, source.close())
		}
		if err != nil {
			return nil, err
		}
		source = &importSource{File: spooled, temporary: true}
	}
	if err := source.examine(); err != nil {
		return nil, errors.Join(err, source.close())
	}
	return source, nil
}

// spool copies what can be read only once to a private temporary file. The file has no name
// any more, so that nothing of it remains, however the process ends.
func spool(ctx context.Context, in io.Reader) (*os.File, error) {
	file, err := os.CreateTemp("", "healthcare-import-*") // with mode 0600
	if err != nil {
		return nil, fmt.Errorf("copy the input: %w", err)
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(fmt.Errorf("copy the input: %w", err), file.Close())
	}
	copied := make(chan error, 1)
	go func() { // Reading a terminal or a pipe does not end with ctx.
		_, err := io.Copy(file, in)
		copied <- err
	}()
	select {
	case err = <-copied:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("copy the input: %w", err), file.Close())
	}
	return file, nil
}

// examine sets the hash, and what tells later that the file has changed.
func (s *importSource) examine() error {
	info, err := s.Stat()
	if err != nil {
		return err
	}
	s.size, s.changed = info.Size(), info.ModTime()
	hash := sha256.New()
	if _, err := io.Copy(hash, io.NewSectionReader(s, 0, s.size)); err != nil {
		return err
	}
	s.hash = hex.EncodeToString(hash.Sum(nil))
	return s.requireUnchanged()
}

// is reports whether a file that was found is this one.
func (s *importSource) is(found os.FileInfo) bool {
	info, err := s.Stat()
	return err == nil && os.SameFile(info, found)
}

func (s *importSource) requireUnchanged() error {
	info, err := s.Stat()
	if err == nil && (info.Size() != s.size || !info.ModTime().Equal(s.changed)) {
		err = errors.New("the file was changed while it was read: import it again")
	}
	return err
}

func (s *importSource) close() error {
	if err := s.Close(); !errors.Is(err, fs.ErrClosed) {
		return err
	}
	return nil
}

// watch returns the rows with an error at their end if the file has changed. It also moves the
// progress.
func watch[In any](rows application.ImportRows[In], source *importSource, progress *progress) application.ImportRows[In] {
	return func(ctx context.Context) iter.Seq2[application.ImportRow[In], error] {
		return func(yield func(application.ImportRow[In], error) bool) {
			progress.start()
			for row, err := range rows(ctx) {
				progress.step()
				if !yield(row, err) {
					return
				}
			}
			if err := source.requireUnchanged(); err != nil {
				yield(application.ImportRow[In]{}, err)
			}
		}
	}
}
