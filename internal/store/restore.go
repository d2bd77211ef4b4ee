package store

import "parley"

// DeletedMessage is a message that was deleted.
type DeletedMessage struct {
	MessageState
	DeletedAt parley.Time
}

// DeletedMessage reads a deleted message of a thread that exists; false if there
// is none.
func (s *Snapshot) DeletedMessage(id int64) (DeletedMessage, bool, error) {
	return inItsThread(s, id, s.deletedMessage, func(m DeletedMessage) int64 { return m.ThreadID })
}

func (s *Snapshot) deletedMessage(id int64) (DeletedMessage, bool, error) {
	return one(s, func(row scanner) (m DeletedMessage, err error) {
		err = row.Scan(&m.ID, &m.ThreadID, &m.AuthorID, &m.ReplyToID, &m.Hidden, &m.DeletedAt)
		return m, err
	}, `SELECT m.id, m.thread_id, m.user_id, coalesce(m.reply_to_id, 0), m.hidden_at IS NOT NULL, m.deleted_at
		FROM messages m JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
		WHERE m.id = cast($1 AS BIGINT) AND m.deleted_at IS NOT NULL`, id)
}

// RestoreMessages shows a deleted message again, with the replies that its
// deletion took along, and returns them, ascending. What it answers must be
// there.
func (tx *Tx) RestoreMessages(root MessageState) ([]Touched, error) {
	restored, err := list(&tx.Snapshot, scanTouched, touchedColumns+` FROM messages m WHERE m.deleted_with = $1 ORDER BY m.id`, root.ID)
	if err != nil {
		return nil, err
	}
	err = tx.write(`UPDATE upload_uses SET release_at = NULL WHERE message_id IN (SELECT id FROM messages WHERE deleted_with = $1)`, root.ID)
	if err != nil {
		return nil, err
	}
	err = tx.write(`UPDATE messages SET deleted_at = NULL, deleted_by = NULL, deleted_with = NULL WHERE deleted_with = $1`, root.ID)
	if err != nil {
		return nil, err
	}
	return restored, tx.countCame(root, 1, counted(restored))
}

// countCame counts messages that came to a thread, or went if the numbers are
// negative: the replies to what root answers, and all. Hidden ones do not count.
func (tx *Tx) countCame(root MessageState, replies, messages int) error {
	if root.ReplyToID != 0 && !root.Hidden {
		if err := tx.write(`UPDATE messages SET reply_count = reply_count + $2 WHERE id = $1`, root.ReplyToID, replies); err != nil {
			return err
		}
	}
	return tx.write(`UPDATE threads SET message_count = message_count + $2, last_message_at = coalesce(
		(SELECT m.created_at FROM messages m WHERE m.thread_id = $1 AND m.deleted_at IS NULL AND m.hidden_at IS NULL ORDER BY m.id DESC LIMIT 1),
		last_message_at) WHERE id = $1`, root.ThreadID, messages)
}

// Earlier is what a message said before an edit.
type Earlier struct {
	ID       int64
	Content  string
	EditedAt parley.Time // when it was replaced
	Editor   parley.Author
}

// History returns what a message said before its edits after an id, oldest first.
func (s *Snapshot) History(messageID, after int64, limit int) ([]Earlier, error) {
	return list(s, func(row scanner) (e Earlier, err error) {
		var by author
		err = row.Scan(append([]any{&e.ID, &e.Content, &e.EditedAt}, by.columns()...)...)
		e.Editor = by.shown()
		return e, err
	}, `SELECT h.id, h.content, h.edited_at, u.id, u.display_name, u.role, u.amount_cents, u.source
		FROM message_history h JOIN users u ON u.id = h.editor_id
		WHERE h.message_id = cast($1 AS BIGINT) AND h.id > $2 ORDER BY h.id LIMIT $3`, messageID, after, limit)
}

// LikersOf returns who likes some messages, the first limit likes of all.
func (s *Snapshot) LikersOf(messageIDs []int64, limit int) (map[int64][]int64, error) {
	var args arguments
	likers := map[int64][]int64{}
	_, err := list(s, func(row scanner) (struct{}, error) {
		var message, user int64
		err := row.Scan(&message, &user)
		likers[message] = append(likers[message], user)
		return struct{}{}, err
	}, `SELECT message_id, user_id FROM likes WHERE message_id IN `+in(&args, messageIDs)+` ORDER BY message_id, id LIMIT `+args.add(limit), args...)
	return likers, err
}
