package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"golang.org/x/term"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// credentialSource is where a command gets an address and a password from: the
// person at the terminal, or a flag and a variable.
type credentialSource struct {
	email    string
	noInput  bool
	password domain.Secret
	variable string
	// isGood says what keeps an address from being used, before a password is asked for.
	isGood func(ctx context.Context, users *application.Users, email string) error
	// create is for a store and a key that no service has made yet.
	create bool
	// mayCreate is for a command that has a flag for that.
	mayCreate bool
}

// credentialUse does something with an address and a password, and says so on out.
type credentialUse func(users *application.Users, out io.Writer, email, password string) error

// use gets the credentials and does something with them. A person is asked again
// as long as they are not good.
func (s credentialSource) use(ctx context.Context, p process, cfg config, do credentialUse) error {
	if !s.noInput && !term.IsTerminal(int(p.in.Fd())) {
		return fmt.Errorf("there is no terminal to ask on: use --noinput with --email and the variable %s", s.variable)
	}
	if s.noInput && (s.email == "" || s.password.IsZero()) {
		return fmt.Errorf("--noinput needs --email and the variable %s", s.variable)
	}
	access := creating
	if !s.create {
		access = using
		if err := cfg.checkInUse(); err != nil && s.mayCreate {
			return fmt.Errorf("%w\nto begin here, where no service has run yet: add --create", err)
		} else if err != nil {
			return err
		}
	}
	if !s.noInput {
		// Raw from the very start, so that what is typed early is not shown.
		before, err := term.MakeRaw(int(p.in.Fd()))
		if err != nil {
			return err
		}
		defer func() { _ = term.Restore(int(p.in.Fd()), before) }()
	}
	cfg, err := cfg.withSecretKey(ctx, cfg.logger(p.err))
	if err != nil {
		return err
	}
	useCases, cleanup, err := newUseCases(ctx, cfg, access, cfg.logger(p.err))
	if err != nil {
		return err
	}
	defer cleanup()
	if err := cfg.requireOwnTrail(ctx, useCases.Trail); err != nil {
		return err
	}
	users := useCases.Users
	if s.noInput {
		return do(users, p.out, s.email, s.password.Reveal())
	}
	return s.ask(ctx, p, users, do)
}

var errCancelled = errors.New("cancelled, nothing was changed")

// ask asks at the terminal, which is raw, until it is done or the person gives up.
func (s credentialSource) ask(ctx context.Context, p process, users *application.Users, do credentialUse) error {
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{untilDone{ctx, p.in}, p.out}, "")
	for {
		email, password, err := s.askOnce(ctx, terminal, users)
		if errors.Is(err, io.EOF) || ctx.Err() != nil { // Ctrl-C, Ctrl-D, SIGTERM
			return errCancelled
		}
		if err == nil {
			err = do(users, terminal, email, password)
		}
		if kind := domain.KindOf(err); err == nil || kind != domain.Invalid && kind != domain.Conflict {
			return err
		}
		fmt.Fprintln(terminal, describe(err))
		s.email = "" // it may be what is wrong
	}
}

// askOnce asks for the address, unless it was given, and for the password twice
// until both are the same.
func (s credentialSource) askOnce(ctx context.Context, terminal *term.Terminal, users *application.Users) (email, password string, err error) {
	if email = s.email; email == "" {
		terminal.SetPrompt("Email address: ")
		if email, err = terminal.ReadLine(); err != nil {
			return "", "", err
		}
	}
	if err := s.isGood(ctx, users, email); err != nil {
		return "", "", err
	}
	for {
		if password, err = terminal.ReadPassword("Password: "); err != nil {
			return "", "", err
		}
		again, err := terminal.ReadPassword("Password (again): ")
		if err != nil {
			return "", "", err
		}
		if again == password {
			return email, password, nil
		}
		fmt.Fprintln(terminal, "The passwords are not the same. Try again.")
	}
}

// isFree refuses what is no address, and one that a user has.
func isFree(ctx context.Context, users *application.Users, email string) error {
	address, err := parseEmail(email)
	if err != nil {
		return err
	}
	_, err = users.FindByEmail(ctx, operator, address)
	switch {
	case err == nil:
		return domain.ErrEmailTaken()
	case domain.KindOf(err) == domain.NotFound:
		return nil
	}
	return err
}

// isKnown refuses what is not the address of a user.
func isKnown(ctx context.Context, users *application.Users, email string) error {
	if _, err := parseEmail(email); err != nil {
		return err
	}
	_, err := find(ctx, users, email)
	return err
}

// parseEmail returns an Invalid error, which a person can answer, for what is no address.
func parseEmail(email string) (domain.Email, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		err = &domain.Error{Kind: domain.Invalid, Fields: domain.FieldErrors{"email": {err.Error()}}}
	}
	return address, err
}

// untilDone reads from a terminal until ctx ends.
type untilDone struct {
	ctx context.Context
	in  io.Reader
}

// Read implements io.Reader. The read that goes on when ctx ends gets what is
// typed next; nobody asks any more by then.
func (u untilDone) Read(into []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buffer, done := make([]byte, len(into)), make(chan result, 1)
	go func() {
		n, err := u.in.Read(buffer)
		done <- result{n, err}
	}()
	select {
	case got := <-done:
		return copy(into, buffer[:got.n]), got.err
	case <-u.ctx.Done():
		return 0, u.ctx.Err()
	}
}
