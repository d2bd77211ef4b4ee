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
			r.messages[f.Message.ID] = f.Message
		}
		r.count(f.ThreadCounts)
	case "message_edited":
		r.edit(decode[parley.MessageEditedFrame](t, frame).Message)
	case "messages_deleted":
		f := decode[parley.MessagesDeletedFrame](t, frame)
		for _, id := range f.MessageIDs {
			delete(r.messages, id)
		}
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

// desk is the list of threads that somebody has open, with the number of their
// unread notifications: a small client of the global stream.
type desk struct {
	*stream
	threads map[int64]parley.Thread
	bell    app.Count
	news    map[int64]bool // notifications
}

func (f *forum) sitDown(v parley.Viewer) *desk {
	f.t.Helper()
	threads, eventID, err := f.Threads(f.t.Context(), v, everything)
	if err != nil {
		f.t.Fatal(err)
	}
	d := &desk{stream: f.follow(v, eventID), threads: map[int64]parley.Thread{}, news: map[int64]bool{}}
	for _, t := range threads {
		d.threads[t.ID] = t
	}
	page := d.renewNews()
	d.bell = app.Count{Count: page.UnreadCount, CountVersion: page.CountVersion}
	return d
}

// renewNews fetches the notifications.
func (d *desk) renewNews() app.NotificationPage {
	d.f.t.Helper()
	page := must[app.NotificationPage](d.f.t)(d.f.Notifications(d.f.t.Context(), d.seat.Viewer, 0, 0, 1000))
	for _, n := range page.Notifications {
		d.news[n.ID] = true
	}
	return page
}

var everything = app.ThreadQuery{Page: 1, Limit: 1000, Filter: "all", Type: "all"}

func (d *desk) catchUp() {
	d.f.t.Helper()
	for _, frame := range d.frames() {
		d.apply(frameType(d.f.t, frame), frame)
	}
	for _, c := range states[parley.NotificationCountFrame](d.f, d.seat.Viewer, "forum_notification_count") {
		if c.CountVersion >= d.bell.CountVersion {
			d.bell = app.Count{Count: c.Count, CountVersion: c.CountVersion}
		}
	}
	for _, u := range states[parley.UnreadCountFrame](d.f, d.seat.Viewer, "unread_count_updated") {
		for id, t := range d.threads {
			if u.ThreadID == nil || *u.ThreadID == id {
				t.UnreadCount = u.ThreadUnreadCount
				d.threads[id] = t
			}
		}
	}
}

func (d *desk) apply(kind string, frame []byte) {
	t := d.f.t
	t.Helper()
	switch kind {
	case "new_thread_created":
		d.created(decode[parley.ThreadCreatedFrame](t, frame).Thread)
	case "new_sub_thread_created":
		d.created(decode[parley.SubThreadCreatedFrame](t, frame).Thread)
	case "thread_deleted":
		delete(d.threads, decode[parley.ThreadDeletedFrame](t, frame).ThreadID)
	case "threads_changed":
		for _, id := range decode[parley.ThreadsChangedFrame](t, frame).ThreadIDs {
			d.fetch(id)
		}
		d.renewNews() // those of a thread come back with it
	case "forum_notification":
		d.news[decode[parley.NotificationFrame](t, frame).Notification.ID] = true
	case "team_mention", "everyone_mention":
	default:
		t.Errorf("a frame of the unknown type %q", kind)
	}
}

// created shows a thread as the frame does, but for what its author and the team
// may do with it.
func (d *desk) created(t parley.Thread) {
	v := d.seat.Viewer
	t.CanManage = parley.CanManageThread(v, t.ThreadType, t.UserID)
	t.CanDelete, t.IsFollowing = t.CanManage, t.UserID == v.ID
	if _, known := d.threads[t.ID]; !known {
		d.threads[t.ID] = t
	}
}

// fetch asks for a thread anew; 404 and 403 mean that it is not shown.
func (d *desk) fetch(id int64) {
	t, err := d.f.Thread(d.f.t.Context(), d.seat.Viewer, id)
	switch parley.KindOf(err) {
	case parley.NotFound, parley.Forbidden:
		delete(d.threads, id)
	default:
		must[parley.Thread](d.f.t)(t, err)
		d.threads[id] = t
	}
}

// check compares the desk with a fresh look at the list and the count.
func (d *desk) check() {
	t := d.f.t
	t.Helper()
	fresh := d.f.sitDown(d.seat.Viewer)
	// Sub-threads are announced to the parent's followers alone.
	unannounced := func(id int64, thread parley.Thread) bool {
		_, shown := d.threads[id]
		return !shown && thread.ThreadType == parley.SubThread
	}
	maps.DeleteFunc(fresh.threads, unannounced)
	if diff := gocmp.Diff(fresh.threads, d.threads, notTold); diff != "" {
		t.Errorf("the list of %d (-fresh +client):\n%s", d.seat.Viewer.ID, diff)
	}
	if d.bell.Count != fresh.bell.Count {
		t.Errorf("%d has %d unread at version %d, the client shows %d of version %d",
			d.seat.Viewer.ID, fresh.bell.Count, fresh.bell.CountVersion, d.bell.Count, d.bell.CountVersion)
	}
	for id := range fresh.news {
		if !d.news[id] {
			t.Errorf("%d was not told of notification %d", d.seat.Viewer.ID, id)
		}
	}
}

// notTold are the fields of the list that no durable event of the global stream
// tells of: activity and counts of views, followers and unread messages.
var notTold = cmpopts.IgnoreFields(parley.Thread{},
	"MessageCount", "LastMessageAt", "ViewCount", "FollowerCount", "UnreadMessages", "LastReadMessageID", "IsFollowing")

// audience is everybody with the list open, and one of the team and one of the
// members with those threads that they may see.
type audience struct {
	rooms []*room
	desks []*desk
}

func (f *forum) gather(threads ...storetest.ThreadRef) (a audience) {
	f.t.Helper()
	for _, v := range []parley.Viewer{f.Ada, f.Tomas, f.Mina, f.Finn} {
		a.desks = append(a.desks, f.sitDown(v))
	}
	a.rooms = f.enterAll(threads...)
	return a
}

func (f *forum) enterAll(threads ...storetest.ThreadRef) (rooms []*room) {
	f.t.Helper()
	for _, v := range []parley.Viewer{f.Tomas, f.Finn} {
		for _, thread := range threads {
			if _, err := f.Thread(f.t.Context(), v, thread.ID); err == nil {
				rooms = append(rooms, f.enter(v, thread.ID))
			}
		}
	}
	return rooms
}

func (a audience) catchUp() {
	for _, r := range a.rooms {
		r.catchUp()
	}
	for _, d := range a.desks {
		d.catchUp()
	}
}

func (a audience) check() {
	for _, r := range a.rooms {
		r.check()
	}
	for _, d := range a.desks {
		d.check()
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
