package store

import (
	"database/sql"
	"encoding/json"
	"slices"

	"parley"
)

// messageRows reads messages as v, whose id is $1, sees them.
func (s *Snapshot) messageRows(v parley.Viewer) string {
	return messageColumns + `, ` + s.dialect.renamed() + messageTables + ` AND ` + shown("o", v, viewerID) + `
	LEFT JOIN users ou ON ou.id = o.user_id
	WHERE ` + shown("m", v, viewerID)
}

const messageColumns = `SELECT m.id, m.thread_id, m.content, m.content_html || m.preview_html, u.id, u.display_name, u.role, u.amount_cents, u.source,
	m.hidden_at IS NOT NULL, m.edited_at, m.created_at, m.mentions, m.reply_to_id, m.reply_count, m.like_count, m.spawned_thread_count,
	t.parent_thread_id IS NULL, l.user_id IS NOT NULL,
	o.id, substr(o.content, 1, 100), o.hidden_at IS NOT NULL, o.created_at, ou.display_name, ou.role, ou.amount_cents, ou.source`

const messageTables = `
	FROM messages m
	JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
	JOIN users u ON u.id = m.user_id
	LEFT JOIN likes l ON l.message_id = m.id AND l.user_id = cast($1 AS BIGINT)
	LEFT JOIN messages o ON o.id = m.reply_to_id`

// NewestMessages returns the last limit messages of a thread before an id (0:
// the end) that v may see, oldest first.
func (s *Snapshot) NewestMessages(v parley.Viewer, threadID, before int64, limit int) ([]parley.Message, error) {
	args := arguments{v.ID, threadID}
	text := s.messageRows(v) + " AND m.thread_id = cast($2 AS BIGINT)"
	if before > 0 {
		text += " AND m.id < " + args.add(before)
	}
	messages, err := list(s, scanMessage, text+" ORDER BY m.id DESC LIMIT "+args.add(limit), args...)
	slices.Reverse(messages)
	return messages, err
}

// HiddenAmongNewest reports whether one of the last limit messages of a thread is
// hidden.
func (s *Snapshot) HiddenAmongNewest(threadID int64, limit int) (bool, error) {
	hidden, err := list(s, scalar[bool], `SELECT hidden_at IS NOT NULL FROM messages
		WHERE thread_id = cast($1 AS BIGINT) AND deleted_at IS NULL ORDER BY id DESC LIMIT $2`, threadID, limit)
	return slices.Contains(hidden, true), err
}

// MessagesAfter returns the first limit messages of a thread after an id that v may
// see, oldest first.
func (s *Snapshot) MessagesAfter(v parley.Viewer, threadID, after int64, limit int) ([]parley.Message, error) {
	return list(s, scanMessage, s.messageRows(v)+" AND m.thread_id = cast($2 AS BIGINT) AND m.id > $3 ORDER BY m.id LIMIT $4",
		v.ID, threadID, after, limit)
}

// Replies returns replies to a message after an id that v may see, oldest first.
func (s *Snapshot) Replies(v parley.Viewer, messageID, after int64, limit, offset int) ([]parley.Message, error) {
	return list(s, scanMessage, s.messageRows(v)+" AND m.reply_to_id = cast($2 AS BIGINT) AND m.id > $3 ORDER BY m.id LIMIT $4 OFFSET $5",
		v.ID, messageID, after, limit, offset)
}

// Message returns a message as v sees it; false if there is none, or no longer, or v
// may not see it.
func (s *Snapshot) Message(v parley.Viewer, id int64) (parley.Message, bool, error) {
	return one(s, scanMessage, s.messageRows(v)+" AND m.id = cast($2 AS BIGINT)", v.ID, id)
}

// MessagesByID returns those of the messages that v may see, by id.
func (s *Snapshot) MessagesByID(v parley.Viewer, ids []int64) (map[int64]parley.Message, error) {
	found := make(map[int64]parley.Message, len(ids))
	for batch := range slices.Chunk(ids, 256) {
		args := arguments{v.ID}
		messages, err := list(s, scanMessage, s.messageRows(v)+" AND m.id IN "+in(&args, batch), args...)
		if err != nil {
			return nil, err
		}
		for _, m := range messages {
			found[m.ID] = m
		}
	}
	return found, nil
}

func scanMessage(row scanner) (m parley.Message, err error) {
	var by, origin author
	var editedAt, replyTo, originID, originAt, originCents sql.Null[int64]
	var originText, originName, originRole, originSource sql.Null[string]
	var originHidden bool
	var mentions string
	var renamed sql.Null[string]
	dest := append(append([]any{&m.ID, &m.ThreadID, &m.Content, &m.ContentHTML}, by.columns()...),
		&m.IsHidden, &editedAt, &m.CreatedAt, &mentions, &replyTo, &m.ReplyCount, &m.LikeCount, &m.SpawnedThreadCount,
		&m.CanCreateThread, &m.UserHasLiked,
		&originID, &originText, &originHidden, &originAt, &originName, &originRole, &originCents, &originSource,
		&renamed)
	if err := row.Scan(dest...); err != nil {
		return m, err
	}
	shown := by.shown()
	m.UserID, m.Username, m.UserRole, m.UserBadgeColor = shown.ID, shown.Name, shown.Role, shown.BadgeColor
	m.IsEdited, m.ReplyToID = editedAt.Valid, pointer(replyTo)
	if editedAt.Valid {
		at := parley.Time(editedAt.V)
		m.EditedAt = &at
	}
	if originID.Valid {
		origin.name, origin.role = originName.V, parley.Role(originRole.V)
		origin.membership = parley.Membership{AmountCents: originCents.V, Source: originSource.V}
		o := origin.shown()
		m.ReplyToMessage = &parley.ReplyExcerpt{
			ID: originID.V, Content: originText.V, IsHidden: originHidden, Username: o.Name, UserRole: o.Role,
			UserBadgeColor: o.BadgeColor, CreatedAt: parley.Time(originAt.V),
		}
	}
	err = showMentions(&m, mentions, renamed.V)
	return m, err
}

// MessageState is what decisions about a message are made from.
type MessageState struct {
	ID        int64
	ThreadID  int64
	AuthorID  int64
	ReplyToID int64
	Hidden    bool // seen by its author and the team alone
	Edited    bool
	Content   string
	Mentions  []parley.Mention
}

// MessageState reads what decisions about a message are made from; false if
// there is no such message, or no longer.
func (s *Snapshot) MessageState(id int64) (MessageState, bool, error) {
	return inItsThread(s, id, s.messageState, func(m MessageState) int64 { return m.ThreadID })
}

func (s *Snapshot) messageState(id int64) (MessageState, bool, error) {
	return one(s, func(row scanner) (m MessageState, err error) {
		var mentions string
		if err := row.Scan(&m.ID, &m.ThreadID, &m.AuthorID, &m.ReplyToID, &m.Hidden, &m.Edited, &m.Content, &mentions); err != nil {
			return m, err
		}
		return m, json.Unmarshal([]byte(mentions), &m.Mentions)
	}, `SELECT m.id, m.thread_id, m.user_id, coalesce(m.reply_to_id, 0), m.hidden_at IS NOT NULL, m.edited_at IS NOT NULL, m.content, m.mentions
		FROM messages m JOIN threads t ON t.id = m.thread_id AND t.deleted_at IS NULL
		WHERE m.id = cast($1 AS BIGINT) AND m.deleted_at IS NULL`, id)
}

// Text is what a message says, in all its forms.
type Text struct {
	Content  string
	HTML     string
	Mentions []parley.Mention
}

func (t Text) mentionsJSON() (string, error) {
	if t.Mentions == nil {
		return "[]", nil
	}
	text, err := json.Marshal(t.Mentions)
	return string(text), err
}

// NextMessageID gives out the id of the message that the transaction inserts next,
// 0 where only its insertion does. It is worth reading ahead.
func (s *Snapshot) NextMessageID() (int64, error) {
	if s.dialect.nextMessage == "" {
		return 0, nil
	}
	id, _, err := one(s, scalar[int64], s.dialect.nextMessage)
	return id, err
}

// InsertMessage stores a message, counts it, and returns its id.
func (tx *Tx) InsertMessage(threadID, authorID, replyTo int64, text Text) (int64, error) {
	mentions, err := text.mentionsJSON()
	if err != nil {
		return 0, err
	}
	id, err := tx.NextMessageID()
	if err != nil {
		return 0, err
	}
	const insert = `INSERT INTO messages (id, thread_id, user_id, content, content_html, mentions, reply_to_id, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`
	args := []any{null(id), threadID, authorID, text.Content, text.HTML, mentions, null(replyTo), tx.now}
	if id != 0 {
		err = tx.write(insert, args...)
	} else {
		id, err = tx.insert(insert+` RETURNING id`, args...)
	}
	if err != nil {
		return 0, err
	}
	if replyTo != 0 {
		if err := tx.write(`UPDATE messages SET reply_count = reply_count + 1 WHERE id = $1`, replyTo); err != nil {
			return 0, err
		}
	}
	return id, tx.write(`UPDATE threads SET message_count = message_count + 1, last_message_at = $2,
		first_message_id = coalesce(first_message_id, $3) WHERE id = $1`, threadID, tx.now, id)
}

// EditMessage replaces a message's text and keeps the old one as history. The preview of
// its link is gone.
func (tx *Tx) EditMessage(old MessageState, editorID int64, text Text) error {
	mentions, err := text.mentionsJSON()
	if err != nil {
		return err
	}
	err = tx.write(`INSERT INTO message_history (message_id, editor_id, content, edited_at) VALUES ($1, $2, $3, $4)`,
		old.ID, editorID, old.Content, tx.now)
	if err != nil {
		return err
	}
	return tx.write(`UPDATE messages SET content = $2, content_html = $3, mentions = $4, edited_at = $5, preview_html = '' WHERE id = $1`,
		old.ID, text.Content, text.HTML, mentions, tx.now)
}

// Edits returns how often a message was edited.
func (s *Snapshot) Edits(messageID int64) (int64, error) {
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM message_history WHERE message_id = $1`, messageID)
	return n, err
}

// Touched is a message that was deleted or restored.
type Touched struct {
	ID       int64
	AuthorID int64
	Hidden   bool
	Length   int64 // of its text in all forms, in characters
}

func scanTouched(row scanner) (t Touched, err error) {
	err = row.Scan(&t.ID, &t.AuthorID, &t.Hidden, &t.Length)
	return t, err
}

const touchedColumns = `SELECT m.id, m.user_id, m.hidden_at IS NOT NULL, length(m.content) + length(m.content_html) + length(m.preview_html)`

// counted returns how many of the messages count: hidden ones do not.
func counted(touched []Touched) (n int) {
	for _, t := range touched {
		if !t.Hidden {
			n++
		}
	}
	return n
}

// DeleteMessages deletes a message and all replies below it, and returns them,
// ascending.
func (tx *Tx) DeleteMessages(root MessageState, byID int64) ([]Touched, error) {
	deleted, err := list(&tx.Snapshot, scanTouched, `WITH RECURSIVE below (id, author, hidden, length) AS (
		`+touchedColumns+` FROM messages m WHERE m.id = $1 AND m.deleted_at IS NULL
		UNION `+touchedColumns+` FROM messages m JOIN below b ON m.reply_to_id = b.id WHERE m.deleted_at IS NULL)
		SELECT id, author, hidden, length FROM below ORDER BY id`, root.ID)
	if err != nil {
		return nil, err
	}
	for batch := range slices.Chunk(deleted, 256) {
		args := arguments{tx.now, byID, root.ID}
		ids := make([]int64, len(batch))
		for i, t := range batch {
			ids[i] = t.ID
		}
		if err := tx.write(`UPDATE messages SET deleted_at = $1, deleted_by = $2, deleted_with = $3 WHERE id IN `+in(&args, ids), args...); err != nil {
			return nil, err
		}
		if err := tx.keepUploads(ids); err != nil {
			return nil, err
		}
	}
	return deleted, tx.countCame(root, -1, -counted(deleted))
}

// HideMessage hides a message from all but its author and the team. It no longer
// counts.
func (tx *Tx) HideMessage(m MessageState, byID int64) error {
	if err := tx.write(`UPDATE messages SET hidden_at = $2, hidden_by = $3 WHERE id = $1`, m.ID, tx.now, byID); err != nil {
		return err
	}
	return tx.countCame(m, -1, -1)
}

// ShowMessage shows a hidden message to all again.
func (tx *Tx) ShowMessage(m MessageState) error {
	if err := tx.write(`UPDATE messages SET hidden_at = NULL, hidden_by = NULL WHERE id = $1`, m.ID); err != nil {
		return err
	}
	m.Hidden = false
	return tx.countCame(m, 1, 1)
}

// RepliedTo returns which message another one, deleted or not, replied to; nil if
// none.
func (s *Snapshot) RepliedTo(id int64) (*int64, error) {
	origin, _, err := one(s, scalar[sql.Null[int64]], `SELECT reply_to_id FROM messages WHERE id = $1`, id)
	return pointer(origin), err
}

// ReplyCount returns how many replies a message has; false if there is no such
// message, or no longer.
func (s *Snapshot) ReplyCount(id int64) (int64, bool, error) {
	return one(s, scalar[int64], `SELECT reply_count FROM messages WHERE id = $1 AND deleted_at IS NULL`, id)
}

// MessageCount returns how many messages a thread has, 0 if there is no such thread.
func (s *Snapshot) MessageCount(threadID int64) (int64, error) {
	n, _, err := one(s, scalar[int64], `SELECT message_count FROM threads WHERE id = $1 AND deleted_at IS NULL`, threadID)
	return n, err
}

// NewestMessageID returns the id of a thread's newest message that v may see, 0 if
// there is none.
func (s *Snapshot) NewestMessageID(v parley.Viewer, threadID int64) (int64, error) {
	args := arguments{threadID}
	id, _, err := one(s, scalar[int64], `SELECT coalesce(max(m.id), 0) FROM messages m WHERE m.thread_id = $1 AND `+args.shown("m", v), args...)
	return id, err
}

// LastPosted returns when a user last wrote in a thread, deleted messages
// included; 0 if never.
func (s *Snapshot) LastPosted(threadID, userID int64) (parley.Time, error) {
	at, _, err := one(s, scalar[int64], `SELECT created_at FROM messages WHERE thread_id = $1 AND user_id = $2 ORDER BY id DESC LIMIT 1`,
		threadID, userID)
	return parley.Time(at), err
}

// PostsSince returns when somebody wrote their last messages since a time, at most
// limit of them, the newest first; deleted ones are among them. A transaction that goes
// by it is the only one that does so for this person.
func (s *Snapshot) PostsSince(userID int64, since parley.Time, limit int64) ([]parley.Time, error) {
	if err := s.inTurn(userID); err != nil {
		return nil, err
	}
	// Which of them are too old is seen here: the database would look for others in
	// all that the person ever wrote.
	posts, err := list(s, scalar[parley.Time], `SELECT created_at FROM messages
		WHERE user_id = cast($1 AS BIGINT) ORDER BY id DESC LIMIT $2`, userID, limit)
	return slices.DeleteFunc(posts, func(at parley.Time) bool { return at <= since }), err
}
