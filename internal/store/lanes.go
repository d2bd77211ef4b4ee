package store

import (
	"cmp"
	"slices"
	"sync"
)

const (
	// laneCount is how many transactions of posts run at a time: while one waits for the
	// disk or the network the other uses the processors. With more of them fewer posts share
	// a transaction: with four, sixteen clients post a fifth less in a second than with two,
	// with one for each client less than half (BenchmarkPostgreSQLPost, two processors).
	laneCount = 2
	// maxLane bounds how many writes are committed together.
	maxLane = 32
)

// lanes commits together what is written to threads at the same time. Each thread
// has its lane, and in each lane one transaction runs at a time: whatever came
// meanwhile makes up the next one. Writers of one thread follow one another whatever
// they do, as each waits for the lock of its row. Where each also waited for the
// disk while it holds that lock, a thread would take as many messages as the disk
// takes commits, a thousand in a second or fewer.
type lanes [laneCount]lane

// of returns the lane of a thread. There may be none of that number, which may be
// anything that somebody asked for.
func (l *lanes) of(threadID int64) *lane { return &l[uint64(threadID)%laneCount] }

// lane is one of them.
type lane struct {
	mu      sync.Mutex
	busy    bool
	waiting []*write
}

// do has run called with w, alone or with others, and returns what came of w. One
// of those who wait runs the writes of all.
func (l *lane) do(w *write, run func([]*write)) error {
	members := l.enter(w)
	if members == nil {
		select {
		case err := <-w.result:
			return err
		case members = <-w.turn:
		}
	}
	l.lead(members, run)
	for _, m := range members {
		m.result <- m.err
	}
	return <-w.result
}

// lead runs the writes of members and lets the next ones have their turn, also after a
// panic that is none of a member's function: nobody would ever have a turn again.
func (l *lane) lead(members []*write, run func([]*write)) {
	defer l.leave()
	defer func() {
		if p := recover(); p != nil {
			settle(members, panicked(p))
		}
	}()
	run(members)
}

// enter returns what is to be run at once, nil if somebody else is in the lane.
func (l *lane) enter(w *write) []*write {
	w.result, w.turn = make(chan error, 1), make(chan []*write, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.busy {
		l.waiting = append(l.waiting, w)
		return nil
	}
	l.busy = true
	return []*write{w}
}

// leave lets those who wait have their turn, the first of them for all.
func (l *lane) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := min(len(l.waiting), maxLane)
	if n == 0 {
		l.busy, l.waiting = false, nil
		return
	}
	next := l.waiting[:n:n]
	l.waiting = l.waiting[n:]
	next[0].turn <- next
}

// byThread parts writes by their threads, ascending, as transactions lock them.
func byThread(members []*write) (queues [][]*write) {
	slices.SortStableFunc(members, func(a, b *write) int { return cmp.Compare(a.threadID, b.threadID) })
	for i, w := range members {
		if i == 0 || members[i-1].threadID != w.threadID {
			queues = append(queues, nil)
		}
		last := &queues[len(queues)-1]
		*last = append(*last, w)
	}
	return queues
}
