package store

import (
	"math"
	"strings"

	"parley"
)

// UserFilter chooses people.
type UserFilter struct {
	Part   string      // of the name or the e-mail address, folded; empty: any
	Role   parley.Role // empty: any
	Before int64       // only ids before this one; 0: all
	Limit  int
}

func (f UserFilter) condition(args *arguments) string {
	where := ""
	if f.Part != "" {
		pattern := args.add("%" + escapeLike(f.Part) + "%")
		where += ` AND (u.username_fold LIKE ` + pattern + ` ESCAPE '\' OR u.email_fold LIKE ` + pattern + ` ESCAPE '\')`
	}
	if f.Role != "" {
		where += " AND u.role = " + args.add(f.Role)
	}
	return where
}

// Users returns people, those deactivated included, the newest account first.
func (s *Snapshot) Users(f UserFilter) ([]parley.User, error) {
	if f.Before <= 0 {
		f.Before = math.MaxInt64
	}
	args := arguments{f.Before}
	return list(s, s.scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id < $1`+f.condition(&args)+
		` ORDER BY u.id DESC LIMIT `+args.add(f.Limit), args...)
}

// CountUsersOf returns how many people a filter chooses, on all pages.
func (s *Snapshot) CountUsersOf(f UserFilter) (int64, error) {
	var args arguments
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM users u WHERE 1 = 1`+f.condition(&args), args...)
	return n, err
}

// escapeLike makes text match itself in a LIKE with the escape \.
func escapeLike(text string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text)
}

// SetEmail gives a person another e-mail address, or none. One that somebody has
// already is a parley.Conflict.
func (tx *Tx) SetEmail(id int64, email string) error {
	fold := parley.FoldName(email)
	_, taken, err := one(&tx.Snapshot, scalar[int64], `SELECT id FROM users WHERE email_fold = $1 AND id <> $2`, fold, id)
	if err != nil {
		return err
	}
	if taken {
		return parley.Errorf(parley.Conflict, "Another account has this e-mail address: use another one.")
	}
	return tx.write(`UPDATE users SET email = $2, email_fold = $3 WHERE id = $1`, id, null(email), null(fold))
}
