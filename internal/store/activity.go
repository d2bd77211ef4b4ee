package store

import "parley"

// Activity is what a thread has become by messages that came or went, and who may
// know.
type Activity struct {
	parley.ThreadActivity
	Access parley.Access
}

// ActivitySince returns the threads that messages came to or went from since the
// cursor was given out, as they are now, and the cursor to go on from. Cursors are
// those of Since.
func (s *Snapshot) ActivitySince(cursor uint64) ([]Activity, uint64, error) {
	next, more, err := s.cursorAfter(cursor)
	if err != nil || !more {
		return nil, next, err
	}
	active, err := list(s, scanActivity, `SELECT t.id, t.message_count, t.last_message_at, a.is_private, a.min_tier_cents
		FROM threads t JOIN thread_access a ON a.thread_id = t.id
		WHERE t.deleted_at IS NULL AND t.id IN
			(SELECT CAST(substr(channel, 2) AS BIGINT) FROM events WHERE `+s.dialect.since+` AND kind IN ($2, $3, $4))`,
		int64(cursor), parley.MessagePosted{}.Kind(), parley.MessagesDeleted{}.Kind(), parley.MessagesRestored{}.Kind())
	return active, next, err
}

func scanActivity(row scanner) (a Activity, err error) {
	err = row.Scan(&a.ThreadID, &a.MessageCount, &a.LastMessageAt, &a.Access.Private, &a.Access.MinTierCents)
	return a, err
}
