package store

import (
	"context"
	"database/sql"
	"errors"
	"sync"
)

// readers are the connections that read, opened as they are needed. The one used
// last is used next: its statements are prepared and its pages in memory, and
// those that a busy moment opened leave both alone later.
type readers struct {
	db     *sql.DB
	free   chan struct{} // an element for each that may be taken
	closed chan struct{}
	closes sync.Once
	timing *timing

	mu   sync.Mutex
	idle []*sqliteConn
}

func newReaders(db *sql.DB, limit int, timing *timing) *readers {
	r := &readers{db: db, free: make(chan struct{}, limit), closed: make(chan struct{}), timing: timing}
	for range limit {
		r.free <- struct{}{}
	}
	return r
}

// take returns a connection that is the caller's until it is put back. It waits
// for one until ctx ends.
func (r *readers) take(ctx context.Context) (*sqliteConn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case <-r.free:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-r.closed:
		return nil, errClosed
	}
	if c := r.pop(); c != nil {
		return c, nil
	}
	// Not for this caller alone: opened to the end, whatever happens to ctx.
	conn, err := r.db.Conn(context.WithoutCancel(ctx))
	if err != nil {
		r.free <- struct{}{}
		return nil, err
	}
	return newSQLiteConn(conn, r.timing), nil
}

func (r *readers) pop() *sqliteConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.idle) == 0 {
		return nil
	}
	c := r.idle[len(r.idle)-1]
	r.idle = r.idle[:len(r.idle)-1]
	return c
}

// put gives back a connection that was taken.
func (r *readers) put(c *sqliteConn) {
	r.mu.Lock()
	r.idle = append(r.idle, c)
	r.mu.Unlock()
	r.free <- struct{}{}
}

// close waits for those in use and closes all.
func (r *readers) close() (err error) {
	r.closes.Do(func() {
		close(r.closed)
		for range cap(r.free) {
			<-r.free
		}
		for c := r.pop(); c != nil; c = r.pop() {
			err = errors.Join(err, c.close())
		}
		err = errors.Join(err, r.db.Close())
	})
	return err
}
