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
	Add        addCommand        `command:"add" description:"Make an account."`
	Passwd     passwdCommand     `command:"passwd" description:"Give somebody another password, and end their sessions."`
	Set        setCommand        `command:"set" description:"Change what somebody is and pays."`
	Deactivate deactivateCommand `command:"deactivate" description:"Take all access from somebody, and end their sessions."`
}

// rights are flags of who somebody is.
type rights struct {
	Role        string `long:"role" default:"member" choice:"creator" choice:"team" choice:"member" env:"-" description:"creator, team or member."`
	AmountCents int64  `long:"amount-cents" env:"-" value-name:"N" description:"What their membership costs a month, in cents."`
	Source      string `long:"source" default:"manual" env:"-" value-name:"NAME" description:"Where they pay: patreon, kofi, manual, …"`
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
	PasswordStdin bool `long:"password-stdin" required:"yes" env:"-" description:"Read the password from standard input: its first line."`
}

// person is the argument that says whose account it is.
type person struct {
	Name string `positional-arg-name:"name" description:"Username or e-mail address."`
}

type addCommand struct {
	New struct {
		Name string `positional-arg-name:"name" description:"Username: 2 to 32 letters, digits or underscores."`
	} `positional-args:"yes" required:"yes"`
	Email string `long:"email" env:"-" value-name:"ADDRESS" description:"E-mail address."`
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
			NewAccount: app.NewAccount{Username: c.New.Name, Password: password, Email: c.Email},
			Role:       parley.Role(c.Role), Membership: c.membership(),
		})
		return done(err, "%s can sign in.\n", c.New.Name)
	})
}

type passwdCommand struct {
	Of person `positional-args:"yes" required:"yes"`
	secret
}

// Run changes the password.
func (c passwdCommand) Run(e *environment) error {
	password, err := readPassword(os.Stdin)
	if err != nil {
		return err
	}
	return e.withApp(context.Background(), func(a *app.App) error {
		return done(a.SetPassword(context.Background(), c.Of.Name, password), "%s has another password; all their sessions have ended.\n", c.Of.Name)
	})
}

type setCommand struct {
	Of person `positional-args:"yes" required:"yes"`
	rights
}

// Run changes role and membership.
func (c setCommand) Run(e *environment) error {
	return e.withApp(context.Background(), func(a *app.App) error {
		err := a.SetRights(context.Background(), c.Of.Name, parley.Role(c.Role), c.membership())
		return done(err, "%s is %s now, paying %d cents a month.\n", c.Of.Name, c.Role, c.AmountCents)
	})
}

type deactivateCommand struct {
	Of person `positional-args:"yes" required:"yes"`
}

// Run deactivates the account.
func (c deactivateCommand) Run(e *environment) error {
	return e.withApp(context.Background(), func(a *app.App) error {
		return done(a.Deactivate(context.Background(), c.Of.Name), "%s is deactivated; all their sessions have ended.\n", c.Of.Name)
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
