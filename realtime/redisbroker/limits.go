package redisbroker

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/redis/rueidis"
)

const (
	// defaultPatience is that of Config.
	defaultPatience = 100 * time.Millisecond
	// limitRest is how long nobody is asked after a failure, so that a Redis that hangs
	// does not slow every request down until that is noticed.
	limitRest = time.Second
)

// ErrUnavailable is returned by the methods of [Limits] and [Leases] while Redis does not
// answer. The caller then counts by itself.
var ErrUnavailable = errors.New("redisbroker: no answer from Redis")

// Limit is how often something may happen: Burst times at once, and after that once Every.
// What Key names is counted by itself; one key always comes with the same Burst and Every.
type Limit struct {
	Key   string
	Burst int
	Every time.Duration
}

// Limits count what happens for all processes that share a Redis and a prefix, exactly and
// by Redis' clock. They implement GCRA, the generic cell rate algorithm: all that is kept
// of a key is the time at which nothing would be counted any more, and Redis forgets the
// key then. The broker must be running. Methods may be called concurrently; each takes
// as long as Config.Patience says at most.
type Limits struct{ broker *Broker }

// Limits returns the broker's.
func (b *Broker) Limits() *Limits { return &Limits{b} }

// takeScript counts once against each key, or against none and returns the microseconds to
// wait. Its arguments are each key's Every, in microseconds, and Burst.
var takeScript = rueidis.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local wait, empty = 0, {}
for i, key in ipairs(KEYS) do
  local every, burst = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  empty[i] = math.max(now, tonumber(redis.call('GET', key) or now)) + every
  wait = math.max(wait, empty[i] - now - burst * every)
end
if wait > 0 then return wait end
for i, key in ipairs(KEYS) do
  redis.call('SET', key, string.format('%.0f', empty[i]), 'PX', math.ceil((empty[i] - now) / 1000))
end
return 0
`)

// giveBackScript undoes that.
var giveBackScript = rueidis.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for i, key in ipairs(KEYS) do
  local empty = redis.call('GET', key)
  if empty then
    local less = empty - ARGV[2 * i - 1]
    if less > now then
      redis.call('SET', key, string.format('%.0f', less), 'PX', math.ceil((less - now) / 1000))
    else
      redis.call('DEL', key)
    end
  end
end
return 0
`)

// Take counts once against each limit and returns 0; or, if one of them is used up, counts
// against none and returns how long to wait for that to change. The keys differ.
func (l *Limits) Take(ctx context.Context, limits ...Limit) (wait time.Duration, err error) {
	micros, err := l.run(ctx, takeScript, limits)
	return time.Duration(micros) * time.Microsecond, err
}

// GiveBack undoes one Take.
func (l *Limits) GiveBack(ctx context.Context, limits ...Limit) error {
	_, err := l.run(ctx, giveBackScript, limits)
	return err
}

func (l *Limits) run(ctx context.Context, script *rueidis.Lua, limits []Limit) (int64, error) {
	keys, args := make([]string, len(limits)), make([]string, 0, 2*len(limits))
	for i, limit := range limits {
		keys[i] = l.broker.prefix + "limit:" + limit.Key
		args = append(args, strconv.FormatInt(limit.Every.Microseconds(), 10), strconv.Itoa(limit.Burst))
	}
	return l.broker.ask(ctx, script, keys, args)
}

// asking is when Redis may be asked again after it failed, in Unix nanoseconds.
type asking struct{ again atomic.Int64 }

// ask runs a script that returns a number, unless Redis is known not to answer.
func (b *Broker) ask(ctx context.Context, script *rueidis.Lua, keys, args []string) (int64, error) {
	client := b.client.Load()
	if client == nil || time.Now().UnixNano() < b.asking.again.Load() {
		return 0, ErrUnavailable
	}
	asked, cancel := context.WithTimeout(ctx, b.patience)
	defer cancel()
	n, err := script.Exec(asked, *client, keys, args).AsInt64()
	if err != nil {
		if ctx.Err() == nil { // not the caller who gave up
			b.asking.again.Store(time.Now().Add(limitRest).UnixNano())
		}
		err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	return n, err
}
