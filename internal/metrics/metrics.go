// Package metrics tells Prometheus what a server does: it holds the registry, the
// collectors and the closed lists that keep strangers from multiplying time series.
// Other packages call functions and interfaces of their own; that Prometheus stands
// behind them is known here alone.
package metrics

import (
	"cmp"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"parley"
)

const prefix = "parley_"

// Metrics are those of one server. Its methods may be called concurrently. Every
// label takes its values from a list that is closed: what a client sends becomes
// none.
type Metrics struct {
	registry *prometheus.Registry
	sockets  // what live.Live counts

	events   *prometheus.CounterVec
	requests *prometheus.HistogramVec
	queries  *prometheus.HistogramVec
	drift    *prometheus.GaugeVec
}

// New returns metrics that are all zero.
func New() *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		sockets:  newSockets(),
		events:   counters("events_committed_total", "Events committed by this process.", "type"),
		requests: durations("http_request_duration_seconds", "Time to answer requests, by the route's pattern. Of a WebSocket (101): until its client has all it missed; of an event stream: until it begins.",
			[]float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}, "route", "code"),
		queries: durations("db_query_duration_seconds", "Time of statements, reading their rows included, and of commits.",
			[]float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5}, "query"),
	}
	m.drift = gauges("counter_drift", "Places where what is kept differs from what there is, at the last look.", "counter")
	m.registry.MustRegister(
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.sockets, m.events, m.requests, m.queries, m.drift,
	)
	return m
}

// Handler answers Prometheus. logger is told what could not be collected.
func (m *Metrics) Handler(logger *slog.Logger) http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		// What can be told is told.
		ErrorHandling: promhttp.ContinueOnError,
	})
}

// Committed counts an event that was committed: see app.Options.
func (m *Metrics) Committed(e parley.Event) { m.events.WithLabelValues(e.Kind()).Inc() }

// Query counts a statement that was run: see store.Options.
func (m *Metrics) Query(query string, took time.Duration) {
	m.queries.WithLabelValues(query).Observe(took.Seconds())
}

// Drifted notes how much of what a counter keeps differs: see app.Options.
func (m *Metrics) Drifted(counter string, places int) {
	m.drift.WithLabelValues(counter).Set(float64(places))
}

// Request counts an answer. pattern is that of the http.ServeMux which found the
// route, "" if there was none; status is 0 if nothing was answered.
func (m *Metrics) Request(pattern string, status int, took time.Duration) {
	code := "none"
	if status > 0 {
		code = strconv.Itoa(status)
	}
	m.requests.WithLabelValues(cmp.Or(pattern, "none"), code).Observe(took.Seconds())
}

func counters(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: prefix + name, Help: help}, labels)
}

func gauges(name, help string, labels ...string) *prometheus.GaugeVec {
	return prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: prefix + name, Help: help}, labels)
}

func durations(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: prefix + name, Help: help, Buckets: buckets}, labels)
}
