package store

import (
	"context"
	"iter"
	"slices"
)

// writer runs the statements of a write, or of several that follow one another, in
// a transaction that it may share with other writers. It is for one goroutine.
type writer struct {
	tx     *postgresTx
	await  func() // returns when what was queued has been sent and answered
	queued []*statement
	ahead  ahead
	locked *held
}

func newWriter(t *postgresTx) *writer { return &writer{tx: t, locked: newHeld()} }

func (w *writer) held() *held { return w.locked }

func (w *writer) queue(_ context.Context, s *statement) error {
	if s.writes {
		w.ahead = nil
	} else if found, err := w.ahead.known(s); found {
		return err
	}
	w.queued = append(w.queued, s)
	return nil
}

func (w *writer) flush(context.Context) error {
	if len(w.queued) > 0 && w.tx.failed == nil {
		w.await()
	}
	return w.tx.failed
}

// hand hands what was queued to the transaction.
func (w *writer) hand() {
	for _, s := range w.queued {
		if s.logged != nil {
			w.tx.logged = append(w.tx.logged, s.logged)
		}
	}
	w.tx.queued, w.queued = append(w.tx.queued, w.queued...), nil
}

// updateTogether runs the writes of some callers.
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
//
// The writes of one thread follow one another. Those of different threads advance
// step by step together: what they ask of the database at a time goes there in one
// round trip.
func (e *postgresEngine) together(members []*write) bool {
	t, err := e.begin(context.Background(), readCommitted)
	if err != nil {
		return settle(members, err)
	}
	defer t.end()
	var files []*file
	for _, queue := range byThread(members) {
		f := &file{writer: newWriter(t)}
		next, stop := iter.Pull(f.through(queue))
		defer stop()
		f.advance = func() bool { _, more := next(); return more }
		files = append(files, f)
	}
	wrote := false
	for running := slices.Clone(files); len(running) > 0; {
		running = slices.DeleteFunc(running, func(f *file) bool {
			more := f.advance()
			f.hand()
			return !more
		})
		if len(running) > 0 {
			_ = t.flush(t.limit) // they see that it failed
		}
	}
	for _, f := range files {
		if f.spoilt {
			return unreachable(t.failed) && settle(members, t.failed)
		}
		wrote = wrote || f.wrote
	}
	err = t.commit(wrote)
	if err != nil && !inTheWay(err) {
		return settle(members, err)
	}
	return err == nil
}

// file is the writes of one thread within a transaction, in single file.
type file struct {
	*writer
	advance func() bool // runs them until they wait for the database, false: they have ended
	wrote   bool
	spoilt  bool // one failed, and the transaction with it
}

// through returns a function that runs the writes and yields whenever they wait for
// the database.
func (f *file) through(queue []*write) iter.Seq[struct{}] {
	return func(yield func(struct{}) bool) {
		f.await = func() { yield(struct{}{}) }
		for _, w := range queue {
			if w.err = w.ctx.Err(); w.err != nil {
				continue
			}
			f.ahead = nil
			var changed bool
			changed, w.err = run(f.tx.limit, f.writer, w.fn)
			f.wrote = f.wrote || changed
			if f.spoilt = w.err != nil && (changed || f.tx.failed != nil); f.spoilt {
				return
			}
		}
	}
}
