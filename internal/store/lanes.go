package store

import (
	"context"
	"sync"
)

// maxLane bounds how many writes of one thread are committed together.
const maxLane = 32

// lanes commits together what is written to one thread at the same time. Writers
// of a thread follow one another whatever they do, as each waits for the lock of its
// row. Where each also waited for the disk while it holds that lock, a thread would
// take as many messages as the disk takes commits, a thousand in a second or fewer.
type lanes struct {
	mu   sync.Mutex
	busy map[int64]*lane // by thread
}

// lane is a thread that is being written to.
type lane struct{ waiting []*write }

// do has run called with w, alone or with others that write to the same thread, and
// returns what came of w. One of those who wait runs the writes of all.
func (l *lanes) do(threadID int64, w *write, run func([]*write)) error {
	members := l.enter(threadID, w)
	if members == nil {
		select {
		case err := <-w.result:
			return err
		case members = <-w.turn:
		}
	}
	run(members)
	l.leave(threadID)
	for _, m := range members {
		m.result <- m.err
	}
	return <-w.result
}

// enter returns what is to be run at once, nil if somebody else is in the lane.
func (l *lanes) enter(threadID int64, w *write) []*write {
	w.result, w.turn = make(chan error, 1), make(chan []*write, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if lane, taken := l.busy[threadID]; taken {
		lane.waiting = append(lane.waiting, w)
		return nil
	}
	if l.busy == nil {
		l.busy = map[int64]*lane{}
	}
	l.busy[threadID] = &lane{}
	return []*write{w}
}

// leave lets those who wait have their turn, the first of them for all.
func (l *lanes) leave(threadID int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	lane := l.busy[threadID]
	n := min(len(lane.waiting), maxLane)
	if n == 0 {
		delete(l.busy, threadID)
		return
	}
	next := lane.waiting[:n:n]
	lane.waiting = lane.waiting[n:]
	next[0].turn <- next
}

// updateTogether runs the writes of some callers to one thread.
func (e *postgresEngine) updateTogether(members []*write) {
	if len(members) > 1 && e.together(members) {
		return
	}
	for _, w := range members {
		w.err = e.updateAlone(w.ctx, w.fn)
	}
}

// together runs the writes in one transaction and sets their errors. It reports
// false if nothing was changed and each should be run by itself: one that fails
// after it wrote takes the others with it.
func (e *postgresEngine) together(members []*write) bool {
	ctx := context.Background()
	t, err := e.begin(ctx, readCommitted)
	if err != nil {
		return settle(members, err)
	}
	defer t.end()
	wrote := false
	for _, w := range members {
		if w.err = w.ctx.Err(); w.err != nil {
			continue
		}
		t.ahead = nil
		var changed bool
		changed, w.err = run(t.limit, t, w.fn)
		wrote = wrote || changed
		if w.err != nil && (changed || t.failed != nil) {
			return unreachable(t.failed) && settle(members, t.failed)
		}
	}
	err = t.commit(wrote)
	if err != nil && !inTheWay(err) {
		return settle(members, err)
	}
	return err == nil
}
