package histogram

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreRightToTwoPercent(t *testing.T) {
	var h Histogram
	random := rand.New(rand.NewPCG(1, 2))
	var all []time.Duration
	for range 50_000 {
		d := time.Duration(random.ExpFloat64() * float64(7*time.Millisecond))
		all = append(all, d)
		h.Record(d)
	}
	slices.Sort(all)
	for _, q := range []float64{0.01, 0.5, 0.9, 0.99, 0.999} {
		want := all[int(q*float64(len(all)))-1]
		got := h.Quantile(q)
		if off := (got - want).Abs(); off > want/50+2*unit {
			t.Errorf("quantile %v is %v, want %v", q, got, want)
		}
	}
	if got, want := h.Quantile(1), all[len(all)-1]; got != want || h.Max() != want {
		t.Errorf("the longest is %v, Max %v, want %v", got, h.Max(), want)
	}
}

func TestEveryDurationFallsBelowTheEdgeOfItsBucketAndNotBelowTheOneBefore(t *testing.T) {
	for d := time.Duration(0); d < 2*time.Minute; d += d/100 + unit {
		b := bucketOf(d)
		if d >= upper(b) || b > 0 && d < upper(b-1) {
			t.Fatalf("%v is in bucket %d, from %v to %v", d, b, upper(max(b-1, 0)), upper(b))
		}
	}
}

func TestExtremesAreCounted(t *testing.T) {
	var h Histogram
	h.Record(-time.Second)
	h.Record(time.Hour)
	if h.Count() != 2 || h.Max() != time.Hour {
		t.Errorf("count %d, max %v; want 2, 1h", h.Count(), h.Max())
	}
	if b := h.Buckets(); len(b) != 2 || b[0].Below != unit {
		t.Errorf("buckets %v: want the first to hold what is below zero", b)
	}
}

func TestAnEmptyHistogramIsAllZero(t *testing.T) {
	var h Histogram
	if h.Quantile(0.5) != 0 || h.Mean() != 0 || h.Max() != 0 || h.Buckets() != nil {
		t.Error("something is not zero")
	}
}

func TestAddingUpIsTheSameAsRecordingInOne(t *testing.T) {
	var one, left, right Histogram
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		one.Record(d)
		if i%2 == 0 {
			left.Record(d)
		} else {
			right.Record(d)
		}
	}
	left.Add(&right)
	if left != one {
		t.Error("the sum of the halves differs from the whole")
	}
}

func BenchmarkRecord(b *testing.B) {
	var h Histogram
	for i := range b.N {
		h.Record(time.Duration(i) * time.Microsecond)
	}
}
