package test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// TestKilledServerLosesNothing kills the program again and again while people
// write and read. What was acknowledged is there afterwards, once; and every
// reader who comes back with the last event id has seen every message once, in
// the order in which they stand in the thread.
func TestKilledServerLosesNothing(t *testing.T) {
	const kills, postsEach = 3, 40
	db := filepath.Join(t.TempDir(), "parley.db")
	addUser(t, db, "Ada", "creator")
	addUser(t, db, "Mina", "member", "--amount-cents", "500")
	addUser(t, db, "Finn", "member")
	p := serve(t, db, "--posts-per-minute", "0")

	ada := signIn(t, p, "Ada")
	var thread struct{ ID int64 }
	ada.must("POST", "/api/forum/threads", map[string]any{"title": "Crash test", "content": "Hold on to your hats."}, &thread)
	path := fmt.Sprintf("/api/forum/threads/%d/messages", thread.ID)
	writers := []*person{signIn(t, p, "Mina"), signIn(t, p, "Finn"), ada}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var readers []*reader
	var reading sync.WaitGroup
	for _, who := range append(slices.Clone(writers), writers...) {
		r := &reader{person: who, path: fmt.Sprintf("/api/forum/ws/thread/%d", thread.ID), joined: make(chan struct{})}
		readers = append(readers, r)
		reading.Go(func() { r.run(ctx) })
		<-r.joined
	}

	var writing sync.WaitGroup
	var mu sync.Mutex
	acknowledged := map[int64]string{}
	posted := make(chan struct{}, len(writers)*postsEach)
	for w, who := range writers {
		writing.Go(func() {
			for i := range postsEach {
				content := fmt.Sprintf("message %d of writer %d", i, w)
				id := who.postUntilAcknowledged(path, content)
				mu.Lock()
				acknowledged[id] = content
				mu.Unlock()
				posted <- struct{}{}
			}
		})
	}
	for range kills {
		for range len(writers) * postsEach / (kills + 1) {
			<-posted
		}
		p.kill()
		p.start()
	}
	writing.Wait()

	order, found := ada.stored(path)
	if diff := cmp.Diff(acknowledged, found); diff != "" {
		t.Errorf("what is stored is not what was acknowledged (-acknowledged +stored):\n%s", diff)
	}
	for _, r := range readers {
		eventually(t, "every reader has seen every message", func() bool { return len(r.seen()) >= len(order) })
	}
	cancel()
	reading.Wait()
	for i, r := range readers {
		if diff := cmp.Diff(order, r.seen()); diff != "" {
			t.Errorf("reader %d saw other messages, or in another order (-stored +seen):\n%s", i, diff)
		}
		if r.lost > 0 {
			t.Errorf("reader %d could not resume %d times", i, r.lost)
		}
	}
}

// postUntilAcknowledged posts with an idempotency key until there is an answer.
func (p *person) postUntilAcknowledged(path, content string) int64 {
	var m struct{ ID int64 }
	for {
		status, _, err := p.call("POST", path, map[string]string{"content": content}, &m, "Idempotency-Key", content)
		if err == nil {
			return m.ID
		}
		if status != 0 && status != 503 {
			p.t.Errorf("post: %v", err)
			return 0
		}
		select {
		case <-p.t.Context().Done():
			return 0
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stored returns a thread's messages after the first one: their ids in order, and
// their texts.
func (p *person) stored(path string) (order []int64, texts map[int64]string) {
	p.t.Helper()
	texts = map[int64]string{}
	for after := int64(1); ; after = order[len(order)-1] {
		var page []struct {
			ID      int64
			Content string
		}
		p.must("GET", fmt.Sprintf("%s?after_id=%d&limit=100", path, after), nil, &page)
		if len(page) == 0 {
			return order, texts
		}
		for _, m := range page {
			order = append(order, m.ID)
			texts[m.ID] = m.Content
		}
	}
}

// reader follows a thread and comes back whenever the connection is lost.
type reader struct {
	*person
	path   string
	joined chan struct{} // closed when the first connection stands

	mu       sync.Mutex
	messages []sight
	lost     int     // connections that could not go on where the last one ended
	told     []int64 // when to come back, in milliseconds, by a server that stops
	ends     []websocket.StatusCode
}

// sight is a message that a reader saw.
type sight struct {
	id int64
	at time.Time
}

func (r *reader) seen() (ids []int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.messages {
		ids = append(ids, s.id)
	}
	return ids
}

func (r *reader) run(ctx context.Context) {
	last := ""
	for ctx.Err() == nil {
		last = r.follow(ctx, last)
	}
}

// follow reads until the connection ends and returns the last event id.
func (r *reader) follow(ctx context.Context, last string) string {
	ws, err := r.watch(ctx, r.path, last)
	if err != nil {
		time.Sleep(20 * time.Millisecond) // the server is being restarted
		return last
	}
	defer ws.CloseNow()
	for {
		f, err := next(ctx, ws)
		r.mu.Lock()
		switch {
		case err != nil:
			r.ends = append(r.ends, websocket.CloseStatus(err))
		case f.Type == "connected" && last == "":
			close(r.joined)
		case f.Type == "connected" && !f.Recovered:
			r.lost++
		case f.Type == "new_message":
			r.messages = append(r.messages, sight{f.messageID(), time.Now()})
		case f.Type == "reconnect":
			r.told = append(r.told, f.AfterMS)
		}
		r.mu.Unlock()
		if err != nil {
			return last
		}
		if f.EventID != "" {
			last = f.EventID
		}
	}
}
