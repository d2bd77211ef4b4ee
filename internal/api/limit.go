package api

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"parley"
	"parley/internal/app"
)

// PostLimit bounds how many messages one person posts in a minute. It may be
// shared by replicas; its methods may be called concurrently.
type PostLimit interface {
	// Take counts one post by a user. It returns undo, which uncounts it if
	// nothing came of it, or how long the user must wait until Take can succeed.
	Take(ctx context.Context, userID int64) (undo func(), wait time.Duration, err error)
	// SetPerMinute changes how many posts a minute are allowed; 0 allows any.
	SetPerMinute(posts int)
}

// limited runs post, which creates a message, unless its author has posted too
// much. What is refused, by the limit or by post, does not count; nor does what was
// posted before with the same key, which is never refused for being too much.
func limited[T any](ctx context.Context, a *API, idem app.Idempotency, post func(app.Idempotency) (T, error)) (T, error) {
	var none T
	v := viewerOf(ctx)
	if v.Staff() {
		return post(idem)
	}
	undo, wait, err := a.limit.Take(ctx, v.ID)
	if err == nil && wait > 0 {
		undo = func() {}
		err = a.unlessPosted(ctx, v, idem, wait)
	}
	if err != nil {
		return none, err
	}
	repeated := false
	idem.Repeated = &repeated
	posted, err := post(idem)
	if err != nil || repeated {
		undo()
	}
	return posted, err
}

// unlessPosted refuses what is too much, unless it was posted before.
func (a *API) unlessPosted(ctx context.Context, v parley.Viewer, idem app.Idempotency, wait time.Duration) error {
	if made, err := a.app.Made(ctx, v, idem); err != nil || made {
		return err
	}
	return &parley.Error{
		Kind:       parley.RateLimited,
		Message:    "You are posting very fast. Wait a moment, then send it again.",
		RetryAfter: wait,
	}
}

// localLimit is a PostLimit of one process: a bucket of as many posts as are
// allowed a minute, which fills up within a minute.
//
// A bucket nobody touched for a minute is full again, and so as good as none.
// Hence two generations of buckets bound the memory by the people who posted
// within the last two minutes, without a sweep.
type localLimit struct {
	mu        sync.Mutex
	perMinute int
	recent    map[int64]*rate.Limiter // touched since the last turn
	older     map[int64]*rate.Limiter // touched in the minute before
	turned    time.Time
}

func newLocalLimit(perMinute int) *localLimit {
	return &localLimit{perMinute: perMinute, recent: map[int64]*rate.Limiter{}}
}

// SetPerMinute implements PostLimit. Everybody starts anew.
func (l *localLimit) SetPerMinute(posts int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.perMinute, l.recent, l.older = posts, map[int64]*rate.Limiter{}, nil
}

// Take implements PostLimit.
func (l *localLimit) Take(_ context.Context, userID int64) (undo func(), wait time.Duration, err error) {
	now := time.Now()
	bucket := l.bucket(userID, now)
	if bucket == nil {
		return func() {}, 0, nil
	}
	taken := bucket.ReserveN(now, 1)
	undo = func() { taken.CancelAt(now) }
	if wait = taken.DelayFrom(now); wait > 0 {
		undo()
	}
	return undo, wait, nil
}

// bucket returns the user's bucket, nil if there is no limit.
func (l *localLimit) bucket(userID int64, now time.Time) *rate.Limiter {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.perMinute <= 0 {
		return nil
	}
	if now.Sub(l.turned) >= time.Minute {
		if l.older = l.recent; now.Sub(l.turned) >= 2*time.Minute {
			l.older = nil
		}
		l.recent, l.turned = map[int64]*rate.Limiter{}, now
	}
	bucket := l.recent[userID]
	if bucket == nil {
		bucket = l.older[userID]
	}
	if bucket == nil {
		bucket = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
	}
	l.recent[userID] = bucket
	return bucket
}
