package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"parley"
	"parley/internal/store"
	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
)

// TestAChangeThatStillWaitsWhenItsConnectionIsCutIsMadeOnce cuts the connection of a
// post that is all with the server, its COMMIT too, and waits there for the lock of
// the thread's channel. It is made again meanwhile: the server must not go on with
// the first one.
func TestAChangeThatStillWaitsWhenItsConnectionIsCutIsMadeOnce(t *testing.T) {
	dsn := storetest.NewPostgres(t)
	proxy, through := pgtest.NewProxy(t, dsn)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, through+"&pool_max_conns=1", opts) })
	if err := sayIn(t.Context(), c, false); err != nil {
		t.Fatal(err)
	}
	before, _, _ := written(t, c)
	other, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close(t.Context())
	exec := func(text string) {
		t.Helper()
		if _, err := other.Exec(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
	waiting := func(want int) {
		t.Helper()
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			var n int
			if err := other.QueryRow(t.Context(), `SELECT count(*) FROM pg_locks WHERE NOT granted`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			if n >= want {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("%d wait for a lock, want %d", n, want)
			}
		}
	}

	exec("BEGIN")
	exec(fmt.Sprintf("SELECT head FROM channels WHERE name = '%s' FOR UPDATE", parley.ThreadChannel(c.Free.ID)))
	said := make(chan error, 1)
	go func() { said <- sayIn(t.Context(), c, false) }()
	waiting(1)
	proxy.Cut()
	waiting(2)
	exec("COMMIT")
	err = <-said
	messages, counted, _ := written(t, c)
	if err != nil || messages != before+1 || counted != messages {
		t.Errorf("%v: %d messages, %d counted; had %d", err, messages, counted, before)
	}
}

// TestAChangeOfWhichNobodyKnowsIsNotMadeAgain has the database go away right after
// a COMMIT whose answer got lost.
func TestAChangeOfWhichNobodyKnowsIsNotMadeAgain(t *testing.T) {
	c, proxy := behindProxy(t)
	before, _, _ := written(t, c)
	runs := 0
	_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
		runs++
		_, err := say(tx, c)
		proxy.LoseAnswers()
		proxy.Refuse(true)
		return err
	})
	var told *parley.Error
	if !errors.As(err, &told) || told.Kind != parley.Unavailable || told.RetryAfter == 0 || runs != 1 {
		t.Errorf("told %v after %d runs", err, runs)
	}
	proxy.Refuse(false)
	if messages, _, _ := written(t, c); messages != before+1 {
		t.Errorf("%d messages; had %d", messages, before)
	}
}

func TestWhoWaitsForAConnectionThatNeverComesIsTold(t *testing.T) {
	dsn := storetest.NewPostgres(t)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, dsn+"&pool_max_conns=1", opts) })
	err := c.Store.View(t.Context(), func(*store.Snapshot) error {
		return sayIn(t.Context(), c, true)
	})
	var told *parley.Error
	if !errors.As(err, &told) || told.Kind != parley.Unavailable || told.RetryAfter == 0 {
		t.Errorf("told %v", err)
	}
}

// TestAnEventKnowsWhatRightsWereLostBeforeItWasCommitted takes a right away between
// the moment when a post has written its event and the one when it is committed, with
// another post that it shares a transaction with.
func TestAnEventKnowsWhatRightsWereLostBeforeItWasCommitted(t *testing.T) {
	dsn := storetest.NewPostgres(t)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, dsn, opts) })
	elsewhere := openFile(t, dsn, store.Options{})
	post := func(then func()) (control uint64) {
		logged, err := c.Store.UpdateIn(t.Context(), c.Free.ID, func(tx *store.Tx) error {
			if _, _, err := tx.ThreadState(c.Free.ID); err != nil { // what was written before is sent
				return err
			}
			then()
			_, err := say(tx, c)
			return err
		})
		if err != nil {
			t.Error(err)
			return 0
		}
		return logged[0].Control
	}
	lose := func() (control uint64) {
		logged, err := elsewhere.Update(t.Context(), func(tx *store.Tx) error {
			tx.Append(parley.UserRightsChanged{UserID: c.Mina.ID})
			return nil
		})
		if err != nil {
			t.Error(err)
			return 0
		}
		return logged[0].Seq
	}
	// The lane is kept until both wait for it; where the second one came too late for
	// the first one's transaction, they try again.
	for together := false; !together; {
		var first, lost uint64
		var committed sync.WaitGroup
		enter, entered := make(chan struct{}), make(chan struct{})
		var once sync.Once
		committed.Go(func() {
			post(func() {
				once.Do(func() { close(entered) })
				<-enter
			})
		})
		<-entered
		done := make(chan struct{})
		committed.Go(func() {
			first = post(func() {})
			close(done)
		})
		committed.Go(func() {
			post(func() {
				select {
				case <-done: // alone
				default:
					lost = lose()
				}
			})
		})
		close(enter)
		committed.Wait()
		if together = lost != 0 && first != 0; together && first < lost {
			t.Errorf("an event knows the control channel up to %d, and a right was lost at %d before it was committed", first, lost)
		}
	}
}

// TestPostsThatLoseTheirConnectionTogetherAreMadeOnce cuts the connection of two posts
// that wait for the same lane, and so mostly share a transaction.
func TestPostsThatLoseTheirConnectionTogetherAreMadeOnce(t *testing.T) {
	proxy, dsn := pgtest.NewProxy(t, storetest.NewPostgres(t))
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, dsn, opts) })
	before, _, _ := written(t, c)
	post := func(then func()) {
		_, err := c.Store.UpdateIn(t.Context(), c.Free.ID, func(tx *store.Tx) error {
			then()
			_, err := say(tx, c)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	const rounds = 10
	for range rounds {
		var posting sync.WaitGroup
		enter, entered := make(chan struct{}), make(chan struct{})
		posting.Go(func() {
			post(func() {
				close(entered)
				<-enter
			})
		})
		<-entered
		var once sync.Once
		for range 2 {
			posting.Go(func() {
				post(func() {
					// Something is on its way, and nobody knows yet how far it came.
					once.Do(proxy.LoseRequests)
				})
			})
		}
		close(enter)
		posting.Wait()
	}
	messages, counted, head := written(t, c)
	if want := before + 3*rounds; messages != want || counted != want || int(head) != 3*rounds {
		t.Errorf("%d messages, %d counted, %d events; want %d", messages, counted, head, want)
	}
}
