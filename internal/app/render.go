package app

import (
	"bytes"
	"encoding/json"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// CloseThreadDeleted ends the sockets that watched a thread when it is deleted.
var CloseThreadDeleted = realtime.CloseReason{Code: 1000, Reason: "Thread deleted"}

// renderer turns logged events into what the hub delivers. It reads the rows as
// they are in its snapshot: an event about something that is gone shows nothing.
type renderer struct {
	s        *store.Snapshot
	viewer   parley.Viewer            // whom messages are read for, hidden ones too
	messages map[int64]parley.Message // those that the events are about, as the viewer sees them
	counts   map[int64]int64          // messages of the threads that the events are about
}

// newRenderer returns a renderer that reads messages as a viewer sees them, 0:
// nobody in particular. Events show no difference: what is hidden has its audience.
func newRenderer(s *store.Snapshot, viewer int64) *renderer {
	return &renderer{s: s, viewer: parley.Viewer{ID: viewer, Role: parley.RoleTeam, Active: true}, counts: map[int64]int64{}}
}

// all renders events, reading the messages they are about at once.
func (r *renderer) all(logged []store.Logged) (events []realtime.Event, err error) {
	var ids []int64
	for _, l := range logged {
		ids = append(ids, messagesOf(l.Event)...)
	}
	if r.messages, err = r.s.MessagesByID(r.viewer, ids); err != nil {
		return nil, err
	}
	events = make([]realtime.Event, len(logged))
	for i, l := range logged {
		if events[i], err = r.render(l); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// messagesOf returns the messages that an event shows.
func messagesOf(e parley.Event) []int64 {
	switch e := e.(type) {
	case parley.MessagePosted:
		return []int64{e.MessageID}
	case parley.MessageEdited:
		return []int64{e.MessageID}
	case parley.MessagesRestored:
		return e.MessageIDs
	case parley.MessageHidden:
		return []int64{e.MessageID}
	case parley.MessageLiked:
		return []int64{e.MessageID}
	case parley.SubThreadCounted:
		return []int64{e.MessageID}
	case parley.ManyMentioned:
		return []int64{e.MessageID}
	default:
		return nil
	}
}

func (r *renderer) render(l store.Logged) (realtime.Event, error) {
	event := realtime.Event{Channel: string(l.Channel), Seq: l.Seq, Barrier: l.Control, Committed: l.At.Std()}
	frame, err := r.frame(l.Event, &event)
	if err == nil && frame != nil {
		event.Frame, err = encode(frame)
	}
	return event, err
}

// frame returns what shows an event, nil if nothing does any more, and sets what
// else the hub needs to know of it.
func (r *renderer) frame(e parley.Event, event *realtime.Event) (frame any, err error) {
	switch e := e.(type) {
	case parley.MessagePosted:
		return r.messagePosted(e, event)
	case parley.MessageEdited:
		event.Rewrites = true
		if m, ok := r.message(e.MessageID, e.ThreadID); ok {
			event.Audience = readersOf(m)
			frame = parley.MessageEditedFrame{Type: "message_edited", ThreadID: e.ThreadID, Message: parley.EditedMessage{
				ID: m.ID, Content: m.Content, ContentHTML: m.ContentHTML, IsEdited: true, EditedAt: m.EditedAt, Mentions: m.Mentions,
			}}
		}
	case parley.MessagesDeleted:
		event.Audience, event.Rewrites = readers(e.Readers), true
		return r.messagesDeleted(e)
	case parley.MessagesRestored:
		event.Audience = readers(e.Readers)
		return r.messagesRestored(e)
	case parley.MessageHidden:
		event.Audience, event.Rewrites = readers(parley.Readers{Author: e.AuthorID}), true
		return r.messageHidden(e)
	case parley.MessageLiked:
		return r.liked(e, event)
	case parley.ThreadUpdated:
		return r.threadUpdated(e)
	case parley.SubThreadCounted:
		event.Rewrites = true // earlier counts may name a sub-thread that was closed to some since
		return r.subThreadCounted(e, event)
	case parley.ThreadClosed:
		event.Final = &CloseThreadDeleted
		return r.threadDeleted(e.ThreadID)
	case parley.ThreadCreated:
		return r.threadCreated(e, event)
	case parley.SubThreadCreated:
		return r.subThreadCreated(e, event)
	case parley.ThreadDeleted:
		event.Audience, event.Rewrites = admitted(e.Access), true
		return r.threadDeleted(e.ThreadID)
	case parley.ManyMentioned:
		event.Fresh = true // the message may go
		return r.manyMentioned(e, event)
	case parley.Called:
		event.Fresh = true // the message may go, and the mention be taken back
		return r.called(e, event)
	case parley.EveryoneSwitched:
		event.Audience = admitted(parley.Access{})
		return r.everyoneSwitched(e)
	case parley.EveryoneRestricted:
		event.Fresh = true // it may expire, or be taken back
		return r.everyoneRestricted(e)
	case parley.Silenced:
		event.Fresh = true // it may expire, or be taken back
		return r.silenced(e)
	case parley.ThreadsChanged:
		// What was rendered of the threads before may show more, and to more people, than now.
		event.Audience, event.Rewrites = admitted(e.Access), true
		frame = parley.ThreadsChangedFrame{Type: "threads_changed", ThreadIDs: e.ThreadIDs}
	case parley.Notified:
		event.Fresh = true // the message may change or go, and the thread be closed to the reader
		return r.notified(e, event)
	case parley.MembershipChanged:
		event.Rewrites = true // earlier notifications may be of threads that were lost with it
		return r.membershipChanged(e)
	}
	return frame, err
}

// message returns a message that the events are about, false if it is gone.
func (r *renderer) message(id, threadID int64) (parley.Message, bool) {
	m, found := r.messages[id]
	return m, found && m.ThreadID == threadID
}

// shown returns a message as v sees it, whom messages are read for. v may see what
// the events are about, as they are of v's own change, but not what it answers if
// that was hidden since.
func (r *renderer) shown(v parley.Viewer, id int64) (parley.Message, error) {
	if m, found := r.messages[id]; found && (m.ReplyToMessage == nil || !m.ReplyToMessage.IsHidden) {
		return m, nil
	}
	return messageFor(r.s, v, id)
}

func (r *renderer) messagePosted(e parley.MessagePosted, event *realtime.Event) (any, error) {
	m, ok := r.message(e.MessageID, e.ThreadID)
	if !ok {
		return nil, nil
	}
	event.Audience = readersOf(m)
	counts, err := r.threadCounts(e.ThreadID, m.ReplyToID)
	frame := parley.NewMessageFrame{Type: "new_message", ThreadID: e.ThreadID, Message: m.ForReader(), ThreadCounts: counts}
	if err != nil || !e.Moved || m.LikeCount == 0 {
		return frame, err
	}
	likers, err := r.s.LikersOf([]int64{m.ID}, maxShownLikes)
	frame.LikedBy = likers[m.ID]
	return frame, err
}

// readsPosted names what messagePosted reads of a message that replies to another one,
// 0: to none. See store.Store.ViewAhead.
func (r *renderer) readsPosted(e parley.MessagePosted, replyTo int64) {
	r.s.MessagesByID(r.viewer, []int64{e.MessageID})
	r.s.MessageCount(e.ThreadID)
	if replyTo != 0 {
		r.s.ReplyCount(replyTo)
	}
}

// messagesDeleted names the messages; the first of them is the one that was
// deleted, the others are replies below it.
func (r *renderer) messagesDeleted(e parley.MessagesDeleted) (frame any, err error) {
	repliedTo := &e.RepliedTo
	if e.RepliedTo == 0 {
		if repliedTo, err = r.s.RepliedTo(e.MessageIDs[0]); err != nil {
			return nil, err
		}
	}
	counts, err := r.threadCounts(e.ThreadID, repliedTo)
	return parley.MessagesDeletedFrame{
		Type: "messages_deleted", ThreadID: e.ThreadID, MessageIDs: e.MessageIDs, DeletedCount: len(e.MessageIDs), ThreadCounts: counts,
	}, err
}

// maxShownLikes bounds how many likes come back with restored messages. Who liked
// beyond it sees so when they look again.
const maxShownLikes = 1000

// messagesRestored shows those of the messages that are still there, and hidden ones
// to those alone who see them.
func (r *renderer) messagesRestored(e parley.MessagesRestored) (any, error) {
	frame := parley.MessagesRestoredFrame{Type: "messages_restored", ThreadID: e.ThreadID, Likes: []parley.MessageLikes{}}
	for _, id := range e.MessageIDs {
		if m, ok := r.message(id, e.ThreadID); ok && (!m.IsHidden || e.Readers == parley.Readers{Author: m.UserID}) {
			frame.Messages = append(frame.Messages, m.ForReader())
		}
	}
	if len(frame.Messages) == 0 {
		return nil, nil
	}
	likers, err := r.s.LikersOf(e.MessageIDs, maxShownLikes)
	if err != nil {
		return nil, err
	}
	for _, m := range frame.Messages {
		if users := likers[m.ID]; len(users) > 0 {
			frame.Likes = append(frame.Likes, parley.MessageLikes{MessageID: m.ID, UserIDs: users})
		}
	}
	frame.ThreadCounts, err = r.threadCounts(e.ThreadID, frame.Messages[0].ReplyToID)
	return frame, err
}

// messageHidden shows a message as it is, with those who like it.
func (r *renderer) messageHidden(e parley.MessageHidden) (any, error) {
	m, found := r.message(e.MessageID, e.ThreadID)
	if !found {
		return nil, nil
	}
	frame := parley.MessageHiddenFrame{Type: "message_shown", ThreadID: e.ThreadID, Message: m.ForReader(), LikedBy: []int64{}}
	if m.IsHidden {
		frame.Type = "message_hidden"
	}
	likers, err := r.s.LikersOf([]int64{m.ID}, maxShownLikes)
	if err != nil {
		return nil, err
	}
	frame.LikedBy = append(frame.LikedBy, likers[m.ID]...)
	frame.ThreadCounts, err = r.threadCounts(e.ThreadID, m.ReplyToID)
	return frame, err
}

// threadCounts counts a thread's messages, and the replies to one of them.
func (r *renderer) threadCounts(threadID int64, repliedTo *int64) (c parley.ThreadCounts, err error) {
	known := false
	if c.MessageCount, known = r.counts[threadID]; !known {
		if c.MessageCount, err = r.s.MessageCount(threadID); err != nil {
			return c, err
		}
		r.counts[threadID] = c.MessageCount
	}
	if repliedTo == nil {
		return c, nil
	}
	replies, found, err := r.s.ReplyCount(*repliedTo)
	if found {
		c.ReplyTo = &parley.ReplyCount{ID: *repliedTo, ReplyCount: replies}
	}
	return c, err
}

func (r *renderer) liked(e parley.MessageLiked, event *realtime.Event) (any, error) {
	m, found := r.message(e.MessageID, e.ThreadID)
	u, known, err := r.s.User(e.UserID)
	if !found || !known || err != nil {
		return nil, err
	}
	event.Audience = readersOf(m)
	who := &parley.PersonRef{ID: u.ID, Username: u.Author().Name}
	frame := parley.LikeFrame{Type: "message_liked", ThreadID: e.ThreadID, MessageID: m.ID, LikeCount: m.LikeCount, LikedBy: who}
	if e.Undone {
		frame.Type, frame.LikedBy, frame.UnlikedBy = "message_unliked", nil, who
	}
	return frame, nil
}

func (r *renderer) threadUpdated(e parley.ThreadUpdated) (any, error) {
	t, found, err := r.s.Thread(parley.Viewer{}, e.ThreadID)
	if !found || err != nil {
		return nil, err
	}
	return parley.ThreadUpdatedFrame{Type: "thread_updated", ThreadID: t.ID, Updates: parley.ThreadUpdates{
		Title: t.Title, IsPinned: t.IsPinned, IsLocked: t.IsLocked, IsPrivate: t.IsPrivate,
		MinTierCents: t.MinTierCents, TierInfo: t.TierInfo, SlowModeSeconds: t.SlowModeSeconds,
	}}, nil
}

// subThreadCounted names the sub-thread if there still is one and all may see it
// who may see the message.
func (r *renderer) subThreadCounted(e parley.SubThreadCounted, event *realtime.Event) (any, error) {
	m, found := r.message(e.MessageID, e.ThreadID)
	if !found {
		return nil, nil
	}
	event.Audience = readersOf(m)
	frame := parley.SubThreadCountedFrame{
		Type: "message_thread_count_updated", ThreadID: e.ThreadID, MessageID: m.ID, SpawnedThreadCount: m.SpawnedThreadCount,
	}
	parent, _, err := r.s.ThreadState(e.ThreadID)
	if err != nil {
		return nil, err
	}
	t, found, err := r.s.Thread(parley.Viewer{}, e.SubThreadID)
	if found && accessOf(t) == parent.Access {
		frame.SubThreadID, frame.SubThreadTitle, frame.CreatorUsername = t.ID, t.Title, t.Username
	}
	return frame, err
}

func (r *renderer) threadDeleted(id int64) (any, error) {
	title, err := r.s.ThreadTitle(id)
	return parley.ThreadDeletedFrame{Type: "thread_deleted", ThreadID: id, ThreadTitle: title}, err
}

func (r *renderer) threadCreated(e parley.ThreadCreated, event *realtime.Event) (any, error) {
	t, found, err := r.s.Thread(parley.Viewer{}, e.ThreadID)
	if !found || err != nil {
		return nil, err
	}
	event.Audience = admitted(accessOf(t))
	return parley.ThreadCreatedFrame{Type: "new_thread_created", Thread: t.ForReader(), Creator: creatorOf(t)}, nil
}

func (r *renderer) subThreadCreated(e parley.SubThreadCreated, event *realtime.Event) (any, error) {
	t, found, err := r.s.Thread(parley.Viewer{}, e.ThreadID)
	if !found || err != nil {
		return nil, err
	}
	followers, err := r.s.Followers(e.ParentThreadID)
	if err != nil {
		return nil, err
	}
	event.Audience = admittedOf(accessOf(t), followers)
	return parley.SubThreadCreatedFrame{
		Type: "new_sub_thread_created", Thread: t.ForReader(), Creator: creatorOf(t),
		ParentThreadID: e.ParentThreadID, ParentMessageID: e.ParentMessageID,
	}, nil
}

func (r *renderer) manyMentioned(e parley.ManyMentioned, event *realtime.Event) (any, error) {
	m, posted := r.message(e.MessageID, e.ThreadID)
	t, found, err := r.s.ThreadState(e.ThreadID)
	if !posted || !found || err != nil {
		return nil, err
	}
	event.Audience = admitted(t.Access)
	if sees := readersOf(m); sees != nil {
		event.Audience = func(c *realtime.Conn) bool { return sees(c) && admitted(t.Access)(c) }
	}
	return parley.SpecialMentionFrame{
		Type: string(e.Special) + "_mention", ThreadID: t.ID, MessageID: m.ID,
		Sender:      parley.RoleRef{ID: m.UserID, Username: m.Username, Role: m.UserRole},
		ThreadTitle: t.Title, NotificationCount: e.Notifications,
	}, nil
}

// called shows a call to those whom it reached, as the notification that it is for
// each of them.
func (r *renderer) called(e parley.Called, event *realtime.Event) (any, error) {
	c, facts, found, err := r.s.CallFacts(e.CallID)
	if !found || err != nil {
		return nil, err
	}
	exceptions, err := r.s.Exceptions(c)
	if err != nil {
		return nil, err
	}
	event.Audience = reachedBy(c, exceptions)
	return r.notification(facts, event)
}

// notification shows a notification in both forms.
func (r *renderer) notification(facts parley.NotificationFacts, event *realtime.Event) (_ any, err error) {
	n := parley.NewNotification(facts, r.s.Now())
	if event.Also, err = encode(parley.NotificationFrame{Type: "new_notification", Notification: n}); err != nil {
		return nil, err
	}
	return parley.NotificationFrame{Type: "forum_notification", Notification: n}, nil
}

func (r *renderer) notified(e parley.Notified, event *realtime.Event) (any, error) {
	v, known, err := r.s.Viewer(e.UserID)
	if !known || err != nil {
		return nil, err
	}
	facts, found, err := r.s.Notification(v, e.NotificationID)
	if !found || err != nil {
		return nil, err
	}
	return r.notification(facts, event)
}

func (r *renderer) membershipChanged(e parley.MembershipChanged) (any, error) {
	u, found, err := r.s.User(e.UserID)
	if !found || err != nil {
		return nil, err
	}
	frame := parley.MembershipChangedFrame{
		Type: "membership_changed", CurrentTierAmount: u.TierAmount(), Role: u.Author().Role,
	}
	reached, err := r.s.TierTitle(u.Membership.AmountCents)
	frame.CurrentTierTitle = u.TierTitle(reached)
	return frame, err
}

func (r *renderer) everyoneSwitched(e parley.EveryoneSwitched) (any, error) {
	by, _, err := r.s.User(e.By)
	if err != nil {
		return nil, err
	}
	if !e.Disabled {
		return parley.EveryoneEnabledFrame{Type: "everyone_enabled", EnabledBy: by.Author().Name}, nil
	}
	settings, err := r.s.EveryoneSettings()
	return parley.EveryoneDisabledFrame{Type: "everyone_disabled", Reason: settings.DisableReason, DisabledBy: by.Author().Name}, err
}

func (r *renderer) everyoneRestricted(e parley.EveryoneRestricted) (any, error) {
	if e.Lifted {
		by, _, err := r.s.User(e.By)
		return parley.EveryoneUnrestrictedFrame{Type: "everyone_unrestricted", UnrestrictedBy: by.Author().Name}, err
	}
	frame, err := restrictionFrame(r.s, e.UserID)
	if frame == nil {
		return nil, err // a nil pointer is no nil frame
	}
	return *frame, err
}

func (r *renderer) silenced(e parley.Silenced) (any, error) {
	if e.Lifted {
		return parley.UnsilencedFrame{Type: "unsilenced"}, nil
	}
	frame, err := silenceFrame(r.s, e.UserID)
	if frame == nil {
		return nil, err // a nil pointer is no nil frame
	}
	return *frame, err
}

func accessOf(t parley.Thread) parley.Access {
	return parley.Access{Private: t.IsPrivate, MinTierCents: t.MinTierCents}
}

func creatorOf(t parley.Thread) parley.RoleRef {
	return parley.RoleRef{ID: t.UserID, Username: t.Username, Role: t.UserRole}
}

// encode is JSON that leaves < and > as they are: frames go to JSON.parse, never
// into a page, and content_html would be half as long again.
func encode(frame any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(frame)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
