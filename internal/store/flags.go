package store

import (
	"database/sql"
	"math"

	"parley"
)

// NewFlag is a flag to be stored.
type NewFlag struct {
	MessageID int64
	UserID    int64
	Reason    parley.FlagReason
	Note      string
}

// AddFlag stores a flag and returns its id, 0 if that person has flagged that message
// before.
func (tx *Tx) AddFlag(f NewFlag) (int64, error) {
	return tx.insert(`INSERT INTO flags (message_id, user_id, reason, note, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT DO NOTHING RETURNING id`, f.MessageID, f.UserID, f.Reason, f.Note, tx.now)
}

// OpenFlagsBy returns how many open flags somebody has, those of messages that are
// gone left out.
func (s *Snapshot) OpenFlagsBy(userID int64) (int64, error) {
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM flags f JOIN messages m ON m.id = f.message_id AND m.deleted_at IS NULL
		WHERE f.user_id = cast($1 AS BIGINT) AND f.resolved_at IS NULL`, userID)
	return n, err
}

// OpenFlagsOf returns how many open flags a message has.
func (s *Snapshot) OpenFlagsOf(messageID int64) (int64, error) {
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM flags WHERE message_id = $1 AND resolved_at IS NULL`, messageID)
	return n, err
}

// Flag is a flag with the message that it is about.
type Flag struct {
	ID        int64
	Reason    parley.FlagReason
	Note      string
	By        parley.PersonRef
	CreatedAt parley.Time

	MessageID   int64
	ThreadID    int64
	ThreadTitle string
	Author      parley.Author
	Content     string // the first of it; empty: it is deleted
	WrittenAt   parley.Time
	Hidden      bool
	Deleted     bool
	Open        int64 // flags that the message has

	Action     parley.FlagAction // that resolved it; empty: it is open
	Answer     string
	ResolvedBy parley.PersonRef
	ResolvedAt parley.Time
}

// flagExcerpt is how much of a message the queue shows, in characters.
const flagExcerpt = "500"

const flagRows = `SELECT f.id, f.reason, f.note, by_user.id, by_user.display_name, f.created_at,
	m.id, t.id, t.title, CASE WHEN m.deleted_at IS NULL THEN substr(m.content, 1, ` + flagExcerpt + `) ELSE '' END,
	m.created_at, m.hidden_at IS NOT NULL, m.deleted_at IS NOT NULL,
	(SELECT count(*) FROM flags o WHERE o.message_id = m.id AND o.resolved_at IS NULL),
	f.action, f.answer, r.id, r.display_name, f.resolved_at,
	u.id, u.display_name, u.role, u.amount_cents, u.source
	FROM flags f
	JOIN messages m ON m.id = f.message_id
	JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
	JOIN users u ON u.id = m.user_id
	JOIN users by_user ON by_user.id = f.user_id
	LEFT JOIN users r ON r.id = f.resolved_by`

func scanFlagged(row scanner) (f Flag, err error) {
	var author author
	var resolver, resolvedAt sql.Null[int64]
	var resolverName sql.Null[string]
	err = row.Scan(append([]any{
		&f.ID, &f.Reason, &f.Note, &f.By.ID, &f.By.Username, &f.CreatedAt,
		&f.MessageID, &f.ThreadID, &f.ThreadTitle, &f.Content, &f.WrittenAt, &f.Hidden, &f.Deleted, &f.Open,
		&f.Action, &f.Answer, &resolver, &resolverName, &resolvedAt,
	}, author.columns()...)...)
	f.Author = author.shown()
	f.ResolvedBy = parley.PersonRef{ID: resolver.V, Username: resolverName.V}
	f.ResolvedAt = parley.Time(resolvedAt.V)
	return f, err
}

// Flags returns open flags of messages that are there, or resolved ones, before an id
// (0: the newest), newest first.
func (s *Snapshot) Flags(open bool, before int64, limit int) ([]Flag, error) {
	if before <= 0 {
		before = math.MaxInt64
	}
	where := ` WHERE f.id < $1 AND f.resolved_at IS NOT NULL`
	if open {
		where = ` WHERE f.id < $1 AND f.resolved_at IS NULL AND m.deleted_at IS NULL`
	}
	return list(s, scanFlagged, flagRows+where+` ORDER BY f.id DESC LIMIT $2`, before, limit)
}

// Flag returns a flag; false if there is none.
func (s *Snapshot) Flag(id int64) (Flag, bool, error) {
	return one(s, scanFlagged, flagRows+` WHERE f.id = cast($1 AS BIGINT)`, id)
}

// ResolveFlags notes what was done about all open flags of a message.
func (tx *Tx) ResolveFlags(messageID, byID int64, action parley.FlagAction, answer string) error {
	return tx.write(`UPDATE flags SET resolved_at = $2, resolved_by = $3, action = $4, answer = $5
		WHERE message_id = $1 AND resolved_at IS NULL`, messageID, tx.now, byID, action, answer)
}
