package store

import "slices"

// Below returns a message and all replies below it that are there, ascending, and how
// many were deleted.
func (s *Snapshot) Below(id int64) (there []Touched, deleted []int64, err error) {
	type member struct {
		Touched
		deleted bool
	}
	all, err := list(s, func(row scanner) (m member, err error) {
		err = row.Scan(&m.ID, &m.AuthorID, &m.Hidden, &m.Length, &m.deleted)
		return m, err
	}, `WITH RECURSIVE below (id, author, hidden, length, deleted) AS (
		`+touchedColumns+`, m.deleted_at IS NOT NULL FROM messages m WHERE m.id = $1
		UNION `+touchedColumns+`, m.deleted_at IS NOT NULL FROM messages m JOIN below b ON m.reply_to_id = b.id)
		SELECT id, author, hidden, length, deleted FROM below ORDER BY id`, id)
	for _, m := range all {
		if m.deleted {
			deleted = append(deleted, m.ID)
		} else {
			there = append(there, m.Touched)
		}
	}
	return there, deleted, err
}

// MoveMessages moves a message with what is below it to another thread: those that are
// there, and those that are deleted, which may be restored. The threads that grew out
// of them come along, and so do notifications of them. root no longer answers what it
// answered.
func (tx *Tx) MoveMessages(root MessageState, there []Touched, deleted []int64, to int64) error {
	ids := slices.Clone(deleted)
	for _, t := range there {
		ids = append(ids, t.ID)
	}
	slices.Sort(ids)
	for batch := range slices.Chunk(ids, 256) {
		if err := tx.tellCalls(batch); err != nil { // the old thread; NotifiedOf tells the new one
			return err
		}
		for _, move := range []string{
			`UPDATE messages SET thread_id = $1 WHERE id IN `,
			`UPDATE notifications SET thread_id = $1 WHERE message_id IN `,
			`UPDATE calls SET thread_id = $1 WHERE message_id IN `,
			`UPDATE threads SET parent_thread_id = $1 WHERE parent_message_id IN `,
		} {
			args := arguments{to}
			if err := tx.write(move+in(&args, batch), args...); err != nil {
				return err
			}
		}
	}
	if err := tx.write(`UPDATE messages SET reply_to_id = NULL WHERE id = $1`, root.ID); err != nil {
		return err
	}
	if err := tx.countCame(root, -1, -counted(there)); err != nil {
		return err
	}
	return tx.countCame(MessageState{ThreadID: to}, 0, counted(there))
}
