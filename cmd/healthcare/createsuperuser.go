package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

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
	cfg, err := p.config()
	if err != nil {
		return err
	}
	interactive := !s.NoInput
	if interactive && !term.IsTerminal(int(p.in.Fd())) {
		return errors.New("there is no terminal to ask on: use --noinput with --email and the variable SUPERUSER_PASSWORD")
	}
	if s.NoInput && (s.Email == "" || cfg.SuperuserPassword == "") {
		return errors.New("--noinput needs --email and the variable SUPERUSER_PASSWORD")
	}
	users, cleanup, err := newUsers(ctx, cfg, cfg.logger(p.err))
	if err != nil {
		return err
	}
	defer cleanup()
	if s.NoInput {
		return s.create(ctx, p, users, s.Email, string(cfg.SuperuserPassword))
	}
	terminal := &terminal{in: p.in, out: p.out, lines: bufio.NewReader(p.in)}
	for {
		email, password, err := terminal.askCredentials(ctx, s.Email)
		if err != nil {
			return err
		}
		err = s.create(ctx, p, users, email, password)
		if domain.KindOf(err) != domain.Invalid || err == nil {
			return err
		}
		fmt.Fprintln(p.err, describe(err))
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

// terminal asks a person.
type terminal struct {
	in    *os.File
	out   io.Writer
	lines *bufio.Reader
}

// askCredentials asks for the address, unless it is given, and for the password
// twice until both are the same.
func (t *terminal) askCredentials(ctx context.Context, email string) (address, password string, err error) {
	if email == "" {
		if email, err = t.ask(ctx, "Email address: ", t.readLine); err != nil {
			return "", "", err
		}
	}
	for {
		first, err := t.ask(ctx, "Password: ", t.readHidden)
		if err != nil {
			return "", "", err
		}
		second, err := t.ask(ctx, "Password (again): ", t.readHidden)
		if err != nil {
			return "", "", err
		}
		if first == second {
			return email, first, nil
		}
		fmt.Fprintln(t.out, "The passwords are not the same. Try again.")
	}
}

// ask prompts and reads an answer. When ctx ends first, such as with Ctrl-C, the
// terminal is left showing what is typed again.
func (t *terminal) ask(ctx context.Context, prompt string, read func() (string, error)) (string, error) {
	before, err := term.GetState(int(t.in.Fd()))
	if err != nil {
		return "", err
	}
	fmt.Fprint(t.out, prompt)
	type answer struct {
		text string
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		text, err := read()
		answers <- answer{text, err}
	}()
	select {
	case got := <-answers:
		return got.text, got.err
	case <-ctx.Done():
		fmt.Fprintln(t.out)
		return "", errors.Join(errors.New("cancelled, nothing was changed"), term.Restore(int(t.in.Fd()), before))
	}
}

func (t *terminal) readLine() (string, error) {
	line, err := t.lines.ReadString('\n')
	return strings.TrimSpace(line), err
}

func (t *terminal) readHidden() (string, error) {
	password, err := term.ReadPassword(int(t.in.Fd()))
	fmt.Fprintln(t.out)
	return string(password), err
}
