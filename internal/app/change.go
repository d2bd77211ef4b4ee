package app

import (
	"context"
	"errors"
	"time"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// Idempotency makes a creating use case repeatable: the same key by the same
// person creates once, and answers with what it created then as it is now. The
// zero value asks for nothing.
type Idempotency struct {
	Key         string
	Fingerprint []byte // of the request; another one with the same key is refused
	Repeated    *bool  // set to whether it was made before; nil: nobody asks
}

// Made reports whether somebody made something with a key before. The same key with
// another request is an error.
func (a *App) Made(ctx context.Context, v parley.Viewer, idem Idempotency) (made bool, err error) {
	if idem.Key == "" {
		return false, nil
	}
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		_, made, err = s.Repeated(v.ID, idem.Key, idem.Fingerprint)
		return err
	})
	return made, err
}

// create runs fn, which returns the id of what it made, unless the request was
// made before.
func (a *App) create(ctx context.Context, actor int64, idem Idempotency, fn func(*store.Tx, parley.Viewer) (int64, error)) (id int64, err error) {
	err = a.createAndTell(ctx, actor, idem, &id, fn, about{})
	return id, err
}

// createAndTell is create with what goes with it. The answer is told when id is set.
func (a *App) createAndTell(ctx context.Context, actor int64, idem Idempotency, id *int64, fn func(*store.Tx, parley.Viewer) (int64, error), with about) error {
	reads := with.reads
	with.reads = func(s *store.Snapshot) {
		if idem.Key != "" {
			s.Repeated(actor, idem.Key, idem.Fingerprint)
		}
		if reads != nil {
			reads(s)
		}
	}
	with.own = true // what was made before may be asked for again
	return a.changeAndTell(ctx, actor, func(tx *store.Tx, v parley.Viewer) (err error) {
		repeated := false
		*id, repeated, err = once(tx, actor, idem, func() (int64, error) {
			if err := checkSilence(&tx.Snapshot, v); err != nil {
				return 0, err
			}
			return fn(tx, v)
		})
		if idem.Repeated != nil {
			*idem.Repeated = repeated
		}
		return err
	}, with)
}

// once runs fn, which returns the id of what it made, unless the request was made
// before: then it returns what that made.
func once(tx *store.Tx, actor int64, idem Idempotency, fn func() (int64, error)) (id int64, repeated bool, err error) {
	if idem.Key == "" {
		id, err = fn()
		return id, false, err
	}
	if id, repeated, err = tx.Repeated(actor, idem.Key, idem.Fingerprint); err != nil || repeated {
		return id, repeated, err
	}
	if id, err = fn(); err != nil {
		return 0, false, err
	}
	return id, false, tx.Remember(actor, idem.Key, idem.Fingerprint, id)
}

// change runs fn in a transaction with the actor's rights as they are in it, and
// publishes the events. Who is silenced is refused. fn may run more than once, see
// store.Store.Update.
func (a *App) change(ctx context.Context, actor int64, fn func(*store.Tx, parley.Viewer) error) error {
	return a.changeAndTell(ctx, actor, fn, about{})
}

// changeOwn is change for what the actor alone sees: who is silenced may.
func (a *App) changeOwn(ctx context.Context, actor int64, fn func(*store.Tx, parley.Viewer) error) error {
	return a.changeAndTell(ctx, actor, fn, about{own: true})
}

// changeAndTell is change with what goes with it.
func (a *App) changeAndTell(ctx context.Context, actor int64, fn func(*store.Tx, parley.Viewer) error, with about) error {
	return a.updateAndTell(ctx, func(tx *store.Tx) error {
		if with.reads != nil {
			err := tx.Ahead(func(s *store.Snapshot) {
				s.Viewer(actor)
				with.reads(s)
			})
			if err != nil {
				return err
			}
		}
		return as(tx, actor, func(tx *store.Tx, v parley.Viewer) error {
			if !with.own {
				if err := checkSilence(&tx.Snapshot, v); err != nil {
					return err
				}
			}
			return fn(tx, v)
		})
	}, actor, with)
}

// as runs fn with the actor's rights as they are in the transaction.
func as(tx *store.Tx, actor int64, fn func(*store.Tx, parley.Viewer) error) error {
	v, found, err := tx.Viewer(actor)
	if err != nil {
		return err
	}
	if !found || !v.Active {
		return parley.ErrNotSignedIn
	}
	return fn(tx, v)
}

// viewNow runs fn on a snapshot with the person's rights as they are in it. What
// goes out with a position or a version is taken for the state there, and nothing
// would ever correct what older rights made of it.
func (a *App) viewNow(ctx context.Context, v parley.Viewer, fn func(*store.Snapshot, parley.Viewer) error) error {
	return a.store.View(ctx, func(s *store.Snapshot) error {
		now, found, err := s.Viewer(v.ID)
		if err != nil {
			return err
		}
		if !found || !now.Active {
			return parley.ErrNotSignedIn
		}
		return fn(s, now)
	})
}

// answer reads what somebody who made a change is told of it; nil: nothing. It does so
// in the snapshot that the change's events are rendered in: a second one, and
// reading the same again, cost a post a tenth.
type answer func(*renderer) error

// about is what goes with a change; the zero value is nothing.
type about struct {
	threadID int64                 // the one thread that it is made in, see store.UpdateIn; 0: none
	reads    func(*store.Snapshot) // names what it reads first, see store.Tx.Ahead
	shows    func(*store.Snapshot) // names what its events and its answer show, see store.ViewAhead
	tell     answer
	own      bool // others see nothing of it: who is silenced may
}

// update runs fn in a transaction and publishes the events it appended.
func (a *App) update(ctx context.Context, fn func(*store.Tx) error) error {
	return a.updateAndTell(ctx, fn, 0, about{})
}

// updateAndTell is update with what goes with it; the answer is to a user.
func (a *App) updateAndTell(ctx context.Context, fn func(*store.Tx) error, user int64, with about) error {
	promised := false
	logged, err := a.store.UpdateIn(ctx, with.threadID, func(tx *store.Tx) error {
		err := fn(tx)
		promised = tx.AddedJob()
		return err
	})
	if err != nil {
		return a.noteRefusal(ctx, err)
	}
	committed := time.Now()
	for _, l := range logged {
		a.told(l.Event)
	}
	err = a.show(ctx, logged, committed, user, with)
	a.follow(logged, committed, promised)
	if with.tell == nil {
		return nil
	}
	return err
}

// show renders what was committed at a time, publishes it and answers the user.
func (a *App) show(ctx context.Context, logged []store.Logged, committed time.Time, user int64, with about) error {
	shows := with.shows
	if shows == nil || len(logged) == 0 {
		shows = func(*store.Snapshot) {}
	}
	logged = a.wanted(logged)
	if len(logged) == 0 && with.tell == nil {
		return nil
	}
	var events []realtime.Event
	// The change is made, whether or not somebody still waits for the answer.
	err := a.store.ViewAhead(context.WithoutCancel(ctx), shows, func(s *store.Snapshot) (err error) {
		r := newRenderer(s, user)
		if events, err = r.all(logged); err != nil || with.tell == nil {
			return err
		}
		return with.tell(r)
	})
	a.publish(ctx, logged, events, committed, err)
	return err
}

// follow sets about what follows from what was committed at a time, and not before its
// author is answered: with everybody's counts and notifications beside it, a mention of everyone took
// three times as long as another post on PostgreSQL (parleyload everyone).
func (a *App) follow(logged []store.Logged, committed time.Time, promised bool) {
	if promised {
		a.wakeJobs()
	}
	if a.hub.Load() == nil {
		return
	}
	for _, l := range logged {
		a.recounts.everybody(l)
		if _, is := l.Event.(parley.Called); is {
			a.recounts.publish(l, committed)
		}
	}
}

// wanted returns those of the events that the hub has to be told of now.
func (a *App) wanted(logged []store.Logged) (wanted []store.Logged) {
	hub := a.hub.Load()
	if hub == nil {
		return nil
	}
	for _, l := range logged {
		switch e := l.Event.(type) {
		case parley.Called:
			continue // see follow
		case parley.Notified:
			if !(*hub).Connected(userKey(e.UserID)) {
				// Perhaps they are connected to another replica. Most people are nowhere, and
				// nothing is rendered for those.
				(*hub).Notice(realtime.Head{Channel: string(l.Channel), Seq: l.Seq})
				continue
			}
		}
		wanted = append(wanted, l)
	}
	return wanted
}

// publish hands events to the hub that were committed at a time, unless they could
// not be rendered: those are found in the log by whoever follows it.
func (a *App) publish(ctx context.Context, logged []store.Logged, events []realtime.Event, committed time.Time, err error) {
	switch {
	case len(logged) == 0:
	case len(events) == 0 && errors.Is(err, context.Canceled): // the process stops
	case len(events) == 0:
		a.logger.WarnContext(ctx, "events left for the follower", "events", len(logged), "error", err)
	default:
		for i := range events {
			events[i].Committed = committed // the log knows only when the transaction began
		}
		(*a.hub.Load()).Publish(events...)
	}
}
