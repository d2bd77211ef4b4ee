package store

import (
	"context"
	"errors"
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

// errApart says that nothing was changed, and each write should be run by itself: one
// that fails after it wrote takes the others with it.
var errApart = errors.New("a write spoilt the transaction that it shared")

// updateTogether runs the writes of some callers and sets their errors.
func (e *postgresEngine) updateTogether(members []*write) {
	err := errApart
	for lost := 0; len(members) > 1; lost++ {
		if err = e.together(members); !lostConnection(err) || lost == maxReconnects {
			break
		}
	}
	switch {
	case err == nil:
	case errors.Is(err, errApart):
		for _, w := range members {
			w.err = e.updateAlone(w.ctx, w.fn)
		}
	default:
		settle(members, err)
	}
}

// together runs the writes in one transaction and sets their errors. If it returns an
// error nothing was changed, unless it is errUnknown.
//
// The writes of one thread follow one another. Those of different threads advance
// step by step together: what they ask of the database at a time goes there in one
// round trip.
func (e *postgresEngine) together(members []*write) error {
	t, err := e.begin(context.Background(), readCommitted)
	if err != nil {
		return err
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
			t.exchange()
		}
	}
	for _, f := range files {
		if f.spoilt && unreachable(t.failed) {
			return t.failed
		} else if f.spoilt {
			return errApart
		}
		wrote = wrote || f.wrote
	}
	if err = t.commit(wrote); inTheWay(err) {
		return errApart
	}
	return err
}

// exchange is flush for several writes, which see by themselves that it failed. So it has
// if one of them panics over a row: apart from the others it does so once more, and then
// it is known which one that is.
func (t *postgresTx) exchange() {
	defer func() { _ = recover() }()
	_ = t.flush(t.limit)
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
