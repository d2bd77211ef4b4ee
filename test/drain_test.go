package test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// TestDrainedServerLosesNothing restarts the program as an operator does, while
// people write and read. Every socket is told when to come back, one after
// another; the program ends with 0; and every reader who comes back has seen every
// message once, in order.
func TestDrainedServerLosesNothing(t *testing.T) {
	const writers, readers = 2, 6
	db := filepath.Join(t.TempDir(), "parley.db")
	addUser(t, db, "Ada", "creator")
	p := serve(t, db, "--drain", "2s")
	ada := signIn(t, p, "Ada")
	var thread struct{ ID int64 }
	ada.must("POST", "/api/forum/threads", map[string]any{"title": "Moving house", "content": "Mind the stairs."}, &thread)
	path := fmt.Sprintf("/api/forum/threads/%d/messages", thread.ID)

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var all []*reader
	var reading sync.WaitGroup
	for range readers {
		r := &reader{person: ada, path: fmt.Sprintf("/api/forum/ws/thread/%d", thread.ID), joined: make(chan struct{})}
		all = append(all, r)
		reading.Go(func() { r.run(ctx) })
		<-r.joined
	}

	var writing sync.WaitGroup
	var posts atomic.Int64
	moved := make(chan struct{})
	for w := range writers {
		writing.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-moved:
					return
				default:
					ada.postUntilAcknowledged(path, fmt.Sprintf("message %d of writer %d", i, w))
					posts.Add(1)
				}
			}
		})
	}
	eventually(t, "people talk", func() bool { return posts.Load() > 10 })
	if code := p.stop(); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
	before := posts.Load()
	p.start()
	eventually(t, "people go on talking", func() bool { return posts.Load() > before+10 })
	close(moved)
	writing.Wait()

	order, _ := ada.stored(path)
	if len(order) != int(posts.Load()) {
		t.Errorf("%d messages are stored, want %d", len(order), posts.Load())
	}
	for _, r := range all {
		eventually(t, "every reader has seen every message", func() bool { return len(r.seen()) >= len(order) })
	}
	cancel()
	reading.Wait()
	for i, r := range all {
		if diff := cmp.Diff(order, r.seen()); diff != "" {
			t.Errorf("reader %d saw other messages, or in another order (-stored +seen):\n%s", i, diff)
		}
		if r.lost > 0 {
			t.Errorf("reader %d could not resume %d times", i, r.lost)
		}
	}
	checkTurns(t, all)
}

// checkTurns expects readers to have been sent away one after another, with a code
// that asks them back.
func checkTurns(t *testing.T, readers []*reader) {
	t.Helper()
	var turns []int64
	for i, r := range readers {
		for _, code := range r.ends[:len(r.ends)-1] { // the last one it ended itself
			if code != websocket.StatusGoingAway {
				t.Errorf("a connection of reader %d ended with %d, want 1001", i, code)
			}
		}
		turns = append(turns, r.told[0])
	}
	slices.Sort(turns)
	if len(slices.Compact(slices.Clone(turns))) < len(turns) || turns[0] <= 0 || turns[len(turns)-1] > 2000 {
		t.Errorf("told to come back after %v ms, want it spread over 2 s", turns)
	}
}

// TestASecondSignalEndsTheProgramAtOnce is for the operator who does not want to
// wait for the sockets.
func TestASecondSignalEndsTheProgramAtOnce(t *testing.T) {
	db := filepath.Join(t.TempDir(), "parley.db")
	addUser(t, db, "Ada", "creator")
	p := serve(t, db, "--drain", "1h")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, err := signIn(t, p, "Ada").watch(ctx, "/api/forum/ws/global", "")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	await := func(kind string) {
		t.Helper()
		for f := (frame{}); f.Type != kind; {
			if f, err = next(ctx, ws); err != nil {
				t.Fatal(err)
			}
		}
	}
	await("connected")
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	await("reconnect")
	eventually(t, "the program ends", func() bool {
		_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-p.done:
			return true
		default:
			return false
		}
	})
}
