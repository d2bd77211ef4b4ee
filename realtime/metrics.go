package realtime

import (
	"sync"
	"sync/atomic"
	"time"
)

// Metrics are what a hub has counted since it was made, in more detail than [Stats]. What they cost
// is measured by BenchmarkMeasuring: nothing is shared between connections per frame, and per write
// a few atomic additions.
type Metrics struct {
	Stats

	Groups  map[string]GroupMetrics // by what Config.Group says of a channel
	Bus     BusMetrics
	Latency Distribution // seconds from Event.Committed until the frame was handed to the system; replays are left out
	Queue   Distribution // bytes held for a connection when a write to it has ended, what was written included
}

// GroupMetrics are those of the channels of one group. Frames of events are counted when they are
// queued; the failed ones among them are those that were thrown away later.
type GroupMetrics struct {
	Local  uint64             // frames of events that were published here
	Bus    uint64             // frames of events that came over the bus
	Logged uint64             // frames of events that were read from the log, and all that were replayed
	Failed map[Failure]uint64 // every Failure is in it
}

// BusMetrics are those of a hub's broker; all are zero without one.
type BusMetrics struct {
	BusStatus
	BrokerStats
	Lag Distribution // seconds from Event.Committed until an event of another hub came over the bus
}

// Failure says why a frame of an event that was queued for a connection did not reach it. A client
// that comes back gets it then.
type Failure uint8

const (
	FailedTooSlow      Failure = iota // CloseTooSlow: the queue was full, or nothing was taken for ten seconds
	FailedLost                        // CloseLost: the peer vanished, or left while the frame was on its way
	FailedUnresponsive                // CloseUnresponsive
	FailedClosed                      // it was closed for another reason before the frame's turn came
	failures
)

var failureNames = [failures]string{"too_slow", "lost", "unresponsive", "closed"}

func (f Failure) String() string { return failureNames[f] }

// Failures returns all there are.
func Failures() []Failure {
	all := make([]Failure, failures)
	for i := range all {
		all[i] = Failure(i)
	}
	return all
}

func failureOf(r CloseReason) Failure {
	switch r {
	case CloseTooSlow:
		return FailedTooSlow
	case CloseLost:
		return FailedLost
	case CloseUnresponsive:
		return FailedUnresponsive
	default:
		return FailedClosed
	}
}

// Distribution is a histogram. Counts[i] observations were at most Bounds[i] and more than the bound
// before; the last of Counts, which has one element more, is of those beyond all bounds.
type Distribution struct {
	Bounds []float64
	Counts []uint64
	Sum    float64
}

// Metrics returns the hub's figures.
func (h *Hub) Metrics() Metrics {
	return Metrics{
		Stats:   h.Stats(),
		Groups:  h.meter.snapshot(),
		Bus:     h.bus.snapshot(),
		Latency: h.meter.latency.snapshot(),
		Queue:   h.meter.queue.snapshot(),
	}
}

// meter counts what a hub does to the frames of events.
type meter struct {
	latency, queue histogram

	mu     sync.Mutex
	groups map[string]*group
}

// group is a meter's part for the channels of one group.
type group struct {
	shown  [paths]atomic.Uint64
	failed [failures]atomic.Uint64
}

// path is how an event came to its channel.
type path uint8

const (
	viaLocal path = iota // it was published here
	viaBus               // it came over the bus
	viaLog               // it was read from the log
	paths
)

func newMeter() *meter {
	return &meter{
		groups:  make(map[string]*group),
		latency: newLatencies(),
		queue:   histogram{unit: 1, bounds: []int64{256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 128 << 10, queueLimit}},
	}
}

// newLatencies returns a histogram of times.
func newLatencies() histogram {
	return histogram{unit: 1 / float64(time.Second), bounds: []int64{
		int64(100 * time.Microsecond), int64(250 * time.Microsecond), int64(500 * time.Microsecond),
		int64(time.Millisecond), int64(2500 * time.Microsecond), int64(5 * time.Millisecond),
		int64(10 * time.Millisecond), int64(25 * time.Millisecond), int64(50 * time.Millisecond),
		int64(100 * time.Millisecond), int64(250 * time.Millisecond), int64(500 * time.Millisecond),
		int64(time.Second), int64(2500 * time.Millisecond), int64(5 * time.Second), int64(10 * time.Second),
	}}
}

// snapshot returns the bus's figures.
func (b *bus) snapshot() BusMetrics {
	m := BusMetrics{Lag: b.lag.snapshot()}
	m.BusStatus, _ = b.hub.Bus()
	if b.broker != nil {
		m.BrokerStats = b.broker.Stats()
	}
	return m
}

// of returns the group of a channel. Channels look theirs up once.
func (m *meter) of(h *Hub, channel string) *group {
	name := ""
	if h.config.Group != nil {
		name = h.config.Group(channel)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	g := m.groups[name]
	if g == nil {
		g = new(group)
		m.groups[name] = g
	}
	return g
}

func (m *meter) snapshot() map[string]GroupMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	groups := make(map[string]GroupMetrics, len(m.groups))
	for name, g := range m.groups {
		failed := make(map[Failure]uint64, failures)
		for f := range failures {
			failed[f] = g.failed[f].Load()
		}
		groups[name] = GroupMetrics{g.shown[viaLocal].Load(), g.shown[viaBus].Load(), g.shown[viaLog].Load(), failed}
	}
	return groups
}

// tally is a number of frames of events, by where these came from.
type tally [paths]int

func (t *tally) add(d *delivery) { t[d.via]++ }

func (t *tally) plus(o tally) {
	for via := range t {
		t[via] += o[via]
	}
}

func (t tally) minus(o tally) tally {
	for via := range t {
		t[via] -= o[via]
	}
	return t
}

func (t tally) all() int { return t[viaLocal] + t[viaBus] + t[viaLog] }

// count notes that frames of the channel's events were queued, or written at once.
func (ch *channel) count(frames tally) {
	if frames.all() == 0 {
		return
	}
	ch.hub.delivered.Add(uint64(frames.all()))
	for via, n := range frames {
		if n > 0 {
			ch.group.shown[via].Add(uint64(n))
		}
	}
}

// gapped reports whether events wait behind a hole. ch.mu is held.
func (ch *channel) gapped() bool { return uint64(len(ch.pending)) > ch.tail-ch.pos }

// mark is what measuring needs to know of a queued frame; its zero value is of one that is no
// event's.
type mark struct {
	committed int64 // in Unix nanoseconds; 0: unknown, or the frame is replayed
	source    uint8 // which of the connection's channels the event is of, plus 1
}

// marks are those of the frames that one write takes. Only connections that are being written to
// have some: an idle one pays for a pointer.
type marks []mark

var spareMarks = sync.Pool{New: func() any { return new(marks) }}

// note keeps the mark of a frame that is taken to be written.
func (q *queue) note(m mark) {
	if m.source == 0 {
		return
	}
	if q.writing == nil {
		q.writing = spareMarks.Get().(*marks)
	}
	*q.writing = append(*q.writing, m)
}

// noted gives the marks back.
func (q *queue) noted() {
	if q.writing != nil {
		*q.writing = (*q.writing)[:0]
		spareMarks.Put(q.writing)
		q.writing = nil
	}
}

// measureVisit notes that the frames of events have been written, n bytes that did not wait for
// their connection.
func (m *meter) measureVisit(c *Conn, n int, items []*delivery) {
	shard := int(c.id % histogramShards)
	m.queue.shards[shard].add(m.queue.bucket(int64(n)), 1, int64(n))
	noted := spareMarks.Get().(*marks)
	for _, d := range items {
		if d.wire != nil && d.committed != 0 {
			*noted = append(*noted, mark{committed: d.committed})
		}
	}
	if len(*noted) > 0 {
		m.latency.observeSince(shard, *noted, time.Now().UnixNano())
	}
	*noted = (*noted)[:0]
	spareMarks.Put(noted)
}

// measureWrite notes that what was taken has been written, and how many bytes waited when that
// began. c.mu is held.
func (c *Conn) measureWrite(waited int) {
	s := c.seat.Load()
	if s == nil {
		return
	}
	m, shard := s.hub.meter, int(c.id%histogramShards)
	m.queue.shards[shard].add(m.queue.bucket(int64(waited)), 1, int64(waited))
	if c.queue.writing != nil {
		m.latency.observeSince(shard, *c.queue.writing, time.Now().UnixNano())
		c.queue.noted()
	}
}

// measureLoss notes that what was taken could not be written.
func (c *Conn) measureLoss(reason CloseReason) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.queue != nil && c.queue.writing != nil {
		for _, m := range *c.queue.writing {
			c.lose(reason, m)
		}
		c.queue.noted()
	}
}

// measureWaste notes that what waits is about to be thrown away. c.mu is held.
func (c *Conn) measureWaste(reason CloseReason) {
	for _, e := range c.queue.entries {
		c.lose(reason, e.mark)
	}
}

// lose counts a frame, if it is an event's.
func (c *Conn) lose(reason CloseReason, m mark) {
	if s := c.seat.Load(); s != nil && m.source > 0 {
		s.subs[m.source-1].channel.group.failed[failureOf(reason)].Add(1)
	}
}

// histogram counts observations in shards that have no cache line in common, so that connections
// which are written to at the same time do not wait for each other's.
type histogram struct {
	bounds []int64
	unit   float64 // what an observation of 1 is in the unit of the snapshot
	shards [histogramShards]histogramShard
}

const (
	histogramShards = 8
	histogramBounds = 16 // at most
)

type histogramShard struct {
	counts [histogramBounds + 1]atomic.Uint64
	sum    atomic.Int64
	_      [64]byte
}

func (s *histogramShard) add(bucket, n int, sum int64) {
	s.counts[bucket].Add(uint64(n))
	s.sum.Add(sum)
}

// bucket returns the index of the first bound that is not less. There are few, and most
// observations are small.
func (h *histogram) bucket(value int64) int {
	i := 0
	for i < len(h.bounds) && value > h.bounds[i] {
		i++
	}
	return i
}

// holds reports whether a value belongs into a bucket.
func (h *histogram) holds(bucket int, value int64) bool {
	return (bucket == 0 || value > h.bounds[bucket-1]) && (bucket == len(h.bounds) || value <= h.bounds[bucket])
}

// observeSince observes how long ago frames that are written at once were committed. Most share a
// bucket with the one before: they are added together.
func (h *histogram) observeSince(shard int, frames marks, now int64) {
	current, n, sum := 0, 0, int64(0)
	for _, m := range frames {
		if m.committed == 0 {
			continue
		}
		age := max(0, now-m.committed) // clocks may be set back
		if !h.holds(current, age) {
			if n > 0 {
				h.shards[shard].add(current, n, sum)
			}
			current, n, sum = h.bucket(age), 0, 0
		}
		n, sum = n+1, sum+age
	}
	if n > 0 {
		h.shards[shard].add(current, n, sum)
	}
}

func (h *histogram) snapshot() Distribution {
	d := Distribution{Bounds: make([]float64, len(h.bounds)), Counts: make([]uint64, len(h.bounds)+1)}
	for i, bound := range h.bounds {
		d.Bounds[i] = float64(bound) * h.unit
	}
	for s := range h.shards {
		for i := range d.Counts {
			d.Counts[i] += h.shards[s].counts[i].Load()
		}
		d.Sum += float64(h.shards[s].sum.Load()) * h.unit
	}
	return d
}
