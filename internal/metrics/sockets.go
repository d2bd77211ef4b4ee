package metrics

import (
	"strconv"

	"github.com/prometheus/client_golang/prometheus"

	"parley/internal/app"
	"parley/internal/live"
	"parley/realtime"
)

// sockets count what becomes of sockets. They implement live.Metrics.
type sockets struct {
	open     *prometheus.GaugeVec
	opens    *prometheus.CounterVec
	closes   *prometheus.CounterVec
	refusals *prometheus.CounterVec
	resumes  *prometheus.CounterVec
}

func newSockets() sockets {
	s := sockets{
		open:     gauges("connections", "Open sockets. Those that resume came with a last_event_id; clients in the field never do.", "stream", "client"),
		opens:    counters("connection_opens_total", "Sockets opened.", "stream"),
		closes:   counters("connection_closes_total", "Open sockets that ended.", "code", "reason"),
		refusals: counters("connection_refusals_total", "Clients that got no socket.", "reason"),
		resumes:  counters("resumes_total", "Sockets opened to go on where another ended: recovered, or reset where that could not be.", "result"),
	}
	for _, stream := range []live.Stream{live.ThreadStream, live.GlobalStream} {
		s.opens.WithLabelValues(string(stream))
		for _, resuming := range []bool{false, true} {
			s.open.WithLabelValues(string(stream), client(resuming))
		}
	}
	for _, recovered := range []bool{false, true} {
		s.resumes.WithLabelValues(result(recovered))
	}
	return s
}

func (s sockets) collectors() []prometheus.Collector {
	return []prometheus.Collector{s.open, s.opens, s.closes, s.refusals, s.resumes}
}

// Describe implements prometheus.Collector.
func (s sockets) Describe(descs chan<- *prometheus.Desc) {
	for _, c := range s.collectors() {
		c.Describe(descs)
	}
}

// Collect implements prometheus.Collector.
func (s sockets) Collect(metrics chan<- prometheus.Metric) {
	for _, c := range s.collectors() {
		c.Collect(metrics)
	}
}

// Opened implements live.Metrics.
func (s sockets) Opened(kind live.Kind, recovered bool) {
	s.open.WithLabelValues(string(kind.Stream), client(kind.Resuming)).Inc()
	s.opens.WithLabelValues(string(kind.Stream)).Inc()
	if kind.Resuming {
		s.resumes.WithLabelValues(result(recovered)).Inc()
	}
}

// Closed implements live.Metrics.
func (s sockets) Closed(kind live.Kind, reason realtime.CloseReason) {
	s.open.WithLabelValues(string(kind.Stream), client(kind.Resuming)).Dec()
	code, text := closeLabels(reason)
	s.closes.WithLabelValues(code, text).Inc()
}

// Refused implements live.Metrics.
func (s sockets) Refused(reason string) { s.refusals.WithLabelValues(reason).Inc() }

func client(resuming bool) string {
	if resuming {
		return "resuming"
	}
	return "field"
}

func result(recovered bool) string {
	if recovered {
		return "recovered"
	}
	return "reset"
}

// closings are the reasons that this program closes sockets for. Clients close with
// any code and text they like: those get no time series of their own.
var closings = map[realtime.CloseReason]bool{
	realtime.CloseGoingAway:     true,
	realtime.CloseRestored:      true,
	realtime.CloseProtocolError: true,
	realtime.CloseUnsupported:   true,
	realtime.CloseInvalidText:   true,
	realtime.CloseTooBig:        true,
	realtime.CloseTooSlow:       true,
	realtime.CloseInterrupted:   true,
	realtime.CloseLost:          true,
	realtime.CloseUnresponsive:  true,

	live.CloseNoAuthentication:   true,
	live.CloseNoSessionID:        true,
	live.CloseInvalidSession:     true,
	live.CloseThreadNotFound:     true,
	live.CloseAccessDenied:       true,
	live.CloseTooManyConnections: true,
	live.CloseSessionEnded:       true,
	live.CloseUserDeactivated:    true,
	live.CloseUserSuspended:      true,
	live.CloseRateLimit:          true,
	live.CloseMalformed:          true,
	live.CloseInternalError:      true,
	live.CloseOverCapacity:       true,
	live.CloseTooManyHandshakes:  true,
	live.CloseUnavailable:        true,

	app.CloseThreadDeleted: true,
}

// What browsers close with: a page that says nothing, a page that is left, no code.
const (
	normalClosure = 1000
	goingAway     = 1001
	noStatus      = 1005
)

// closeLabels returns the code and reason under which an end is counted.
func closeLabels(r realtime.CloseReason) (code, reason string) {
	switch {
	case closings[r]:
		return strconv.Itoa(r.Code), r.Reason
	case r.Code == normalClosure, r.Code == goingAway, r.Code == noStatus:
		return strconv.Itoa(r.Code), "Client left"
	default:
		return "other", "other"
	}
}
