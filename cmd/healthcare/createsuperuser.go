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

type createsuperuserCommand struct {
	Email   string `help:"The address to sign in with; asked for when it is not given."`
	NoInput bool   `name:"noinput" help:"Ask nothing: take the address from --email and the password from the variable SUPERUSER_PASSWORD."`
}

// Run creates one administrator, or none and says why.
func (s createsuperuserCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	interactive := !s.NoInput
	if interactive && !term.IsTerminal(int(p.in.Fd())) {
		return errors.New("there is no terminal to ask on: use --noinput with --email and the variable SUPERUSER_PASSWORD")
	}
	if s.NoInput && (s.Email == "" || cfg.SuperuserPassword.IsZero()) {
		return errors.New("--noinput needs --email and the variable SUPERUSER_PASSWORD")
	}
	if interactive {
		// Raw from the very start, so that what is typed early is not shown.
		before, err := term.MakeRaw(int(p.in.Fd()))
		if err != nil {
			return err
		}
		defer func() { _ = term.Restore(int(p.in.Fd()), before) }()
	}
	users, cleanup, err := newUsers(ctx, cfg, cfg.logger(p.err))
	if err != nil {
		return err
	}
	defer cleanup()
	if s.NoInput {
		return s.create(ctx, p, users, s.Email, cfg.SuperuserPassword.Reveal())
	}
	return s.ask(ctx, p, users)
}

var errCancelled = errors.New("cancelled, nothing was changed")

// ask asks at the terminal, which is raw, until the account is created or the
// person gives up.
func (s createsuperuserCommand) ask(ctx context.Context, p process, users *application.Users) error {
	terminal := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{untilDone{ctx, p.in}, p.out}, "")
	p.out = terminal
	for {
		email, password, err := s.askCredentials(terminal)
		if errors.Is(err, io.EOF) || ctx.Err() != nil { // Ctrl-C, Ctrl-D, SIGTERM
			return errCancelled
		}
		if err != nil {
			return err
		}
		err = s.create(ctx, p, users, email, password)
		if domain.KindOf(err) != domain.Invalid || err == nil {
			return err
		}
		fmt.Fprintln(terminal, describe(err))
		s.Email = "" // it may be what is wrong
	}
}

// askCredentials asks for the address, unless it was given, and for the password
// twice until both are the same.
func (s createsuperuserCommand) askCredentials(terminal *term.Terminal) (email, password string, err error) {
	if email = s.Email; email == "" {
		terminal.SetPrompt("Email address: ")
		if email, err = terminal.ReadLine(); err != nil {
			return "", "", err
		}
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

func (createsuperuserCommand) create(ctx context.Context, p process, users *application.Users, email, password string) error {
	user, err := users.Register(ctx, domain.Actor{Role: domain.Operator}, domain.Registration{
		Email:    domain.Given(email),
		Password: domain.Given(password),
		Role:     domain.Given(string(domain.Admin)),
	})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.out, "Superuser created: %s signs in as an administrator.\n", user.Email)
	return err
}
