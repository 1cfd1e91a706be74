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

// credentialSource says where a command gets an email address and a password from: it
// asks on the terminal, or with --noinput it uses the flag --email and a variable.
type credentialSource struct {
	email    string
	noInput  bool
	password domain.Secret // the value of variable
	variable string
	// checkEmail returns an error if the command cannot use the address. It runs before
	// the command asks for a password.
	checkEmail func(ctx context.Context, users *application.Users, email string) error
	// hasCreateFlag is whether the command has the flag --create, and create is its value:
	// create the store and the key if no service has done so yet.
	hasCreateFlag, create bool
}

// useCredentials calls a use-case with the credentials and prints the result to out.
type useCredentials func(users *application.Users, out io.Writer, email, password string) error

// run gets the credentials and passes them to use. On a terminal it asks again when they
// are invalid or already in use.
func (s credentialSource) run(ctx context.Context, p process, cfg config, use useCredentials) error {
	if !s.noInput && !term.IsTerminal(int(p.in.Fd())) {
		return fmt.Errorf("standard input is not a terminal: use --noinput with --email and the variable %s", s.variable)
	}
	if s.noInput && (s.email == "" || s.password.IsZero()) {
		return fmt.Errorf("--noinput needs --email and the variable %s", s.variable)
	}
	access := accessCreate
	if !s.create {
		access = accessUse
		if err := cfg.requireUsed(); err != nil && s.hasCreateFlag {
			return fmt.Errorf("%w\nif no service has run here yet, add --create", err)
		} else if err != nil {
			return err
		}
	}
	if !s.noInput {
		// Switch off echo before the slow steps, so that nothing typed meanwhile is shown.
		state, err := term.MakeRaw(int(p.in.Fd()))
		if err != nil {
			return fmt.Errorf("switch off the terminal's echo: %w", err)
		}
		defer func() { _ = term.Restore(int(p.in.Fd()), state) }()
	}
	cfg, err := cfg.resolveSecretKey(ctx, cfg.logger(p.err))
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
		return use(users, p.out, s.email, s.password.Reveal())
	}
	return s.prompt(ctx, p, users, use)
}

var errCancelled = errors.New("cancelled, nothing was changed")

// prompt asks for credentials on the raw terminal until use succeeds, fails for another
// reason than the credentials, or the person cancels.
func (s credentialSource) prompt(ctx context.Context, p process, users *application.Users, use useCredentials) error {
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{contextReader{ctx, p.in}, p.out}, "")
	for {
		email, password, err := s.promptOnce(ctx, terminal, users)
		if errors.Is(err, io.EOF) || ctx.Err() != nil { // Ctrl-C, Ctrl-D, SIGTERM
			return errCancelled
		}
		if err == nil {
			err = use(users, terminal, email, password)
		}
		if kind := domain.KindOf(err); err == nil || kind != domain.Invalid && kind != domain.Conflict {
			return err
		}
		fmt.Fprintln(terminal, describe(err))
		s.email = "" // Ask for the address again: it can be the problem.
	}
}

// promptOnce asks for the address, unless --email gave it, and for the password. It asks
// for the password twice and repeats that until both are equal.
func (s credentialSource) promptOnce(ctx context.Context, terminal *term.Terminal, users *application.Users) (email, password string, err error) {
	if email = s.email; email == "" {
		terminal.SetPrompt("Email address: ")
		if email, err = terminal.ReadLine(); err != nil {
			return "", "", err
		}
	}
	if err := s.checkEmail(ctx, users, email); err != nil {
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

// requireUnusedEmail returns an error if email is not an address or belongs to a user.
func requireUnusedEmail(ctx context.Context, users *application.Users, email string) error {
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

// requireKnownEmail returns an error unless email is the address of a user.
func requireKnownEmail(ctx context.Context, users *application.Users, email string) error {
	if _, err := parseEmail(email); err != nil {
		return err
	}
	_, err := findUser(ctx, users, email)
	return err
}

// parseEmail parses an address. Its error is Invalid, so that prompt asks again.
func parseEmail(email string) (domain.Email, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		err = &domain.Error{Kind: domain.Invalid, Fields: domain.FieldErrors{"email": {err.Error()}}}
	}
	return address, err
}

// contextReader is a reader whose Read returns when ctx ends.
type contextReader struct {
	ctx context.Context
	in  io.Reader
}

// Read implements io.Reader. When ctx ends, the underlying read continues in the
// background and its input is lost, so do not read from the terminal again.
func (r contextReader) Read(into []byte) (int, error) {
	type result struct {
		n   int
		err error
	}
	buffer, done := make([]byte, len(into)), make(chan result, 1)
	go func() {
		n, err := r.in.Read(buffer)
		done <- result{n, err}
	}()
	select {
	case read := <-done:
		return copy(into, buffer[:read.n]), read.err
	case <-r.ctx.Done():
		return 0, r.ctx.Err()
	}
}
