// Package histogram counts durations in buckets of fixed places, so that recording
// one takes nanoseconds and never allocates, and histograms of several goroutines
// can be added up. A bucket is at most 1/64 as wide as what it holds is long: the
// quantiles are right to 1.6 %.
package histogram

import (
	"math/bits"
	"time"
)

// Durations are counted in microseconds. The first 128 buckets are one microsecond
// wide; from there on each doubling has 64.
const (
	unit      = time.Microsecond
	fine      = 7 // bits of a value that are kept
	half      = 1 << (fine - 1)
	doublings = 21 // of 128 µs: two minutes
	buckets   = 2*half + doublings*half
)

// Histogram is a distribution of durations; the zero value is empty. One goroutine
// at a time may use it.
type Histogram struct {
	counts [buckets]uint64
	count  uint64
	sum    time.Duration
	max    time.Duration
}

// Record counts a duration. One below zero counts as zero; one beyond two minutes
// as that long, though Max knows it.
func (h *Histogram) Record(d time.Duration) {
	d = max(d, 0)
	h.counts[bucketOf(d)]++
	h.count++
	h.sum += d
	h.max = max(h.max, d)
}

func bucketOf(d time.Duration) int {
	v := uint64(d / unit)
	if v < 2*half {
		return int(v)
	}
	shift := bits.Len64(v) - fine
	return min(shift*half+int(v>>shift), buckets-1)
}

// upper returns the length that is just too long for a bucket.
func upper(bucket int) time.Duration {
	if bucket < 2*half {
		return time.Duration(bucket+1) * unit
	}
	shift := bucket/half - 1
	return time.Duration(bucket%half+half+1) << shift * unit
}

// Add counts all that another histogram counted.
func (h *Histogram) Add(other *Histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.count += other.count
	h.sum += other.sum
	h.max = max(h.max, other.max)
}

// Count returns how many durations were recorded.
func (h *Histogram) Count() uint64 { return h.count }

// Max returns the longest duration, exactly.
func (h *Histogram) Max() time.Duration { return h.max }

// Mean returns the average, 0 of none.
func (h *Histogram) Mean() time.Duration {
	if h.count == 0 {
		return 0
	}
	return h.sum / time.Duration(h.count)
}

// Quantile returns the length that a share q of the durations, 0 to 1, do not
// exceed; 0 of none.
func (h *Histogram) Quantile(q float64) time.Duration {
	rank := uint64(q*float64(h.count) + 0.5)
	seen := uint64(0)
	for i, n := range h.counts {
		if seen += n; n > 0 && seen >= rank {
			return min(upper(i), h.max)
		}
	}
	return h.max
}

// Bucket is how many durations were shorter than Below, but not than the Below of
// the bucket before.
type Bucket struct {
	Below time.Duration
	Count uint64
}

// Buckets returns the buckets that are not empty, the shortest first.
func (h *Histogram) Buckets() []Bucket {
	var filled []Bucket
	for i, n := range h.counts {
		if n > 0 {
			filled = append(filled, Bucket{upper(i), n})
		}
	}
	return filled
}
