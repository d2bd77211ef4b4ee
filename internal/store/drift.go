package store

import (
	"fmt"
	"slices"

	"parley"
)

// Drift is a place where what is kept differs from what there is.
type Drift struct {
	Counter string // that drifted, see Counters
	Says    string // what differs, as a sentence

	id, other   int64
	kept, there int64
}

// Counter is something that is kept beside what it counts, or beside what it has to
// agree with.
type Counter struct {
	name   string
	walked string // the table whose ids are walked through; empty: looked at as a whole
	// find selects id, another id, what is kept and what there is, of rows whose id is
	// greater than $1 and at most $2.
	find string
	says string // with verbs for those four
	// fix sets right what find found, and appends the events that tell of it.
	fix func(*Tx, Drift) error
}

// Name is what the counter is called in metrics.
func (c Counter) Name() string { return c.name }

// Counters returns all there are.
func (s *Store) Counters() []Counter {
	return append(counters, s.engine.dialect().counters...)
}

var counters = []Counter{
	{ // first: what is counted of sub-threads goes by their parents
		name: "parent_thread", walked: "threads",
		find: `SELECT x.id, m.id, coalesce(x.parent_thread_id, 0), m.thread_id FROM threads x JOIN messages m ON m.id = x.parent_message_id
			WHERE x.id > $1 AND x.id <= $2 AND coalesce(x.parent_thread_id, 0) <> m.thread_id`,
		says: "thread %[1]d, which grew out of message %[2]d, says that it belongs to thread %[3]d, the message is in %[4]d",
		fix:  (*Tx).moveSubThread,
	},
	usedUploads, releasedUploads,
	keptOfThread("message_count", `(SELECT count(*) FROM messages m WHERE m.thread_id = x.id AND m.deleted_at IS NULL AND m.hidden_at IS NULL)`,
		"thread %[1]d says that it has %[3]d messages, there are %[4]d"),
	keptOfThread("follower_count", `(SELECT count(*) FROM follows f WHERE f.thread_id = x.id)`,
		"thread %[1]d says that it has %[3]d followers, there are %[4]d"),
	keptOfThread("last_message_at", `coalesce((SELECT m.created_at FROM messages m
		WHERE m.thread_id = x.id AND m.deleted_at IS NULL AND m.hidden_at IS NULL ORDER BY m.id DESC LIMIT 1), x.last_message_at)`,
		"thread %[1]d says that its newest message is of %[3]d (microseconds since 1970), it is of %[4]d"),
	keptOfThread("first_message_id", `CASE WHEN EXISTS (SELECT 1 FROM messages m WHERE m.id = x.first_message_id AND m.thread_id = x.id)
		THEN x.first_message_id ELSE coalesce((SELECT min(m.id) FROM messages m WHERE m.thread_id = x.id), 0) END`,
		"thread %[1]d says that it begins with message %[3]d, it begins with %[4]d"),
	// A deleted message's replies are deleted with it, and come back with it.
	keptOfMessage("reply_count", ` AND x.deleted_at IS NULL`,
		`(SELECT count(*) FROM messages r WHERE r.reply_to_id = x.id AND r.deleted_at IS NULL AND r.hidden_at IS NULL)`,
		"message %[1]d says that it has %[3]d replies, there are %[4]d"),
	keptOfMessage("like_count", ``, `(SELECT count(*) FROM likes l WHERE l.message_id = x.id)`,
		"message %[1]d says that %[3]d like it, %[4]d do"),
	keptOfMessage("spawned_thread_count", ``, `(SELECT count(*) FROM threads t JOIN threads p ON p.id = t.parent_thread_id
		WHERE t.parent_message_id = x.id AND t.deleted_at IS NULL AND t.is_private <= p.is_private AND t.min_tier_cents <= p.min_tier_cents)`,
		"message %[1]d says that %[3]d threads grew out of it, %[4]d did"),
	{
		name: "member_counts",
		find: `SELECT 0, amount_cents, cast(sum(kept) AS BIGINT), cast(sum(members) AS BIGINT) FROM (
			SELECT role, amount_cents, hears, members AS kept, 0 AS members FROM member_counts
			UNION ALL SELECT u.role, u.amount_cents, coalesce(s.everyone_mentions, 1), 0, 1
			FROM users u LEFT JOIN user_settings s ON s.user_id = u.id WHERE u.is_active = 1) AS x
			WHERE cast($1 AS BIGINT) < cast($2 AS BIGINT) GROUP BY role, amount_cents, hears HAVING sum(kept) <> sum(members)`,
		says: "%[3]d members who pay %[2]d cents a month are counted, there are %[4]d",
		fix:  (*Tx).recountMembers,
	},
	{
		name: "thread_tree", walked: "threads",
		find: `SELECT x.id, p.id, 0, 0 FROM threads x JOIN threads p ON p.id = x.parent_thread_id
			WHERE x.id > $1 AND x.id <= $2 AND x.deleted_at IS NULL AND p.deleted_at IS NOT NULL`,
		says: "sub-thread %[1]d is there, the thread %[2]d that it belongs to is deleted",
		fix:  (*Tx).deleteStray,
	},
	{
		name: "notification_thread", walked: "notifications",
		find: `SELECT x.id, m.id, x.thread_id, m.thread_id FROM notifications x JOIN messages m ON m.id = x.message_id
			WHERE x.id > $1 AND x.id <= $2 AND x.thread_id <> m.thread_id`,
		says: "notification %[1]d of message %[2]d is counted in thread %[3]d, the message is in %[4]d",
		fix:  (*Tx).moveNotification,
	},
	{
		name: "call_thread", walked: "calls",
		find: `SELECT x.id, m.id, x.thread_id, m.thread_id FROM calls x JOIN messages m ON m.id = x.message_id
			WHERE x.id > $1 AND x.id <= $2 AND x.thread_id <> m.thread_id`,
		says: "the mention of everyone %[1]d, of message %[2]d, is counted in thread %[3]d, the message is in %[4]d",
		fix:  (*Tx).moveCall,
	},
	{
		name: "call_marks", walked: "users",
		find: `SELECT r.user_id, min(x.call_id), r.up_to, count(*) FROM call_reads r JOIN call_marks x ON x.user_id = r.user_id
			WHERE r.user_id > $1 AND r.user_id <= $2 AND x.call_id <= r.up_to AND x.is_deleted = 0 GROUP BY r.user_id, r.up_to`,
		says: "member %[1]d has read all mentions of everyone up to %[3]d, and %[4]d of them once more, from %[2]d on",
		fix: func(tx *Tx, d Drift) error {
			if err := tx.inTurn(d.id); err != nil {
				return err
			}
			err := tx.write(`DELETE FROM call_marks WHERE user_id = $1 AND is_deleted = 0
				AND call_id <= (SELECT up_to FROM call_reads WHERE user_id = $1)`, d.id)
			if err != nil {
				return err
			}
			return tx.bumpCountVersion(d.id)
		},
	},
	{
		name: "count_versions", walked: "users",
		find: `SELECT x.id, 0, 0, 0 FROM users x WHERE x.id > $1 AND x.id <= $2
			AND EXISTS (SELECT 1 FROM notifications n WHERE n.user_id = x.id) AND NOT EXISTS (SELECT 1 FROM count_versions v WHERE v.user_id = x.id)`,
		says: "member %[1]d has notifications, their counts have no version",
		fix:  func(tx *Tx, d Drift) error { return tx.bumpCountVersion(d.id) },
	},
	{
		name: "read_positions", walked: "users",
		find: `SELECT x.user_id, x.thread_id, x.message_id, (SELECT coalesce(max(id), 0) FROM messages) FROM read_positions x
			WHERE x.user_id > $1 AND x.user_id <= $2 AND x.message_id > (SELECT coalesce(max(id), 0) FROM messages)`,
		says: "member %[1]d has read thread %[2]d up to message %[3]d, the newest there is is %[4]d",
		fix: func(tx *Tx, d Drift) error {
			return tx.write(`UPDATE read_positions SET message_id = (SELECT coalesce(max(id), 0) FROM messages) WHERE user_id = $1 AND thread_id = $2`, d.id, d.other)
		},
	},
	keptSpell("deaf_by_setting", `SELECT user_id, 0 AS thread_id FROM user_settings WHERE everyone_mentions = 0 AND user_id > $1 AND user_id <= $2`, deafBySetting),
	keptSpell("deaf_by_follow", `SELECT user_id, thread_id FROM follows WHERE mention = 0 AND user_id > $1 AND user_id <= $2`, deafByFollow),
}

// keptOfThread is a column of threads that an expression over thread x gives anew.
func keptOfThread(column, expression, says string) Counter {
	return Counter{
		name: column, walked: "threads", says: says, find: findKept("threads", column, "", expression),
		fix: func(tx *Tx, d Drift) error {
			if err := tx.holdThread(d.id); err != nil {
				return err
			}
			if err := tx.write(`UPDATE threads AS x SET `+column+` = `+expression+` WHERE x.id = $1`, d.id); err != nil {
				return err
			}
			return tx.tellThread(d.id)
		},
	}
}

// keptOfMessage is the same of messages, of those that a condition chooses.
func keptOfMessage(column, condition, expression, says string) Counter {
	return Counter{
		name: column, walked: "messages", says: says, find: findKept("messages", column, condition, expression),
		fix: func(tx *Tx, d Drift) error {
			thread, _, err := one(&tx.Snapshot, scalar[int64], `SELECT thread_id FROM messages WHERE id = $1`, d.id)
			if err != nil {
				return err
			}
			if err := tx.holdThread(thread); err != nil {
				return err
			}
			if err := tx.write(`UPDATE messages AS x SET `+column+` = `+expression+` WHERE x.id = $1`, d.id); err != nil {
				return err
			}
			return tx.tellThread(thread)
		},
	}
}

func findKept(table, column, condition, expression string) string {
	return `SELECT id, 0, kept, counted FROM (SELECT x.id AS id, coalesce(x.` + column + `, 0) AS kept, ` + expression + ` AS counted
		FROM ` + table + ` x WHERE x.id > $1 AND x.id <= $2` + condition + `) AS looked WHERE kept <> counted ORDER BY id`
}

// tellThread appends that clients fetch a thread anew.
func (tx *Tx) tellThread(id int64) error {
	t, found, err := tx.ThreadState(id)
	if found {
		tx.Append(parley.ThreadsChanged{ThreadIDs: []int64{id}, Access: t.Access})
	}
	return err
}

// keptSpell is a lasting spell of deafness that people and threads have, as wanted
// selects them, and nobody else.
func keptSpell(name, wanted, reason string) Counter {
	lasting := fmt.Sprintf(`SELECT user_id, thread_id FROM deaf_spells WHERE reason = '%s' AND until = %d AND user_id > $1 AND user_id <= $2`, reason, int64(forEver))
	return Counter{
		name: name, walked: "users",
		find: `SELECT user_id, thread_id, min(kept), max(wanted) FROM (
			SELECT user_id, thread_id, 0 AS kept, 1 AS wanted FROM (` + wanted + `) AS w
			UNION ALL SELECT user_id, thread_id, 1, 0 FROM (` + lasting + `) AS l) AS x
			GROUP BY user_id, thread_id HAVING count(*) = 1`,
		says: "whether mentions of everyone in thread %[2]d (0: in all) are kept from member %[1]d is noted as %[3]d, and should be %[4]d",
		fix: func(tx *Tx, d Drift) error {
			if err := tx.inTurn(d.id); err != nil {
				return err
			}
			args := arguments{d.id - 1, d.id, d.other}
			_, deaf, err := one(&tx.Snapshot, scalar[int64], `SELECT user_id FROM (`+wanted+`) AS w WHERE thread_id = cast($3 AS BIGINT)`, args...)
			if err != nil {
				return err
			}
			if deaf {
				return tx.deafen(d.id, d.other, reason, forEver)
			}
			return tx.endDeafness(d.id, d.other, reason)
		},
	}
}

func (tx *Tx) recountMembers(Drift) error {
	if err := tx.Alone(); err != nil {
		return err
	}
	if err := tx.write(`DELETE FROM member_counts`); err != nil {
		return err
	}
	return tx.write(`INSERT INTO member_counts (role, amount_cents, hears, members)
		SELECT u.role, u.amount_cents, coalesce(s.everyone_mentions, 1), count(*)
		FROM users u LEFT JOIN user_settings s ON s.user_id = u.id WHERE u.is_active = 1 GROUP BY 1, 2, 3`)
}

// moveSubThread has a thread belong to the one that the message is in which it grew out
// of: it is no more open than that.
func (tx *Tx) moveSubThread(d Drift) error {
	threads := []int64{d.id, d.kept, d.there}
	slices.Sort(threads) // locked in the order of their ids
	for _, id := range threads {
		if err := tx.HoldThread(id); err != nil {
			return err
		}
	}
	old, found, err := tx.ThreadState(d.id)
	if err != nil {
		return err
	}
	err = tx.write(`UPDATE threads SET parent_thread_id = (SELECT m.thread_id FROM messages m WHERE m.id = threads.parent_message_id) WHERE id = $1`, d.id)
	if err != nil || !found {
		return err
	}
	now, _, err := tx.ThreadState(d.id)
	if err != nil {
		return err
	}
	tx.Append(parley.ThreadsChanged{ThreadIDs: []int64{d.id}, Access: old.Access.Or(now.Access)})
	if now.Access != old.Access {
		// With the rights change what is counted for whom.
		tx.Append(parley.ThreadUpdated{ThreadID: d.id}, parley.ThreadRightsChanged{ThreadID: d.id}, parley.CallsChanged{ThreadID: d.id})
	}
	return tx.CountSpawned(now.ParentMessageID)
}

// deleteStray deletes a sub-thread that its parent left behind.
func (tx *Tx) deleteStray(d Drift) error {
	t, found, err := tx.ThreadState(d.id)
	if err != nil || !found {
		return err
	}
	tx.Append(parley.ThreadClosed{ThreadID: t.ID}, parley.ThreadDeleted{ThreadID: t.ID, Access: t.Access})
	return tx.DeleteThread(t)
}

func (tx *Tx) moveNotification(d Drift) error {
	user, _, err := one(&tx.Snapshot, scalar[int64], `SELECT user_id FROM notifications WHERE id = $1`, d.id)
	if err != nil {
		return err
	}
	if err := tx.inTurn(user); err != nil {
		return err
	}
	err = tx.write(`UPDATE notifications SET thread_id = (SELECT thread_id FROM messages m WHERE m.id = notifications.message_id) WHERE id = $1`, d.id)
	if err != nil {
		return err
	}
	// Whoever follows the log tells everybody what they have not read: this user, too.
	tx.Append(parley.CallsChanged{ThreadID: d.there})
	return tx.bumpCountVersion(user)
}

func (tx *Tx) moveCall(d Drift) error {
	tx.Append(parley.CallsChanged{ThreadID: d.there})
	return tx.write(`UPDATE calls SET thread_id = (SELECT thread_id FROM messages m WHERE m.id = calls.message_id) WHERE id = $1`, d.id)
}
