package store

import (
	"slices"
)

// Recount is a change of what somebody has not read. It is kept for the servers that
// have sockets of theirs: who makes the change may be unable to tell them.
type Recount struct {
	UserID   int64
	ThreadID int64 // that it was of; 0: of all
	Version  int64 // see CountVersion.Own, with the change
}

// Recount notes that some people's counts changed, of each of some threads (0: of
// all). It comes after what counts their versions up.
func (tx *Tx) Recount(userIDs []int64, threadIDs ...int64) error {
	for batch := range slices.Chunk(userIDs, 256) {
		for _, thread := range threadIDs {
			args := arguments{thread}
			err := tx.write(`INSERT INTO recounts (user_id, thread_id, version, changed)
				SELECT user_id, CAST($1 AS BIGINT), version, `+tx.dialect.here+` FROM count_versions WHERE user_id IN `+in(&args, batch)+` ORDER BY user_id
				ON CONFLICT (user_id, thread_id) DO UPDATE SET version = excluded.version, changed = excluded.changed`, args...)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// RecountsSince returns whose counts changed since the cursor was given out, and of
// what, and the cursor to go on from. Cursors are those of Since; some changes may be
// returned twice.
func (s *Snapshot) RecountsSince(cursor uint64) ([]Recount, uint64, error) {
	next, _, err := s.cursorAfter(cursor)
	if err != nil || cursor == 0 {
		return nil, next, err
	}
	changed, err := list(s, func(row scanner) (r Recount, err error) {
		err = row.Scan(&r.UserID, &r.ThreadID, &r.Version)
		return r, err
	}, `SELECT user_id, thread_id, version FROM recounts WHERE changed >= `+s.dialect.position, int64(cursor))
	return changed, next, err
}

// PruneRecounts deletes one batch of the changes before a cursor, and reports whether
// there may be more. Whoever follows has looked since.
func (tx *Tx) PruneRecounts(before uint64) (more bool, err error) {
	n, err := tx.exec(`DELETE FROM recounts WHERE (user_id, thread_id) IN (SELECT user_id, thread_id FROM recounts
		WHERE changed < `+tx.dialect.position+` LIMIT $2`+tx.locking("FOR UPDATE SKIP LOCKED")+`)`, int64(before), pruneBatch)
	return n == pruneBatch, err
}
