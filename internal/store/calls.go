package store

import (
	"math"
	"slices"

	"parley"
)

// callsKept is how many calls are kept, the newest ones: what lists and counts of
// them cost is bounded by it.
const callsKept = 1000

const callRows = `SELECT c.id, c.sender_id, c.thread_id, c.message_id, c.created_at, c.called_in, c.is_private, c.min_tier_cents, c.last_member,
	a.is_private, a.min_tier_cents,
	CASE WHEN c.is_withdrawn = 0 AND m.deleted_at IS NULL AND t.deleted_at IS NULL THEN 1 ELSE 0 END, m.hidden_at IS NOT NULL
	FROM calls c
	JOIN messages m ON m.id = c.message_id
	JOIN threads t ON t.id = c.thread_id
	JOIN thread_access a ON a.thread_id = c.thread_id `

func scanCall(row scanner) (c parley.Call, err error) {
	err = row.Scan(&c.ID, &c.SenderID, &c.ThreadID, &c.MessageID, &c.At, &c.CalledIn, &c.Asked.Private, &c.Asked.MinTierCents, &c.LastMember,
		&c.Asks.Private, &c.Asks.MinTierCents, &c.Stood, &c.Hidden)
	return c, err
}

// Call returns a call; false if there is none, or none any more.
func (s *Snapshot) Call(id int64) (parley.Call, bool, error) {
	return one(s, scanCall, callRows+`WHERE c.id = cast($1 AS BIGINT)`, id)
}

// CallOf returns the call that a message makes; false if it makes none.
func (s *Snapshot) CallOf(messageID int64) (parley.Call, bool, error) {
	return one(s, scanCall, callRows+`WHERE c.message_id = cast($1 AS BIGINT)`, messageID)
}

// callsAfter returns the calls after an id and before another one (0: none), the
// newest first.
func (s *Snapshot) callsAfter(after, before int64, limit int) ([]parley.Call, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return list(s, scanCall, callRows+`WHERE c.id > $1 AND c.id < $2 ORDER BY c.id DESC LIMIT $3`, after, before, limit)
}

// AddCall stores that a message in t calls everyone, with its event, and forgets
// the oldest call if there are too many. A message calls once: one that calls
// again, after its mention was taken back, notifies those it notified then. late
// says that the message was there before. The transaction runs Alone.
func (tx *Tx) AddCall(t ThreadState, senderID, messageID int64, late bool) error {
	if late {
		n, err := tx.exec(`UPDATE calls SET is_withdrawn = 0, is_late = 1 WHERE message_id = $1`, messageID)
		if err != nil {
			return err
		}
		if n > 0 {
			tx.Append(parley.CallsChanged{ThreadID: t.ID})
			return nil
		}
	}
	if tx.dialect.countID != "" {
		if err := tx.write(tx.dialect.countID); err != nil {
			return err
		}
	}
	id, err := tx.insert(`INSERT INTO calls (id, sender_id, thread_id, message_id, called_in, is_private, min_tier_cents, last_member, is_late, created_at)
		VALUES (`+tx.dialect.nextID+`, $1, $2, $3, $2, $4, $5, (SELECT max(id) FROM users), $6, $7) RETURNING id`,
		senderID, t.ID, messageID, flag(t.Access.Private), t.Access.MinTierCents, flag(late), tx.now)
	if err != nil {
		return err
	}
	tx.Append(parley.Called{ThreadID: t.ID, CallID: id})
	return tx.write(`DELETE FROM calls WHERE id <= (SELECT id FROM calls ORDER BY id DESC LIMIT 1 OFFSET $1)`, callsKept)
}

// WithdrawCall takes back what a message called, if it did, with the event that says
// so.
func (tx *Tx) WithdrawCall(messageID int64) error {
	n, err := tx.exec(`UPDATE calls SET is_withdrawn = 1 WHERE message_id = $1 AND is_withdrawn = 0`, messageID)
	if err != nil || n == 0 {
		return err
	}
	return tx.tellCalls([]int64{messageID})
}

// tellCalls appends that the calls of messages changed.
func (tx *Tx) tellCalls(messageIDs []int64) error {
	threads, err := tx.threadsCalledIn("message_id", messageIDs)
	if err != nil || len(threads) == 0 {
		return err
	}
	doors, err := tx.AccessTo(threads)
	for _, id := range threads {
		access := doors[id]
		tx.Append(parley.CallsChanged{ThreadID: id, Access: &access})
	}
	return err
}

// CallsClosed appends the events that say so where messages call everyone in threads
// that go or are closed to some; they are given as they were.
func (tx *Tx) CallsClosed(before []ThreadState) error {
	if len(before) == 0 {
		return nil
	}
	closed := make(map[int64]*parley.Access, len(before))
	ids := make([]int64, len(before))
	for i, t := range before {
		ids[i], closed[t.ID] = t.ID, &t.Access
	}
	threads, err := tx.threadsCalledIn("thread_id", ids)
	for _, id := range threads {
		tx.Append(parley.CallsChanged{ThreadID: id, Access: closed[id]})
	}
	return err
}

// threadsCalledIn returns the threads of the calls which a column of these values has.
func (tx *Tx) threadsCalledIn(column string, values []int64) ([]int64, error) {
	var args arguments
	return list(&tx.Snapshot, scalar[int64], `SELECT DISTINCT thread_id FROM calls WHERE `+column+` IN `+in(&args, values), args...)
}

// readCalls marks those of the calls read that v sees and that are wanted, and
// returns how many v had not read.
//
// What v has read is one number and the exceptions from it. Whenever it changes it
// is moved up to the first call that v may still have to read, also one whose
// message is gone or closed to v for now, and the exceptions before go.
func (tx *Tx) readCalls(v parley.Viewer, wanted func(parley.Call) bool) (int64, error) {
	l, calls, err := tx.listen(v)
	if err != nil || len(calls) == 0 {
		return 0, err
	}
	upTo := calls[0].ID
	var read []int64
	for _, c := range slices.Backward(calls) { // the oldest first
		switch {
		case l.HasRead(c) || l.Marks[c.ID].Deleted || !l.Reached(c):
		case l.Sees(c) && wanted(c):
			read = append(read, c.ID)
		default:
			upTo = min(upTo, c.ID-1)
		}
	}
	if len(read) == 0 {
		return 0, nil
	}
	for _, id := range read {
		if id > upTo {
			if err := tx.markCall(v.ID, id, parley.CallMark{Read: true}); err != nil {
				return 0, err
			}
		}
	}
	return int64(len(read)), tx.readCallsUpTo(v.ID, upTo)
}

func (tx *Tx) readCallsUpTo(userID, upTo int64) error {
	err := tx.write(`INSERT INTO call_reads (user_id, up_to) VALUES ($1, $2)
		ON CONFLICT (user_id) DO UPDATE SET up_to = excluded.up_to WHERE excluded.up_to > call_reads.up_to`, userID, upTo)
	if err != nil {
		return err
	}
	return tx.write(`DELETE FROM call_marks WHERE user_id = $1 AND call_id <= $2 AND is_deleted = 0`, userID, upTo)
}

func (tx *Tx) markCall(userID, callID int64, mark parley.CallMark) error {
	return tx.write(`INSERT INTO call_marks (user_id, call_id, is_read, is_deleted) VALUES ($1, $2, $3, $4)
		ON CONFLICT (user_id, call_id) DO UPDATE SET is_read = excluded.is_read, is_deleted = excluded.is_deleted`,
		userID, callID, flag(mark.Read), flag(mark.Deleted))
}

// deleteCall hides a call from a user and reports whether there was one to hide.
func (tx *Tx) deleteCall(userID, id int64) (bool, error) {
	c, found, err := tx.Call(id)
	if err != nil || !found {
		return false, err
	}
	listeners, err := tx.listeners([]int64{userID}, id-1)
	if l := listeners[userID]; err != nil || l.Marks[id].Deleted || !l.Reached(c) {
		return false, err
	}
	return true, tx.markCall(userID, id, parley.CallMark{Read: true, Deleted: true})
}

// CountCalled returns how many members a call in t by a sender is for, those included
// whom its message has notified by itself. Members are counted when they change: to
// count 100,000 of them would cost a call many times what else it costs.
func (s *Snapshot) CountCalled(t ThreadState, senderID int64) (int64, error) {
	args := arguments{senderID, t.ID, s.now}
	meant := func(row string) string {
		condition := ` (` + row + `role <> ` + args.add(parley.RoleMember)
		if !t.Access.Private {
			condition += ` OR ` + row + `amount_cents >= ` + args.add(t.Access.MinTierCents)
		}
		return condition + `)`
	}
	n, _, err := one(s, scalar[int64], `SELECT cast(coalesce((SELECT sum(members) FROM member_counts WHERE hears = 1 AND`+meant("")+`), 0)
		- (SELECT count(*) FROM users u LEFT JOIN user_settings us ON us.user_id = u.id
			WHERE u.is_active = 1 AND coalesce(us.everyone_mentions, 1) = 1 AND`+meant("u.")+`
			AND u.id IN (SELECT cast($1 AS BIGINT)
				UNION SELECT user_id FROM deaf_spells WHERE thread_id = cast($2 AS BIGINT) AND after < $3 AND until >= $3
				UNION SELECT user_id FROM deaf_spells WHERE thread_id = 0 AND reason = 'suspension' AND after < $3 AND until >= $3)) AS BIGINT)`, args...)
	return n, err
}
