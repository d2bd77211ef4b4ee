package metrics

import (
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"parley"
	"parley/internal/live"
	"parley/realtime"
)

// Watch makes a hub's figures part of the metrics. The hub counts in its own way,
// which costs a delivery next to nothing; here its figures are put into words when
// somebody asks. It is called once.
func (m *Metrics) Watch(hub *realtime.Hub) { m.registry.MustRegister(hubCollector{hub}) }

// Group names what the deliveries of a channel are counted under: see
// realtime.Config.
func Group(channel string) string {
	switch {
	case channel == string(parley.ForumChannel):
		return forumGroup
	case strings.HasPrefix(channel, "u"):
		return userGroup
	default:
		return threadGroup
	}
}

const (
	threadGroup = "threads"
	forumGroup  = "forum"
	userGroup   = "users"
)

// groups tell the stream and the audience of each group.
var groups = map[string]struct{ stream, audience string }{
	threadGroup: {string(live.ThreadStream), "all"},
	forumGroup:  {string(live.GlobalStream), "all"},
	userGroup:   {string(live.GlobalStream), "user"},
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prefix+name, help, labels, nil)
}

var (
	connectedUsers = desc("connected_users", "People with at least one open socket.")
	channels       = desc("channels", "Channels of the log that this process follows: those somebody watches, or did half a minute ago.")
	reads          = desc("log_reads_total", "Pages read of the log, each of one channel, for who comes back and for what is missing.")
	repairs        = desc("log_repairs_total", "Reads of the log that found what was missing: a gap in front of what was published, or what nobody had published here and the bus had not brought.", "cause")
	repaired       = desc("log_repaired_events_total", "Events found by these reads.")
	duplicates     = desc("duplicates_dropped_total", "Publications of events that were known.")
	deliveries     = desc("deliveries_total", "Frames of events queued for sockets: of events published here (local), brought by the bus (bus), or read from the log or replayed (log).", "stream", "audience", "path")
	failures       = desc("delivery_failures_total", "Those of the frames that never reached the socket. Who comes back gets them then.", "reason", "audience")
	latency        = desc("delivery_latency_seconds", "From the commit of an event until its frame was handed to the system; replays are left out.")
	queues         = desc("send_queue_bytes", "What was held for a socket when a write to it had ended, what was written included.")
	dropped        = desc("frames_dropped_total", "Frames that are no events: ephemeral ones a slow socket had no room for, states that a newer one replaced.", "lane")
)

// What is told of the bus between replicas.
var (
	busState      = desc("bus_state", "Whether what other replicas publish arrives over the bus: 0 yes, or there is none; 1 no, it comes through the log.")
	busPublished  = desc("bus_published_total", "Messages handed to the bus.")
	busErrors     = desc("bus_publish_errors_total", "Messages that the bus did not take. Events among them take the way through the log.")
	busReceived   = desc("bus_received_total", "Messages that the bus brought.")
	busReconnects = desc("bus_reconnects_total", "Connections to the bus made after one was lost.")
	busLag        = desc("bus_lag_seconds", "From the commit of an event on another replica until the bus had brought it here; clocks that differ show in it.")
)

// hubCollector collects from a hub.
type hubCollector struct{ hub *realtime.Hub }

// Describe implements prometheus.Collector.
func (hubCollector) Describe(descs chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		connectedUsers, channels, reads, repairs, repaired, duplicates, deliveries, failures, latency, queues, dropped,
		busState, busPublished, busErrors, busReceived, busReconnects, busLag,
	} {
		descs <- d
	}
}

// Collect implements prometheus.Collector.
func (c hubCollector) Collect(metrics chan<- prometheus.Metric) {
	m := c.hub.Metrics()
	send := func(d *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(d, kind, value, labels...)
	}
	count := func(d *prometheus.Desc, value uint64, labels ...string) {
		send(d, prometheus.CounterValue, float64(value), labels...)
	}
	send(connectedUsers, prometheus.GaugeValue, float64(m.Users))
	send(channels, prometheus.GaugeValue, float64(m.Channels))
	count(reads, m.Reads)
	count(repairs, m.Gaps, "gap")
	count(repairs, m.Repairs-m.Gaps, "unpublished")
	count(repaired, m.Repaired)
	count(duplicates, m.Duplicates)
	count(dropped, m.Dropped, "ephemeral")
	count(dropped, m.Replaced, "state")
	failed := map[string]map[realtime.Failure]uint64{"all": {}, "user": {}}
	for name, g := range groups {
		counted := m.Groups[name]
		count(deliveries, counted.Local, g.stream, g.audience, "local")
		count(deliveries, counted.Bus, g.stream, g.audience, "bus")
		count(deliveries, counted.Logged, g.stream, g.audience, "log")
		for failure, n := range counted.Failed {
			failed[g.audience][failure] += n
		}
	}
	for audience, by := range failed {
		for _, failure := range realtime.Failures() {
			count(failures, by[failure], failure.String(), audience)
		}
	}
	send(busState, prometheus.GaugeValue, degraded(m.Bus))
	count(busPublished, m.Bus.Published)
	count(busErrors, m.Bus.PublishErrors)
	count(busReceived, m.Bus.Received)
	count(busReconnects, m.Bus.Reconnects)
	metrics <- histogram(busLag, m.Bus.Lag)
	metrics <- histogram(latency, m.Latency)
	metrics <- histogram(queues, m.Queue)
}

func degraded(bus realtime.BusMetrics) float64 {
	if bus.Degraded {
		return 1
	}
	return 0
}

// histogram says a distribution as Prometheus does, each bucket with those before.
func histogram(d *prometheus.Desc, of realtime.Distribution) prometheus.Metric {
	buckets, total := make(map[float64]uint64, len(of.Bounds)), uint64(0)
	for i, bound := range of.Bounds {
		total += of.Counts[i]
		buckets[bound] = total
	}
	total += of.Counts[len(of.Bounds)]
	return prometheus.MustNewConstHistogram(d, total, of.Sum, buckets)
}
