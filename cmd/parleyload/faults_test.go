//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/gobwas/ws"
)

// faulty is a forum with one thread that does something wrong when it delivers its
// tenth message to the first of its viewers.
type faulty struct {
	t       *testing.T
	mistake func(previous, frame ws.Frame) []ws.Frame

	mu       sync.Mutex
	viewers  []*faultyViewer
	messages int
	last     ws.Frame
}

type faultyViewer struct {
	frames chan ws.Frame
}

// newFaulty starts the forum and returns its address.
func newFaulty(t *testing.T, mistake func(previous, frame ws.Frame) []ws.Frame) string {
	t.Helper()
	f := &faulty{t: t, mistake: mistake}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/auth/{how}", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session_id", Value: "x"})
	})
	mux.HandleFunc("POST /api/forum/threads", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":5}`) })
	mux.HandleFunc("DELETE /api/forum/threads/5", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /api/forum/threads/5/messages", f.post)
	mux.HandleFunc("GET /api/forum/ws/thread/5", f.watch)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func (f *faulty) post(w http.ResponseWriter, r *http.Request) {
	var body struct{ Content json.RawMessage }
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		f.t.Errorf("post: %v", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.messages++
	frame := ws.NewTextFrame(fmt.Appendf(nil,
		`{"type":"new_message","thread_id":5,"message":{"id":%d,"content":%s},"event_id":"g.t5:%d"}`,
		f.messages, body.Content, f.messages))
	for i, v := range f.viewers {
		said := []ws.Frame{frame}
		if i == 0 && f.messages == 10 {
			said = f.mistake(f.last, frame)
		}
		for _, s := range said {
			v.frames <- s
		}
	}
	f.last = frame
	fmt.Fprintf(w, `{"id":%d}`, f.messages)
}

func (f *faulty) watch(w http.ResponseWriter, r *http.Request) {
	conn, _, _, err := ws.UpgradeHTTP(r, w)
	if err != nil {
		f.t.Errorf("upgrade: %v", err)
		return
	}
	v := &faultyViewer{frames: make(chan ws.Frame, 1000)}
	f.mu.Lock()
	f.viewers = append(f.viewers, v)
	v.frames <- ws.NewTextFrame(fmt.Appendf(nil, `{"type":"connected","event_id":"g.t5:%d"}`, f.messages))
	f.mu.Unlock()
	gone := make(chan struct{})
	go func() { _, _ = conn.Read(make([]byte, 1)); close(gone) }() // viewers say nothing
	defer conn.Close()
	for {
		select {
		case frame := <-v.frames:
			if frame.Header.OpCode == ws.OpClose {
				_ = ws.WriteFrame(conn, frame)
				return
			}
			_ = ws.WriteFrame(conn, frame)
		case <-gone:
			return
		}
	}
}

func TestFaultsEndARunWithExitCode1AndAreTold(t *testing.T) {
	for _, c := range []struct {
		name    string
		mistake func(previous, frame ws.Frame) []ws.Frame
		told    string
	}{
		{"lost", func(_, _ ws.Frame) []ws.Frame { return nil }, "lost: reader"},
		{"doubled", func(_, f ws.Frame) []ws.Frame { return []ws.Frame{f, f} }, "doubled: reader"},
		{"repeated", func(last, f ws.Frame) []ws.Frame { return []ws.Frame{f, last} }, "doubled: reader"},
		{"closed", func(_, f ws.Frame) []ws.Frame {
			return []ws.Frame{f, ws.NewCloseFrame(ws.NewCloseFrameBody(1011, "Oops"))}
		}, "closed by the server: 1011 Oops"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, printed := outcomeOf(t, exitFailed, "rate", "--url="+newFaulty(t, c.mistake), "--admin-url=", "--quiet",
				"--sockets=3", "--rate=100", "--posters=1", "--warmup=0s", "--duration=300ms", "--patience=1s")
			if !strings.Contains(printed, "FAULTS") || !strings.Contains(printed, c.told) {
				t.Errorf("it does not say %q: %s", c.told, printed)
			}
			if o.faults() == 0 {
				t.Error("the JSON has no faults")
			}
		})
	}
}

func TestAServerWithoutFaultsIsNotBlamed(t *testing.T) {
	base := newFaulty(t, func(_, f ws.Frame) []ws.Frame { return []ws.Frame{f} })
	outcomeOf(t, exitDone, "rate", "--url="+base, "--admin-url=", "--quiet",
		"--sockets=3", "--rate=100", "--posters=1", "--warmup=0s", "--duration=300ms")
}

func TestAMessageThatDoesNotReachEverybodyEndsAClosedWindow(t *testing.T) {
	base := newFaulty(t, func(_, _ ws.Frame) []ws.Frame { return nil })
	_, printed := outcomeOf(t, exitFailed, "post", "--url="+base, "--admin-url=", "--quiet", "--sockets=2", "--count=20", "--patience=300ms")
	if !strings.Contains(printed, "lost: reader") {
		t.Errorf("it does not say what is lost: %s", printed)
	}
}
