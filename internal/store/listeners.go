package store

import (
	"math"
	"slices"

	"parley"
)

// Listeners returns, by id, what decides which of the calls after an id reach some
// people. Ids of nobody are passed over.
func (s *Snapshot) Listeners(userIDs []int64, after int64) (map[int64]parley.Listener, error) {
	all := make(map[int64]parley.Listener, len(userIDs))
	for batch := range slices.Chunk(userIDs, 256) {
		some, err := s.listeners(batch, after)
		if err != nil {
			return nil, err
		}
		for id, l := range some {
			all[id] = *l
		}
	}
	return all, nil
}

// listeners is Listeners for so few that one statement names them all. What is read
// of them travels together.
func (s *Snapshot) listeners(userIDs []int64, after int64) (map[int64]*parley.Listener, error) {
	found := make(map[int64]*parley.Listener, len(userIDs))
	of := func(id int64) *parley.Listener {
		if found[id] == nil {
			found[id] = &parley.Listener{Marks: map[int64]parley.CallMark{}, Notified: map[int64]bool{}}
		}
		return found[id]
	}
	var args arguments
	among := in(&args, userIDs)
	all := slices.Clip(args)
	here := slices.Clip(args)
	active := s.active(&here, "u.")
	late := "SELECT message_id FROM calls WHERE is_late = 1 AND id > " + args.add(after)
	for _, part := range []struct {
		text string
		args []any
		row  func(scanner) error
	}{
		{`SELECT u.id, u.role, u.amount_cents, CASE WHEN ` + active + ` THEN 1 ELSE 0 END, coalesce(r.up_to, 0)
			FROM users u LEFT JOIN call_reads r ON r.user_id = u.id WHERE u.id IN ` + among, here, func(row scanner) error {
			var v parley.Viewer
			var upTo int64
			err := row.Scan(&v.ID, &v.Role, &v.AmountCents, &v.Active, &upTo)
			l := of(v.ID)
			l.Viewer, l.ReadUpTo = v, upTo
			return err
		}},
		{`SELECT user_id, until, role, amount_cents, is_active FROM past_rights WHERE user_id IN ` + among + ` ORDER BY user_id, until`, all, func(row scanner) error {
			var p parley.PastRights
			err := row.Scan(&p.Viewer.ID, &p.Until, &p.Viewer.Role, &p.Viewer.AmountCents, &p.Viewer.Active)
			l := of(p.Viewer.ID)
			l.Past = append(l.Past, p)
			return err
		}},
		{`SELECT user_id, thread_id, after, until FROM deaf_spells WHERE user_id IN ` + among, all, func(row scanner) error {
			var id int64
			var spell parley.DeafSpell
			err := row.Scan(&id, &spell.ThreadID, &spell.After, &spell.Until)
			l := of(id)
			l.Deaf = append(l.Deaf, spell)
			return err
		}},
		{`SELECT user_id, call_id, is_read, is_deleted FROM call_marks WHERE user_id IN ` + among, all, func(row scanner) error {
			var id, call int64
			var mark parley.CallMark
			err := row.Scan(&id, &call, &mark.Read, &mark.Deleted)
			of(id).Marks[call] = mark
			return err
		}},
		{`SELECT n.user_id, n.message_id FROM notifications n
			WHERE n.user_id IN ` + among + ` AND n.kind IN ` + reasons + ` AND n.is_deleted <> ` + takenBack + ` AND n.message_id IN (` + late + `)`, args, func(row scanner) error {
			var id, message int64
			err := row.Scan(&id, &message)
			of(id).Notified[message] = true
			return err
		}},
	} {
		if err := s.q.queue(s.ctx, &statement{text: part.text, args: part.args, row: part.row}); err != nil {
			return nil, err
		}
	}
	return found, s.q.flush(s.ctx)
}

// listener is listeners for one, with the rights that the caller knows.
func (s *Snapshot) listener(v parley.Viewer, after int64) (parley.Listener, error) {
	listeners, err := s.listeners([]int64{v.ID}, after)
	if err != nil || listeners[v.ID] == nil {
		return parley.Listener{}, err
	}
	l := *listeners[v.ID]
	l.Viewer = v
	return l, nil
}

// listen returns v as a listener with all calls that v has not read up to, the
// newest first.
func (s *Snapshot) listen(v parley.Viewer) (l parley.Listener, calls []parley.Call, err error) {
	upTo, err := s.readUpTo(v.ID)
	if err != nil {
		return l, nil, err
	}
	if calls, err = s.callsAfter(upTo, 0, callsKept); err != nil || len(calls) == 0 {
		return l, nil, err
	}
	l, err = s.listener(v, upTo)
	return l, calls, err
}

func (s *Snapshot) readUpTo(userID int64) (int64, error) {
	upTo, _, err := one(s, scalar[int64], `SELECT up_to FROM call_reads WHERE user_id = $1`, userID)
	return upTo, err
}

// callsPage is how many calls are read at a time where the newest few may suffice.
const callsPage = 128

// unreadCalls returns the calls that count as unread for v.
func (s *Snapshot) unreadCalls(v parley.Viewer) (unread []parley.Call, err error) {
	upTo, err := s.readUpTo(v.ID)
	if err != nil {
		return nil, err
	}
	var l parley.Listener
	for before := int64(math.MaxInt64); ; {
		calls, err := s.callsAfter(upTo, before, callsPage)
		if err != nil || len(calls) == 0 {
			return unread, err
		}
		if before == math.MaxInt64 {
			if l, err = s.listener(v, upTo); err != nil {
				return nil, err
			}
		}
		unread = append(unread, l.Unread(calls)...)
		if len(unread) >= parley.MaxUnreadCalls {
			return unread[:parley.MaxUnreadCalls], nil
		}
		if len(calls) < callsPage {
			return unread, nil
		}
		before = calls[len(calls)-1].ID
	}
}

// unreadCallsIn counts those in a thread.
func (s *Snapshot) unreadCallsIn(v parley.Viewer, threadID int64) (n int64, err error) {
	// A look first: most threads have none, and a page of messages asks with every one.
	_, any, err := one(s, scalar[int64], `SELECT id FROM calls WHERE thread_id = $1
		AND id > coalesce((SELECT up_to FROM call_reads WHERE user_id = $2), 0) LIMIT 1`, threadID, v.ID)
	if err != nil || !any {
		return 0, err
	}
	unread, err := s.unreadCalls(v)
	for _, c := range unread {
		if c.ThreadID == threadID {
			n++
		}
	}
	return n, err
}

// heard returns the calls before an id (0: the newest) that are among v's
// notifications, the newest first, and whether v has read each.
func (s *Snapshot) heard(v parley.Viewer, before int64) (calls []parley.Call, read map[int64]bool, err error) {
	all, err := s.callsAfter(0, before, callsKept)
	if err != nil || len(all) == 0 {
		return nil, nil, err
	}
	l, err := s.listener(v, 0)
	if err != nil {
		return nil, nil, err
	}
	read = map[int64]bool{}
	for _, c := range all {
		if l.Sees(c) {
			calls, read[c.ID] = append(calls, c), l.HasRead(c)
		}
	}
	return calls, read, nil
}

// Reached reports whether a message that calls everyone reaches somebody by that.
func (s *Snapshot) Reached(messageID, userID int64) (bool, error) {
	c, found, err := s.CallOf(messageID)
	if err != nil || !found || !c.Stood {
		return false, err
	}
	listeners, err := s.Listeners([]int64{userID}, c.ID-1)
	return listeners[userID].Reached(c), err
}

// Exceptions tells whether a call reached those of whom their rights alone do not
// tell: who did not want to hear of it, and whose rights changed since.
func (s *Snapshot) Exceptions(c parley.Call) (reached map[int64]bool, err error) {
	changed, err := list(s, scalar[int64], `SELECT user_id FROM past_rights WHERE until >= $1`, c.At)
	if err != nil {
		return nil, err
	}
	reached = map[int64]bool{c.SenderID: false}
	listeners, err := s.Listeners(changed, c.ID-1)
	for id, l := range listeners {
		reached[id] = l.Reached(c)
	}
	if err != nil {
		return nil, err
	}
	deaf, err := list(s, scalar[int64], `SELECT user_id FROM deaf_spells WHERE thread_id IN (0, $1) AND after < $2 AND until >= $2
		UNION SELECT user_id FROM notifications WHERE message_id = $3 AND kind IN ('mention', 'reply', 'new_message')`,
		c.CalledIn, c.At, c.MessageID)
	for _, id := range deaf {
		reached[id] = false
	}
	return reached, err
}
