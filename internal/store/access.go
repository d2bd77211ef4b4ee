package store

import (
	"slices"

	"parley"
)

// accessible is parley.Access.Admits as a condition on a row of thread_access
// called a. A test compares the two for every viewer and thread.
func accessible(args *arguments, v parley.Viewer) string {
	switch {
	case !v.Active:
		return "1 = 0"
	case v.Role.Staff():
		return "1 = 1"
	default:
		return affordable(args.add(v.AmountCents))
	}
}

// affordable is the condition that a row of thread_access called a admits members who
// give so many cents. It asks the thread and its parent by themselves, see the view.
func affordable(cents string) string {
	return "a.own_private = 0 AND a.own_min_tier_cents <= " + cents +
		" AND (a.parent_id IS NULL OR a.parent_private = 0 AND a.parent_min_tier_cents <= " + cents + ")"
}

// shown is the condition that v may see a message, a row of messages called m, in a
// thread that v may see: it is not deleted, and not hidden from v
// (parley.Viewer.SeesHidden). id stands for v's id, as a placeholder.
func shown(m string, v parley.Viewer, id string) string {
	there := m + ".deleted_at IS NULL"
	if v.Staff() {
		return there
	}
	return there + " AND (" + m + ".hidden_at IS NULL OR " + m + ".user_id = " + id + ")"
}

// shown is the condition that v may see a message, with v's id among the arguments if
// that matters.
func (a *arguments) shown(m string, v parley.Viewer) string {
	if v.Staff() {
		return shown(m, v, "")
	}
	return shown(m, v, a.id(v.ID))
}

// viewerID stands for the viewer's id where that is the first argument. The cast is
// for SQLite, see TestIDsDoNotChangeThePlan.
const viewerID = "cast($1 AS BIGINT)"

// active is the condition that the person of a row of users, after prefix, may come
// in: parley.User.Viewer's Active.
func (s *Snapshot) active(args *arguments, prefix string) string {
	return prefix + "is_active = 1 AND " + prefix + "suspended_until <= " + args.add(s.now)
}

// accessibleTo is accessible for somebody who is a row of users called u.
func (s *Snapshot) accessibleTo(args *arguments) string {
	return s.active(args, "u.") + " AND (u.role <> " + args.add(parley.RoleMember) + " OR " + affordable("u.amount_cents") + ")"
}

// shownTo is shown, of message m, for somebody who is a row of users called u.
func shownTo(args *arguments) string {
	return "m.deleted_at IS NULL AND (m.hidden_at IS NULL OR m.user_id = u.id OR u.role <> " + args.add(parley.RoleMember) + ")"
}

// ThreadState is what decisions about a thread are made from.
type ThreadState struct {
	ID              int64
	AuthorID        int64
	Title           string
	Kind            parley.ThreadType
	ParentThreadID  int64         // sub-threads
	ParentMessageID int64         // sub-threads
	FirstMessageID  int64         // cannot be deleted alone
	Access          parley.Access // what counts: narrowed by the parent's
	Own             parley.Access // as set for this thread
	TierID          int64         // as set for this thread; 0: none
	ShownTierID     int64         // of Access; 0: none
	Pinned          bool
	Locked          bool
	SlowModeSeconds int64
	MessageCount    int64
}

// ThreadState reads what decisions about a thread are made from; false if there
// is no such thread, or no longer.
func (s *Snapshot) ThreadState(id int64) (ThreadState, bool, error) {
	if err := s.holdThread(id); err != nil {
		return ThreadState{}, false, err
	}
	return one(s, scanThreadState, threadState+` WHERE t.id = cast($1 AS BIGINT) AND t.deleted_at IS NULL`, id)
}

// SubThreadStates reads the states of a thread's sub-threads.
func (s *Snapshot) SubThreadStates(parentID int64) ([]ThreadState, error) {
	if err := s.holdSubThreads(parentID); err != nil {
		return nil, err
	}
	return list(s, scanThreadState, threadState+` WHERE t.parent_thread_id = cast($1 AS BIGINT) AND t.deleted_at IS NULL ORDER BY t.id`, parentID)
}

// SubThreadsOf reads the states of the threads that grew out of some messages.
func (s *Snapshot) SubThreadsOf(messageIDs []int64) (subs []ThreadState, err error) {
	for batch := range slices.Chunk(messageIDs, 256) {
		var args arguments
		some, err := list(s, scanThreadState, threadState+` WHERE t.parent_message_id IN `+in(&args, batch)+` AND t.deleted_at IS NULL ORDER BY t.id`, args...)
		if err != nil {
			return nil, err
		}
		subs = append(subs, some...)
	}
	return subs, nil
}

const threadState = `SELECT t.id, t.user_id, t.title, coalesce(t.parent_thread_id, 0), coalesce(t.parent_message_id, 0),
	coalesce(t.first_message_id, 0), a.is_private, a.min_tier_cents, t.is_private, t.min_tier_cents, coalesce(t.tier_id, 0),
	coalesce(a.tier_id, 0), t.is_pinned, t.is_locked, t.slow_mode_seconds, t.message_count
	FROM threads t JOIN thread_access a ON a.thread_id = t.id`

func scanThreadState(row scanner) (t ThreadState, err error) {
	err = row.Scan(&t.ID, &t.AuthorID, &t.Title, &t.ParentThreadID, &t.ParentMessageID, &t.FirstMessageID,
		&t.Access.Private, &t.Access.MinTierCents, &t.Own.Private, &t.Own.MinTierCents, &t.TierID,
		&t.ShownTierID, &t.Pinned, &t.Locked, &t.SlowModeSeconds, &t.MessageCount)
	t.Kind = parley.MainThread
	if t.ParentThreadID != 0 {
		t.Kind = parley.SubThread
	}
	return t, err
}
