//go:build linux

package main

import (
	"context"
	"os"
	"time"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/histogram"
	"parley/cmd/parleyload/internal/procfs"
)

// interval is what happened while it was measured.
type interval struct {
	length    time.Duration
	delivered float64
	bytes     float64
	reads     float64
	posted    float64
	cpu       time.Duration // of the target; 0: unknown
	ownCPU    time.Duration // of this process: what the target could not have
	latency   *histogram.Histogram
	handshake *histogram.Histogram
	answers   *histogram.Histogram
	late      time.Duration
	samples   []sample
}

// sample is the throughput in a short time before a moment.
type sample struct {
	At         float64 `json:"seconds"`
	Deliveries float64 `json:"deliveries_per_second"`
}

// sampling is how long a sample's time is.
const sampling = 100 * time.Millisecond

// mark is where everything stood at a moment.
type mark struct {
	at     time.Time
	totals audience.Totals
	posted uint64
	cpu    time.Duration
	ownCPU time.Duration
}

func (s *stage) mark() mark {
	own, _ := procfs.CPU(os.Getpid()) // always known
	return mark{time.Now(), s.audience.Totals(), s.posted.Load(), s.target.cpu(), own}
}

// measure waits until things have warmed up, and measures for a time.
func (s *stage) measure(ctx context.Context, warmup, length time.Duration) (*interval, error) {
	s.says("warming up")
	if err := pause(ctx, warmup); err != nil {
		return nil, err
	}
	s.says("measuring")
	s.reset()
	began := s.mark()
	i := &interval{}
	if err := s.sample(ctx, i, length); err != nil {
		return nil, err
	}
	s.finish(i, began)
	return i, nil
}

// reset forgets what was measured before.
func (s *stage) reset() {
	s.audience.Measure()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answers, s.late = &histogram.Histogram{}, 0
}

// finish fills in what happened since a moment.
func (s *stage) finish(i *interval, since mark) {
	now := s.mark()
	i.length = now.at.Sub(since.at)
	i.delivered = float64(now.totals.Delivered - since.totals.Delivered)
	i.bytes = float64(now.totals.Bytes - since.totals.Bytes)
	i.reads = float64(now.totals.Reads - since.totals.Reads)
	i.posted = float64(now.posted - since.posted)
	i.cpu, i.ownCPU = now.cpu-since.cpu, now.ownCPU-since.ownCPU
	i.latency, i.handshake = s.audience.Measured()
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := *s.answers
	i.answers, i.late = &answers, s.late
}

// sample watches the throughput for a time.
func (s *stage) sample(ctx context.Context, i *interval, length time.Duration) error {
	tick := time.NewTicker(sampling)
	defer tick.Stop()
	began, last, before := time.Now(), time.Now(), s.audience.Totals().Delivered
	for time.Since(began) < length {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		now, delivered := time.Now(), s.audience.Totals().Delivered
		i.samples = append(i.samples, sample{now.Sub(began).Seconds(), float64(delivered-before) / now.Sub(last).Seconds()})
		last, before = now, delivered
	}
	return nil
}

// report makes figures of an interval with deliveries.
func (i *interval) report(r *result) {
	seconds := i.length.Seconds()
	r.add("deliveries", "/s", i.delivered/seconds)
	r.add("posts", "/s", i.posted/seconds)
	if i.delivered > 0 {
		r.add("frame", "bytes", i.bytes/i.delivered)
		r.add("frames per read", "", i.delivered/i.reads)
		i.reportCPU(r, "cpu per delivery", i.delivered)
		r.add("load generator's cpu per delivery", "µs", float64(i.ownCPU.Nanoseconds())/1000/i.delivered)
	}
	r.addQuantiles("delivery", i.latency)
	r.addQuantiles("post answered", i.answers)
	if i.late > 0 {
		r.add("latest post behind schedule", "ms", milliseconds(i.late))
	}
	r.latency.Add(i.latency)
	r.Samples = append(r.Samples, i.samples...)
}

// reportCPU tells what each of n things cost the target, if that is known.
func (i *interval) reportCPU(r *result, name string, n float64) {
	if i.cpu > 0 && n > 0 {
		r.add(name, "µs", float64(i.cpu.Nanoseconds())/1000/n)
		r.add("cpu", "%", 100*i.cpu.Seconds()/i.length.Seconds())
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
