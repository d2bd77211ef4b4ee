package store

import "parley"

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
	if err := tx.bumpCountVersion(n.UserID); err != nil {
		return false, err
	}
	return true, tx.Recount([]int64{n.UserID}, n.ThreadID)
}

// reasons are the kinds of notifications of which one message gives a person one.
const reasons = `('mention', 'reply', 'new_message')`

// What notifications.is_deleted says beside 0, there. The row stays in either case: a
// message notifies a person once.
const (
	deletedByReader = "1"
	takenBack       = "2" // an edit took the mention away; the next one may bring it back
)

// Told is what a message has told somebody. Who deleted it is told nothing more.
type Told struct {
	UserID    int64
	Kind      parley.NotificationKind
	TakenBack bool // with the mention that was the reason
}

// MentionedBy returns, ascending, whom a message has notified that it mentions them.
func (s *Snapshot) MentionedBy(messageID int64) ([]int64, error) {
	return list(s, scalar[int64], `SELECT user_id FROM notifications
		WHERE message_id = $1 AND kind = 'mention' AND is_deleted = 0 ORDER BY user_id`, messageID)
}

// ToldOf returns what a message has told those of some people whom it told anything.
func (s *Snapshot) ToldOf(messageID int64, userIDs []int64) (map[int64]Told, error) {
	args := arguments{messageID}
	rows, err := list(s, func(row scanner) (t Told, err error) {
		err = row.Scan(&t.UserID, &t.Kind, &t.TakenBack)
		return t, err
	}, `SELECT user_id, kind, CASE WHEN is_deleted = `+takenBack+` THEN 1 ELSE 0 END FROM notifications
		WHERE message_id = $1 AND kind IN `+reasons+` AND is_deleted <> `+deletedByReader+` AND user_id IN `+in(&args, userIDs), args...)
	told := make(map[int64]Told, len(rows))
	for _, t := range rows {
		told[t.UserID] = t
	}
	return told, err
}

// Retell changes what a message has told somebody. Whether they have read it stays.
func (tx *Tx) Retell(messageID int64, now Told) error {
	deleted := "0"
	if now.TakenBack {
		deleted = takenBack
	}
	_, err := tx.changeNotifications(now.UserID, func() (int64, error) {
		return tx.exec(`UPDATE notifications SET kind = $3, is_deleted = `+deleted+`
			WHERE user_id = $1 AND message_id = $2 AND kind IN `+reasons+` AND is_deleted <> `+deletedByReader,
			now.UserID, messageID, now.Kind)
	})
	return err
}
