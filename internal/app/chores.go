package app

import (
	"context"
	"time"

	"parley/internal/store"
)

// chore is work that one of all replicas does now and then.
type chore struct {
	name   string
	first  time.Duration // from when a database first has it to the first time
	period time.Duration // from the end of one time to the next
	lease  time.Duration // after which it is taken for lost; one that takes longer may be done twice at once, which does no harm
	do     func(context.Context) (result string, err error)
	tell   func(result string) // is called on every replica with what the last time came to; nil: nobody is told
}

// choreInterval is how late a chore is begun, and its result told.
const choreInterval = time.Minute

const (
	prune         = "prune"
	pruneInterval = time.Hour
)

func (a *App) chores() []chore {
	return []chore{
		{prune, pruneInterval, pruneInterval, 10 * time.Minute, a.prune, nil},
		// It reads every message. The first time comes soon: until then the metric is not there.
		{"drift", choreInterval, 6 * time.Hour, time.Hour, a.watchDrift, a.tellDrift},
	}
}

// doChore does a chore if it is due and no other replica is about it, and reports
// whether it did.
func (a *App) doChore(ctx context.Context, c chore) (done bool) {
	done, err := a.tryChore(ctx, c)
	if err != nil {
		a.warn(ctx, err, "background work not done, will try again", "work", c.name)
	}
	return done
}

func (a *App) tryChore(ctx context.Context, c chore) (done bool, err error) {
	due, err := a.lookAtChore(ctx, c)
	if err != nil || !due {
		return false, err
	}
	taken := false
	_, err = a.store.Update(ctx, func(tx *store.Tx) (err error) {
		taken, err = tx.TakeChore(c.name, c.lease, c.first)
		return err
	})
	if err != nil || !taken {
		return false, err
	}
	result, err := c.do(ctx)
	if err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return false, nil // done by half: the rest is for another one, when the lease has ended
	}
	if c.tell != nil {
		c.tell(result)
	}
	_, err = a.store.Update(ctx, func(tx *store.Tx) error { return tx.EndChore(c.name, c.period, result) })
	return true, err
}

// lookAtChore tells what a chore came to the last time, whoever did it, and returns
// whether it may be due.
func (a *App) lookAtChore(ctx context.Context, c chore) (due bool, err error) {
	var known bool
	var last store.Chore
	err = a.store.View(ctx, func(s *store.Snapshot) (err error) {
		last, known, err = s.Chore(c.name)
		due = !known || last.DueAt <= s.Now()
		return err
	})
	if err == nil && last.Result != "" && c.tell != nil {
		c.tell(last.Result)
	}
	return due, err
}
