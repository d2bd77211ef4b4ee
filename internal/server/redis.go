package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"parley/internal/api"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/config"
	"parley/internal/live"
	"parley/realtime"
	"parley/realtime/redisbroker"
)

// limitPatience is how long a request waits for a limit in Redis before it is counted
// here.
var limitPatience = 100 * time.Millisecond

// openRedis returns the Redis that replicas share, nil if there is none. One that
// cannot be reached is no error.
func openRedis(a *app.App, settings config.Serve, logger *slog.Logger) (*redisbroker.Broker, error) {
	if settings.Redis == "" {
		if settings.RedisCA != "" || settings.RedisCert != "" || settings.RedisKey != "" {
			return nil, errors.New("certificates are given for Redis, but no --redis")
		}
		return nil, nil
	}
	return redisbroker.Open(context.Background(), redisbroker.Config{
		URL: settings.Redis, CAFile: settings.RedisCA, CertFile: settings.RedisCert, KeyFile: settings.RedisKey,
		// Several forums may use one Redis, and a database that was restored is another one.
		Prefix:   "parley:" + a.Log().Generation() + ":",
		Patience: limitPatience,
	}, logger)
}

// share makes the replicas of a Redis one: their hubs, and their limits.
func share(redis *redisbroker.Broker, a *app.App, settings config.Serve, hub *realtime.Config, streams *live.Config, routes *api.Config) {
	hub.Broker, hub.Mode = redis, realtime.ModeDual
	streams.Places, streams.MaxPerUser = redis.Leases(), settings.MaxSocketsPerUser
	limiter := sharedLimiter{redis.Limits(), auth.NewMemoryLimiter()}
	a.ShareAttempts(limiter)
	routes.PostLimit = newSharedPosts("posts", limiter, settings.PostsPerMinute)
	routes.UploadLimit = newSharedPosts("uploads", limiter, settings.PostsPerMinute)
}

// sharedLimiter counts for all replicas; while Redis does not answer, in this process
// alone. It implements auth.Limiter.
type sharedLimiter struct {
	shared *redisbroker.Limits
	local  auth.Limiter
}

// Take implements auth.Limiter.
func (l sharedLimiter) Take(ctx context.Context, limits ...auth.Limit) (time.Duration, error) {
	wait, err := l.shared.Take(ctx, redisLimits(limits)...)
	if errors.Is(err, redisbroker.ErrUnavailable) {
		return l.local.Take(ctx, limits...)
	}
	return wait, err
}

// GiveBack implements auth.Limiter. What was taken where it cannot be given back now
// stays counted there, which does no harm.
func (l sharedLimiter) GiveBack(ctx context.Context, limits ...auth.Limit) error {
	err := l.shared.GiveBack(ctx, redisLimits(limits)...)
	if errors.Is(err, redisbroker.ErrUnavailable) {
		return l.local.GiveBack(ctx, limits...)
	}
	return err
}

func redisLimits(limits []auth.Limit) []redisbroker.Limit {
	shared := make([]redisbroker.Limit, len(limits))
	for i, l := range limits {
		shared[i] = redisbroker.Limit(l)
	}
	return shared
}

// sharedPosts bounds how many messages, or images, one person posts in a minute on
// all replicas. It implements api.PostLimit.
type sharedPosts struct {
	what      string
	limiter   auth.Limiter
	perMinute atomic.Int64
}

func newSharedPosts(what string, limiter auth.Limiter, perMinute int) *sharedPosts {
	p := &sharedPosts{what: what, limiter: limiter}
	p.SetPerMinute(perMinute)
	return p
}

// SetPerMinute implements api.PostLimit.
func (p *sharedPosts) SetPerMinute(posts int) { p.perMinute.Store(int64(posts)) }

// Take implements api.PostLimit.
func (p *sharedPosts) Take(ctx context.Context, userID int64) (undo func(), wait time.Duration, err error) {
	posts := p.perMinute.Load()
	if posts <= 0 {
		return func() {}, 0, nil
	}
	limit := auth.Limit{Key: fmt.Sprintf("%s:%d:%d", p.what, posts, userID), Burst: int(posts), Every: time.Minute / time.Duration(posts)}
	wait, err = p.limiter.Take(ctx, limit)
	return func() { _ = p.limiter.GiveBack(context.WithoutCancel(ctx), limit) }, wait, err
}
