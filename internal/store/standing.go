package store

import (
	"time"

	"parley"
)

// ThreadsBy returns the threads that somebody started and v may see, the newest
// first.
func (s *Snapshot) ThreadsBy(v parley.Viewer, authorID int64, limit int) ([]parley.Thread, error) {
	args := arguments{v.ID, s.now}
	where := " WHERE t.deleted_at IS NULL AND t.user_id = " + args.id(authorID) + " AND " + accessible(&args, v)
	threads, err := list(s, threadScanner(v), threadRows(v)+where+" ORDER BY t.id DESC LIMIT "+args.add(limit), args...)
	if err != nil {
		return nil, err
	}
	return threads, s.addUnreadCalls(v, threads)
}

// MessagesBy returns the messages that somebody wrote and v may see, the newest
// first.
func (s *Snapshot) MessagesBy(v parley.Viewer, authorID int64, limit int) ([]parley.Message, error) {
	args := arguments{v.ID}
	where := " AND m.user_id = " + args.id(authorID) +
		" AND EXISTS (SELECT 1 FROM thread_access a WHERE a.thread_id = m.thread_id AND " + accessible(&args, v) + ")"
	return list(s, scanMessage, s.messageRows(v)+where+" ORDER BY m.id DESC LIMIT "+args.add(limit), args...)
}

// CountBy returns how many messages and threads somebody wrote and started that v
// may see.
func (s *Snapshot) CountBy(v parley.Viewer, authorID int64) (messages, threads int64, err error) {
	var args arguments
	text := `SELECT count(*) FROM messages m JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
		JOIN thread_access a ON a.thread_id = m.thread_id
		WHERE m.user_id = ` + args.id(authorID) + ` AND m.deleted_at IS NULL AND m.hidden_at IS NULL AND ` + accessible(&args, v)
	if messages, _, err = one(s, scalar[int64], text, args...); err != nil {
		return 0, 0, err
	}
	args = nil
	text = `SELECT count(*) FROM threads t JOIN thread_access a ON a.thread_id = t.id
		WHERE t.user_id = ` + args.id(authorID) + ` AND t.deleted_at IS NULL AND ` + accessible(&args, v)
	threads, _, err = one(s, scalar[int64], text, args...)
	return messages, threads, err
}

// ThreadTotals counts the threads that somebody may see, and what is in them.
type ThreadTotals struct {
	Main, Sub, Messages int64
}

// Totals counts the threads that v may see, and what is in them.
func (s *Snapshot) Totals(v parley.Viewer) (ThreadTotals, error) {
	var args arguments
	totals, _, err := one(s, func(row scanner) (t ThreadTotals, err error) {
		var all int64
		err = row.Scan(&all, &t.Sub, &t.Messages)
		t.Main = all - t.Sub
		return t, err
	}, `SELECT count(*), count(t.parent_thread_id), coalesce(sum(t.message_count), 0)
		FROM threads t JOIN thread_access a ON a.thread_id = t.id
		WHERE t.deleted_at IS NULL AND `+accessible(&args, v), args...)
	return totals, err
}

// CountSince returns how many messages that v may see were written within a
// duration.
func (s *Snapshot) CountSince(v parley.Viewer, d time.Duration) (int64, error) {
	args := arguments{s.now.Add(-d)}
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM messages m JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
		JOIN thread_access a ON a.thread_id = m.thread_id
		WHERE m.created_at > $1 AND m.deleted_at IS NULL AND m.hidden_at IS NULL AND `+accessible(&args, v), args...)
	return n, err
}

// Busiest is the thread with the most messages.
type Busiest struct {
	ID           int64
	Title        string
	MessageCount int64
}

// Busiest returns the thread that v may see with the most messages; false if there
// is none to see.
func (s *Snapshot) Busiest(v parley.Viewer) (Busiest, bool, error) {
	var args arguments
	return one(s, func(row scanner) (b Busiest, err error) {
		err = row.Scan(&b.ID, &b.Title, &b.MessageCount)
		return b, err
	}, `SELECT t.id, t.title, t.message_count FROM threads t JOIN thread_access a ON a.thread_id = t.id
		WHERE t.deleted_at IS NULL AND `+accessible(&args, v)+` ORDER BY t.message_count DESC, t.id DESC LIMIT 1`, args...)
}
