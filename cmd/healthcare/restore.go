package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"example.com/healthcare/adapters/sqlite"
)

type restoreCommand struct {
	File  string `arg:"" help:"A file that the command backup wrote."`
	Force bool   `help:"Replace the store if there is one. What was written since the backup is lost."`
}

// Run replaces the embedded store. It works on a copy of the backup, which becomes the store
// once everything was checked and done.
func (c restoreCommand) Run(ctx context.Context, p process) (err error) {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	if cfg.usesPostgres() {
		return fmt.Errorf(`this command is for the embedded store. For PostgreSQL run, as a superuser and while the service is stopped:
createdb --owner=OWNER --encoding=UTF8 --template=template0 healthcare_restored
pg_restore --exit-on-error --single-transaction --dbname=healthcare_restored %s
then let DATABASE_URL name the new database`, quoteForShell(c.File))
	}
	if err := c.checkFile(cfg); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.DataDir, 0o700); err != nil {
		return fmt.Errorf("create DATA_DIR: %w", err)
	}
	target, err := cfg.lockForRestore(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.close()) }()
	temporary, err := createTemporary(cfg.embeddedPath())
	if err != nil {
		return fmt.Errorf("copy the backup: %w", err)
	}
	defer func() { err = errors.Join(err, removeDatabase(temporary)) }()
	revoked, err := c.prepare(ctx, p, cfg, temporary)
	if err != nil {
		return err
	}
	if err := target.replace(ctx, temporary); err != nil {
		return fmt.Errorf("replace the store: %w", err)
	}
	_, err = fmt.Fprintf(p.out, `Restored: %s has the records of %s.
Its live sessions were revoked: %d. Everybody has to sign in again.
Check it with the command audit verify, then start the service.
`, cfg.embeddedPath(), c.File, revoked)
	return err
}

// checkFile refuses to replace a store without --force, or by itself, and requires a key.
func (c restoreCommand) checkFile(cfg config) error {
	backup, err := os.Stat(c.File)
	if err != nil {
		return fmt.Errorf("the backup: %w", err)
	}
	store, storeErr := os.Stat(cfg.embeddedPath())
	switch {
	case storeErr == nil && os.SameFile(backup, store):
		return fmt.Errorf("%s is the store itself", c.File)
	case cfg.hasEmbeddedStore() && !c.Force:
		return fmt.Errorf("%s exists: to replace it, and lose what was written since the backup, add --force", cfg.embeddedPath())
	case !cfg.hasSecretKey():
		return fmt.Errorf("SECRET_KEY is not set and %s does not exist: restoring needs the key that the service had when the backup was made. The key is not in the backup", cfg.secretKeyPath())
	}
	return nil
}

// prepare makes at path a copy of the backup that can become the store. It returns how many
// sessions it revoked in the copy.
func (c restoreCommand) prepare(ctx context.Context, p process, cfg config, path string) (revoked int, err error) {
	log := cfg.logger(p.err)
	if err := sqlite.Copy(ctx, c.File, path); err != nil {
		if errors.Is(err, sqlite.ErrNotOurs) {
			return 0, fmt.Errorf("%s is not a backup of this program", c.File)
		}
		return 0, fmt.Errorf("read the backup: %w", cfg.explain(err))
	}
	seal, err := cfg.readLastSeal(ctx, path, log)
	switch {
	case err != nil:
		return 0, fmt.Errorf("check the backup: %w", err)
	case !seal.ours:
		return 0, fmt.Errorf(`nothing was replaced: the last seal of the backup, %s, %w
set SECRET_KEY or DATA_DIR/secret_key to the key that the service had when the backup was made, or put that key into SECRET_KEY_FALLBACKS`, seal.head, errForeignTrail)
	}
	if _, err := sqlite.Migrate(ctx, path, log); err != nil {
		return 0, fmt.Errorf("update the schema of the copy: %w", err)
	}
	return revokeRestoredSessions(ctx, p, cfg.withStore(path), log)
}

// revokeRestoredSessions revokes the live sessions of the copy, and reports second factors
// that cannot be decrypted with the keys in the settings.
func revokeRestoredSessions(ctx context.Context, p process, copied config, log *slog.Logger) (int, error) {
	useCases, cleanup, err := newUseCases(ctx, copied, accessUse, log)
	if err != nil {
		return 0, err
	}
	defer cleanup()
	resealed, err := useCases.SecondFactor.Reseal(ctx, operator)
	if err != nil {
		return 0, fmt.Errorf("check the second factors: %w", err)
	}
	if resealed.Failed != nil {
		fmt.Fprintf(p.err, "healthcare: some second factors cannot be used: %v\nhealthcare: put their key into SECRET_KEY_FALLBACKS before the service starts, or remove them with the command users reset-mfa\n", resealed.Failed)
	}
	revoked, err := useCases.Sessions.AfterRestore(ctx, operator)
	if err != nil {
		return 0, fmt.Errorf("revoke the sessions: %w", err)
	}
	return revoked, nil
}

// restoreTarget is the place of the store that is restored.
type restoreTarget struct {
	path string
	// existing is the lock on the store that is there, nil if there is none.
	existing *sqlite.Replacement
}

// lockForRestore makes sure that no process uses the store until close.
func (c config) lockForRestore(ctx context.Context) (restoreTarget, error) {
	target := restoreTarget{path: c.embeddedPath()}
	if !c.hasEmbeddedStore() {
		// SQLite would take what is in such a file for a part of the new store.
		for _, suffix := range []string{"-wal", "-journal"} {
			if _, err := os.Lstat(target.path + suffix); err == nil {
				return target, fmt.Errorf("%s is left of an earlier store: move it away", target.path+suffix)
			}
		}
		return target, nil
	}
	var err error
	target.existing, err = sqlite.LockForReplacement(ctx, target.path)
	switch {
	case errors.Is(err, sqlite.ErrInUse):
		return target, fmt.Errorf("a service or another command uses %s: stop it first: %w", target.path, err)
	case errors.Is(err, sqlite.ErrDamaged):
		return target, fmt.Errorf("%s is damaged: make sure that the service is stopped, move the file away with its -wal and -shm, and restore again: %w", target.path, err)
	}
	return target, err
}

// replace makes the database at path, which is on the disk, the store.
func (t restoreTarget) replace(ctx context.Context, path string) error {
	if t.existing != nil {
		return t.existing.Replace(ctx, path)
	}
	return publish(path, t.path, false)
}

func (t restoreTarget) close() error {
	if t.existing == nil {
		return nil
	}
	return t.existing.Close()
}
