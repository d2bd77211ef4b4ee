package test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/google/go-cmp/cmp"
)

// traffic is people who write to threads and watch them, on all replicas, and a
// ledger of what was acknowledged and seen.
type traffic struct {
	t        *testing.T
	homes    []string // addresses, one for each replica
	threads  []int64
	watchers []*watcher

	stopWriting  context.CancelFunc
	stopWatching context.CancelFunc
	writing      sync.WaitGroup
	watching     sync.WaitGroup

	mu    sync.Mutex
	posts map[int64]post // what was acknowledged, by the message's id
	tries map[string]int // requests that were not answered with 200, by what they were
}

// post is a message that was acknowledged.
type post struct {
	content string
	home    int // whose replica took it
	at      time.Time
}

// watcher follows a thread; when the connection ends it goes to the next replica.
type watcher struct {
	reader
	thread int64
	homes  []string
	home   int // where it begins
}

func newWatcher(who person, thread int64, homes []string, home int) *watcher {
	path := fmt.Sprintf("/api/forum/ws/thread/%d", thread)
	return &watcher{reader: reader{person: &who, path: path, joined: make(chan struct{})}, thread: thread, homes: homes, home: home}
}

// startTraffic starts threads, two watchers of each on every address, and writers on
// every address, as who: as many writers as there are addresses, each a post every
// pace.
func startTraffic(t *testing.T, who *person, homes []string, threads int, pace time.Duration) *traffic {
	t.Helper()
	tr := &traffic{t: t, homes: homes, posts: map[int64]post{}, tries: map[string]int{}}
	for i := range threads {
		tr.threads = append(tr.threads, who.startThread(fmt.Sprintf("%s %d", t.Name(), i)))
	}
	ctx, cancel := context.WithCancel(t.Context())
	tr.stopWatching = cancel
	for i := range homes {
		for _, thread := range slices.Concat(tr.threads, tr.threads) {
			w := newWatcher(*who, thread, homes, i)
			tr.watchers = append(tr.watchers, w)
			tr.watching.Go(func() { w.run(ctx) })
		}
	}
	for _, w := range tr.watchers {
		<-w.joined
	}
	ctx, cancel = context.WithCancel(t.Context())
	tr.stopWriting = cancel
	for i := range homes {
		there := *who
		tr.writing.Go(func() { tr.write(ctx, &there, i, pace) })
	}
	t.Cleanup(tr.stop)
	return tr
}

// stop ends it all; what was begun is finished.
func (tr *traffic) stop() {
	tr.stopWriting()
	tr.writing.Wait()
	tr.stopWatching()
	tr.watching.Wait()
}

// write posts to one thread after the other, one message each pace.
func (tr *traffic) write(ctx context.Context, who *person, home int, pace time.Duration) {
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	for i := 0; ctx.Err() == nil; i++ {
		tr.post(who, home, fmt.Sprintf("message %d written at %d", i, home), tr.threads[i%len(tr.threads)])
		select {
		case <-ticks.C:
		case <-ctx.Done():
		}
	}
}

// post posts until there is an answer, each time to the next replica, as a proxy
// would: the idempotency key keeps it from being there twice.
func (tr *traffic) post(who *person, home int, content string, thread int64) {
	path := fmt.Sprintf("/api/forum/threads/%d/messages", thread)
	for try := home; tr.t.Context().Err() == nil; try++ {
		at := try % len(tr.homes)
		who.base = tr.homes[at]
		var m struct{ ID int64 }
		status, header, err := who.call("POST", path, map[string]string{"content": content}, &m, "Idempotency-Key", fmt.Sprint(thread, content))
		if err == nil {
			tr.acknowledged(m.ID, post{content, at, time.Now()})
			return
		}
		tr.failed(status, header.Get("Retry-After"), err)
		if 400 <= status && status < 500 {
			return // it will not be otherwise the next time
		}
		time.Sleep(20 * time.Millisecond) // what is down comes up again by itself
	}
}

func (tr *traffic) acknowledged(id int64, p post) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.posts[id] = p
}

func (tr *traffic) failed(status int, retryAfter string, err error) {
	what := "no answer"
	switch {
	case status == 503 && retryAfter != "":
		what = "503 with Retry-After"
	case status != 0:
		what = fmt.Sprint(status)
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	if tr.tries[what]++; tr.tries[what] == 1 {
		tr.t.Logf("at %s the first with %s: %v", time.Now().UTC().Format("15:04:05.000"), what, err)
	}
}

// failures returns how often requests failed, by how.
func (tr *traffic) failures() map[string]int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return maps.Clone(tr.tries)
}

// run follows the thread until ctx ends.
func (w *watcher) run(ctx context.Context) {
	last := ""
	for at := w.home; ctx.Err() == nil; at++ {
		w.base = w.homes[at%len(w.homes)]
		last = w.follow(ctx, last)
	}
}

// finish ends the writing and compares: what was acknowledged is what is stored, and
// every watcher saw all of it once, in one order, without ever having to start anew.
func (tr *traffic) finish(who *person) {
	tr.t.Helper()
	tr.stopWriting()
	tr.writing.Wait()
	acknowledged := map[int64]string{}
	for id, p := range tr.posts {
		acknowledged[id] = p.content
	}
	order := map[int64][]int64{}
	stored := map[int64]string{}
	for _, thread := range tr.threads {
		ids, texts := who.stored(fmt.Sprintf("/api/forum/threads/%d/messages", thread))
		for _, id := range ids {
			if strings.HasPrefix(texts[id], "message ") { // not the first, which came with the thread
				stored[id] = texts[id]
				order[thread] = append(order[thread], id)
			}
		}
	}
	if diff := cmp.Diff(acknowledged, stored); diff != "" {
		tr.t.Errorf("what is stored is not what was acknowledged (-acknowledged +stored):\n%s", diff)
	}
	for _, w := range tr.watchers {
		eventually(tr.t, "every watcher has seen every message", func() bool { return len(w.seen()) >= len(order[w.thread]) })
	}
	tr.stopWatching()
	tr.watching.Wait()
	for i, w := range tr.watchers {
		if w.lost > 0 {
			tr.t.Errorf("watcher %d could not go on where it was %d times", i, w.lost)
		}
	}
	tr.checkOrder(order)
}

// checkOrder compares what the watchers of each thread saw. On PostgreSQL messages
// get their ids before they are committed, so the order is that of any watcher.
func (tr *traffic) checkOrder(stored map[int64][]int64) {
	tr.t.Helper()
	first := map[int64][]int64{}
	for i, w := range tr.watchers {
		seen := w.seen()
		if first[w.thread] == nil {
			first[w.thread] = seen
			sorted := slices.Sorted(slices.Values(seen))
			if diff := cmp.Diff(stored[w.thread], sorted); diff != "" {
				tr.t.Errorf("watcher %d saw other messages than there are (-stored +seen):\n%s", i, diff)
			}
		}
		if diff := cmp.Diff(first[w.thread], seen); diff != "" {
			tr.t.Errorf("watcher %d saw the messages of a thread in another order than the first watcher of it (-first +this):\n%s", i, diff)
		}
	}
}

// ends counts the connections that were ended, by code, when all watching is over.
func (tr *traffic) ends() map[websocket.StatusCode]int {
	all := map[websocket.StatusCode]int{}
	for _, w := range tr.watchers {
		for _, code := range w.reader.ends[:max(0, len(w.reader.ends)-1)] { // the last one it ended itself
			all[code]++
		}
	}
	return all
}

// lags returns how long after their acknowledgement messages were seen, ascending:
// those that a watcher saw on another replica than the one that took them.
func (tr *traffic) lags() (lags []time.Duration) {
	for _, w := range tr.watchers {
		w.mu.Lock()
		for _, s := range w.messages {
			if p, ok := tr.posts[s.id]; ok && p.home != w.home {
				lags = append(lags, max(0, s.at.Sub(p.at)))
			}
		}
		w.mu.Unlock()
	}
	slices.Sort(lags)
	return lags
}
