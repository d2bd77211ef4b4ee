package store

import (
	"database/sql"
	"encoding/json"

	"parley"
)

// everyoneSettings is where the settings stand in meta.
const everyoneSettings = "everyone.settings"

// EveryoneSettings reads how members of the team may mention everyone.
func (s *Snapshot) EveryoneSettings() (parley.EveryoneSettings, error) {
	settings := parley.DefaultEveryoneSettings()
	text, found, err := s.meta(everyoneSettings)
	if err != nil || !found {
		return settings, err
	}
	return settings, json.Unmarshal([]byte(text), &settings)
}

// SetEveryoneSettings stores them. A transaction that changes what it read runs
// Alone.
func (tx *Tx) SetEveryoneSettings(settings parley.EveryoneSettings) error {
	text, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	return tx.setMeta(everyoneSettings, string(text))
}

// NthEveryoneUse returns when somebody mentioned everyone for the n-th last time (1: the
// last) since a time, uses that wait included; 0 if that was never. Asked of both tables
// together, PostgreSQL merges their indexes and stops at the n-th.
func (s *Snapshot) NthEveryoneUse(userID, n int64, since parley.Time) (parley.Time, error) {
	at, _, err := one(s, scalar[parley.Time], `SELECT at FROM (
		SELECT user_id, created_at AS at FROM everyone_uses
		UNION ALL SELECT user_id, created_at FROM everyone_pending) AS uses
		WHERE user_id = $1 AND at > $2 ORDER BY at DESC LIMIT 1 OFFSET $3`, userID, since, n-1)
	return at, err
}

// LastEveryoneUse returns when anybody mentioned everyone last; 0: never.
func (s *Snapshot) LastEveryoneUse() (parley.Time, error) {
	at, _, err := one(s, scalar[parley.Time], `SELECT coalesce(max(created_at), 0) FROM everyone_uses`)
	return at, err
}

// UseEveryone notes that a message mentions everyone, of whom it notifies so many.
func (tx *Tx) UseEveryone(userID, threadID, messageID, notifications int64) error {
	return tx.write(`INSERT INTO everyone_uses (user_id, thread_id, message_id, notifications, created_at) VALUES ($1, $2, $3, $4, $5)`,
		userID, threadID, messageID, notifications, tx.now)
}

// PruneEveryoneUses deletes what neither limits nor statistics look at any more.
func (tx *Tx) PruneEveryoneUses(before parley.Time) error {
	return tx.write(`DELETE FROM everyone_uses WHERE created_at < $1`, before)
}

// AwaitApproval notes that a message's mention of everyone waits for a creator.
func (tx *Tx) AwaitApproval(userID, messageID int64) error {
	return tx.write(`INSERT INTO everyone_pending (user_id, message_id, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		userID, messageID, tx.now)
}

// Pending is a mention of everyone that waits for a creator.
type Pending struct {
	ID          int64
	MessageID   int64
	ThreadID    int64
	ThreadTitle string
	Author      parley.Author
	Content     string // of the message
	CreatedAt   parley.Time
}

const pendingRows = `SELECT p.id, m.id, t.id, t.title, substr(m.content, 1, 100), p.created_at,
	u.id, u.display_name, u.role, u.amount_cents, u.source
	FROM everyone_pending p
	JOIN messages m ON m.id = p.message_id AND m.deleted_at IS NULL
	JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
	JOIN users u ON u.id = p.user_id `

func scanPending(row scanner) (p Pending, err error) {
	var by author
	err = row.Scan(append([]any{&p.ID, &p.MessageID, &p.ThreadID, &p.ThreadTitle, &p.Content, &p.CreatedAt}, by.columns()...)...)
	p.Author = by.shown()
	return p, err
}

// PendingApprovals returns mentions of everyone that wait, the oldest first, after
// an id.
func (s *Snapshot) PendingApprovals(after int64, limit int) ([]Pending, error) {
	return list(s, scanPending, pendingRows+`WHERE p.id > $1 ORDER BY p.id LIMIT $2`, after, limit)
}

// PendingApproval returns one of them; false if there is none, or its message is
// gone.
func (s *Snapshot) PendingApproval(id int64) (Pending, bool, error) {
	return one(s, scanPending, pendingRows+`WHERE p.id = cast($1 AS BIGINT)`, id)
}

// SettlePending ends a wait and reports whether there was one.
func (tx *Tx) SettlePending(id int64) (bool, error) {
	n, err := tx.exec(`DELETE FROM everyone_pending WHERE id = $1`, id)
	return n == 1, err
}

// Restrict keeps somebody from mentioning everyone, or limits how often they do.
func (tx *Tx) Restrict(r parley.EveryoneRestriction) error {
	return tx.write(`INSERT INTO everyone_restrictions (user_id, reason, until, rate_limit, restricted_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (user_id) DO UPDATE
		SET reason = excluded.reason, until = excluded.until, rate_limit = excluded.rate_limit,
			restricted_by = excluded.restricted_by, created_at = excluded.created_at, violations = 0`,
		r.UserID, r.Reason, r.Until, r.RateLimit, r.By, tx.now)
}

// Unrestrict ends a restriction.
func (tx *Tx) Unrestrict(userID int64) error {
	return tx.write(`DELETE FROM everyone_restrictions WHERE user_id = $1`, userID)
}

// NoteViolation counts a use that a restriction refused.
func (tx *Tx) NoteViolation(userID int64) error {
	return tx.write(`UPDATE everyone_restrictions SET violations = violations + 1 WHERE user_id = $1`, userID)
}

const restrictionRows = `SELECT user_id, reason, until, rate_limit, violations, restricted_by FROM everyone_restrictions `

func scanRestriction(row scanner) (r parley.EveryoneRestriction, err error) {
	var until sql.Null[parley.Time]
	var limit sql.Null[int64]
	err = row.Scan(&r.UserID, &r.Reason, &until, &limit, &r.Violations, &r.By)
	r.Until, r.RateLimit = pointer(until), pointer(limit)
	return r, err
}

// Restriction returns the restriction of somebody that is in force now; nil if
// none is.
func (s *Snapshot) Restriction(userID int64) (*parley.EveryoneRestriction, error) {
	r, found, err := one(s, scanRestriction, restrictionRows+`WHERE user_id = $1 AND (until IS NULL OR until > $2)`, userID, s.now)
	if err != nil || !found {
		return nil, err
	}
	return &r, nil
}

// Restrictions returns all that are in force now, by the ids of the people.
func (s *Snapshot) Restrictions(limit int) ([]parley.EveryoneRestriction, error) {
	return list(s, scanRestriction, restrictionRows+`WHERE until IS NULL OR until > $1 ORDER BY user_id LIMIT $2`, s.now, limit)
}

// UserUses is how somebody mentioned everyone.
type UserUses struct {
	UserID        int64
	Username      string // display name
	Uses          int64
	Last          parley.Time
	Notifications int64
}

// UsesByUser returns who mentioned everyone since a time, the most frequent first.
func (s *Snapshot) UsesByUser(since parley.Time, limit int) ([]UserUses, error) {
	return list(s, func(row scanner) (u UserUses, err error) {
		err = row.Scan(&u.UserID, &u.Username, &u.Uses, &u.Last, &u.Notifications)
		return u, err
	}, `SELECT u.id, u.display_name, count(*) AS uses, max(e.created_at), cast(sum(e.notifications) AS BIGINT)
		FROM everyone_uses e JOIN users u ON u.id = e.user_id
		WHERE e.created_at > $1 GROUP BY u.id, u.display_name ORDER BY uses DESC, u.id LIMIT $2`, since, limit)
}

// DayUses is how everyone was mentioned on one day.
type DayUses struct {
	Day           int64 // since the epoch, UTC
	Uses          int64
	Notifications int64
}

// UsesByDay returns the days since a time on which everyone was mentioned, the
// first one first.
func (s *Snapshot) UsesByDay(since parley.Time) ([]DayUses, error) {
	return list(s, func(row scanner) (d DayUses, err error) {
		err = row.Scan(&d.Day, &d.Uses, &d.Notifications)
		return d, err
	}, `SELECT e.created_at / 86400000000 AS day, count(*), cast(sum(e.notifications) AS BIGINT)
		FROM everyone_uses e WHERE e.created_at > $1 GROUP BY day ORDER BY day`, since)
}
