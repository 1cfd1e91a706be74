package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"strings"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/adapters/sqlstore"
	"example.com/healthcare/domain"
)

type backupCommand struct {
	File  string `arg:"" help:"The file to write. Its folder must exist and must not be DATA_DIR."`
	Force bool   `help:"Replace the file if it exists."`
}

// Run copies the embedded store and checks the copy before it gets its name. It records no
// audit event, so that it works where the store can only be read.
func (c backupCommand) Run(ctx context.Context, p process) (err error) {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	if cfg.usesPostgres() {
		return fmt.Errorf(`this command is for the embedded store. For PostgreSQL run, as the owner of the database or as a member of pg_read_all_data:
pg_dump --format=custom --file=%s %s
pg_dump asks for the password, or reads it from PGPASSWORD or ~/.pgpass`, quoteForShell(c.File), quoteForShell(cfg.postgresURLWithoutPassword()))
	}
	if err := cfg.requireUsedStore(); err != nil {
		return err
	}
	if err := cfg.checkNewFile(c.File, c.Force); err != nil {
		return err
	}
	temporary, err := createTemporary(c.File)
	if err != nil {
		return fmt.Errorf("create the backup: %w", err)
	}
	defer func() { err = errors.Join(err, removeDatabase(temporary)) }()
	if err := sqlite.Copy(ctx, cfg.embeddedPath(), temporary); err != nil {
		return fmt.Errorf("back up the store: %w", cfg.explain(err))
	}
	seal, err := cfg.readLastSeal(ctx, temporary, cfg.logger(p.err))
	if err != nil {
		return fmt.Errorf("check the backup: %w", err)
	}
	if err := publish(temporary, c.File, c.Force); err != nil {
		return fmt.Errorf("finish the backup: %w", err)
	}
	_, err = fmt.Fprintf(p.out, "Backed up and checked: %s\n%s\n", c.File, cfg.describeSeal(seal))
	return err
}

// lastSeal is the last seal of a backup.
type lastSeal struct {
	head domain.Head // zero if there is none
	ours bool
}

// readLastSeal reads the last seal of the database at path. It creates no key.
func (c config) readLastSeal(ctx context.Context, path string, log *slog.Logger) (lastSeal, error) {
	if !c.hasSecretKey() {
		c.SecretKey = domain.NewSecret(rand.Text() + rand.Text()) // No seal was made with this key.
	}
	useCases, cleanup, err := newUseCases(ctx, c.withStore(path), accessReadSeal, log)
	if errors.Is(err, sqlstore.ErrSchemaBehind) { // The schema is older than seals.
		return lastSeal{ours: true}, nil
	}
	if err != nil {
		return lastSeal{}, err
	}
	defer cleanup()
	head, ours, err := useCases.Trail.LastSeal(ctx)
	return lastSeal{head, ours}, err
}

// hasSecretKey reports whether the settings or DATA_DIR contain a key.
func (c config) hasSecretKey() bool {
	_, err := os.Stat(c.secretKeyPath())
	return !c.SecretKey.IsZero() || !errors.Is(err, fs.ErrNotExist)
}

// keyName says where the operator finds the key that is in use.
func (c config) keyName() string {
	if c.SecretKey.IsZero() {
		return c.secretKeyPath()
	}
	return "SECRET_KEY"
}

func (c config) describeSeal(seal lastSeal) string {
	switch {
	case seal.head == domain.Head{}:
		return "Its audit trail has no seal yet. The key is not in the backup: keep a copy of " + c.keyName() + " in another place."
	case !seal.ours:
		return fmt.Sprintf("Its last seal is %s, made with another key than %s. Restoring it needs that key, which is not in the backup.", seal.head, c.keyName())
	}
	return fmt.Sprintf("Its last seal is %s. Restoring it needs the key in %s, which is not in the backup: keep a copy in another place.", seal.head, c.keyName())
}

// postgresURLWithoutPassword returns postgresURL for a command that the operator can copy.
func (c config) postgresURLWithoutPassword() string {
	target := c.parsedPostgresURL()
	if target.User != nil {
		target.User = url.User(target.User.Username())
	}
	query := target.Query()
	for _, secret := range []string{"password", "sslpassword"} {
		query.Del(secret)
	}
	target.RawQuery = query.Encode()
	return target.String()
}

// quoteForShell quotes a text as one word of a POSIX shell.
func quoteForShell(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
