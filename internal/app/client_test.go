package app_test

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// stream is a connection as the protocol shows it to its owner: frames behind a
// position, whom they are meant for decided.
type stream struct {
	f         *forum
	seat      app.Seat
	positions map[string]uint64 // by channel
}

// follow begins where an answer with this Event-Id was read.
func (f *forum) follow(v parley.Viewer, eventID string) *stream {
	f.t.Helper()
	cursor, err := realtime.ParseCursor(eventID)
	if err != nil || cursor.Generation != f.Log().Generation() {
		f.t.Fatalf("event id %q: %v", eventID, err)
	}
	s := &stream{f: f, seat: app.Seat{Viewer: v}, positions: map[string]uint64{}}
	for _, p := range cursor.Positions {
		s.positions[p.Channel] = p.Seq
	}
	return s
}

// frames returns what came since the last time. As when a client resumes, all
// are rendered as things are now.
func (s *stream) frames() (frames [][]byte) {
	s.f.t.Helper()
	conn := new(realtime.Conn)
	conn.SetValue(s.seat)
	for _, channel := range slices.Sorted(maps.Keys(s.positions)) { // the forum's before the user's
		pages, err := s.f.Log().Read(s.f.t.Context(), []realtime.Want{{Channel: channel, After: s.positions[channel], Limit: 1000}})
		if err != nil {
			s.f.t.Fatal(err)
		}
		for _, e := range pages[0].Events {
			if e.Seq != s.positions[channel]+1 {
				s.f.t.Fatalf("%s: %d follows %d", channel, e.Seq, s.positions[channel])
			}
			s.positions[channel] = e.Seq
			if e.Frame != nil && (e.Audience == nil || e.Audience(conn)) {
				frames = append(frames, e.Frame)
			}
		}
	}
	return frames
}

// now is somebody with the rights that they have now, as an open socket has them.
func (f *forum) now(v parley.Viewer) parley.Viewer {
	f.t.Helper()
	return storetest.Found(f.t, f.Store, func(s *store.Snapshot) (parley.Viewer, bool, error) { return s.Viewer(v.ID) })
}

// room is a thread that somebody has open: a small client of the thread stream,
// as contract and API description let one be written. It keeps absolute values
// and nothing else, so that it may see a frame of what it knows already.
type room struct {
	*stream
	id       int64
	gone     bool
	thread   parley.Thread
	messages map[int64]parley.Message
}

func (f *forum) enter(v parley.Viewer, threadID int64) *room {
	f.t.Helper()
	messages, eventID, err := f.Messages(f.t.Context(), v, threadID, app.MessageQuery{Limit: 1000})
	if err != nil {
		f.t.Fatal(err)
	}
	r := &room{stream: f.follow(v, eventID), id: threadID, messages: map[int64]parley.Message{}}
	r.thread = must[parley.Thread](f.t)(f.Thread(f.t.Context(), v, threadID))
	for _, m := range messages {
		r.messages[m.ID] = m
	}
	return r
}

func (r *room) catchUp() {
	r.f.t.Helper()
	r.seat.Viewer = r.f.now(r.seat.Viewer)
	for _, frame := range r.frames() {
		r.apply(frameType(r.f.t, frame), frame)
	}
}

func (r *room) apply(kind string, frame []byte) {
	t := r.f.t
	t.Helper()
	switch kind {
	case "new_message":
		f := decode[parley.NewMessageFrame](t, frame)
		if _, known := r.messages[f.Message.ID]; !known {
			f.Message.UserHasLiked = slices.Contains(f.LikedBy, r.seat.Viewer.ID)
			r.insert(f.Message)
		}
		r.count(f.ThreadCounts)
	case "message_edited":
		r.edit(decode[parley.MessageEditedFrame](t, frame).Message)
	case "messages_deleted":
		f := decode[parley.MessagesDeletedFrame](t, frame)
		for _, id := range f.MessageIDs {
			delete(r.messages, id)
			r.requote(id, nil)
		}
		r.count(f.ThreadCounts)
	case "messages_restored":
		r.restore(decode[parley.MessagesRestoredFrame](t, frame))
	case "message_hidden", "message_shown":
		f := decode[parley.MessageHiddenFrame](t, frame)
		f.Message.UserHasLiked = slices.Contains(f.LikedBy, r.seat.Viewer.ID)
		r.insert(f.Message)
		r.count(f.ThreadCounts)
	case "message_liked", "message_unliked":
		r.like(decode[parley.LikeFrame](t, frame))
	case "message_thread_count_updated":
		f := decode[parley.SubThreadCountedFrame](t, frame)
		r.patch(f.MessageID, func(m *parley.Message) { m.SpawnedThreadCount = f.SpawnedThreadCount })
	case "thread_updated":
		u := decode[parley.ThreadUpdatedFrame](t, frame).Updates
		r.thread.Title, r.thread.IsPinned, r.thread.IsLocked, r.thread.IsPrivate = u.Title, u.IsPinned, u.IsLocked, u.IsPrivate
		r.thread.MinTierCents, r.thread.TierInfo, r.thread.SlowModeSeconds = u.MinTierCents, u.TierInfo, u.SlowModeSeconds
	case "thread_deleted":
		r.gone = true
	default:
		t.Errorf("a frame of the unknown type %q", kind)
	}
}

// insert shows a message, what it answers if that is known, and it where it is
// answered: frames quote no hidden message, as they go to many.
func (r *room) insert(m parley.Message) {
	if m.ReplyToID != nil && m.ReplyToMessage == nil {
		if origin, known := r.messages[*m.ReplyToID]; known {
			m.ReplyToMessage = quote(origin)
		}
	}
	r.messages[m.ID] = m
	r.requote(m.ID, quote(m))
}

// requote shows what replies to a message quote of it; nil: nothing.
func (r *room) requote(id int64, quoted *parley.ReplyExcerpt) {
	for _, m := range r.messages {
		if m.ReplyToID != nil && *m.ReplyToID == id {
			r.patch(m.ID, func(m *parley.Message) { m.ReplyToMessage = quoted })
		}
	}
}

func quote(m parley.Message) *parley.ReplyExcerpt {
	return &parley.ReplyExcerpt{
		ID: m.ID, Content: parley.Excerpt(m.Content, parley.ExcerptLength), IsHidden: m.IsHidden,
		Username: m.Username, UserRole: m.UserRole, UserBadgeColor: m.UserBadgeColor, CreatedAt: m.CreatedAt,
	}
}

// patch changes a message if the page shows it.
func (r *room) patch(id int64, change func(*parley.Message)) {
	if m, shown := r.messages[id]; shown {
		change(&m)
		r.messages[id] = m
	}
}

func (r *room) count(c parley.ThreadCounts) {
	r.thread.MessageCount = c.MessageCount
	if c.ReplyTo != nil {
		r.patch(c.ReplyTo.ID, func(m *parley.Message) { m.ReplyCount = c.ReplyTo.ReplyCount })
	}
}

func (r *room) restore(f parley.MessagesRestoredFrame) {
	likedBy := map[int64][]int64{}
	for _, l := range f.Likes {
		likedBy[l.MessageID] = l.UserIDs
	}
	for _, m := range f.Messages {
		m.UserHasLiked = slices.Contains(likedBy[m.ID], r.seat.Viewer.ID)
		r.insert(m)
	}
	r.count(f.ThreadCounts)
}

func (r *room) edit(e parley.EditedMessage) {
	r.patch(e.ID, func(m *parley.Message) {
		m.Content, m.ContentHTML, m.IsEdited, m.EditedAt, m.Mentions = e.Content, e.ContentHTML, e.IsEdited, e.EditedAt, e.Mentions
	})
	for id, m := range r.messages {
		if quoted := m.ReplyToMessage; quoted != nil && quoted.ID == e.ID {
			requoted := *quoted
			requoted.Content = parley.Excerpt(e.Content, parley.ExcerptLength)
			r.patch(id, func(m *parley.Message) { m.ReplyToMessage = &requoted })
		}
	}
}

func (r *room) like(f parley.LikeFrame) {
	r.patch(f.MessageID, func(m *parley.Message) {
		m.LikeCount = f.LikeCount
		if who := cmp.Or(f.LikedBy, f.UnlikedBy); who.ID == r.seat.Viewer.ID {
			m.UserHasLiked = f.LikedBy != nil
		}
	})
}

// told are the fields of a thread that its own stream tells of; the others are
// counted by the client, or told on the global stream.
func told(t parley.Thread) parley.ThreadUpdates {
	return parley.ThreadUpdates{
		Title: t.Title, IsPinned: t.IsPinned, IsLocked: t.IsLocked, IsPrivate: t.IsPrivate,
		MinTierCents: t.MinTierCents, TierInfo: t.TierInfo, SlowModeSeconds: t.SlowModeSeconds,
	}
}

// check compares the room with a fresh look at the thread.
func (r *room) check() {
	t := r.f.t
	t.Helper()
	if _, err := r.f.Thread(t.Context(), r.f.Ada, r.id); (err != nil) != r.gone {
		t.Errorf("thread %d is gone for the client: %v, but: %v", r.id, r.gone, err)
	}
	fresh, err := r.f.Thread(t.Context(), r.seat.Viewer, r.id)
	if err != nil {
		return // a lost right ends the connection
	}
	messages, _, err := r.f.Messages(t.Context(), r.seat.Viewer, r.id, app.MessageQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(told(fresh), told(r.thread)); diff != "" {
		t.Errorf("the head of thread %d to %d (-fresh +client):\n%s", r.id, r.seat.Viewer.ID, diff)
	}
	if r.thread.MessageCount != fresh.MessageCount {
		t.Errorf("thread %d has %d messages, the client counts %d", r.id, fresh.MessageCount, r.thread.MessageCount)
	}
	shown := slices.SortedFunc(maps.Values(r.messages), func(a, b parley.Message) int { return cmp.Compare(a.ID, b.ID) })
	if diff := gocmp.Diff(messages, shown, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the messages of thread %d to %d (-fresh +client):\n%s", r.id, r.seat.Viewer.ID, diff)
	}
}

// TestAFrameGoesToTheHubAsTheLogGivesIt compares what is published with what a
// client that resumes would be given.
func TestAFrameGoesToTheHubAsTheLogGivesIt(t *testing.T) {
	f := openForum(t)
	f.hub.take()
	f.reply(f.Mina, f.Free, f.Free.First, "hello @Finn")
	published := f.hub.take()
	if len(published) != 3 { // the message, Ada's and Finn's notifications
		t.Fatalf("%d events were published", len(published))
	}
	for _, e := range published {
		pages, err := f.Log().Read(t.Context(), []realtime.Want{{Channel: e.Channel, After: e.Seq - 1, Limit: 1}})
		if err != nil {
			t.Fatal(err)
		}
		logged := pages[0].Events[0]
		if string(e.Frame) != string(logged.Frame) || string(e.Also) != string(logged.Also) || e.Barrier != logged.Barrier || !json.Valid(e.Frame) {
			t.Errorf("published %s\nlogged    %s", e.Frame, logged.Frame)
		}
	}
	if last := published[2]; last.Channel != "u"+strconv.FormatInt(f.Finn.ID, 10) || frameType(t, last.Also) != "new_notification" {
		t.Errorf("the last is in %s with %s behind it", last.Channel, last.Also)
	}
}
