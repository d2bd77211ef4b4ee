package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"parley"
	"parley/internal/app"
)

type userCommand struct {
	Add        addCommand        `cmd:"" help:"Make an account."`
	Passwd     passwdCommand     `cmd:"" help:"Give somebody another password, and end their sessions."`
	Set        setCommand        `cmd:"" help:"Change what somebody is and pays."`
	Deactivate deactivateCommand `cmd:"" help:"Take all access from somebody, and end their sessions."`
}

// rights are flags of who somebody is.
type rights struct {
	Role        string `default:"member" enum:"creator,team,member" env:"-" help:"creator, team or member."`
	AmountCents int64  `default:"0" placeholder:"N" env:"-" help:"What their membership costs a month, in cents."`
	Source      string `default:"manual" env:"-" help:"Where they pay: patreon, kofi, manual, …"`
}

func (r rights) membership() parley.Membership {
	if r.AmountCents == 0 {
		return parley.Membership{}
	}
	return parley.Membership{AmountCents: r.AmountCents, Source: r.Source}
}

// secret is the flag that says where a password comes from. Arguments can be seen
// by everybody on the machine, so there is no other way.
type secret struct {
	PasswordStdin bool `required:"" env:"-" help:"Read the password from standard input: its first line."`
}

type addCommand struct {
	Name  string `arg:"" help:"Username: 2 to 32 letters, digits or underscores."`
	Email string `env:"-" help:"E-mail address."`
	rights
	secret
}

// Run makes the account.
func (c addCommand) Run(e *environment) error {
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	return e.withApp(context.Background(), func(a *app.App) error {
		_, err := a.AddUser(context.Background(), app.NewUser{
			NewAccount: app.NewAccount{Username: c.Name, Password: password, Email: c.Email},
			Role:       parley.Role(c.Role), Membership: c.membership(),
		})
		return done(err, "%s can sign in.\n", c.Name)
	})
}

type passwdCommand struct {
	Name string `arg:"" help:"Username or e-mail address."`
	secret
}

// Run changes the password.
func (c passwdCommand) Run(e *environment) error {
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	return e.withApp(context.Background(), func(a *app.App) error {
		return done(a.SetPassword(context.Background(), c.Name, password), "%s has another password; all their sessions have ended.\n", c.Name)
	})
}

type setCommand struct {
	Name string `arg:"" help:"Username or e-mail address."`
	rights
}

// Run changes role and membership.
func (c setCommand) Run(e *environment) error {
	return e.withApp(context.Background(), func(a *app.App) error {
		err := a.SetRights(context.Background(), c.Name, parley.Role(c.Role), c.membership())
		return done(err, "%s is %s now, paying %d cents a month.\n", c.Name, c.Role, c.AmountCents)
	})
}

type deactivateCommand struct {
	Name string `arg:"" help:"Username or e-mail address."`
}

// Run deactivates the account.
func (c deactivateCommand) Run(e *environment) error {
	return e.withApp(context.Background(), func(a *app.App) error {
		return done(a.Deactivate(context.Background(), c.Name), "%s is deactivated; all their sessions have ended.\n", c.Name)
	})
}

// done tells of success, or returns what failed.
func done(err error, format string, args ...any) error {
	if err == nil {
		fmt.Printf(format, args...)
	}
	return err
}

// readPassword reads the first line.
func readPassword(r io.Reader) (string, error) {
	line, err := bufio.NewReader(io.LimitReader(r, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read the password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", parley.Errorf(parley.Unprocessable, "No password came on standard input: pipe one line with it.")
	}
	return password, nil
}
