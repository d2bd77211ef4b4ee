package store

import (
	"cmp"
	"database/sql"
	"strings"

	"parley"
	"parley/internal/names"
)

// Account is a person with what only signing in needs to know of them.
type Account struct {
	parley.User
	PasswordHash string // empty: cannot sign in with a password
}

const userColumns = `u.id, u.username, u.display_name, u.email, u.role, u.amount_cents, u.tier_id, u.source, u.is_active, u.external_id, u.created_at,
	u.silenced_until, u.silence_reason, u.suspended_until, u.suspension_reason`

// userRow receives userColumns.
type userRow struct {
	user     parley.User
	email    sql.Null[string]
	tier     sql.Null[int64]
	active   int64
	external sql.Null[string]
}

func (r *userRow) dest() []any {
	u := &r.user
	return []any{
		&u.ID, &u.Username, &u.DisplayName, &r.email, &u.Role, &u.Membership.AmountCents, &r.tier, &u.Membership.Source, &r.active, &r.external, &u.CreatedAt,
		&u.Silence.Until, &u.Silence.Reason, &u.Suspension.Until, &u.Suspension.Reason,
	}
}

// result returns the person as of now.
func (r *userRow) result(now parley.Time) parley.User {
	r.user.Suspended = r.user.Suspension.Holds(now)
	r.user.Email, r.user.Membership.TierID, r.user.Active = r.email.V, r.tier.V, r.active == 1
	r.user.ExternalID = r.external.V
	return r.user
}

func (s *Snapshot) scanUser(row scanner) (parley.User, error) {
	var r userRow
	err := row.Scan(r.dest()...)
	return r.result(s.now), err
}

func (s *Snapshot) scanAccount(row scanner) (Account, error) {
	var r userRow
	var hash string
	err := row.Scan(append(r.dest(), &hash)...)
	return Account{User: r.result(s.now), PasswordHash: hash}, err
}

// User returns the person with an id.
func (s *Snapshot) User(id int64) (parley.User, bool, error) {
	return one(s, s.scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id = $1`+s.locking("FOR KEY SHARE"), id)
}

// UsersOf returns the people with some ids, at least one and few, by id.
func (s *Snapshot) UsersOf(ids []int64) (map[int64]parley.User, error) {
	var args arguments
	found, err := list(s, s.scanUser, `SELECT `+userColumns+` FROM users u WHERE u.id IN `+in(&args, ids), args...)
	users := make(map[int64]parley.User, len(found))
	for _, u := range found {
		users[u.ID] = u
	}
	return users, err
}

// Viewer returns what access decisions need to know of a person. A write decides
// by it, read in its own transaction: what the request's session told before may
// have changed since.
func (s *Snapshot) Viewer(id int64) (parley.Viewer, bool, error) {
	return one(s, func(row scanner) (v parley.Viewer, err error) {
		var active int64
		var suspension parley.Sanction
		err = row.Scan(&v.ID, &v.Role, &v.AmountCents, &active, &v.SilencedUntil, &suspension.Until)
		v.Active = active == 1 && !suspension.Holds(s.now)
		return v, err
	}, `SELECT id, role, amount_cents, is_active, silenced_until, suspended_until FROM users WHERE id = $1`+s.locking("FOR KEY SHARE"), id)
}

// AccountByName returns the person with this username or e-mail address, without
// regard to case. Usernames have no @, so that nobody can take the name of
// somebody's address.
func (s *Snapshot) AccountByName(name string) (Account, bool, error) {
	column := "username_fold"
	if strings.Contains(name, "@") {
		column = "email_fold"
	}
	return one(s, s.scanAccount, `SELECT `+userColumns+`, u.password_hash FROM users u WHERE u.`+column+` = $1`, parley.FoldName(name))
}

// UsersByRole returns the active people with a role, oldest account first.
func (s *Snapshot) UsersByRole(role parley.Role) ([]parley.User, error) {
	return list(s, s.scanUser, `SELECT `+userColumns+` FROM users u WHERE u.role = $1 AND u.is_active = 1 ORDER BY u.id`, role)
}

// CountUsers returns how many people there are, those deactivated included.
func (s *Snapshot) CountUsers() (int64, error) {
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM users`)
	return n, err
}

// CreateUser adds a person and returns their id; a.ID and a.CreatedAt are not
// read. A name or address that somebody has already is a parley.Conflict.
func (tx *Tx) CreateUser(a Account) (int64, error) {
	if like, err := tx.resemblesAlias(a.Username); err != nil || like {
		return 0, cmp.Or(err, error(usernameTaken(a.Username)))
	}
	email := strings.TrimSpace(a.Email)
	id, err := tx.insert(`INSERT INTO users
		(username, username_fold, username_skeleton, email, email_fold, password_hash, role, amount_cents, tier_id, source, is_active, external_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT DO NOTHING RETURNING id`,
		a.Username, parley.FoldName(a.Username), names.Skeleton(a.Username), null(email), null(parley.FoldName(email)), a.PasswordHash,
		a.Role, a.Membership.AmountCents, null(a.Membership.TierID), a.Membership.Source, flag(a.Active), null(a.ExternalID), tx.now)
	if err == nil && id == 0 {
		err = tx.taken(a.Username)
	}
	if err != nil {
		return id, err
	}
	return id, tx.countMember(id, 1)
}

func usernameTaken(username string) *parley.Error {
	return parley.Errorf(parley.Conflict, "The username %s is taken: choose another one.", username)
}

// taken says which of a new account's two unique values somebody has already.
func (s *Snapshot) taken(username string) error {
	_, found, err := s.AccountByName(username)
	switch {
	case err != nil:
		return err
	case found:
		return usernameTaken(username)
	default:
		return parley.Errorf(parley.Conflict, "There is an account with this e-mail address already: sign in, or use another address.")
	}
}

// SetRights changes what a person is and pays.
func (tx *Tx) SetRights(id int64, role parley.Role, m parley.Membership) error {
	return tx.changeRights(id, func() error {
		err := tx.write(`UPDATE users SET role = $2, amount_cents = $3, tier_id = $4, source = $5 WHERE id = $1`,
			id, role, m.AmountCents, null(m.TierID), m.Source)
		if err != nil || role != parley.RoleCreator {
			return err
		}
		// Nobody else could lift them.
		if err := tx.write(`UPDATE users SET silenced_until = 0, suspended_until = 0 WHERE id = $1`, id); err != nil {
			return err
		}
		return tx.endDeafness(id, 0, deafBySuspension)
	})
}

// SetSilence keeps a person from writing what others see; the zero value lets them.
func (tx *Tx) SetSilence(id int64, s parley.Sanction) error {
	return tx.setSanction(`UPDATE users SET silenced_until = $2, silence_reason = $3 WHERE id = $1`, id, s)
}

// SetSuspension keeps a person from coming in; the zero value lets them.
func (tx *Tx) SetSuspension(id int64, s parley.Sanction) error {
	if err := tx.setSanction(`UPDATE users SET suspended_until = $2, suspension_reason = $3 WHERE id = $1`, id, s); err != nil {
		return err
	}
	if s.Holds(tx.now) {
		return tx.deafen(id, 0, deafBySuspension, s.Until)
	}
	return tx.endDeafness(id, 0, deafBySuspension)
}

func (tx *Tx) setSanction(text string, id int64, s parley.Sanction) error {
	if err := tx.holdPerson(id); err != nil {
		return err
	}
	return tx.write(text, id, s.Until, s.Reason)
}

// SetActive deactivates a person or lets them in again.
func (tx *Tx) SetActive(id int64, active bool) error {
	return tx.changeRights(id, func() error {
		return tx.write(`UPDATE users SET is_active = $2 WHERE id = $1`, id, flag(active))
	})
}

// changeRights runs a change of a person's rights. What they were decides which
// calls reached them until now.
func (tx *Tx) changeRights(id int64, change func() error) error {
	if err := tx.holdPerson(id); err != nil {
		return err
	}
	err := tx.write(`INSERT INTO past_rights (user_id, until, role, amount_cents, is_active)
		SELECT id, cast($2 AS BIGINT), role, amount_cents, is_active FROM users WHERE id = $1 ON CONFLICT DO NOTHING`, id, tx.now)
	if err != nil {
		return err
	}
	if err := tx.countMember(id, -1); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	return tx.countMember(id, 1)
}

// countMember adds to the number of members like one, if they are active.
func (tx *Tx) countMember(id, n int64) error {
	return tx.write(`INSERT INTO member_counts (role, amount_cents, hears, members)
		SELECT u.role, u.amount_cents, coalesce(us.everyone_mentions, 1), cast($2 AS BIGINT)
		FROM users u LEFT JOIN user_settings us ON us.user_id = u.id WHERE u.id = cast($1 AS BIGINT) AND u.is_active = 1
		ON CONFLICT (role, amount_cents, hears) DO UPDATE SET members = member_counts.members + excluded.members`, id, n)
}

// SetPasswordHash gives a person another password.
func (tx *Tx) SetPasswordHash(id int64, hash string) error {
	return tx.write(`UPDATE users SET password_hash = $2 WHERE id = $1`, id, hash)
}

// ReplacePasswordHash exchanges a person's hash for another one of the same
// password, unless the password was changed meanwhile.
func (tx *Tx) ReplacePasswordHash(id int64, old, hash string) error {
	return tx.write(`UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2`, id, old, hash)
}
