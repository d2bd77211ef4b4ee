package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"modernc.org/sqlite"

	"parley"
)

// These tests watch how writes are put together, which callers cannot see.

// writers is a store whose group of writers a test holds up, so that it knows
// who waits for whom.
type writers struct {
	*testing.T
	store *Store
	group *group
	begun chan struct{} // the writer who holds the others up has begun
	held  chan struct{} // closed to let it go on
	busy  sync.WaitGroup
}

func openStore(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "parley.db"), Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// holdWriters begins a write and keeps it from ending.
func holdWriters(t *testing.T) *writers {
	t.Helper()
	s := openStore(t)
	w := &writers{T: t, store: s, group: s.engine.(*sqliteEngine).group, begun: make(chan struct{}), held: make(chan struct{})}
	var once sync.Once
	w.start(t.Context(), func(*Tx) error {
		once.Do(func() { close(w.begun) })
		<-w.held
		return nil
	})
	<-w.begun
	return w
}

// start begins a write that has to wait, and returns where its error will be.
func (w *writers) start(ctx context.Context, fn func(*Tx) error) *error {
	result := new(error)
	w.busy.Go(func() { _, *result = w.store.Update(ctx, fn) })
	return result
}

// wait returns when n writers wait in the queue.
func (w *writers) wait(n int) {
	w.Helper()
	for deadline := time.Now().Add(10 * time.Second); len(w.group.queue) != n; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			w.Fatalf("%d writers wait, want %d", len(w.group.queue), n)
		}
	}
}

// release lets all go on and returns when they are done.
func (w *writers) release() {
	close(w.held)
	w.busy.Wait()
}

// keep stores something under a name.
func keep(name string) func(*Tx) error { return func(tx *Tx) error { return tx.setMeta(name, "kept") } }

// kept returns how many of the names are stored.
func (w *writers) kept() (n int64) {
	w.Helper()
	err := w.store.View(w.Context(), func(s *Snapshot) (err error) {
		n, _, err = one(s, scalar[int64], `SELECT count(*) FROM meta WHERE value = 'kept'`)
		return err
	})
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func TestWritersWhoWaitAreCommittedTogether(t *testing.T) {
	w := holdWriters(t)
	const many = 40
	var mu sync.Mutex
	commits := map[int64]bool{} // what others could see when each of them ran
	for i := range many {
		w.start(t.Context(), func(tx *Tx) error {
			if err := tx.setMeta(fmt.Sprint("writer ", i), "kept"); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			commits[w.kept()] = true
			return nil
		})
	}
	w.wait(many)
	w.release()
	if len(commits) != 1 || !commits[0] {
		t.Errorf("others saw %v of them while they were written, want none: one commit for all", commits)
	}
	if got := w.kept(); got != many {
		t.Errorf("%d are kept, want %d", got, many)
	}
}

// calls counts how often a writer runs.
func calls(n *atomic.Int32, fn func(*Tx) error) func(*Tx) error {
	return func(tx *Tx) error {
		n.Add(1)
		return fn(tx)
	}
}

func TestAWriterWhoFailsAfterItWroteMakesTheOthersRunAgainAlone(t *testing.T) {
	failure := errors.New("changed my mind")
	for name, fail := range map[string]func(*Tx) error{
		"an error": func(tx *Tx) error { return errors.Join(keep("never")(tx), failure) },
		"a panic":  func(tx *Tx) error { panic(failure) },
		"a failed statement": func(tx *Tx) error {
			_, _, err := one(&tx.Snapshot, scalar[int64], `SELECT 1 FROM nowhere`)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := holdWriters(t)
			var before, failing, after atomic.Int32
			first := w.start(t.Context(), calls(&before, keep("before")))
			w.wait(1)
			bad := w.start(t.Context(), calls(&failing, fail))
			w.wait(2)
			last := w.start(t.Context(), calls(&after, keep("after")))
			w.wait(3)
			w.release()
			if *first != nil || *last != nil || *bad == nil {
				t.Errorf("errors: %v, %v, %v; want the second alone", *first, *bad, *last)
			}
			if before.Load() != 2 || failing.Load() != 2 || after.Load() != 1 {
				t.Errorf("runs: %d, %d, %d; want 2, 2, 1", before.Load(), failing.Load(), after.Load())
			}
			if got := w.kept(); got != 2 {
				t.Errorf("%d are kept, want 2", got)
			}
		})
	}
}

func TestAWriterWhoFailsBeforeItWroteCostsNothing(t *testing.T) {
	w := holdWriters(t)
	var others atomic.Int32
	w.start(t.Context(), calls(&others, keep("before")))
	refused := w.start(t.Context(), func(tx *Tx) error { return parley.ErrAccessDenied })
	w.start(t.Context(), calls(&others, keep("after")))
	w.wait(3)
	w.release()
	if !errors.Is(*refused, parley.ErrAccessDenied) || others.Load() != 2 || w.kept() != 2 {
		t.Errorf("refused with %v, the others ran %d times and left %d; want 2 and 2", *refused, others.Load(), w.kept())
	}
}

// TestATransactionThatSQLiteEndedByItselfIsNotContinued has a statement end the
// transaction, as a failing disk may: what follows must not be committed bit by
// bit.
func TestATransactionThatSQLiteEndedByItselfIsNotContinued(t *testing.T) {
	w := holdWriters(t)
	w.start(t.Context(), keep("before"))
	w.wait(1)
	bad := w.start(t.Context(), func(tx *Tx) error {
		if err := tx.q.queue(tx.ctx, &statement{text: "ROLLBACK"}); err != nil {
			return err
		}
		return tx.q.queue(tx.ctx, &statement{text: "SELECT 1 FROM nowhere"})
	})
	w.wait(2)
	var after atomic.Int32
	last := w.start(t.Context(), calls(&after, func(tx *Tx) error {
		return errors.Join(keep("never")(tx), errors.New("changed my mind"))
	}))
	w.wait(3)
	w.release()
	var failure *sqlite.Error
	if !errors.As(*bad, &failure) || *last == nil || w.kept() != 1 {
		t.Errorf("errors %v and %v, %d kept; want both, and 1", *bad, *last, w.kept())
	}
}

func TestACallerWhoGaveUpWhileWaitingChangesNothing(t *testing.T) {
	w := holdWriters(t)
	ctx, giveUp := context.WithCancel(t.Context())
	var ran atomic.Int32
	gone := w.start(ctx, calls(&ran, keep("gone")))
	w.wait(1)
	w.start(t.Context(), keep("stays"))
	w.wait(2)
	giveUp()
	w.release()
	if !errors.Is(*gone, context.Canceled) || ran.Load() != 0 || w.kept() != 1 {
		t.Errorf("error %v, ran %d times, %d kept; want cancelled, 0, 1", *gone, ran.Load(), w.kept())
	}
}

func TestClosingEndsWhatWaitsOneWayOrTheOther(t *testing.T) {
	w := holdWriters(t)
	var results []*error
	for i := range 20 {
		results = append(results, w.start(t.Context(), keep(fmt.Sprint("writer ", i))))
	}
	w.wait(20)
	file := w.store.engine.(*sqliteEngine).file
	closed := make(chan error)
	go func() { closed <- w.store.Close() }()
	w.release()
	if err := <-closed; err != nil {
		t.Fatal(err)
	}
	var acknowledged int64
	for _, err := range results {
		switch {
		case *err == nil:
			acknowledged++
		case !errors.Is(*err, errClosed):
			t.Errorf("got %v, want nil or that the database is closed", *err)
		}
	}
	s, err := Open(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	w.store = s
	if got := w.kept(); got != acknowledged {
		t.Errorf("%d are kept, %d were acknowledged", got, acknowledged)
	}
}

// TestAFullDiskUndoesTheWholeChangeAndSaysSo bounds the database's pages, which
// fails as a full disk does: SQLite ends the transaction by itself.
func TestAFullDiskUndoesTheWholeChangeAndSaysSo(t *testing.T) {
	w := holdWriters(t)
	limit := func(pages int) func(*Tx) error {
		return func(tx *Tx) error {
			_, _, err := one(&tx.Snapshot, scalar[int64], fmt.Sprintf(`PRAGMA max_page_count = %d`, pages))
			return err
		}
	}
	w.release()
	update := func(fn func(*Tx) error) error { _, err := w.store.Update(t.Context(), fn); return err }
	if err := update(limit(1)); err != nil { // as many as there are
		t.Fatal(err)
	}
	big := make([]byte, 64<<10)
	err := update(func(tx *Tx) error {
		if err := keep("half")(tx); err != nil {
			return err
		}
		return tx.setMeta("big", string(big))
	})
	var told *parley.Error
	if !errors.As(err, &told) || told.Kind != parley.Unavailable || told.RetryAfter <= 0 {
		t.Errorf("got %v, want Unavailable and when to come back", err)
	}
	if got := w.kept(); got != 0 {
		t.Errorf("%d are kept of a change that failed", got)
	}
	if err := update(limit(1 << 20)); err != nil {
		t.Fatal(err)
	}
	if err := update(func(tx *Tx) error { return errors.Join(keep("whole")(tx), tx.setMeta("big", string(big))) }); err != nil || w.kept() != 1 {
		t.Errorf("with space again: %v, %d kept", err, w.kept())
	}
}

// TestALockedDatabaseSaysSoAndRecovers lets another connection hold the lock
// for longer than a write waits.
func TestALockedDatabaseSaysSoAndRecovers(t *testing.T) {
	s := openStore(t)
	impatient := func(tx *Tx) error {
		_, _, err := one(&tx.Snapshot, scalar[int64], `PRAGMA busy_timeout = 20`)
		return err
	}
	if _, err := s.Update(t.Context(), impatient); err != nil {
		t.Fatal(err)
	}
	other := lock(t, s.engine.(*sqliteEngine).file)
	_, err := s.Update(t.Context(), keep("name"))
	if parley.KindOf(err) != parley.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	if err := s.View(t.Context(), func(s *Snapshot) error { _, err := s.Community(); return err }); err != nil {
		t.Errorf("reading goes on, but: %v", err)
	}
	if _, err := other.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Update(t.Context(), keep("name")); err != nil {
		t.Errorf("after the lock is gone: %v", err)
	}
}

// lock locks a database file against writers, as another process may.
func lock(t *testing.T, file string) *sql.Conn {
	t.Helper()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	conn, err := db.Conn(t.Context())
	if err == nil {
		_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	}
	if err != nil {
		t.Fatal(err)
	}
	return conn
}
