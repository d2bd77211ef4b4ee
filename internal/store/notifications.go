package store

import (
	"cmp"
	"slices"

	"parley"
)

// noticed is the condition that notification n may be shown to v for its message m: v
// may see that, or it tells what a moderator did with it.
func noticed(m string, v parley.Viewer, id string) string {
	return `(n.kind = 'moderation' OR ` + shown(m, v, id) + `)`
}

// visibleNotifications is the tail of a query over notifications of one viewer
// that may be shown: not deleted, their message may be seen and their thread is there
// and accessible.
func visibleNotifications(args *arguments, v parley.Viewer) string {
	id := args.id(v.ID)
	return `FROM notifications n
		JOIN messages m ON m.id = n.message_id AND ` + noticed("m", v, id) + `
		JOIN threads t ON t.id = n.thread_id AND t.deleted_at IS NULL
		JOIN thread_access a ON a.thread_id = n.thread_id
		JOIN users u ON u.id = n.sender_id
		WHERE n.user_id = ` + id + ` AND n.is_deleted = 0 AND ` + accessible(args, v)
}

const notificationColumns = `SELECT n.id, n.kind, u.id, u.display_name, n.thread_id, t.title, m.id,
	CASE WHEN m.deleted_at IS NULL THEN m.content ELSE '' END, n.about, n.is_read, n.created_at `

func scanNotification(row scanner) (f parley.NotificationFacts, err error) {
	err = row.Scan(&f.ID, &f.Kind, &f.Sender.ID, &f.Sender.Username, &f.ThreadID, &f.ThreadTitle, &f.MessageID, &f.MessageContent,
		&f.About, &f.IsRead, &f.CreatedAt)
	return f, err
}

// Notifications returns v's notifications before an id (0: the newest), newest
// first: their own, and the calls that reached them.
func (s *Snapshot) Notifications(v parley.Viewer, before int64, limit, offset int) ([]parley.NotificationFacts, error) {
	calls, read, err := s.heard(v, before)
	if err != nil {
		return nil, err
	}
	// Of the notifications before the page at least so many are the member's own: those
	// are left out of both the page and what it is cut from.
	skipped := max(0, offset-len(calls))
	own, err := s.ownNotifications(v, before, limit+offset-skipped, skipped)
	if err != nil || len(calls) == 0 {
		return own, err
	}
	page := mergeIDs(own, calls)
	page = page[min(offset-skipped, len(page)):]
	return s.withCalls(page[:min(limit, len(page))], read)
}

func (s *Snapshot) ownNotifications(v parley.Viewer, before int64, limit, offset int) ([]parley.NotificationFacts, error) {
	var args arguments
	text := notificationColumns + visibleNotifications(&args, v)
	if before > 0 {
		text += " AND n.id < " + args.add(before)
	}
	text += " ORDER BY n.id DESC LIMIT " + args.add(limit) + " OFFSET " + args.add(offset)
	return list(s, scanNotification, text, args...)
}

// mergeIDs returns notifications together with calls, of which only the ids are
// set, the newest first.
func mergeIDs(own []parley.NotificationFacts, calls []parley.Call) []parley.NotificationFacts {
	merged := slices.Clone(own)
	for _, c := range calls {
		merged = append(merged, parley.NotificationFacts{ID: c.ID})
	}
	slices.SortFunc(merged, func(a, b parley.NotificationFacts) int { return cmp.Compare(b.ID, a.ID) })
	return merged
}

// withCalls fills in what calls say.
func (s *Snapshot) withCalls(page []parley.NotificationFacts, read map[int64]bool) ([]parley.NotificationFacts, error) {
	var ids []int64
	for _, f := range page {
		if _, isCall := read[f.ID]; isCall {
			ids = append(ids, f.ID)
		}
	}
	facts, err := s.callFacts(ids)
	for i, f := range page {
		if said, isCall := facts[f.ID]; isCall {
			said.IsRead = read[f.ID]
			page[i] = said
		}
	}
	return page, err
}

// callFacts returns what calls say, by id, to somebody who has not read them.
func (s *Snapshot) callFacts(ids []int64) (map[int64]parley.NotificationFacts, error) {
	facts := make(map[int64]parley.NotificationFacts, len(ids))
	if len(ids) == 0 {
		return facts, nil
	}
	var args arguments
	all, err := list(s, scanNotification, `SELECT c.id, 'mention', u.id, u.display_name, c.thread_id, t.title, m.id, m.content, '', 0, c.created_at
		FROM calls c JOIN messages m ON m.id = c.message_id JOIN threads t ON t.id = c.thread_id JOIN users u ON u.id = c.sender_id
		WHERE c.id IN `+in(&args, ids), args...)
	for _, f := range all {
		facts[f.ID] = f
	}
	return facts, err
}

// CallFacts returns what a call says; false if there is none, or none any more, or
// its message is gone or mentions everyone no longer.
func (s *Snapshot) CallFacts(id int64) (parley.Call, parley.NotificationFacts, bool, error) {
	c, found, err := s.Call(id)
	if err != nil || !found || !c.Stood {
		return c, parley.NotificationFacts{}, false, err
	}
	facts, err := s.callFacts([]int64{id})
	return c, facts[id], err == nil, err
}

// Notification returns one of v's notifications; false if there is none to show.
func (s *Snapshot) Notification(v parley.Viewer, id int64) (parley.NotificationFacts, bool, error) {
	var args arguments
	text := notificationColumns + visibleNotifications(&args, v)
	own, found, err := one(s, scanNotification, text+" AND n.id = "+args.id(id), args...)
	if err != nil || found {
		return own, found, err
	}
	c, facts, found, err := s.CallFacts(id)
	if err != nil || !found {
		return own, false, err
	}
	l, err := s.listener(v, id-1)
	facts.IsRead = l.HasRead(c)
	return facts, l.Sees(c), err
}

// CountNotifications returns how many notifications v has, read ones included.
func (s *Snapshot) CountNotifications(v parley.Viewer) (int64, error) {
	var args arguments
	text := "SELECT count(*) " + visibleNotifications(&args, v)
	own, _, err := one(s, scalar[int64], text, args...)
	if err != nil {
		return 0, err
	}
	calls, _, err := s.heard(v, 0)
	return own + int64(len(calls)), err
}

// UnreadNotifications returns how many notifications v has not read, of one
// thread, or of all if threadID is 0.
func (s *Snapshot) UnreadNotifications(v parley.Viewer, threadID int64) (int64, error) {
	var args arguments
	text := "SELECT count(*) " + visibleNotifications(&args, v) + " AND n.is_read = 0"
	if threadID != 0 {
		text += " AND n.thread_id = " + args.id(threadID)
	}
	own, _, err := one(s, scalar[int64], text, args...)
	if err != nil {
		return 0, err
	}
	if threadID != 0 {
		calls, err := s.unreadCallsIn(v, threadID)
		return own + calls, err
	}
	calls, err := s.unreadCalls(v)
	return own + int64(len(calls)), err
}

// ReadThread marks v's notifications of a thread read, those of messages up to an
// id (0: all), and returns how many were not. What v cannot see stays as it is.
func (tx *Tx) ReadThread(v parley.Viewer, threadID, upTo int64) (int64, error) {
	var args arguments
	visible := visibleNotifications(&args, v) + " AND n.thread_id = " + args.id(threadID)
	if upTo > 0 {
		visible += " AND n.message_id <= " + args.add(upTo)
	}
	return tx.readVisible(v, visible, args, func(c parley.Call) bool { return c.ThreadID == threadID && (upTo == 0 || c.MessageID <= upTo) })
}

// ReadNotification marks one notification of v read, or all if id is 0, and
// returns how many were not. What v cannot see stays as it is.
func (tx *Tx) ReadNotification(v parley.Viewer, id int64) (int64, error) {
	var args arguments
	visible := visibleNotifications(&args, v)
	if id != 0 {
		visible += " AND n.id = " + args.id(id)
	}
	return tx.readVisible(v, visible, args, func(c parley.Call) bool { return id == 0 || c.ID == id })
}

// readVisible marks those of v's notifications read that a condition chooses, and
// those of the calls that another one does.
func (tx *Tx) readVisible(v parley.Viewer, visible string, args arguments, wanted func(parley.Call) bool) (int64, error) {
	return tx.changeNotifications(v.ID, func() (int64, error) {
		own, err := tx.exec(`UPDATE notifications SET is_read = 1 WHERE id IN (SELECT n.id `+visible+` AND n.is_read = 0)`, args...)
		if err != nil {
			return 0, err
		}
		calls, err := tx.readCalls(v, wanted)
		return own + calls, err
	})
}

// DeleteNotification hides a notification of a user and returns whether there
// was one.
func (tx *Tx) DeleteNotification(userID, id int64) (bool, error) {
	n, err := tx.changeNotifications(userID, func() (int64, error) {
		own, err := tx.exec(`UPDATE notifications SET is_deleted = 1 WHERE user_id = $1 AND id = $2 AND is_deleted = 0`, userID, id)
		if err != nil || own > 0 {
			return own, err
		}
		deleted, err := tx.deleteCall(userID, id)
		return flag(deleted), err
	})
	return n > 0, err
}

// changeNotifications runs a change of a user's notifications, which returns how
// many it changed.
func (tx *Tx) changeNotifications(userID int64, change func() (int64, error)) (int64, error) {
	if err := tx.inTurn(userID); err != nil {
		return 0, err
	}
	n, err := change()
	if err != nil || n == 0 {
		return 0, err
	}
	return n, tx.bumpCountVersion(userID)
}

// NotifiedOf returns the users with unread notifications of these messages, and
// counts the versions of their counts up: the messages come or go. Where they call
// everyone it appends the event that says so.
func (tx *Tx) NotifiedOf(messageIDs []int64) ([]int64, error) {
	var users []int64
	for batch := range slices.Chunk(messageIDs, 256) {
		var args arguments
		some, err := list(&tx.Snapshot, scalar[int64], `SELECT DISTINCT user_id FROM notifications
			WHERE is_read = 0 AND is_deleted = 0 AND message_id IN `+in(&args, batch), args...)
		if err != nil {
			return nil, err
		}
		users = append(users, some...)
		if err := tx.tellCalls(batch); err != nil {
			return nil, err
		}
	}
	slices.Sort(users) // locked in the order of their ids
	users = slices.Compact(users)
	return users, tx.bumpCountVersions(users)
}

// Withdraw takes back what was told of messages that moderators act on. Whose unread
// notifications go with it, NotifiedOf has told before.
func (tx *Tx) Withdraw(messageIDs []int64, notices ...parley.Notice) error {
	for batch := range slices.Chunk(messageIDs, 256) {
		var args arguments
		err := tx.write(`UPDATE notifications SET is_deleted = 1 WHERE kind = 'moderation' AND is_deleted = 0
			AND message_id IN `+in(&args, batch)+` AND about IN `+in(&args, notices), args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// UnreadersOf returns the users with unread notifications in these threads, gone or
// not.
func (s *Snapshot) UnreadersOf(threadIDs []int64) ([]int64, error) {
	var args arguments
	return list(s, scalar[int64], `SELECT DISTINCT user_id FROM notifications
		WHERE is_read = 0 AND is_deleted = 0 AND thread_id IN `+in(&args, threadIDs)+` ORDER BY user_id`, args...)
}

func (tx *Tx) bumpCountVersion(userID int64) error {
	return tx.write(`INSERT INTO count_versions (user_id, version) VALUES ($1, 1)
		ON CONFLICT (user_id) DO UPDATE SET version = count_versions.version + 1`, userID)
}

// bumpCountVersions is bumpCountVersion for people in the order of their ids.
func (tx *Tx) bumpCountVersions(userIDs []int64) error {
	for batch := range slices.Chunk(userIDs, 256) {
		var args arguments
		err := tx.write(`INSERT INTO count_versions (user_id, version) SELECT id, 1 FROM users WHERE id IN `+in(&args, batch)+` ORDER BY id
			ON CONFLICT (user_id) DO UPDATE SET version = count_versions.version + 1`, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// CountVersion orders the counts of a user: whatever changes one advances it. It
// is the sum of the user's own version and the heads of the channels whose events
// change what many may see.
func (s *Snapshot) CountVersion(userID int64) (CountVersion, error) {
	version, _, err := one(s, func(row scanner) (v CountVersion, err error) {
		err = row.Scan(&v.Own, &v.Shared)
		return v, err
	}, `SELECT coalesce((SELECT version FROM count_versions WHERE user_id = $1), 0), `+sharedVersion("$2", "$3"),
		userID, parley.ForumChannel, parley.ControlChannel)
	return version, err
}

// CountVersion is what a user's counts are ordered by.
type CountVersion struct {
	Own    int64 // grows with changes of the user's own notifications
	Shared int64 // grows with what many see
}

// Sum is what clients are told.
func (v CountVersion) Sum() int64 { return v.Own + v.Shared }

// sharedVersion is the part of count versions that all people have in common, by
// the forum's and the control channel's names.
func sharedVersion(forum, control string) string {
	return `coalesce((SELECT head FROM channels WHERE name = ` + forum + `), 0) + coalesce((SELECT head FROM channels WHERE name = ` + control + `), 0)`
}

// MoveReadPosition moves what a user has read of a thread forwards to a message;
// never backwards.
func (tx *Tx) MoveReadPosition(userID, threadID, messageID int64) error {
	return tx.write(`INSERT INTO read_positions (user_id, thread_id, message_id) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, thread_id) DO UPDATE SET message_id = excluded.message_id
		WHERE excluded.message_id > read_positions.message_id`, userID, threadID, messageID)
}
