package main

import (
	"context"
	"fmt"
	"io"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type createsuperuserCommand struct {
	Email   string `help:"The email address of the administrator. Without it, the command asks."`
	NoInput bool   `name:"noinput" help:"Do not ask: read the email address from --email and the password from the variable SUPERUSER_PASSWORD."`
	Create  bool   `help:"Create the embedded store and a SECRET_KEY if they do not exist yet. Use it before the service has run for the first time."`
}

// Run creates one administrator. Without --create it refuses a data directory that no
// service has used yet, because DATA_DIR can be mistyped.
func (c createsuperuserCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	source := credentialSource{email: c.Email, noInput: c.NoInput, password: cfg.SuperuserPassword, variable: "SUPERUSER_PASSWORD", checkEmail: requireUnusedEmail, create: c.Create, hasCreateFlag: true}
	return source.run(ctx, p, cfg, func(users *application.Users, out io.Writer, email, password string) error {
		registered, err := users.Register(ctx, operator, domain.Registration{
			Email: domain.Given(email), Password: domain.Given(password), Role: domain.Given(string(domain.Admin)),
		})
		if err != nil {
			return fmt.Errorf("create the administrator: %w", err)
		}
		_, err = fmt.Fprintf(out, "Superuser created: %s can sign in as an administrator.\n", registered.User.Email)
		return err
	})
}
