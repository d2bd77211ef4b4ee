package storetest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley"
	"parley/internal/store"
)

var transactionTests = map[string]func(*testing.T, Open){
	"under concurrent writers numbers have no gaps and become visible in order": numbersInCommitOrder,
	"concurrent changes of one row all count":                                   noLostUpdate,
	"a snapshot stays as it was while others write":                             stableSnapshot,
	"a snapshot sees all of a change or nothing":                                atomicChange,
	"a change that fails is undone and harms nobody":                            failureAlone,
	"a panic in a change is its error alone":                                    panicAlone,
	"a panic in a read is its error":                                            panicOfReader,
	"a caller who gives up in time changes nothing":                             cancelledCaller,
	"a reader who gives up leaves nothing behind":                               cancelledReaders,
	"a closed database says so":                                                 closedStore,
}

// numbersInCommitOrder lets writers append to a few channels while somebody
// follows the log: whoever sees a number sees all before it, and an event's
// control position is one that is visible with it.
func numbersInCommitOrder(t *testing.T, open Open) {
	c := community(t, open)
	const writers, each, channels = 8, 15, 3
	var cursor uint64
	follow(t, c.Store, &cursor)
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for i := range each {
				_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
					tx.Append(posted(int64((w+i)%channels)+1, int64(i)))
					if i%5 == 0 {
						tx.Append(parley.UserRightsChanged{UserID: int64(w)})
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	written := make(chan struct{})
	go func() { writing.Wait(); close(written) }()
	f := follower{t: t, store: c.Store, cursor: cursor, seen: map[parley.Channel]uint64{}, control: map[parley.Channel]uint64{}}
	for done := false; !done; {
		select {
		case <-written:
			done = true
		default:
		}
		f.look()
	}
	if got, want := f.seen["t1"]+f.seen["t2"]+f.seen["t3"], uint64(writers*each); got != want {
		t.Errorf("%d events were seen, want %d", got, want)
	}
	if got, want := f.seen[parley.ControlChannel], uint64(writers*each/5); got != want {
		t.Errorf("%d control events were seen, want %d", got, want)
	}
}

// follower reads what is new in the log, over and over.
type follower struct {
	t       *testing.T
	store   *store.Store
	cursor  uint64
	seen    map[parley.Channel]uint64 // newest number
	control map[parley.Channel]uint64 // highest position carried
}

func (f *follower) look() {
	err := f.store.View(f.t.Context(), func(s *store.Snapshot) (err error) {
		var heads []store.Head
		if heads, f.cursor, err = s.Since(f.cursor); err != nil {
			return err
		}
		control, err := s.Head(parley.ControlChannel)
		if err != nil {
			return err
		}
		for _, h := range heads {
			if err := f.read(s, h, control); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *follower) read(s *store.Snapshot, h store.Head, control uint64) error {
	logged, err := s.Events(h.Channel, f.seen[h.Channel], 1000)
	if err != nil {
		return err
	}
	for _, l := range logged {
		if l.Seq != f.seen[h.Channel]+1 {
			return fmt.Errorf("%s: %d follows %d", h.Channel, l.Seq, f.seen[h.Channel])
		}
		if l.Control > control || l.Control < f.control[h.Channel] {
			return fmt.Errorf("%s:%d carries control position %d after %d, visible is %d", h.Channel, l.Seq, l.Control, f.control[h.Channel], control)
		}
		f.seen[h.Channel], f.control[h.Channel] = l.Seq, l.Control
	}
	if f.seen[h.Channel] != h.Seq {
		return fmt.Errorf("%s: told of %d, found up to %d", h.Channel, h.Seq, f.seen[h.Channel])
	}
	return nil
}

func noLostUpdate(t *testing.T, open Open) {
	c := community(t, open)
	const writers, each = 8, 10
	var writing sync.WaitGroup
	for w := range writers {
		writing.Go(func() {
			for range each {
				_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
					_, err := tx.InsertMessage(c.Free.ID, c.Finn.ID, c.Free.First, Text(fmt.Sprint("by writer ", w)))
					return err
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writing.Wait()
	state := Found(t, c.Store, func(s *store.Snapshot) (store.ThreadState, bool, error) { return s.ThreadState(c.Free.ID) })
	first := Found(t, c.Store, func(s *store.Snapshot) (parley.Message, bool, error) { return s.Message(c.Ada, c.Free.First) })
	if state.MessageCount != writers*each+1 || first.ReplyCount != writers*each {
		t.Errorf("%d messages, %d replies; want %d, %d", state.MessageCount, first.ReplyCount, writers*each+1, writers*each)
	}
}

func stableSnapshot(t *testing.T, open Open) {
	c := community(t, open)
	count := func(s *store.Snapshot) (int64, error) {
		messages, err := s.NewestMessages(c.Ada, c.Free.ID, 0, 100)
		return int64(len(messages)), err
	}
	err := c.Store.View(t.Context(), func(s *store.Snapshot) error {
		before, err := count(s)
		if err != nil {
			return err
		}
		c.Post(t, c.Finn, c.Free, "meanwhile")
		after, err := count(s)
		state, _, stateErr := s.ThreadState(c.Free.ID)
		if before != 1 || after != 1 || state.MessageCount != 1 {
			t.Errorf("one snapshot saw %d, then %d messages, and %d counted", before, after, state.MessageCount)
		}
		return errors.Join(err, stateErr)
	})
	if err != nil {
		t.Fatal(err)
	}
	if now := Read(t, c.Store, count); now != 2 {
		t.Errorf("the next snapshot sees %d, want 2", now)
	}
}

func atomicChange(t *testing.T, open Open) {
	c := community(t, open)
	stop := make(chan struct{})
	var reading sync.WaitGroup
	for range 3 {
		reading.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				err := c.Store.View(t.Context(), func(s *store.Snapshot) error {
					state, _, err := s.ThreadState(c.Free.ID)
					if err != nil {
						return err
					}
					messages, err := s.NewestMessages(parley.Viewer{}, c.Free.ID, 0, 100)
					if err != nil {
						return err
					}
					if state.MessageCount != int64(len(messages)) || state.MessageCount%2 != 1 {
						t.Errorf("%d messages are counted, %d read", state.MessageCount, len(messages))
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 { // two messages at a time
		Update(t, c.Store, func(tx *store.Tx) error {
			_, err1 := tx.InsertMessage(c.Free.ID, c.Finn.ID, 0, Text("one"))
			_, err2 := tx.InsertMessage(c.Free.ID, c.Finn.ID, 0, Text("two"))
			return errors.Join(err1, err2)
		})
	}
	close(stop)
	reading.Wait()
}

// inCompany runs a change while others write, and returns its error; the
// others' changes must all be made.
func (c *Community) inCompany(t *testing.T, fn func(*store.Tx) error) error {
	t.Helper()
	before := c.messageCount(t)
	const others = 16
	var writing sync.WaitGroup
	for range others {
		writing.Go(func() {
			_, err := c.Store.Update(t.Context(), func(tx *store.Tx) error {
				_, err := tx.InsertMessage(c.Free.ID, c.Finn.ID, 0, Text("in company"))
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	_, err := c.Store.Update(t.Context(), fn)
	writing.Wait()
	if made := c.messageCount(t) - before; made != others {
		t.Errorf("%d messages were made, want %d", made, others)
	}
	return err
}

func (c *Community) messageCount(t *testing.T) int {
	t.Helper()
	return len(Read(t, c.Store, func(s *store.Snapshot) ([]parley.Message, error) {
		return s.NewestMessages(parley.Viewer{}, c.Free.ID, 0, 1000)
	}))
}

func failureAlone(t *testing.T, open Open) {
	c := community(t, open)
	failure := errors.New("changed my mind")
	for range 5 {
		err := c.inCompany(t, func(tx *store.Tx) error {
			if _, err := tx.InsertMessage(c.Free.ID, c.Ada.ID, 0, Text("never")); err != nil {
				return err
			}
			return failure
		})
		if !errors.Is(err, failure) {
			t.Errorf("got %v, want its own error", err)
		}
	}
}

func panicAlone(t *testing.T, open Open) {
	c := community(t, open)
	err := c.inCompany(t, func(tx *store.Tx) error {
		if _, err := tx.InsertMessage(c.Free.ID, c.Ada.ID, 0, Text("never")); err != nil {
			return err
		}
		panic("a bug")
	})
	if err == nil || !strings.Contains(err.Error(), "a bug") {
		t.Errorf("got %v, want the panic as an error", err)
	}
}

// panicOfReader has readers panic, more often than there are connections.
func panicOfReader(t *testing.T, open Open) {
	c := community(t, open)
	for range 30 {
		err := c.Store.View(t.Context(), func(s *store.Snapshot) error {
			if _, err := s.Head(parley.ForumChannel); err != nil {
				return err
			}
			panic("a bug")
		})
		if err == nil || !strings.Contains(err.Error(), "a bug") {
			t.Fatalf("got %v, want the panic as an error", err)
		}
	}
	c.list(t, c.Ada, store.ThreadFilter{})
}

func cancelledCaller(t *testing.T, open Open) {
	c := community(t, open)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var ran atomic.Bool
	_, err := c.Store.Update(ctx, func(tx *store.Tx) error { ran.Store(true); return nil })
	if !errors.Is(err, context.Canceled) || ran.Load() {
		t.Errorf("given up before: %v, ran %v", err, ran.Load())
	}
	ctx, cancel = context.WithCancel(t.Context())
	_, err = c.Store.Update(ctx, func(tx *store.Tx) error {
		cancel() // once it runs it is finished
		_, err := tx.InsertMessage(c.Free.ID, c.Finn.ID, 0, Text("made"))
		return err
	})
	if err != nil || c.messageCount(t) != 2 {
		t.Errorf("given up meanwhile: %v, %d messages", err, c.messageCount(t))
	}
}

// cancelledReaders gives up in every moment of a read, more often than there are
// connections, and then reads as if nothing had happened.
func cancelledReaders(t *testing.T, open Open) {
	c := community(t, open)
	var reading sync.WaitGroup
	for range 8 {
		reading.Go(func() {
			for moment := range int32(100) {
				err := c.Store.View(givingUp(t.Context(), moment%25), func(s *store.Snapshot) error {
					_, err := s.Head(parley.ForumChannel)
					return err
				})
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("given up: %v", err)
				}
			}
		})
	}
	reading.Wait()
	for range 20 {
		c.list(t, c.Ada, store.ThreadFilter{})
	}
}

// impatient is a context that ends while it is looked at for the n-th time.
type impatient struct {
	context.Context
	ended chan struct{}
	looks atomic.Int32
}

func givingUp(ctx context.Context, looks int32) context.Context {
	i := &impatient{Context: ctx, ended: make(chan struct{})}
	i.looks.Store(looks)
	return i
}

func (i *impatient) Done() <-chan struct{} {
	if i.looks.Add(-1) == 0 {
		close(i.ended)
	}
	return i.ended
}

func (i *impatient) Err() error {
	select {
	case <-i.ended:
		return context.Canceled
	default:
		return i.Context.Err()
	}
}

func closedStore(t *testing.T, open Open) {
	c := community(t, open)
	if err := c.Store.Close(); err != nil {
		t.Fatal(err)
	}
	nothing := func(*store.Snapshot) error { return nil }
	if err := c.Store.View(t.Context(), nothing); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("reading: %v", err)
	}
	if _, err := c.Store.Update(t.Context(), func(*store.Tx) error { return nil }); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("writing: %v", err)
	}
	if err := c.Store.Close(); err != nil {
		t.Errorf("closing it again: %v", err)
	}
}
