package store

import (
	"slices"

	"parley"
)

// Session is one sign-in of one person on one device.
type Session struct {
	ID         int64
	PublicID   string // names the session to its owner; opens nothing
	UserID     int64
	UserAgent  string
	Address    string
	CreatedAt  parley.Time
	LastSeenAt parley.Time
	ExpiresAt  parley.Time
}

const sessionColumns = `s.id, s.public_id, s.user_id, s.user_agent, s.address, s.created_at, s.last_seen_at, s.expires_at`

func (s *Session) dest() []any {
	return []any{&s.ID, &s.PublicID, &s.UserID, &s.UserAgent, &s.Address, &s.CreatedAt, &s.LastSeenAt, &s.ExpiresAt}
}

func scanSession(row scanner) (s Session, err error) {
	err = row.Scan(s.dest()...)
	return s, err
}

// SessionByToken returns the session that a token opens, by the token's hash, and
// its user. A session that has expired is not found; one of a deactivated or
// suspended user is.
func (s *Snapshot) SessionByToken(hash []byte) (Session, parley.User, bool, error) {
	var u userRow
	session, found, err := one(s, func(row scanner) (session Session, err error) {
		err = row.Scan(append(session.dest(), u.dest()...)...)
		return session, err
	}, `SELECT `+sessionColumns+`, `+userColumns+` FROM sessions s JOIN users u ON u.id = s.user_id
		WHERE s.token_hash = $1 AND s.expires_at > $2`, hash, s.now)
	return session, u.result(s.now), found, err
}

// Sessions returns up to limit of a user's sessions that have not expired, the one used
// last first.
func (s *Snapshot) Sessions(userID int64, limit int) ([]Session, error) {
	return list(s, scanSession, `SELECT `+sessionColumns+` FROM sessions s
		WHERE s.user_id = $1 AND s.expires_at > $2 ORDER BY s.last_seen_at DESC, s.id DESC LIMIT $3`, userID, s.now, limit)
}

// SessionsOf returns the ids of the sessions of people, at least one and few, that have
// not expired, by user.
func (s *Snapshot) SessionsOf(userIDs []int64) (map[int64][]int64, error) {
	sessions := make(map[int64][]int64, len(userIDs))
	args := arguments{s.now}
	_, err := list(s, func(row scanner) (struct{}, error) {
		var id, user int64
		err := row.Scan(&id, &user)
		sessions[user] = append(sessions[user], id)
		return struct{}{}, err
	}, `SELECT id, user_id FROM sessions WHERE expires_at > $1 AND user_id IN `+in(&args, userIDs), args...)
	return sessions, err
}

// CreateSession adds a session that the token with this hash opens, and returns
// its id; s.ID is not read.
func (tx *Tx) CreateSession(s Session, tokenHash []byte) (int64, error) {
	return tx.insert(`INSERT INTO sessions (public_id, token_hash, user_id, user_agent, address, created_at, last_seen_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id`,
		s.PublicID, tokenHash, s.UserID, s.UserAgent, s.Address, s.CreatedAt, s.LastSeenAt, s.ExpiresAt)
}

// TouchSession notes that a session was used now and puts its end off, unless it
// was noted since the time given: of requests that come together, one writes.
func (tx *Tx) TouchSession(id int64, since, expires parley.Time) error {
	return tx.write(`UPDATE sessions SET last_seen_at = $2, expires_at = $3 WHERE id = $1 AND last_seen_at < $4`,
		id, tx.now, expires, since)
}

// DeleteSession ends a user's session and reports whether there was one.
func (tx *Tx) DeleteSession(userID int64, publicID string) (bool, error) {
	n, err := tx.exec(`DELETE FROM sessions WHERE public_id = $1 AND user_id = $2`, publicID, userID)
	return n == 1, err
}

// DeleteSessions ends all sessions of a user but one (0: none is spared) and
// returns how many those were.
func (tx *Tx) DeleteSessions(userID, except int64) (int64, error) {
	return tx.exec(`DELETE FROM sessions WHERE user_id = $1 AND id <> $2`, userID, except)
}

// ExpireSessions deletes the sessions that have expired and returns whose they
// were.
func (tx *Tx) ExpireSessions() ([]int64, error) {
	tx.wrote = true
	users, err := list(&tx.Snapshot, scalar[int64], `DELETE FROM sessions WHERE expires_at <= $1 RETURNING user_id`, tx.now)
	slices.Sort(users)
	return slices.Compact(users), err
}
