//go:build linux

package main

import (
	"context"
	"time"
)

// trend is how a target's memory goes over time.
type trend struct{ seconds, bytes []float64 }

// watch returns a poster that posts nothing, but looks once a second.
func (t *trend) watch(of *target) poster {
	return func(_ context.Context, stop <-chan struct{}) error {
		began := time.Now()
		for due := began; until(due, stop); due = due.Add(time.Second) {
			if rss := of.rss(); rss > 0 {
				t.add(time.Since(began).Seconds(), float64(rss))
			}
		}
		return nil
	}
}

func (t *trend) add(second, bytes float64) {
	t.seconds, t.bytes = append(t.seconds, second), append(t.bytes, bytes)
}

// line fits a straight line through the second half, the first being there to warm
// up: the slope, a second, and the mean. Both are 0 of too little.
func (t *trend) line() (slope, mean float64) {
	x, y := t.seconds[len(t.seconds)/2:], t.bytes[len(t.bytes)/2:]
	if len(x) < 2 {
		return 0, 0
	}
	meanX := average(x)
	mean = average(y)
	var covariance, variance float64
	for i := range x {
		covariance += (x[i] - meanX) * (y[i] - mean)
		variance += (x[i] - meanX) * (x[i] - meanX)
	}
	return covariance / variance, mean
}

func average(values []float64) (mean float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	return mean
}
