//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gobwas/ws"
)

// testEveryone calls a community of 150 together, twice: the second time all of them
// are there already.
func testEveryone(t *testing.T, base, cookies string) {
	for range 2 {
		o, printed := outcomeOf(t, exitDone, "everyone", "--url="+base, "--admin-url=", "--creator="+creator, "--cookie-file="+cookies, "--quiet",
			"--members=150", "--sockets=20", "--count=3", "--pause=1ms")
		for _, name := range []string{"ordinary post answered p50", "mention of everyone answered p50", "mention against ordinary post, medians", "badge p50", "last badge max"} {
			if m := find(o, name); m == nil || m.Server == nil {
				t.Errorf("there is no figure %q: %s", name, printed)
			}
		}
		if m := find(o, "members notified"); m == nil || *m.Server != 149 {
			t.Errorf("it did not reach 149, all but the creator: %s", printed)
		}
	}
}

// testManyUnread has those whom calls of a run before left with unread ones called again.
func testManyUnread(t *testing.T, base string) {
	args := []string{
		"everyone", "--url=" + base, "--admin-url=", "--creator=" + creator, "--cookie-file=" + filepath.Join(t.TempDir(), "cookies"), "--quiet",
		"--members=150", "--sockets=1", "--pause=0s", "--keep-threads",
	}
	outcomeOf(t, exitDone, append(args, "--count=5")...)
	var printed, told strings.Builder
	if got := run(append(args, "--count=86"), streams{&printed, &told}); got != exitFailed || !strings.Contains(told.String(), "has 10 unread") {
		t.Errorf("with 101 unread in the end it exits with %d and says %q", got, told.String())
	}
}

// forgetful is a forum that calls everyone and forgets to count, from the tenth call on.
type forgetful struct {
	t        *testing.T
	messages atomic.Int64
	called   chan int64 // the message
}

// newForgetful starts the forum and returns its address.
func newForgetful(t *testing.T) string {
	t.Helper()
	f := &forgetful{t: t, called: make(chan int64, 1)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/auth/{how}", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "x"})
	})
	mux.HandleFunc("GET /api/admin/users", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"total":1}`) })
	mux.HandleFunc("POST /api/admin/members/bulk", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"results":[]}`) })
	mux.HandleFunc("POST /api/forum/threads", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":5}`) })
	mux.HandleFunc("DELETE /api/forum/threads/5", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/forum/threads/5/messages", f.post)
	mux.HandleFunc("GET /api/forum/ws/global", f.watch)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func (f *forgetful) post(w http.ResponseWriter, r *http.Request) {
	var body struct{ Content string }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.t.Errorf("post: %v", err)
	}
	id := f.messages.Add(1)
	if strings.HasPrefix(body.Content, "@everyone ") {
		f.called <- id
	}
	fmt.Fprintf(w, `{"id":%d}`, id)
}

func (f *forgetful) watch(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		f.t.Errorf("upgrade: %v", err)
		return
	}
	defer conn.Close()
	gone := make(chan struct{})
	go func() { _, _ = conn.Read(make([]byte, 1)); close(gone) }() // viewers say nothing
	say := func(format string, args ...any) {
		_ = ws.WriteFrame(conn, ws.NewTextFrame(fmt.Appendf(nil, format, args...)))
	}
	say(`{"type":"connected","event_id":"g.f:0.u7:0"}`)
	for calls := 0; ; calls++ {
		say(`{"type":"forum_notification_count","count":%d,"count_version":%d}`, min(calls, 9), calls)
		select {
		case message := <-f.called:
			say(`{"type":"everyone_mention","thread_id":5,"message_id":%d,"event_id":"g.f:%d.u7:0"}`, message, calls+1)
		case <-gone:
			return
		}
	}
}

func TestAWrongBadgeEndsARunWithExitCode1(t *testing.T) {
	args := []string{"everyone", "--url=" + newForgetful(t), "--admin-url=", "--quiet", "--members=2", "--sockets=1", "--pause=0s", "--patience=300ms"}
	outcomeOf(t, exitDone, append(args, "--count=4")...)
	_, printed := outcomeOf(t, exitFailed, append(args, "--count=5")...)
	if !strings.Contains(printed, "miscounted: reader 0: 9 unread after 10 calls, with 0 before") {
		t.Errorf("it does not say what is wrong: %s", printed)
	}
}
