package main

import (
	"context"
	"fmt"
	"io"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

type createsuperuserCommand struct {
	Email   string `help:"The address to sign in with; asked for when it is not given."`
	NoInput bool   `name:"noinput" help:"Ask nothing: take the address from --email and the password from the variable SUPERUSER_PASSWORD."`
	Create  bool   `help:"Also where no service has run yet: make the embedded store, and a SECRET_KEY, if they are not there."`
}

// Run creates one administrator, or none and says why. Unless it is told to, it does not
// begin anew where no service has run: DATA_DIR can be mistyped.
func (c createsuperuserCommand) Run(ctx context.Context, p process) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	from := credentialSource{email: c.Email, noInput: c.NoInput, password: cfg.SuperuserPassword, variable: "SUPERUSER_PASSWORD", isGood: isFree, create: c.Create, mayCreate: true}
	return from.use(ctx, p, cfg, func(users *application.Users, out io.Writer, email, password string) error {
		registered, err := users.Register(ctx, operator, domain.Registration{
			Email: domain.Given(email), Password: domain.Given(password), Role: domain.Given(string(domain.Admin)),
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "Superuser created: %s signs in as an administrator.\n", registered.User.Email)
		return err
	})
}
