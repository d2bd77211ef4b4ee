// Package app holds the forum's use cases. Each authorises, validates, makes its
// change and the events that tell of it in one transaction, and publishes them
// when they are committed. It is the only caller of the store's writes.
//
// Methods take the person who acts as a parley.Viewer. What the request's
// session told of them decides what they may read; before a change they are read
// again within its transaction, so that nobody acts on rights that are gone.
package app

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"parley"
	"parley/internal/preview"
	"parley/internal/storage"
	"parley/internal/store"
	"parley/realtime"
)

// App runs the use cases on a store. Its methods may be called concurrently.
type App struct {
	store  *store.Store
	log    *Log
	logger *slog.Logger
	told   func(parley.Event) // of every committed event

	drifted func(counter string, places int)
	hub     atomic.Pointer[Publisher]
	jobs    chan struct{} // has an element when there may be a job due

	viewsMu sync.Mutex
	views   map[int64]int64 // of threads, not stored yet

	reporter  Reporter       // nil: Run tells nobody of this replica
	busMode   parley.BusMode // that it was given last; of followBusMode alone
	otherMode chan struct{}  // has an element when that has changed

	counting [64]sync.Mutex // held while a user's counts are read and sent, by user id
	recounts *recounts

	unheard unheard

	acquaintances acquaintances
	newest        newestPages

	accounts
	uploads
	previews
}

// Publisher is the part of realtime.Hub that the use cases tell of changes.
type Publisher interface {
	Publish(...realtime.Event)
	Notice(...realtime.Head)
	Gossip(channel, topic string, message []byte)
	OnGossip(topic string, handle func(realtime.Gossip))
	SendUser(user string, m realtime.Message)
	Each(f func(*realtime.Conn) bool)
	Connected(user string) bool
	Control() uint64
	Position(channel string) (seq uint64, open bool)
}

// Options adjusts an App; the zero value is right outside tests.
type Options struct {
	Logger *slog.Logger // nil: slog.Default()
	// Committed is told of every event that this App committed. It may be called
	// concurrently. nil: nobody is told.
	Committed func(parley.Event)
	// Drifted is told now and then how much of what a counter keeps differs from what
	// there is. nil: nobody is told.
	Drifted func(counter string, places int)
}

// New returns the use cases on a store.
func New(s *store.Store, opts Options) *App {
	if opts.Logger == nil {
		opts.Logger = slog.Default()
	}
	if opts.Committed == nil {
		opts.Committed = func(parley.Event) {}
	}
	if opts.Drifted == nil {
		opts.Drifted = func(string, int) {}
	}
	recounts := newRecounts()
	return &App{
		store: s, log: &Log{store: s, read: recounts.everybody, logger: opts.Logger}, logger: opts.Logger, told: opts.Committed, drifted: opts.Drifted,
		recounts: recounts,
		jobs:     make(chan struct{}, 1), otherMode: make(chan struct{}, 1), views: map[int64]int64{},
		accounts: newAccounts(), uploads: newUploads(), previews: newPreviews(),
	}
}

// Log returns the event log for a hub to follow.
func (a *App) Log() *Log { return a.log }

// Connect makes the use cases publish to a hub that does not run yet. Without one,
// whoever follows the log finds their events there.
func (a *App) Connect(p Publisher) {
	p.OnGossip(countsTopic, a.recounts.hear)
	a.hub.Store(&p)
}

// Reports makes Run tell the administration of the replica that the use cases run in.
// It is called before Run.
func (a *App) Reports(r Reporter) { a.reporter = r }

// StoreUploads has images that people upload stored there; before, none can be
// uploaded. It is called before Run.
func (a *App) StoreUploads(s storage.Storage) { a.storage = s }

// PreviewLinks has pages fetched that messages link to, for previews of them; before,
// there are none. It is called before Run.
func (a *App) PreviewLinks(pages *preview.Client) { a.pages = pages }

// Ready reports whether the database answers.
func (a *App) Ready(ctx context.Context) error {
	return a.store.View(ctx, func(s *store.Snapshot) error {
		_, err := s.Community()
		return err
	})
}

// warn logs why something did not work that can wait, unless ctx has ended: to stop, or
// to be left by a client, is no fault.
func (a *App) warn(ctx context.Context, err error, message string, args ...any) {
	if ctx.Err() == nil {
		a.logger.WarnContext(ctx, message, append(args, "error", err)...)
	}
}

// userKey names a user to the hub.
func userKey(id int64) string { return strconv.FormatInt(id, 10) }

// Intervals of the background work.
const (
	jobInterval   = time.Second     // how late a job is seen that nobody told of
	flushInterval = 3 * time.Second // how late a thread's views are stored

	// unheardInterval is how late counts are sent that changed on another replica, if
	// that could not tell of it.
	unheardInterval = time.Second
)

// Run does the background work until ctx ends: jobs and chores, which replicas share,
// view counts, telling of this replica. It stores the views counted so far before it returns.
func (a *App) Run(ctx context.Context) error {
	var wg sync.WaitGroup
	wg.Go(func() { a.work(ctx, a.jobs, a.runJobs) })
	if a.pages != nil {
		wg.Go(func() { a.work(ctx, a.previewJobs, a.runPreviews) })
	}
	wg.Go(func() { a.recountHeard(ctx) })
	wg.Go(func() { atOnceAndEvery(ctx, unheardInterval, a.recountUnheard) }) // what changes from now on is not missed
	wg.Go(func() { every(ctx, flushInterval, a.flushViews) })
	wg.Go(func() { every(ctx, recognition, a.acquaintances.forget) }) // or they took memory until somebody comes
	wg.Go(func() { every(ctx, freshness, a.newest.forget) })
	for _, c := range a.chores() {
		wg.Go(func() { atOnceAndEvery(ctx, choreInterval, func(ctx context.Context) { a.doChore(ctx, c) }) })
	}
	if a.reporter != nil {
		wg.Go(func() { a.reportReplica(ctx) })
		wg.Go(func() { atOnceAndEvery(ctx, modeInterval, a.followBusMode) })
	}
	wg.Wait()
	a.flushViews(context.WithoutCancel(ctx))
	return nil
}

// atOnceAndEvery calls fn now, and then like every.
func atOnceAndEvery(ctx context.Context, interval time.Duration, fn func(context.Context)) {
	fn(ctx)
	every(ctx, interval, fn)
}

// every calls fn now and then until ctx ends.
func every(ctx context.Context, interval time.Duration, fn func(context.Context)) {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			fn(ctx)
		}
	}
}

// countView notes that a thread was opened.
func (a *App) countView(threadID int64) {
	a.viewsMu.Lock()
	a.views[threadID]++
	a.viewsMu.Unlock()
}

// flushViews stores the views counted since the last time. Those that cannot be
// stored now are kept.
func (a *App) flushViews(ctx context.Context) {
	a.viewsMu.Lock()
	views := a.views
	a.views = map[int64]int64{}
	a.viewsMu.Unlock()
	if len(views) == 0 {
		return
	}
	if _, err := a.store.Update(ctx, func(tx *store.Tx) error { return tx.AddViews(views) }); err != nil {
		a.warn(ctx, err, "views not stored, will try again")
		a.viewsMu.Lock()
		for id, n := range views {
			a.views[id] += n
		}
		a.viewsMu.Unlock()
	}
}

// prune removes what need not be kept: images that no message shows, old events, what
// pages said, used idempotency keys, mutes that have ended, expired sessions, changes of
// counts. What it comes to is the position in the log that it began at.
func (a *App) prune(ctx context.Context) (result string, err error) {
	a.sweepUploads(ctx)
	heard, now, err := a.heardRecounts(ctx)
	if err != nil {
		return "", err
	}
	for more := true; more && ctx.Err() == nil; {
		err := a.update(ctx, func(tx *store.Tx) (err error) {
			if more, err = tx.PruneEvents(); err != nil {
				return err
			}
			ofCalls, err := tx.PruneCalls()
			if err != nil {
				return err
			}
			ofCounts, err := tx.PruneRecounts(heard)
			more = more || ofCalls || ofCounts
			return err
		})
		if err != nil {
			return "", err
		}
	}
	return strconv.FormatUint(now, 10), a.update(ctx, func(tx *store.Tx) error {
		if err := tx.PruneIdempotencyKeys(); err != nil {
			return err
		}
		if err := tx.PruneMutes(); err != nil {
			return err
		}
		if err := tx.PrunePages(); err != nil {
			return err
		}
		if err := tx.PruneEveryoneUses(tx.Now().Add(-everyoneKept * 24 * time.Hour)); err != nil {
			return err
		}
		users, err := tx.ExpireSessions()
		for _, id := range users {
			tx.Append(parley.SessionsEnded{UserID: id})
		}
		return err
	})
}
