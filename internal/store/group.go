package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"
)

// maxGroup bounds how many writes are committed together, and with that how
// long the first of them waits for the last.
const maxGroup = 64

// group runs the writes of one SQLite connection, one after the other, and
// commits together what was waiting when it began: under load one fsync serves
// many, and without load nobody waits for company.
//
// A write that fails after it changed something takes the whole transaction
// with it (a failed statement may have rolled back SQLite's transaction and
// every savepoint), so then all members run again, each in a transaction of its
// own. Members run under the group's context, not their caller's, for the same
// reason: a statement that is cancelled rolls the others back.
type group struct {
	conn   *sqliteConn
	queue  chan *write
	closed chan struct{} // closed by stop: no more writes
	done   chan struct{} // closed when the goroutine has ended
	stops  sync.Once
}

// write is one caller's change, waiting for its result.
type write struct {
	ctx    context.Context
	fn     func(context.Context, querier) (wrote bool, err error)
	err    error
	result chan error

	threadID int64         // see lanes
	turn     chan []*write // see lanes
}

var errClosed = errors.New("the database is closed")

func startGroup(conn *sqliteConn) *group {
	g := &group{conn: conn, queue: make(chan *write, maxGroup), closed: make(chan struct{}), done: make(chan struct{})}
	go g.run()
	return g
}

// stop ends the group after the writes that are being run.
func (g *group) stop() {
	g.stops.Do(func() { close(g.closed) })
	<-g.done
}

// do runs fn and returns when it is committed, or has failed. A caller whose ctx
// ends before fn starts gets ctx's error, and fn does not run.
func (g *group) do(ctx context.Context, fn func(context.Context, querier) (bool, error)) error {
	w := &write{ctx: ctx, fn: fn, result: make(chan error, 1)}
	select {
	case g.queue <- w:
	case <-ctx.Done():
		return ctx.Err()
	case <-g.closed:
		return errClosed
	}
	select {
	case err := <-w.result:
		return err
	case <-g.done:
		// The goroutine may have answered and then ended.
		select {
		case err := <-w.result:
			return err
		default:
			return errClosed
		}
	}
}

func (g *group) run() {
	defer close(g.done)
	defer g.conn.close()
	for {
		select {
		case <-g.closed:
			return
		case first := <-g.queue:
			g.commit(g.waiting(first))
		}
	}
}

// waiting collects what is in the queue now.
func (g *group) waiting(first *write) []*write {
	members := []*write{first}
	for len(members) < maxGroup {
		select {
		case w := <-g.queue:
			members = append(members, w)
		default:
			return members
		}
	}
	return members
}

// commit runs the members in one transaction, or singly if one of them spoils it.
func (g *group) commit(members []*write) {
	if !g.together(members) {
		for _, w := range members {
			g.together([]*write{w})
		}
	}
	for _, w := range members {
		w.result <- w.err
	}
}

// together runs the members in one transaction and sets their errors. It reports
// false if it was rolled back and the members should be run singly.
func (g *group) together(members []*write) bool {
	ctx := context.Background()
	if err := g.conn.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return settle(members, err)
	}
	for _, w := range members {
		if w.err = w.ctx.Err(); w.err != nil {
			continue
		}
		var wrote bool
		if wrote, w.err = run(ctx, g.conn, w.fn); w.err != nil && (wrote || failedStatement(w.err)) {
			g.rollback()
			return len(members) == 1
		}
	}
	if err := g.end(ctx); err != nil {
		g.rollback()
		return settle(members, err)
	}
	return true
}

// end commits the transaction.
func (g *group) end(ctx context.Context) error {
	const text = "COMMIT"
	defer g.conn.timing.ran(text, time.Now())
	return g.conn.exec(ctx, text)
}

// rollback ends the transaction. If SQLite has done so already, its error says
// just that.
func (g *group) rollback() { _ = g.conn.exec(context.Background(), "ROLLBACK") }

// settle gives all members the error that kept their transaction from being.
func settle(members []*write, err error) bool {
	for _, w := range members {
		w.err = err
	}
	return true
}

// run calls the function of a write. A panic in it is its error: it must not end
// what everybody's writes depend on.
func run(ctx context.Context, q querier, fn func(context.Context, querier) (bool, error)) (wrote bool, err error) {
	defer func() {
		if p := recover(); p != nil {
			wrote, err = true, panicked(p)
		}
	}()
	return fn(ctx, q)
}

// panicked returns the error of a transaction in which there was a panic.
func panicked(p any) error { return fmt.Errorf("panic in a transaction: %v\n%s", p, debug.Stack()) }
