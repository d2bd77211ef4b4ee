package store_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parley"
	"parley/internal/store"
	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
)

// patience is how long a test waits for a database to be there again.
const patience = time.Minute

func TestServersThatStartTogetherMigrateOnce(t *testing.T) {
	dsn := pgtest.Database(t)
	var log syncBuffer
	logger := slog.New(slog.NewTextHandler(&log, nil))
	const servers = 5
	var opening sync.WaitGroup
	opened := make([]*store.Store, servers)
	for i := range servers {
		opening.Go(func() {
			var err error
			if opened[i], err = store.Open(t.Context(), dsn, store.Options{Logger: logger}); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
	for _, s := range opened {
		if s == nil {
			continue
		}
		if got, want := s.Generation(), opened[0].Generation(); got != want {
			t.Errorf("one server took the database for %s, another one for %s", got, want)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(log.String(), "schema migrated"); n != 1 {
		t.Errorf("migrated %d times:\n%s", n, log.String())
	}
}

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// behindProxy opens the community on PostgreSQL with a proxy in between, on one
// connection that has prepared what say needs.
func behindProxy(t *testing.T) (*storetest.Community, *pgtest.Proxy) {
	proxy, dsn := pgtest.NewProxy(t, storetest.NewPostgres(t))
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, dsn+"&pool_max_conns=1", opts) })
	if err := sayIn(t.Context(), c, false); err != nil {
		t.Fatal(err)
	}
	return c, proxy
}

// written returns how many messages and events the free thread has.
func written(t *testing.T, c *storetest.Community) (messages, counted int, head uint64) {
	t.Helper()
	err := c.Store.View(t.Context(), func(s *store.Snapshot) error {
		all, err := s.MessagesAfter(parley.Viewer{}, c.Free.ID, 0, 100_000)
		if err != nil {
			return err
		}
		state, _, err := s.ThreadState(c.Free.ID)
		if err != nil {
			return err
		}
		messages, counted = len(all), int(state.MessageCount)
		head, err = s.Head(parley.ThreadChannel(c.Free.ID))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return messages, counted, head
}

func say(tx *store.Tx, c *storetest.Community) (int64, error) {
	id, err := tx.InsertMessage(c.Free.ID, c.Finn.ID, 0, storetest.Text("hello"))
	tx.Append(parley.MessagePosted{ThreadID: c.Free.ID, MessageID: id})
	return id, err
}

func TestAChangeWhoseCommitWasNotAnsweredIsMadeOnce(t *testing.T) {
	c, proxy := behindProxy(t)
	before, _, _ := written(t, c)
	runs := 0
	_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
		runs++
		_, err := say(tx, c)
		proxy.LoseAnswers()
		return err
	})
	messages, counted, head := written(t, c)
	if err != nil || runs != 1 || messages != before+1 || counted != messages || head != 2 {
		t.Errorf("%v after %d runs: %d messages, %d counted, %d events; had %d", err, runs, messages, counted, head, before)
	}
}

func TestAChangeWhoseCommitGotLostIsMadeOnce(t *testing.T) {
	c, proxy := behindProxy(t)
	before, _, _ := written(t, c)
	runs := 0
	_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
		runs++
		_, err := say(tx, c)
		if runs == 1 {
			proxy.LoseRequests()
		}
		return err
	})
	messages, counted, head := written(t, c)
	if err != nil || runs != 2 || messages != before+1 || counted != messages || head != 2 {
		t.Errorf("%v after %d runs: %d messages, %d counted, %d events; had %d", err, runs, messages, counted, head, before)
	}
}

func TestReadersDoNotNoticeThatIdleConnectionsWereCut(t *testing.T) {
	c, proxy := behindProxy(t)
	for range 3 {
		proxy.Cut()
		written(t, c)
	}
}

// TestAJobOfAServerThatDiesIsThereAgain has one server die with a job in its hands,
// which another one passes over until then.
func TestAJobOfAServerThatDiesIsThereAgain(t *testing.T) {
	dsn := storetest.NewPostgres(t)
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, dsn, opts) })
	proxy, through := pgtest.NewProxy(t, dsn)
	dying := openFile(t, through+"&pool_max_conns=1", store.Options{})
	storetest.Update(t, c.Store, func(tx *store.Tx) error { return tx.AddJob("notify", nil) })
	job := storetest.Read(t, c.Store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(1, "") })[0].ID
	take := func(tx *store.Tx) (bool, error) { return tx.TakeJob(job) }

	var taken []bool
	_, err := dying.Update(t.Context(), func(tx *store.Tx) error {
		mine, err := take(tx)
		taken = append(taken, mine)
		if err != nil || !mine {
			return err
		}
		if storetest.Write(t, c.Store, take) {
			t.Error("a job was taken that somebody was about")
		}
		proxy.Cut()
		for end := time.Now().Add(patience); !storetest.Write(t, c.Store, take); {
			if time.Now().After(end) {
				return errors.New("nobody got the job of the server that died")
			}
		}
		return nil
	})
	if err != nil || !slices.Equal(taken, []bool{true, false}) {
		t.Errorf("the server that died had the job in its attempts: %v, %v; want only in the first", taken, err)
	}
}

// TestTransactionsThatWaitForEachOtherRunAgain has two changes lock two people in
// opposite order.
func TestTransactionsThatWaitForEachOtherRunAgain(t *testing.T) {
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, storetest.NewPostgres(t), opts) })
	var locked sync.WaitGroup
	locked.Add(2)
	change := func(first, second parley.Viewer) error {
		runs := 0
		_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
			runs++
			if err := tx.SetActive(first.ID, true); err != nil {
				return err
			}
			if _, _, err := tx.User(first.ID); err != nil { // sends it
				return err
			}
			if runs == 1 {
				locked.Done()
				locked.Wait()
			}
			return tx.SetActive(second.ID, true)
		})
		return err
	}
	var changing sync.WaitGroup
	changing.Go(func() {
		if err := change(c.Mina, c.Finn); err != nil {
			t.Error(err)
		}
	})
	changing.Go(func() {
		if err := change(c.Finn, c.Mina); err != nil {
			t.Error(err)
		}
	})
	changing.Wait()
}

// TestAServerThatIsKilledUnderLoadKeepsWhatItAcknowledged also asks that nobody is
// told anything but to come back, and that no change is made by half.
func TestAServerThatIsKilledUnderLoadKeepsWhatItAcknowledged(t *testing.T) {
	server := pgtest.Own(t, pgtest.Options{})
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, server.DSN("postgres"), opts) })
	var acknowledged, refused atomic.Int64
	stop := make(chan struct{})
	var writing sync.WaitGroup
	for w := range 8 {
		writing.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := sayIn(t.Context(), c, w%2 == 0)
				var told *parley.Error
				switch {
				case err == nil:
					acknowledged.Add(1)
				case errors.As(err, &told) && told.Kind == parley.Unavailable && told.RetryAfter > 0:
					refused.Add(1)
				default:
					t.Errorf("told %v", err)
					return
				}
			}
		})
	}
	for _, end := range []func() error{server.Kill, server.Stop} {
		waitFor(t, &acknowledged, 50)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		waitFor(t, &refused, 1)
		if err := server.Start(); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, &acknowledged, 50)
	close(stop)
	writing.Wait()
	messages, counted, head := written(t, c)
	if want := int(acknowledged.Load()) + 1; messages != want || counted != want || int(head) != want-1 {
		t.Errorf("%d messages, %d counted, %d events; want %d with the first one", messages, counted, head, want)
	}
}

// sayIn posts, together with others or alone.
func sayIn(ctx context.Context, c *storetest.Community, together bool) error {
	thread := int64(0)
	if together {
		thread = c.Free.ID
	}
	_, err := c.Store.UpdateIn(ctx, thread, func(tx *store.Tx) error {
		_, err := say(tx, c)
		return err
	})
	return err
}

// waitFor waits until a number has grown.
func waitFor(t *testing.T, n *atomic.Int64, by int64) {
	t.Helper()
	want, end := n.Load()+by, time.Now().Add(patience)
	for n.Load() < want {
		if time.Now().After(end) {
			t.Fatalf("still at %d, want %d", n.Load(), want)
		}
		time.Sleep(time.Millisecond)
	}
}

func TestAnAddressThatIsWrongIsRefusedAtOnceAndItsPasswordNotShown(t *testing.T) {
	dsn := pgtest.Database(t)
	for _, tc := range []struct{ name, dsn, says string }{
		{"a wrong password", strings.Replace(dsn, pgtest.Password, "swordfish", 1), "refused the user or the password"},
		{"no such database", strings.Replace(dsn, "?", "x?", 1), "no such database"},
		{"no TLS", strings.Replace(dsn, "sslmode=disable", "sslmode=require", 1), "check sslmode"},
		{"no address", "postgres://parley:swordfish@127.0.0.1:port/x", "port"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s, err := store.Open(t.Context(), tc.dsn, store.Options{Patience: time.Hour})
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if !strings.Contains(err.Error(), tc.says) || strings.Contains(err.Error(), "swordfish") || strings.Contains(err.Error(), pgtest.Password) {
				t.Errorf("says %v", err)
			}
		})
	}
}

func TestAServerThatIsNotThereYetIsWaitedFor(t *testing.T) {
	server := pgtest.Own(t, pgtest.Options{})
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), server.DSN("postgres"), quiet)
	if err == nil {
		s.Close()
		t.Fatal("opened without a server")
	}
	if parley.KindOf(err) != parley.Unavailable {
		t.Errorf("without patience: %v", err)
	}
	opened := make(chan error, 1)
	var log syncBuffer
	go func() {
		s, err := store.Open(context.WithoutCancel(t.Context()), server.DSN("postgres"),
			store.Options{Patience: patience, Logger: slog.New(slog.NewTextHandler(&log, nil))})
		if err == nil {
			err = s.Close()
		}
		opened <- err
	}()
	for end := time.Now().Add(patience); !strings.Contains(log.String(), "waiting for the database"); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was told")
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), pgtest.Password) {
		t.Errorf("the log shows the password: %s", log.String())
	}
}
