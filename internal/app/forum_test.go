package app_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// forum is the community of the tests with the use cases on it, and a hub that
// notes what it is told.
type forum struct {
	*app.App
	*storetest.Community
	t    testing.TB
	hub  *notingHub
	gone []int64 // messages that somebody tried to delete
	dsn  string
}

func openForum(t testing.TB) *forum {
	t.Helper()
	dsn := newDatabase(t)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openStore(t, dsn, opts) })
	f := &forum{App: app.New(c.Store, app.Options{Logger: faultless(t)}), Community: c, t: t, hub: newNotingHub(), dsn: dsn}
	f.Connect(f.hub)
	return f
}

var quiet = slog.New(slog.DiscardHandler)

// faultless returns a logger that fails the test when it is told of a fault: what
// fails in the background is tried again, and nobody else would notice.
func faultless(t testing.TB) *slog.Logger { return slog.New(faultHandler{slog.DiscardHandler, t}) }

type faultHandler struct {
	slog.Handler
	t testing.TB
}

func (h faultHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelError
}

func (h faultHandler) Handle(_ context.Context, r slog.Record) error {
	said := r.Message
	r.Attrs(func(a slog.Attr) bool {
		said += " " + a.String()
		return true
	})
	h.t.Error(said)
	return nil
}

func openStore(t testing.TB, dsn string, opts store.Options) *store.Store {
	t.Helper()
	opts.Logger = quiet
	s, err := store.Open(t.Context(), dsn, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// notingHub is a hub with a connection of everybody that keeps what it is told
// to deliver. Its methods may be called concurrently.
type notingHub struct {
	mu     sync.Mutex
	events []realtime.Event
	states map[string][]realtime.Message // by user, oldest first
}

func newNotingHub() *notingHub { return &notingHub{states: map[string][]realtime.Message{}} }

func (h *notingHub) Publish(events ...realtime.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.events = append(h.events, events...)
}

func (h *notingHub) Notice(...realtime.Head) {}

func (h *notingHub) Gossip(string, string, []byte) {}

func (h *notingHub) OnGossip(string, func(realtime.Gossip)) {}

func (h *notingHub) SendUser(user string, m realtime.Message) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.states[user] = append(h.states[user], m)
}

func (h *notingHub) Connected(string) bool { return true }

// Each has f see the four people of the forum.
func (h *notingHub) Each(f func(*realtime.Conn) bool) {
	for id := range int64(4) {
		conn := new(realtime.Conn)
		conn.SetValue(app.Seat{Viewer: parley.Viewer{ID: id + 1}})
		if !f(conn) {
			return
		}
	}
}

func (h *notingHub) Control() uint64 { return 0 }

func (h *notingHub) Position(string) (uint64, bool) { return 0, false }

// take returns the events published since the last time.
func (h *notingHub) take() []realtime.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	events := h.events
	h.events = nil
	return events
}

// states returns the frames of a type that a user was sent since the last time
// somebody asked, oldest first.
func states[F any](f *forum, v parley.Viewer, kind string) (frames []F) {
	f.t.Helper()
	f.hub.mu.Lock()
	defer f.hub.mu.Unlock()
	user := strconv.FormatInt(v.ID, 10)
	f.hub.states[user] = slices.DeleteFunc(f.hub.states[user], func(m realtime.Message) bool {
		if frameType(f.t, m.Frame) != kind {
			return false
		}
		frames = append(frames, decode[F](f.t, m.Frame))
		return true
	})
	return frames
}

func frameType(t testing.TB, frame []byte) string {
	t.Helper()
	return decode[struct {
		Type string `json:"type"`
	}](t, frame).Type
}

func decode[F any](t testing.TB, frame []byte) (f F) {
	t.Helper()
	if err := json.Unmarshal(frame, &f); err != nil {
		t.Fatalf("%v in %s", err, frame)
	}
	return f
}

// tells checks which events a change appends to the log, in the order in which
// channels are locked.
func (f *forum) tells(name string, change func() error, want ...parley.Event) {
	f.t.Helper()
	before := f.heads()
	if err := change(); err != nil {
		f.t.Errorf("%s: %v", name, err)
		return
	}
	got := []parley.Event{}
	for _, l := range f.since(before) {
		got = append(got, l.Event)
	}
	if want == nil {
		want = []parley.Event{}
	}
	anyID := cmpopts.IgnoreFields(parley.Notified{}, "NotificationID")
	anyCall := cmpopts.IgnoreFields(parley.Called{}, "CallID")
	if diff := cmp.Diff(want, got, anyID, anyCall); diff != "" {
		f.t.Errorf("%s (-want +told):\n%s", name, diff)
	}
}

// channels are all that the events of a small forum can be in, in the order in
// which transactions lock them.
func channels() (names []parley.Channel) {
	for id := range int64(12) {
		names = append(names, parley.ThreadChannel(id+1))
	}
	names = append(names, parley.ForumChannel)
	for id := range int64(8) {
		names = append(names, parley.UserChannel(id+1))
	}
	return append(names, parley.ControlChannel)
}

func (f *forum) heads() map[parley.Channel]uint64 {
	f.t.Helper()
	return storetest.Read(f.t, f.Store, func(s *store.Snapshot) (map[parley.Channel]uint64, error) {
		heads := map[parley.Channel]uint64{}
		for _, c := range channels() {
			var err error
			if heads[c], err = s.Head(c); err != nil {
				return nil, err
			}
		}
		return heads, nil
	})
}

// since returns the events that were logged after some heads.
func (f *forum) since(heads map[parley.Channel]uint64) []store.Logged {
	f.t.Helper()
	return storetest.Read(f.t, f.Store, func(s *store.Snapshot) (all []store.Logged, err error) {
		for _, c := range channels() {
			logged, err := s.Events(c, heads[c], 1000)
			if err != nil {
				return nil, err
			}
			all = append(all, logged...)
		}
		return all, nil
	})
}

// must returns what a use case gave, which must not fail.
func must[T any](t testing.TB) func(T, error) T {
	return func(value T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// post writes a message, one second after what came before, and has those
// concerned notified.
func (f *forum) post(v parley.Viewer, thread storetest.ThreadRef, content string) parley.Message {
	f.t.Helper()
	return f.reply(v, thread, 0, content)
}

func (f *forum) reply(v parley.Viewer, thread storetest.ThreadRef, to int64, content string) parley.Message {
	f.t.Helper()
	f.Clock.Pass(second)
	m := must[parley.Message](f.t)(f.PostMessage(f.t.Context(), v, thread.ID, content, to, app.Idempotency{}))
	f.RunJobs(f.t.Context())
	return m
}

// grow starts a sub-thread from a message.
func (f *forum) grow(v parley.Viewer, messageID int64, title, content string) storetest.ThreadRef {
	f.t.Helper()
	thread := must[parley.Thread](f.t)(f.CreateSubThread(f.t.Context(), v, messageID, title, content, app.Idempotency{}))
	f.RunJobs(f.t.Context())
	first, _, err := f.Messages(f.t.Context(), f.Ada, thread.ID, app.MessageQuery{Limit: 1})
	if err != nil {
		f.t.Fatal(err)
	}
	return storetest.ThreadRef{ID: thread.ID, First: first[0].ID}
}

// pays changes what somebody pays, and has their sockets follow, as the hub does.
func (f *forum) pays(v parley.Viewer, cents int64) error {
	_, err := f.UpdateUser(f.t.Context(), f.Ada, v.ID, app.UserPatch{AmountCents: &cents})
	f.RightsChanged(v.ID)
	return err
}

// prunes removes what need not be kept.
func (f *forum) prunes() {
	f.t.Helper()
	if err := f.Prune(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
}

// edit changes a thread as its creator.
func (f *forum) edit(thread storetest.ThreadRef, patch app.ThreadPatch) {
	f.t.Helper()
	must[parley.Thread](f.t)(f.UpdateThread(f.t.Context(), f.Ada, thread.ID, patch))
}

// notices returns of what kinds, and about which messages, somebody's unread
// notifications are, oldest first.
func (f *forum) notices(v parley.Viewer) (all []notice) {
	f.t.Helper()
	page := must[app.NotificationPage](f.t)(f.Notifications(f.t.Context(), v, 0, 0, 100))
	for _, n := range slices.Backward(page.Notifications) {
		if !n.IsRead {
			all = append(all, notice{n.NotificationType, *n.MessageID})
		}
	}
	if page.UnreadCount != int64(len(all)) {
		f.t.Errorf("%d unread are counted, %d listed", page.UnreadCount, len(all))
	}
	return all
}

type notice struct {
	Kind    parley.NotificationKind
	Message int64
}
