package store

import (
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
// first.
func (s *Snapshot) Notifications(v parley.Viewer, before int64, limit, offset int) ([]parley.NotificationFacts, error) {
	var args arguments
	text := notificationColumns + visibleNotifications(&args, v)
	if before > 0 {
		text += " AND n.id < " + args.add(before)
	}
	text += " ORDER BY n.id DESC LIMIT " + args.add(limit) + " OFFSET " + args.add(offset)
	return list(s, scanNotification, text, args...)
}

// Notification returns one of v's notifications; false if there is none to show.
func (s *Snapshot) Notification(v parley.Viewer, id int64) (parley.NotificationFacts, bool, error) {
	var args arguments
	text := notificationColumns + visibleNotifications(&args, v)
	return one(s, scanNotification, text+" AND n.id = "+args.id(id), args...)
}

// CountNotifications returns how many notifications v has, read ones included.
func (s *Snapshot) CountNotifications(v parley.Viewer) (int64, error) {
	var args arguments
	text := "SELECT count(*) " + visibleNotifications(&args, v)
	count, _, err := one(s, scalar[int64], text, args...)
	return count, err
}

// UnreadNotifications returns how many notifications v has not read, of one
// thread, or of all if threadID is 0.
func (s *Snapshot) UnreadNotifications(v parley.Viewer, threadID int64) (int64, error) {
	var args arguments
	text := "SELECT count(*) " + visibleNotifications(&args, v) + " AND n.is_read = 0"
	if threadID != 0 {
		text += " AND n.thread_id = " + args.id(threadID)
	}
	count, _, err := one(s, scalar[int64], text, args...)
	return count, err
}

// NewNotification is a notification to be stored.
type NewNotification struct {
	UserID    int64
	Kind      parley.NotificationKind
	SenderID  int64
	ThreadID  int64
	MessageID int64
	About     parley.Notice // of the kind moderation
}

// Notify stores a notification with its event and reports whether it is new: one
// message notifies a person once, one like once for each liker.
func (tx *Tx) Notify(n NewNotification) (bool, error) {
	id, err := tx.insert(`INSERT INTO notifications (user_id, kind, sender_id, thread_id, message_id, about, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING id`,
		n.UserID, n.Kind, n.SenderID, n.ThreadID, n.MessageID, n.About, tx.now)
	if err != nil || id == 0 {
		return false, err
	}
	tx.Append(parley.Notified{UserID: n.UserID, NotificationID: id})
	return true, tx.bumpCountVersion(n.UserID)
}

// ReadThread marks v's notifications of a thread read, those of messages up to an
// id (0: all), and returns how many were not. What v cannot see stays as it is.
func (tx *Tx) ReadThread(v parley.Viewer, threadID, upTo int64) (int64, error) {
	var args arguments
	visible := visibleNotifications(&args, v) + " AND n.thread_id = " + args.id(threadID)
	if upTo > 0 {
		visible += " AND n.message_id <= " + args.add(upTo)
	}
	return tx.readVisible(v, visible, args)
}

// ReadNotification marks one notification of v read, or all if id is 0, and
// returns how many were not. What v cannot see stays as it is.
func (tx *Tx) ReadNotification(v parley.Viewer, id int64) (int64, error) {
	var args arguments
	visible := visibleNotifications(&args, v)
	if id != 0 {
		visible += " AND n.id = " + args.id(id)
	}
	return tx.readVisible(v, visible, args)
}

func (tx *Tx) readVisible(v parley.Viewer, visible string, args arguments) (int64, error) {
	return tx.changeNotifications(v.ID, `UPDATE notifications SET is_read = 1 WHERE id IN (SELECT n.id `+visible+` AND n.is_read = 0)`, args...)
}

// DeleteNotification hides a notification of a user and returns whether there
// was one.
func (tx *Tx) DeleteNotification(userID, id int64) (bool, error) {
	n, err := tx.changeNotifications(userID,
		`UPDATE notifications SET is_deleted = 1 WHERE user_id = $1 AND id = $2 AND is_deleted = 0`, userID, id)
	return n > 0, err
}

func (tx *Tx) changeNotifications(userID int64, text string, args ...any) (int64, error) {
	if err := tx.inTurn(userID); err != nil {
		return 0, err
	}
	n, err := tx.exec(text, args...)
	if err != nil || n == 0 {
		return 0, err
	}
	return n, tx.bumpCountVersion(userID)
}

// NotifiedOf returns the users with unread notifications of these messages, and
// counts the versions of their counts up: the messages come or go.
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
	}
	slices.Sort(users) // locked in the order of their ids
	users = slices.Compact(users)
	for _, id := range users {
		if err := tx.bumpCountVersion(id); err != nil {
			return nil, err
		}
	}
	return users, nil
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

// UnreadIn returns the users with unread notifications in these threads.
func (s *Snapshot) UnreadIn(threadIDs []int64) ([]int64, error) {
	if len(threadIDs) == 0 {
		return nil, nil
	}
	var args arguments
	return list(s, scalar[int64], `SELECT DISTINCT user_id FROM notifications
		WHERE is_read = 0 AND is_deleted = 0 AND thread_id IN `+in(&args, threadIDs)+` ORDER BY user_id`, args...)
}

func (tx *Tx) bumpCountVersion(userID int64) error {
	return tx.write(`INSERT INTO count_versions (user_id, version) VALUES ($1, 1)
		ON CONFLICT (user_id) DO UPDATE SET version = count_versions.version + 1`, userID)
}

// CountVersion orders the counts of a user: whatever changes one advances it. It
// is the sum of the user's own version and the heads of the channels whose events
// change what many may see.
func (s *Snapshot) CountVersion(userID int64) (int64, error) {
	version, _, err := one(s, scalar[int64], `SELECT coalesce((SELECT version FROM count_versions WHERE user_id = $1), 0)
		+ coalesce((SELECT head FROM channels WHERE name = $2), 0) + coalesce((SELECT head FROM channels WHERE name = $3), 0)`,
		userID, parley.ForumChannel, parley.ControlChannel)
	return version, err
}

// MoveReadPosition moves what a user has read of a thread forwards to a message;
// never backwards.
func (tx *Tx) MoveReadPosition(userID, threadID, messageID int64) error {
	return tx.write(`INSERT INTO read_positions (user_id, thread_id, message_id) VALUES ($1, $2, $3)
		ON CONFLICT (user_id, thread_id) DO UPDATE SET message_id = excluded.message_id
		WHERE excluded.message_id > read_positions.message_id`, userID, threadID, messageID)
}
