package store

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"parley"
)

// ThreadFilter chooses threads of the list.
type ThreadFilter struct {
	Following bool              // only those the viewer follows
	Unread    bool              // only those with messages by others the viewer has not read
	Kind      parley.ThreadType // empty: both
	Source    int64             // only those that grew out of this message; 0: any
	Limit     int
	Offset    int
}

// threadOrder is the order of the list: pinned threads first, then those with the newest
// messages.
const threadOrder = " ORDER BY t.is_pinned DESC, t.last_message_at DESC, t.id DESC"

// Threads returns the threads that v may see, in the order of the list.
func (s *Snapshot) Threads(v parley.Viewer, f ThreadFilter) ([]parley.Thread, error) {
	args := arguments{v.ID, s.now}
	where := "t.deleted_at IS NULL AND " + accessible(&args, v) + f.chosen(&args)
	end := threadOrder + args.page(f.Limit, f.Offset)
	if f.Following || f.Unread {
		ids, err := s.ownThreads(v, f)
		if err != nil || len(ids) == 0 {
			return []parley.Thread{}, err
		}
		args = arguments{v.ID, s.now}
		where, end = "t.id IN "+in(&args, ids), threadOrder
	}
	threads, err := list(s, threadScanner(v), threadRows(v)+" WHERE "+where+end, args...)
	if err != nil {
		return nil, err
	}
	return threads, s.addUnreadCalls(v, threads)
}

// ownThreads returns the ids of a page of the threads that v follows, or has not read.
// It begins with what v follows. For what is not read it passes over all that v has read,
// which may be nearly everything, and so asks of each thread only that: with all that is
// shown of one, passing over 20,000 took three to five times as long. The cross joins are
// for SQLite, which keeps to their order.
func (s *Snapshot) ownThreads(v parley.Viewer, f ThreadFilter) ([]int64, error) {
	args := arguments{v.ID}
	from, where := "threads t", " WHERE t.deleted_at IS NULL AND a.thread_id = t.id AND "+accessible(&args, v)+f.chosen(&args)
	if f.Following {
		from = "follows f CROSS JOIN threads t"
		where += " AND f.user_id = " + viewerID + " AND t.id = f.thread_id"
	}
	from += " CROSS JOIN thread_access a"
	if f.Unread {
		from += " LEFT JOIN read_positions r ON r.thread_id = t.id AND r.user_id = " + viewerID
		where += " AND EXISTS (SELECT 1 " + unreadMessages + ")"
	}
	return list(s, scalar[int64], "SELECT t.id FROM "+from+where+threadOrder+args.page(f.Limit, f.Offset), args...)
}

// chosen are the conditions on thread t that do not depend on who reads it.
func (f ThreadFilter) chosen(args *arguments) (where string) {
	switch f.Kind {
	case parley.MainThread:
		where = " AND t.parent_thread_id IS NULL"
	case parley.SubThread:
		where = " AND t.parent_thread_id IS NOT NULL"
	}
	if f.Source != 0 {
		where += " AND t.parent_message_id = " + args.id(f.Source)
	}
	return where
}

// addUnreadCalls adds the calls that v has not read to the notifications of threads.
func (s *Snapshot) addUnreadCalls(v parley.Viewer, threads []parley.Thread) error {
	if v.ID == 0 || len(threads) == 0 {
		return nil
	}
	unread, err := s.unreadCalls(v)
	for _, c := range unread {
		if i := slices.IndexFunc(threads, func(t parley.Thread) bool { return t.ID == c.ThreadID }); i >= 0 {
			threads[i].UnreadCount++
		}
	}
	return err
}

// Thread returns a thread as v sees it, with CanAccess telling whether v may; false
// if there is none.
func (s *Snapshot) Thread(v parley.Viewer, id int64) (parley.Thread, bool, error) {
	threads, err := list(s, threadScanner(v), threadRows(v)+" WHERE t.deleted_at IS NULL AND t.id = cast($3 AS BIGINT)", v.ID, s.now, id)
	if err != nil || len(threads) == 0 {
		return parley.Thread{}, false, err
	}
	return threads[0], true, s.addUnreadCalls(v, threads)
}

// CountSubThreads returns how many threads that v may see grew out of a message.
func (s *Snapshot) CountSubThreads(v parley.Viewer, messageID int64) (int64, error) {
	args := arguments{messageID}
	count, _, err := one(s, scalar[int64], `SELECT count(*) FROM threads t JOIN thread_access a ON a.thread_id = t.id
		WHERE t.parent_message_id = cast($1 AS BIGINT) AND t.deleted_at IS NULL AND `+accessible(&args, v), args...)
	return count, err
}

// unreadMessages is the tail of a query over the messages of thread t that count
// as unread for the viewer, $1.
const unreadMessages = `FROM messages um WHERE um.thread_id = t.id AND um.deleted_at IS NULL AND um.hidden_at IS NULL
	AND um.id > coalesce(r.message_id, 0) AND um.user_id <> $1`

// threadRows reads threads as v, whose id is $1, sees them at the time $2. The casts are for SQLite,
// see TestIDsDoNotChangeThePlan.
func threadRows(v parley.Viewer) string {
	return `SELECT t.id, t.title, t.user_id, u.display_name, u.role, u.amount_cents, u.source,
	t.message_count, coalesce(v.views, 0), t.follower_count, t.is_pinned, t.is_locked, a.is_private, a.min_tier_cents,
	a.tier_id, ti.title, ti.description, ti.color, t.last_message_at, t.created_at, t.parent_thread_id, t.parent_message_id,
	sm.id, substr(sm.content, 1, 100), su.display_name, sm.created_at,
	f.user_id IS NOT NULL, mu.user_id IS NOT NULL, r.message_id, t.slow_mode_seconds,
	(SELECT count(*) FROM notifications n JOIN messages nm ON nm.id = n.message_id AND ` + noticed("nm", v, viewerID) + `
		WHERE n.user_id = cast($1 AS BIGINT) AND n.thread_id = t.id AND n.is_read = 0 AND n.is_deleted = 0),
	(SELECT count(*) ` + unreadMessages + `)
	FROM threads t
	JOIN thread_access a ON a.thread_id = t.id
	JOIN users u ON u.id = t.user_id
	LEFT JOIN tiers ti ON ti.id = a.tier_id
	LEFT JOIN thread_views v ON v.thread_id = t.id
	LEFT JOIN messages sm ON sm.id = t.parent_message_id AND ` + shown("sm", v, viewerID) + `
	LEFT JOIN users su ON su.id = sm.user_id
	LEFT JOIN follows f ON f.thread_id = t.id AND f.user_id = cast($1 AS BIGINT)
	LEFT JOIN thread_mutes mu ON mu.thread_id = t.id AND mu.user_id = cast($1 AS BIGINT) AND mu.until > $2
	LEFT JOIN read_positions r ON r.thread_id = t.id AND r.user_id = cast($1 AS BIGINT)`
}

// author is the columns that show who wrote something.
type author struct {
	id         int64
	name       string
	role       parley.Role
	membership parley.Membership
}

func (a *author) columns() []any {
	return []any{&a.id, &a.name, &a.role, &a.membership.AmountCents, &a.membership.Source}
}

func (a *author) shown() parley.Author {
	return parley.NewAuthor(a.id, a.name, a.role, a.membership)
}

// threadScanner reads rows of threadRows for v.
func threadScanner(v parley.Viewer) func(scanner) (parley.Thread, error) {
	return func(row scanner) (t parley.Thread, err error) {
		var by author
		var access parley.Access
		var tier tierColumns
		var source sourceColumns
		var parentThread, parentMessage, lastRead sql.Null[int64]
		err = row.Scan(append(append([]any{&t.ID, &t.Title}, by.columns()...),
			&t.MessageCount, &t.ViewCount, &t.FollowerCount, &t.IsPinned, &t.IsLocked, &access.Private, &access.MinTierCents,
			&tier.id, &tier.title, &tier.description, &tier.color, &t.LastMessageAt, &t.CreatedAt, &parentThread, &parentMessage,
			&source.id, &source.content, &source.username, &source.createdAt,
			&t.IsFollowing, &t.IsMuted, &lastRead, &t.SlowModeSeconds, &t.UnreadCount, &t.UnreadMessages)...)
		if err != nil {
			return t, err
		}
		shown := by.shown()
		t.UserID, t.Username, t.UserRole, t.UserBadgeColor = shown.ID, shown.Name, shown.Role, shown.BadgeColor
		t.IsPrivate, t.MinTierCents, t.CanAccess = access.Private, access.MinTierCents, access.Admits(v)
		t.TierInfo = parley.NewTierInfo(access.MinTierCents, tier.tier())
		t.ParentThreadID, t.ParentMessageID, t.LastReadMessageID = pointer(parentThread), pointer(parentMessage), pointer(lastRead)
		t.CreatedFromMessage = source.message()
		t.ThreadType = parley.MainThread
		if t.ParentThreadID != nil {
			t.ThreadType = parley.SubThread
		}
		t.CanManage = t.CanAccess && parley.CanManageThread(v, t.ThreadType, t.UserID)
		t.CanDelete = t.CanManage
		return t, nil
	}
}

type tierColumns struct {
	id                        sql.Null[int64]
	title, description, color sql.Null[string]
}

func (c tierColumns) tier() *parley.Tier {
	if !c.id.Valid {
		return nil
	}
	return &parley.Tier{ID: c.id.V, Title: c.title.V, Description: c.description.V, Color: c.color.V}
}

type sourceColumns struct {
	id, createdAt     sql.Null[int64]
	content, username sql.Null[string]
}

func (c sourceColumns) message() *parley.SourceMessage {
	if !c.id.Valid {
		return nil
	}
	return &parley.SourceMessage{ID: c.id.V, Content: c.content.V, Username: c.username.V, CreatedAt: parley.Time(c.createdAt.V)}
}

// NewThread is a thread to be stored; its first message follows it.
type NewThread struct {
	Title           string
	AuthorID        int64
	ParentThreadID  int64 // 0: a main thread
	ParentMessageID int64
	Access          parley.Access
	TierID          int64 // 0: none
}

// InsertThread stores a thread and returns its id.
func (tx *Tx) InsertThread(t NewThread) (int64, error) {
	id, err := tx.insert(`INSERT INTO threads
		(title, user_id, parent_thread_id, parent_message_id, is_private, min_tier_cents, tier_id, last_message_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING id`,
		t.Title, t.AuthorID, null(t.ParentThreadID), null(t.ParentMessageID), flag(t.Access.Private), t.Access.MinTierCents,
		null(t.TierID), tx.now)
	if err == nil && t.ParentMessageID != 0 {
		err = tx.CountSpawned(t.ParentMessageID)
	}
	return id, err
}

// CountSpawned counts anew the threads that grew out of a message: those that are
// as open as the message itself. The number is shown to all its readers, and must
// not tell of what some of them may not see.
func (tx *Tx) CountSpawned(messageID int64) error {
	// Locked before it is counted: a statement that waits for a row goes on to count
	// what there was before.
	if err := tx.lock(`SELECT id FROM messages WHERE id = $1 FOR NO KEY UPDATE`, messageID); err != nil {
		return err
	}
	return tx.write(`UPDATE messages SET spawned_thread_count = (
		SELECT count(*) FROM threads t JOIN threads p ON p.id = t.parent_thread_id
		WHERE t.parent_message_id = $1 AND t.deleted_at IS NULL AND t.is_private <= p.is_private AND t.min_tier_cents <= p.min_tier_cents)
		WHERE id = $1`, messageID)
}

// SetThread stores what a thread's managers can change.
func (tx *Tx) SetThread(t ThreadState) error {
	return tx.write(`UPDATE threads SET title = $2, is_pinned = $3, is_locked = $4, is_private = $5, min_tier_cents = $6,
		tier_id = $7, slow_mode_seconds = $8 WHERE id = $1`,
		t.ID, t.Title, flag(t.Pinned), flag(t.Locked), flag(t.Own.Private), t.Own.MinTierCents, null(t.TierID), t.SlowModeSeconds)
}

// DeleteThread hides a thread. A sub-thread no longer counts at its source.
func (tx *Tx) DeleteThread(t ThreadState) error {
	if err := tx.write(`UPDATE threads SET deleted_at = $2 WHERE id = $1`, t.ID, tx.now); err != nil {
		return err
	}
	if err := tx.keepUploadsOfThread(t.ID); err != nil {
		return err
	}
	if t.ParentMessageID == 0 {
		return nil
	}
	return tx.CountSpawned(t.ParentMessageID)
}

// ThreadTitle returns a thread's title, also of a deleted one.
func (s *Snapshot) ThreadTitle(id int64) (string, error) {
	title, _, err := one(s, scalar[string], `SELECT title FROM threads WHERE id = $1`, id)
	return title, err
}

// AddViews adds to the views of threads.
func (tx *Tx) AddViews(views map[int64]int64) error {
	for _, id := range slices.Sorted(maps.Keys(views)) { // locked in the order of their ids
		err := tx.write(`INSERT INTO thread_views (thread_id, views) VALUES ($1, $2)
			ON CONFLICT (thread_id) DO UPDATE SET views = thread_views.views + excluded.views`, id, views[id])
		if err != nil {
			return fmt.Errorf("views of thread %d: %w", id, err)
		}
	}
	return nil
}
