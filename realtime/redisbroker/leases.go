package redisbroker

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/redis/rueidis"
)

const (
	// leaseTime is how long a place counts that nobody renews, as its process has died.
	leaseTime = time.Minute
	// leaseRenewal is how often places are renewed: several times before they lapse.
	leaseRenewal = 15 * time.Second
)

// Leases count how many places somebody has, like open sockets, over all processes that
// share a Redis and a prefix. Places are renewed while the broker runs; those of a process
// that dies are free again after a minute. What was taken while Redis did not answer, or
// before it forgot all, is counted there as soon as it is back. Methods may be called concurrently.
type Leases struct {
	broker *Broker
	name   string
	wake   chan struct{} // cap 1: something was released
	back   chan struct{} // cap 1: Redis is, perhaps without what it knew

	mu       sync.Mutex
	last     uint64
	held     map[string]map[string]struct{} // places by who has them
	released map[string][]string
}

func newLeases(b *Broker) *Leases {
	return &Leases{
		broker: b, name: fmt.Sprintf("%016x", rand.Uint64()), wake: make(chan struct{}, 1), back: make(chan struct{}, 1),
		held: make(map[string]map[string]struct{}), released: make(map[string][]string),
	}
}

// Leases returns the broker's.
func (b *Broker) Leases() *Leases { return b.leases }

// leaseScript takes a place unless there are as many as allowed. Its arguments are the
// place, how long it lasts in milliseconds, and how many are allowed.
var leaseScript = rueidis.NewLuaScript(`
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

// renewScript makes places last anew. Its arguments are how long, and the places.
var renewScript = rueidis.NewLuaScript(`
local time = redis.call('TIME')
local ends = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[1]
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], ends, ARGV[i]) end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 0
`)

// releaseScript gives places up.
var releaseScript = rueidis.NewLuaScript(`return redis.call('ZREM', KEYS[1], unpack(ARGV))`)

// Take takes a place for somebody who may have most of them; ok is false if they have as
// many. An error says that Redis cannot tell: the place is taken all the same. release,
// which is not nil if the place was taken, gives it back, without blocking; it may be
// called more than once.
func (l *Leases) Take(ctx context.Context, who string, most int) (release func(), ok bool, err error) {
	place := l.place()
	n, err := l.broker.ask(ctx, leaseScript, []string{l.key(who)}, []string{place, millis(leaseTime), strconv.Itoa(most)})
	if err == nil && n == 0 {
		return nil, false, nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[who] == nil {
		l.held[who] = make(map[string]struct{})
	}
	l.held[who][place] = struct{}{}
	return func() { l.release(who, place) }, true, err
}

func (l *Leases) place() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	return l.name + ":" + strconv.FormatUint(l.last, 36)
}

func (l *Leases) key(who string) string { return l.broker.prefix + "places:" + who }

func millis(d time.Duration) string { return strconv.FormatInt(d.Milliseconds(), 10) }

func (l *Leases) release(who, place string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, held := l.held[who][place]; !held {
		return
	}
	if delete(l.held[who], place); len(l.held[who]) == 0 {
		delete(l.held, who)
	}
	l.released[who] = append(l.released[who], place)
	signal(l.wake)
}

// run tells Redis what is released, and renews what is held, until ctx ends.
func (l *Leases) run(ctx context.Context) {
	ticker := time.NewTicker(leaseRenewal)
	defer ticker.Stop()
	renew := func() { l.tell(ctx, renewScript, []string{millis(leaseTime)}, l.all()) }
	for {
		select {
		case <-l.wake:
			l.tell(ctx, releaseScript, nil, l.takeReleased())
		case <-l.back:
			renew()
		case <-ticker.C:
			renew()
		case <-ctx.Done():
			l.leave()
			return
		}
	}
}

// leave gives up everything, so that whoever comes back to another process finds room.
func (l *Leases) leave() {
	ctx, cancel := context.WithTimeout(context.Background(), defaultPatience)
	defer cancel()
	l.tell(ctx, releaseScript, nil, l.all())
}

func (l *Leases) takeReleased() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	released := l.released
	l.released = make(map[string][]string)
	return released
}

func (l *Leases) all() map[string][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make(map[string][]string, len(l.held))
	for who, places := range l.held {
		all[who] = slices.Collect(maps.Keys(places))
	}
	return all
}

// tell runs a script for everybody's places, many at once. What fails is made good by the
// next renewal, or lapses.
func (l *Leases) tell(ctx context.Context, script *rueidis.Lua, first []string, places map[string][]string) {
	client := l.broker.client.Load()
	if client == nil {
		return
	}
	for people := range slices.Chunk(slices.Collect(maps.Keys(places)), pipeline) {
		calls := make([]rueidis.LuaExec, len(people))
		for i, who := range people {
			calls[i] = rueidis.LuaExec{Keys: []string{l.key(who)}, Args: slices.Concat(first, places[who])}
		}
		asked, cancel := context.WithTimeout(ctx, commandTimeout)
		for _, answer := range script.ExecMulti(asked, *client, calls...) {
			if err := answer.Error(); err != nil {
				l.broker.logger.DebugContext(ctx, "places not told to Redis", "error", err)
				break
			}
		}
		cancel()
	}
}
