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

// usersCommand groups the commands that manage users without signing in.
type usersCommand struct {
	List        usersListCommand        `cmd:"" help:"List the users."`
	Create      usersCreateCommand      `cmd:"" help:"Create a user."`
	Deactivate  usersDeactivateCommand  `cmd:"" help:"Prevent a user from signing in, and revoke the user's sessions."`
	Activate    usersActivateCommand    `cmd:"" help:"Allow a user to sign in."`
	SetRole     usersSetRoleCommand     `cmd:"" help:"Set a user's role, and revoke the user's sessions."`
	SetPassword usersSetPasswordCommand `cmd:"" help:"Set a temporary password, which the user must change at the next login."`
	ResetMFA    usersResetMFACommand    `cmd:"" name:"reset-mfa" help:"Remove the second factor and the recovery codes of a user."`
}

// operator is the actor of all commands.
var operator = domain.Actor{Role: domain.Operator}

type usersListCommand struct {
	Search string `help:"List only users with this text in their name or email address."`
}

// Run prints one line per user.
func (c usersListCommand) Run(ctx context.Context, p process) error {
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		users := useCases.Users
		query := domain.Parameters{}
		if c.Search != "" {
			query["search"] = domain.Given(c.Search)
		}
		table := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tEMAIL\tNAME\tROLE\tACTIVE\tMFA\tCREATED")
		for {
			page, err := users.List(ctx, operator, query)
			if err != nil {
				return fmt.Errorf("list users: %w", err)
			}
			for _, user := range page.Items {
				fmt.Fprintf(table, "%s\t%s\t%s %s\t%s\t%s\t%s\t%s\n", user.ID, user.Email, user.FirstName, user.LastName, user.Role,
					yesOrNo(user.Active), yesOrNo(user.SecondFactor.Confirmed), user.CreatedAt.Format(time.DateOnly))
			}
			if page.Next == "" {
				return table.Flush()
			}
			query["cursor"] = domain.Given(page.Next)
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
	Email   string      `help:"The email address of the new user. Without it, the command asks."`
	Role    domain.Role `help:"STAFF or ADMIN." enum:"STAFF,ADMIN" default:"STAFF"`
	NoInput bool        `name:"noinput" help:"Do not ask: read the email address from --email and the password from the variable USER_PASSWORD."`
}

// Run creates one user with a temporary password.
func (c usersCreateCommand) Run(ctx context.Context, p process) error {
	return withTemporaryPassword(ctx, p, credentialSource{email: c.Email, noInput: c.NoInput, checkEmail: requireUnusedEmail}, func(users *application.Users, out io.Writer, email, password string) error {
		user, err := users.Create(ctx, operator, domain.Registration{
			Email: domain.Given(email), Password: domain.Given(password), Role: domain.Given(string(c.Role)),
		})
		if err != nil {
			return fmt.Errorf("create the user: %w", err)
		}
		_, err = fmt.Fprintf(out, "Created: %s is %s, and must change the password at the first login.\n", user.Email, user.Role)
		return err
	})
}

type usersSetPasswordCommand struct {
	Email   string `help:"The email address of the user. Without it, the command asks."`
	NoInput bool   `name:"noinput" help:"Do not ask: read the email address from --email and the password from the variable USER_PASSWORD."`
}

// Run sets a temporary password.
func (c usersSetPasswordCommand) Run(ctx context.Context, p process) error {
	return withTemporaryPassword(ctx, p, credentialSource{email: c.Email, noInput: c.NoInput, checkEmail: requireKnownEmail}, func(users *application.Users, out io.Writer, email, password string) error {
		user, err := findUser(ctx, users, email)
		if err != nil {
			return err
		}
		if err := users.SetPassword(ctx, operator, user.ID, domain.NewPassword{Password: domain.Given(password)}); err != nil {
			return fmt.Errorf("set the password: %w", err)
		}
		_, err = fmt.Fprintf(out, "Set: %s must change the password at the next login.\n", user.Email)
		return err
	})
}

type usersDeactivateCommand struct {
	Email string `required:"" help:"The email address of the user."`
}

// Run deactivates the user.
func (c usersDeactivateCommand) Run(ctx context.Context, p process) error {
	return withUser(ctx, p, c.Email, "Deactivated: %s cannot sign in.\n", func(users *application.Users, id domain.ID) error {
		return users.Deactivate(ctx, operator, id, domain.AnyState())
	})
}

type usersActivateCommand struct {
	Email string `required:"" help:"The email address of the user."`
}

// Run activates the user.
func (c usersActivateCommand) Run(ctx context.Context, p process) error {
	return withUser(ctx, p, c.Email, "Activated: %s can sign in.\n", func(users *application.Users, id domain.ID) error {
		_, err := users.Change(ctx, operator, id, domain.AnyState(), domain.UserChange{Active: domain.Given("true")})
		return err
	})
}

type usersSetRoleCommand struct {
	Email string      `required:"" help:"The email address of the user."`
	Role  domain.Role `required:"" help:"STAFF or ADMIN." enum:"STAFF,ADMIN"`
}

// Run sets the role.
func (c usersSetRoleCommand) Run(ctx context.Context, p process) error {
	return withUser(ctx, p, c.Email, "Set: %s has the role "+string(c.Role)+" from the next login.\n", func(users *application.Users, id domain.ID) error {
		_, err := users.Change(ctx, operator, id, domain.AnyState(), domain.UserChange{Role: domain.Given(string(c.Role))})
		return err
	})
}

type usersResetMFACommand struct {
	Email string `required:"" help:"The email address of the user."`
}

// Run removes the second factor.
func (c usersResetMFACommand) Run(ctx context.Context, p process) error {
	return withUser(ctx, p, c.Email, "Removed: %s can sign in without a second factor.\n", func(users *application.Users, id domain.ID) error {
		return users.ResetSecondFactor(ctx, operator, id)
	})
}

// withTemporaryPassword calls use with an address and a password. With --noinput the
// password is that of USER_PASSWORD.
func withTemporaryPassword(ctx context.Context, p process, source credentialSource, use useCredentials) error {
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	source.password, source.variable = cfg.UserPassword, "USER_PASSWORD"
	return source.run(ctx, p, cfg, use)
}

// withUser calls change with the user who has the email address, and then prints the format
// success with that address.
func withUser(ctx context.Context, p process, email, success string, change func(*application.Users, domain.ID) error) error {
	return withOwnTrail(ctx, p, func(useCases *application.UseCases) error {
		users := useCases.Users
		user, err := findUser(ctx, users, email)
		if err != nil {
			return err
		}
		if err := change(users, user.ID); err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.out, success, user.Email)
		return err
	})
}

func findUser(ctx context.Context, users *application.Users, email string) (domain.User, error) {
	address, err := domain.ParseEmail(email)
	if err != nil {
		return domain.User{}, fmt.Errorf("email: %w", err)
	}
	user, err := users.FindByEmail(ctx, operator, address)
	if domain.KindOf(err) == domain.NotFound {
		return domain.User{}, errors.New("no user has this email address: see `healthcare users list`")
	}
	return user, err
}
