package store

import (
	"math"

	"parley"
)

// Why somebody does not hear of calls. Each reason has its own spells, which may
// overlap.
const (
	deafBySetting = "setting" // of all threads
	deafByMute    = "mute"
	deafByFollow  = "follow" // follows the thread without its mentions

	deafBySuspension = "suspension"
)

// forEver is the end of what has none yet.
const forEver = parley.Time(math.MaxInt64)

// deafen begins a spell, from now to a time, in which a user does not hear of calls
// in a thread (0: in all); one that lasts already ends.
func (tx *Tx) deafen(userID, threadID int64, reason string, until parley.Time) error {
	if err := tx.endDeafness(userID, threadID, reason); err != nil {
		return err
	}
	if until != forEver {
		until-- // at the end they hear again
	}
	return tx.write(`INSERT INTO deaf_spells (user_id, thread_id, reason, after, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, thread_id, reason, after) DO UPDATE SET until = excluded.until`, userID, threadID, reason, tx.now, until)
}

// endDeafness ends a spell now, if there is one.
func (tx *Tx) endDeafness(userID, threadID int64, reason string) error {
	return tx.write(`UPDATE deaf_spells SET until = $4 WHERE user_id = $1 AND thread_id = $2 AND reason = $3 AND until > $4`,
		userID, threadID, reason, tx.now)
}

// hearMentions begins or ends a spell of somebody who follows a thread, or does so
// no longer, unless it is so already.
func (tx *Tx) hearMentions(threadID, userID int64, hears bool) error {
	if hears {
		return tx.endDeafness(userID, threadID, deafByFollow)
	}
	return tx.write(`INSERT INTO deaf_spells (user_id, thread_id, reason, after, until)
		SELECT cast($1 AS BIGINT), cast($2 AS BIGINT), $3, cast($4 AS BIGINT), cast($5 AS BIGINT) WHERE NOT EXISTS (
			SELECT 1 FROM deaf_spells WHERE user_id = $1 AND thread_id = $2 AND reason = $3 AND until > $4)
		ON CONFLICT (user_id, thread_id, reason, after) DO UPDATE SET until = excluded.until`,
		userID, threadID, deafByFollow, tx.now, forEver)
}

// deafenNewFollower is hearMentions for somebody who begins to follow a thread
// without its mentions; who follows it already keeps what they wanted.
func (tx *Tx) deafenNewFollower(threadID, userID int64) error {
	_, follows, err := one(&tx.Snapshot, scalar[int64], `SELECT user_id FROM follows WHERE thread_id = $1 AND user_id = $2`, threadID, userID)
	if err != nil || follows {
		return err
	}
	return tx.hearMentions(threadID, userID, false)
}

// pruneBatchOfCalls is how many rows about calls that are no more go at a time.
const pruneBatchOfCalls = 500

// PruneCalls deletes one batch of what was kept for calls that are no more, and
// reports whether there may be more.
func (tx *Tx) PruneCalls() (more bool, err error) {
	for _, text := range []string{
		`DELETE FROM call_marks WHERE (user_id, call_id) IN (SELECT user_id, call_id FROM call_marks
			WHERE call_id < coalesce((SELECT min(id) FROM calls), $1) LIMIT $2)`,
		`DELETE FROM past_rights WHERE (user_id, until) IN (SELECT user_id, until FROM past_rights
			WHERE until < coalesce((SELECT created_at FROM calls ORDER BY id LIMIT 1), $1) LIMIT $2)`,
		`DELETE FROM deaf_spells WHERE (user_id, thread_id, reason, after) IN (SELECT user_id, thread_id, reason, after FROM deaf_spells
			WHERE until < coalesce((SELECT created_at FROM calls ORDER BY id LIMIT 1), $1) LIMIT $2)`,
	} {
		n, err := tx.exec(text, tx.now, pruneBatchOfCalls)
		if err != nil {
			return false, err
		}
		more = more || n == pruneBatchOfCalls
	}
	return more, nil
}
