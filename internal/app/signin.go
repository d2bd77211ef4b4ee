package app

import (
	"context"
	"strings"

	"parley"
	"parley/internal/auth"
	"parley/internal/store"
)

// SignIn is a session that was opened just now, with the token that opens it.
// The token is shown to its owner once and kept nowhere.
type SignIn struct {
	Token string
	Principal
}

// errWrongLogin tells a wrong name and a wrong password alike, so that nobody
// learns which names there are.
var errWrongLogin = parley.Errorf(parley.Unauthenticated, "The name or the password is wrong.")

// Login signs somebody in by username or e-mail address. Failures are limited
// for the address they come from and for the account they try.
func (a *App) Login(ctx context.Context, name, password string, c Client) (SignIn, error) {
	account, err := a.verified(ctx, name, password, c)
	if err != nil {
		return SignIn{}, err
	}
	return a.signIn(ctx, c, func(tx *store.Tx) (parley.User, error) { return stillActive(tx, account.ID) })
}

// verified returns the account with this name if the password is its own.
func (a *App) verified(ctx context.Context, name, password string, c Client) (store.Account, error) {
	attempt, err := a.attempts.Begin(ctx, c.Address, parley.FoldName(name))
	if err != nil {
		return store.Account{}, err
	}
	account, right, err := a.compare(ctx, name, password)
	if err != nil || right {
		// What came to no comparison was no guess: while the database is away, people who
		// try again must not be shut out for it.
		attempt.Forget(context.WithoutCancel(ctx))
	}
	switch {
	case err != nil:
		return account, err
	case !right:
		return account, errWrongLogin
	}
	a.renewHash(ctx, account, password)
	return account, nil
}

// compare returns the account with this name, and whether the password is its own.
// Without an account the hash is empty, and checked as slowly as any.
func (a *App) compare(ctx context.Context, name, password string) (account store.Account, right bool, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		account, _, err = s.AccountByName(name)
		return err
	})
	if err == nil {
		right, err = a.passwords.Verify(ctx, account.PasswordHash, password)
	}
	return account, right, err
}

// renewHash hashes a password anew whose hash is weaker than today's, now that
// it is known. Signing in does not depend on it.
func (a *App) renewHash(ctx context.Context, account store.Account, password string) {
	if !a.passwords.NeedsRehash(account.PasswordHash) {
		return
	}
	hash, err := a.passwords.Hash(ctx, password)
	if err == nil {
		err = a.update(ctx, func(tx *store.Tx) error {
			return tx.ReplacePasswordHash(account.ID, account.PasswordHash, hash)
		})
	}
	if err != nil {
		a.warn(ctx, err, "a password was not hashed anew", "user", account.ID)
	}
}

// stillActive returns a user who may sign in.
func stillActive(tx *store.Tx, id int64) (parley.User, error) {
	user, found, err := tx.User(id)
	switch {
	case err != nil:
		return user, err
	case !found || !user.Active:
		return user, parley.Errorf(parley.Forbidden, "This account is deactivated: ask the community's team.")
	case user.Suspended:
		return user, parley.Errorf(parley.Forbidden, "This account is suspended %s: %s", user.Suspension.Term(), user.Suspension.Reason)
	default:
		return user, nil
	}
}

// signIn opens a session for the user that who returns, in its transaction.
func (a *App) signIn(ctx context.Context, c Client, who func(*store.Tx) (parley.User, error)) (SignIn, error) {
	in := SignIn{Token: auth.NewToken()}
	publicID := auth.NewPublicID()
	err := a.update(ctx, func(tx *store.Tx) (err error) {
		if in.User, err = who(tx); err != nil {
			return err
		}
		in.Session = store.Session{
			PublicID: publicID, UserID: in.User.ID, UserAgent: shown(c.UserAgent), Address: c.Address,
			CreatedAt: tx.Now(), LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(sessionLifetime),
		}
		in.Session.ID, err = tx.CreateSession(in.Session, auth.HashToken(in.Token))
		return err
	})
	return in, err
}

// maxUserAgent is how much is kept of what a browser calls itself, in characters.
const maxUserAgent = 200

// shown makes a header fit to be stored and shown.
func shown(userAgent string) string {
	return parley.Excerpt(strings.ReplaceAll(strings.ToValidUTF8(userAgent, ""), "\x00", ""), maxUserAgent)
}
