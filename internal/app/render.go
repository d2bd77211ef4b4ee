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
				ID: m.ID, Content: m.Content, ContentHTML: m.ContentHTML, IsEdited: m.IsEdited, EditedAt: m.EditedAt, Mentions: m.Mentions,
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
	case store.Unreadable:
		event.Rewrites = true // it may say that what was rendered before shows what is no more
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

// encode is JSON that leaves < and > as they are: frames go to JSON.parse, never
// into a page, and content_html would be half as long again.
func encode(frame any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(frame)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}
