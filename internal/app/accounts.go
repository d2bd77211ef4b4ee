package app

import (
	"context"
	"net/mail"
	"strings"
	"sync/atomic"

	"parley"
	"parley/internal/auth"
	"parley/internal/store"
)

// accounts is the part of App that knows how people sign in.
type accounts struct {
	passwords *auth.Passwords
	attempts  auth.Attempts
	demo      atomic.Bool // sign-in with a click is offered
}

func newAccounts() accounts {
	return accounts{passwords: auth.NewPasswords(), attempts: auth.NewAttempts()}
}

// ShareAttempts has log-ins counted by a limiter that replicas share, instead of in this
// process. It is called before the first log-in.
func (a *App) ShareAttempts(l auth.Limiter) { a.attempts.Limiter = l }

// NewAccount is what somebody tells who becomes a member by themselves.
type NewAccount struct {
	Username string
	Password string
	Email    string // empty: none
}

// Register makes a member of somebody and signs them in, where registration is
// open.
func (a *App) Register(ctx context.Context, in NewAccount, c Client) (SignIn, error) {
	community, err := a.Community(ctx)
	if err != nil {
		return SignIn{}, err
	}
	if err := community.Registration.Refusal(); err != nil {
		return SignIn{}, err
	}
	account, err := newAccount(NewUser{NewAccount: in, Role: parley.RoleMember})
	if err != nil {
		return SignIn{}, err
	}
	if account.PasswordHash, err = a.newHash(ctx, account.Username, in.Password); err != nil {
		return SignIn{}, err
	}
	return a.signIn(ctx, c, func(tx *store.Tx) (parley.User, error) {
		id, err := tx.CreateUser(account)
		user := account.User
		user.ID, user.CreatedAt = id, tx.Now()
		return user, err
	})
}

// NewUser is an account that an operator makes. Without a password nobody can
// sign in with one.
type NewUser struct {
	NewAccount
	Role       parley.Role
	Membership parley.Membership
}

// AddUser makes an account and returns its id.
func (a *App) AddUser(ctx context.Context, in NewUser) (id int64, err error) {
	account, err := newAccount(in)
	if err != nil {
		return 0, err
	}
	if in.Password != "" {
		if account.PasswordHash, err = a.newHash(ctx, account.Username, in.Password); err != nil {
			return 0, err
		}
	}
	err = a.update(ctx, func(tx *store.Tx) (err error) {
		if id, err = tx.CreateUser(account); err != nil {
			return err
		}
		return tx.Audit(0, parley.ActUserCreated, id, nil, auditedUser(account.User))
	})
	return id, err
}

// newAccount checks what was told of an account.
func newAccount(in NewUser) (store.Account, error) {
	u := parley.User{
		Username: strings.TrimSpace(in.Username), Email: strings.TrimSpace(in.Email),
		Role: in.Role, Membership: in.Membership, Active: true,
	}
	u.DisplayName = u.Username
	err := parley.CheckUsername(u.Username)
	if err == nil {
		err = checkEmail(u.Email)
	}
	if err == nil {
		err = checkRights(u.Role, u.Membership)
	}
	return store.Account{User: u}, err
}

// newHash returns the hash of a password that somebody chose, if it is good
// enough. It takes as long as a thousand writes, so it never runs within one.
func (a *App) newHash(ctx context.Context, username, password string) (string, error) {
	if err := auth.CheckPassword(username, password); err != nil {
		return "", err
	}
	return a.passwords.Hash(ctx, password)
}

func checkEmail(email string) error {
	if email == "" {
		return nil
	}
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > maxEmail {
		return parley.InvalidField("email", "must be an e-mail address, like ada@example.org")
	}
	return nil
}

// maxEmail is the length of an address at most, in bytes (RFC 5321).
const maxEmail = 254

func checkRights(role parley.Role, m parley.Membership) error {
	switch {
	case !role.Valid():
		return parley.InvalidField("role", "must be creator, team or member")
	case m.AmountCents < 0 || m.AmountCents > parley.MaxAmountCents:
		return parley.InvalidField("amount_cents", "must be 0 to %d", parley.MaxAmountCents)
	default:
		return nil
	}
}

// SetPassword gives somebody another password and ends all their sessions, as an
// operator may.
func (a *App) SetPassword(ctx context.Context, name, password string) error {
	account, err := a.account(ctx, name)
	if err != nil {
		return err
	}
	hash, err := a.newHash(ctx, account.Username, password)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx *store.Tx) error {
		if err := tx.SetPasswordHash(account.ID, hash); err != nil {
			return err
		}
		if err := endSessions(tx, account.ID, 0); err != nil {
			return err
		}
		return tx.Audit(0, parley.ActUserPassword, account.ID, nil, nil)
	})
}

// SetRights changes what somebody is and pays. Open sockets follow at once.
func (a *App) SetRights(ctx context.Context, name string, role parley.Role, m parley.Membership) error {
	if err := checkRights(role, m); err != nil {
		return err
	}
	account, err := a.account(ctx, name)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(); err != nil {
			return err
		}
		old, err := person(&tx.Snapshot, account.ID)
		if err != nil {
			return err
		}
		u := old
		u.Role, u.Membership = role, m
		return updateUser(tx, 0, old, u)
	})
}

// Deactivate takes all access from somebody and ends their sessions and sockets.
func (a *App) Deactivate(ctx context.Context, name string) error {
	account, err := a.account(ctx, name)
	if err != nil {
		return err
	}
	return a.update(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(); err != nil {
			return err
		}
		u, err := person(&tx.Snapshot, account.ID)
		if err != nil {
			return err
		}
		return deactivate(tx, 0, u, "")
	})
}

// keepCreator refuses to take the last creator's rights: nobody could give them
// back.
func keepCreator(tx *store.Tx, userID int64) error {
	if err := tx.Alone(); err != nil { // of the last two, one may go
		return err
	}
	creators, err := tx.UsersByRole(parley.RoleCreator)
	if err == nil && len(creators) == 1 && creators[0].ID == userID {
		err = parley.Errorf(parley.Conflict, "%s is the only creator: make somebody else creator first.", creators[0].Username)
	}
	return err
}

// account returns the person with this username or e-mail address.
func (a *App) account(ctx context.Context, name string) (account store.Account, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		var found bool
		account, found, err = s.AccountByName(name)
		if err == nil && !found {
			err = parley.Errorf(parley.NotFound, "There is nobody called %s.", name)
		}
		return err
	})
	return account, err
}
