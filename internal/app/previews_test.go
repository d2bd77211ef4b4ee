package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/preview"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// linked is a forum that shows previews, and a site on the web to link to.
type linked struct {
	*forum
	site  *httptest.Server
	asked atomic.Int64
	holds chan chan struct{} // has somebody let an answer go; nil: answers go at once
}

func openLinked(t *testing.T) *linked {
	t.Helper()
	l := &linked{forum: openForum(t)}
	l.site = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		l.asked.Add(1)
		if l.holds != nil {
			release := make(chan struct{})
			l.holds <- release
			<-release
		}
		w.Header().Set("Content-Type", "text/html")
		if r.URL.Path != "/silent" {
			fmt.Fprintf(w, "<title>About %s</title>", r.URL.Path)
		}
	}))
	t.Cleanup(l.site.Close)
	l.PreviewLinks(loopback())
	return l
}

// loopback is a client that asks this machine, which others refuse.
func loopback() *preview.Client {
	return preview.New(preview.Options{Allowed: func(a netip.AddrPort) bool { return a.Addr().IsLoopback() }})
}

func (l *linked) link(path string) string { return l.site.URL + path }

// previewOf returns what somebody sees below a message, empty if nothing.
func (l *linked) previewOf(v parley.Viewer, id int64) string {
	l.t.Helper()
	m := must[parley.Message](l.t)(l.Message(l.t.Context(), v, id))
	_, shown, _ := strings.Cut(m.ContentHTML, `<div class="link-preview">`)
	return shown
}

func (l *linked) expectPreview(what string, v parley.Viewer, id int64, path string) {
	l.t.Helper()
	got := l.previewOf(v, id)
	if (got != "") != (path != "") || !strings.Contains(got, path) {
		l.t.Errorf("%s: below message %d stands %q, want it to be about %q", what, id, got, path)
	}
}

func TestAPreviewComesToAllWhoSeeTheMessageAndIsNoEdit(t *testing.T) {
	l := openLinked(t)
	must[app.FollowResult](t)(l.Follow(t.Context(), l.Finn, l.Free.ID, parley.Follow{Mention: true, Reply: true}))
	m := l.post(l.Mina, l.Free, "Look at "+l.link("/joints")+" @Finn")
	l.expectPreview("before the page was asked", l.Finn, m.ID, "")
	unread := len(l.notices(l.Finn))
	l.hub.take()
	l.Clock.Pass(time.Minute)
	l.tells("the preview", func() error { l.RunPreviews(t.Context()); return nil }, parley.MessageEdited{ThreadID: l.Free.ID, MessageID: m.ID})
	heard := l.hub.take()
	if len(heard) != 1 {
		t.Fatalf("%d events are delivered", len(heard))
	}
	frame := decode[parley.MessageEditedFrame](t, heard[0].Frame).Message
	if !strings.Contains(frame.ContentHTML, "About /joints</a>") || frame.IsEdited || frame.EditedAt != nil || frame.Content != m.Content || len(frame.Mentions) != 1 {
		t.Errorf("delivered %+v", frame)
	}
	for _, v := range []parley.Viewer{l.Ada, l.Tomas, l.Mina, l.Finn} {
		l.expectPreview("when the page answered", v, m.ID, "/joints")
	}
	if got := must[parley.Message](t)(l.Message(t.Context(), l.Ada, m.ID)); got.IsEdited || got.EditedAt != nil || got.CreatedAt != m.CreatedAt {
		t.Errorf("the message is %+v", got)
	}
	if history := must[[]app.Earlier](t)(l.History(t.Context(), l.Mina, m.ID, 0, 10)); len(history) != 0 || len(l.notices(l.Finn)) != unread {
		t.Errorf("history %v, %d notices of %d", history, len(l.notices(l.Finn)), unread)
	}

	again := l.post(l.Ada, l.Paid, "The same "+l.link("/joints#dovetail"))
	l.expectPreview("what is known", l.Mina, again.ID, "/joints")
	silent := l.post(l.Ada, l.Free, l.link("/silent"))
	l.tells("no preview", func() error { l.RunPreviews(t.Context()); return nil })
	l.expectPreview("a page that says nothing", l.Ada, silent.ID, "")
	if n := l.asked.Load(); n != 2 {
		t.Errorf("asked %d times, want once each page", n)
	}
	l.Clock.Pass(25 * time.Hour)
	l.prunes()
	late := l.post(l.Ada, l.Free, l.link("/joints"))
	l.expectPreview("what was known", l.Ada, late.ID, "")
	l.RunPreviews(t.Context())
	l.expectPreview("asked again", l.Ada, late.ID, "/joints")
}

func TestANewThreadShowsThePreviewOfItsFirstMessage(t *testing.T) {
	l := openLinked(t)
	thread := must[parley.Thread](t)(l.CreateThread(t.Context(), l.Ada, app.NewThread{Title: "Joints", Content: l.link("/joints")}, app.Idempotency{}))
	l.RunPreviews(t.Context())
	first, _, err := l.Messages(t.Context(), l.Finn, thread.ID, app.MessageQuery{Limit: 1})
	if err != nil || !strings.Contains(first[0].ContentHTML, "About /joints") {
		t.Errorf("shows %+v, %v", first, err)
	}
}

func TestAnEditTakesThePreviewOfWhatItRemovesAway(t *testing.T) {
	l := openLinked(t)
	m := l.post(l.Mina, l.Free, l.link("/joints"))
	l.RunPreviews(t.Context())
	edit := func(content string) {
		t.Helper()
		must[parley.Message](t)(l.EditMessage(t.Context(), l.Mina, m.ID, content))
	}
	edit("Look: " + l.link("/joints"))
	l.expectPreview("with more words", l.Finn, m.ID, "/joints")
	edit("Look: " + l.link("/glue"))
	l.expectPreview("with another link", l.Finn, m.ID, "")
	l.RunPreviews(t.Context())
	l.expectPreview("with another link", l.Finn, m.ID, "/glue")
	edit("Look: ||" + l.link("/glue") + "||")
	l.expectPreview("with the link covered", l.Finn, m.ID, "")
	edit("Nothing.")
	l.RunPreviews(t.Context())
	l.expectPreview("without a link", l.Finn, m.ID, "")
}

// meanwhile does something while the page that a message links to is asked.
func (l *linked) meanwhile(does func()) {
	l.t.Helper()
	l.holds = make(chan chan struct{})
	made := make(chan struct{})
	go func() { defer close(made); l.RunPreviews(l.t.Context()) }()
	release := <-l.holds
	l.holds = nil // while the only request waits
	does()
	close(release)
	<-made
}

func TestAMessageThatChangedMeanwhileGetsNoStalePreview(t *testing.T) {
	l := openLinked(t)
	edited := l.post(l.Mina, l.Free, l.link("/edited"))
	l.meanwhile(func() {
		must[parley.Message](t)(l.EditMessage(t.Context(), l.Mina, edited.ID, "Never mind "+l.link("/other")))
	})
	l.RunPreviews(t.Context())
	l.expectPreview("edited meanwhile", l.Finn, edited.ID, "/other")

	deleted := l.post(l.Mina, l.Free, l.link("/deleted"))
	var before map[parley.Channel]uint64
	l.meanwhile(func() {
		must[[]int64](t)(l.DeleteMessage(t.Context(), l.Mina, deleted.ID))
		before = l.heads()
	})
	if told := l.since(before); len(told) != 0 {
		t.Errorf("of a deleted message is told %+v", told)
	}
	if _, err := l.Message(t.Context(), l.Mina, deleted.ID); err != parley.ErrMessageNotFound {
		t.Errorf("the deleted message: %v", err)
	}

	hidden := l.post(l.Mina, l.Free, l.link("/hidden"))
	l.meanwhile(func() {
		storetest.Update(t, l.Store, func(tx *store.Tx) error {
			m, _, err := tx.MessageState(hidden.ID)
			if err != nil {
				return err
			}
			return tx.HideMessage(m, l.Ada.ID)
		})
		l.hub.take()
	})
	l.expectPreview("hidden meanwhile", l.Ada, hidden.ID, "/hidden")
	events := l.hub.take()
	if len(events) != 1 {
		t.Fatalf("%d events of a hidden message", len(events))
	}
	for v, sees := range map[parley.Viewer]bool{l.Ada: true, l.Tomas: true, l.Mina: true, l.Finn: false} {
		conn := new(realtime.Conn)
		conn.SetValue(app.Seat{Viewer: v})
		if got := events[0].Audience(conn); got != sees {
			t.Errorf("%v hears of a hidden message: %v", v, got)
		}
	}
}

func TestAPrivateThreadsPreviewIsSeenByThoseWhoMay(t *testing.T) {
	l := openLinked(t)
	m := l.post(l.Ada, l.Private, l.link("/secret"))
	l.tells("the preview", func() error { l.RunPreviews(t.Context()); return nil }, parley.MessageEdited{ThreadID: l.Private.ID, MessageID: m.ID})
	l.expectPreview("in a private thread", l.Tomas, m.ID, "/secret")
	for _, v := range []parley.Viewer{l.Mina, l.Finn} {
		if shown, err := l.Message(t.Context(), v, m.ID); err != parley.ErrMessageNotFound {
			t.Errorf("%v sees %+v, %v", v, shown, err)
		}
	}
}

func TestReplicasAskAPageOnceForAllMessages(t *testing.T) {
	l := openLinked(t)
	other := l.another()
	other.PreviewLinks(loopback())
	for round := range 5 {
		path := fmt.Sprint("/joints/", round)
		one, two := l.post(l.Mina, l.Free, l.link(path)), l.post(l.Finn, l.Free, l.link(path))
		atOnce(func() { l.RunPreviews(t.Context()) }, func() { other.RunPreviews(t.Context()) })
		l.Clock.Pass(5 * time.Second) // who came second waits for the first
		other.RunPreviews(t.Context())
		l.expectPreview("the first", l.Finn, one.ID, path)
		l.expectPreview("the second", l.Mina, two.ID, path)
	}
	if n := l.asked.Load(); n != 5 {
		t.Errorf("asked %d times, want once in each of 5 rounds", n)
	}
}

func TestAReplicaThatDiesLeavesItsPreviewsToOthers(t *testing.T) {
	l := openLinked(t)
	m := l.post(l.Mina, l.Free, l.link("/joints"))
	ctx, die := context.WithCancel(t.Context())
	l.holds = make(chan chan struct{})
	made := make(chan struct{})
	go func() { defer close(made); l.RunPreviews(ctx) }()
	release := <-l.holds
	l.holds = nil
	die()
	<-made
	close(release)
	l.RunPreviews(t.Context())
	l.expectPreview("while the other may come back", l.Mina, m.ID, "")
	l.Clock.Pass(30 * time.Second)
	l.RunPreviews(t.Context())
	l.expectPreview("when it cannot", l.Mina, m.ID, "/joints")
}

func TestAHostThatIsAskedMuchIsAskedLater(t *testing.T) {
	l := openLinked(t)
	var messages []parley.Message
	for n := range 21 {
		messages = append(messages, l.post(l.Mina, l.Free, l.link(fmt.Sprintf("/page-%02d", n))))
	}
	l.RunPreviews(t.Context())
	without := 0
	for _, m := range messages {
		if l.previewOf(l.Mina, m.ID) == "" {
			without++
		}
	}
	if n := l.asked.Load(); n != 20 || without != 1 {
		t.Errorf("asked %d times, %d are without", n, without)
	}
	l.PreviewLinks(loopback()) // as after a minute
	l.Clock.Pass(time.Minute)
	l.RunPreviews(t.Context())
	for i, m := range messages {
		l.expectPreview("later", l.Mina, m.ID, fmt.Sprintf("/page-%02d", i))
	}
}

func TestWithoutPreviewsNothingIsAsked(t *testing.T) {
	l := openLinked(t)
	left := l.post(l.Mina, l.Free, l.link("/left"))
	l.PreviewLinks(nil)
	m := l.post(l.Mina, l.Free, l.link("/joints"))
	l.RunJobs(t.Context())
	l.expectPreview("of before they were switched off", l.Mina, left.ID, "")
	l.expectPreview("when they are off", l.Mina, m.ID, "")
	if jobs := storetest.Read(t, l.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(10, "") }); len(jobs) != 0 || l.asked.Load() != 0 {
		t.Errorf("asked %d times, left are %+v", l.asked.Load(), jobs)
	}
}
