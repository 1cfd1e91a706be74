package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// usersCommand is for operators, who may have no login that works.
type usersCommand struct {
	List        usersListCommand        `cmd:"" help:"List the users."`
	Create      usersCreateCommand      `cmd:"" help:"Create a user."`
	Deactivate  usersDeactivateCommand  `cmd:"" help:"Keep a user from signing in, and sign them out everywhere."`
	Activate    usersActivateCommand    `cmd:"" help:"Let a user sign in."`
	SetRole     usersSetRoleCommand     `cmd:"" help:"Make a user ADMIN or STAFF, and sign them out everywhere."`
	SetPassword usersSetPasswordCommand `cmd:"" help:"Set a temporary password, which the user has to change at the next login."`
	ResetMFA    usersResetMFACommand    `cmd:"" name:"reset-mfa" help:"Remove the second factor of a user who lost it, recovery codes included."`
}

var operator = domain.Actor{Role: domain.Operator}

type usersListCommand struct {
	Search string `help:"Only users with this in their names or address."`
}

// Run prints a line for each user.
func (c usersListCommand) Run(ctx context.Context, p process) error {
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		users := useCases.Users
		query := domain.UserQuery{}
		if c.Search != "" {
			query.Search = domain.Given(c.Search)
		}
		table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tEMAIL\tNAME\tROLE\tACTIVE\tMFA\tCREATED")
		for {
			page, err := users.List(ctx, operator, query)
			if err != nil {
				return err
			}
			for _, user := range page.Items {
				fmt.Fprintf(table, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", user.ID, user.Email, user.FirstName, user.LastName, user.Role,
					yesOrNo(user.Active), yesOrNo(user.SecondFactor.Confirmed), user.CreatedAt.Format(time.DateOnly))
			}
			if page.Next == 0 {
				return table.Flush()
			}
			query.Page.Cursor = domain.Given(page.Next.String())
		}
	})
}

func yesOrNo(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}

type usersCreateCommand struct {
	Email   string      `help:"The address to sign in with; asked for when it is not given."`
	Role    domain.Role `help:"STAFF or ADMIN." enum:"STAFF,ADMIN" default:"STAFF"`
	NoInput bool        `name:"noinput" help:"Ask nothing: take the address from --email and the password from the variable USER_PASSWORD."`
}

// Run creates one user, or none and says why.
func (c usersCreateCommand) Run(ctx context.Context, p process) error {
	return withPassword(ctx, p, credentialSource{email: c.Email, noInput: c.NoInput, isGood: isFree}, func(users *application.Users, out io.Writer, email, password string) error {
		user, err := users.Create(ctx, operator, domain.Registration{
			Email: domain.Given(email), Password: domain.Given(password), Role: domain.Given(string(c.Role)),
		})
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "Created: %s is %s, and has to change the password at the first login.\n", user.Email, user.Role)
		return err
	})
}

type usersSetPasswordCommand struct {
	Email   string `help:"Whose password; asked for when it is not given."`
	NoInput bool   `name:"noinput" help:"Ask nothing: take the address from --email and the password from the variable USER_PASSWORD."`
}

// Run sets a temporary password, or none and says why.
func (c usersSetPasswordCommand) Run(ctx context.Context, p process) error {
	return withPassword(ctx, p, credentialSource{email: c.Email, noInput: c.NoInput, isGood: isKnown}, func(users *application.Users, out io.Writer, email, password string) error {
		user, err := find(ctx, users, email)
		if err != nil {
			return err
		}
		if err := users.SetPassword(ctx, operator, user.ID, domain.NewPassword{Password: domain.Given(password)}); err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "Set: %s has to change it at the next login.\n", user.Email)
		return err
	})
}

type usersDeactivateCommand struct {
	Email string `required:"" help:"Whose account."`
}

// Run deactivates the account.
func (c usersDeactivateCommand) Run(ctx context.Context, p process) error {
	return onUser(ctx, p, c.Email, "Deactivated: %s cannot sign in.\n", func(users *application.Users, id domain.ID) error {
		return users.Deactivate(ctx, operator, id)
	})
}

type usersActivateCommand struct {
	Email string `required:"" help:"Whose account."`
}

// Run activates the account.
func (c usersActivateCommand) Run(ctx context.Context, p process) error {
	return onUser(ctx, p, c.Email, "Activated: %s can sign in.\n", func(users *application.Users, id domain.ID) error {
		_, err := users.Change(ctx, operator, id, domain.UserChange{Active: domain.Given("true")})
		return err
	})
}

type usersSetRoleCommand struct {
	Email string      `required:"" help:"Whose account."`
	Role  domain.Role `required:"" help:"STAFF or ADMIN." enum:"STAFF,ADMIN"`
}

// Run sets the role.
func (c usersSetRoleCommand) Run(ctx context.Context, p process) error {
	return onUser(ctx, p, c.Email, "Set: %s is "+string(c.Role)+" from the next login on.\n", func(users *application.Users, id domain.ID) error {
		_, err := users.Change(ctx, operator, id, domain.UserChange{Role: domain.Given(string(c.Role))})
		return err
	})
}

type usersResetMFACommand struct {
	Email string `required:"" help:"Whose second factor."`
}

// Run removes the second factor.
func (c usersResetMFACommand) Run(ctx context.Context, p process) error {
	return onUser(ctx, p, c.Email, "Removed: %s signs in without a second factor.\n", func(users *application.Users, id domain.ID) error {
		return users.ResetSecondFactor(ctx, operator, id)
	})
}

// withPassword runs do with an address from the source and a password, which can be in USER_PASSWORD.
func withPassword(ctx context.Context, p process, from credentialSource, do credentialUse) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	from.password, from.variable = cfg.UserPassword, "USER_PASSWORD"
	return from.use(ctx, p, cfg, do)
}

// onUser runs do on the account of an address and prints done.
func onUser(ctx context.Context, p process, email, done string, do func(*application.Users, domain.ID) error) error {
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		users := useCases.Users
		user, err := find(ctx, users, email)
		if err != nil {
			return err
		}
		if err := do(users, user.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, done, user.Email)
		return err
	})
}

func find(ctx context.Context, users *application.Users, email string) (domain.User, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		return domain.User{}, fmt.Errorf("email: %w", err)
	}
	user, err := users.FindByEmail(ctx, operator, address)
	if domain.KindOf(err) == domain.NotFound {
		return domain.User{}, errors.New("no user has this address: see `healthcare users list`")
	}
	return user, err
}
