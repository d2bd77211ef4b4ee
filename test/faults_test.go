package test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// make faults runs this with both flags.
var (
	long   = flag.Bool("long", false, "faults last 30 s, on three replicas, and times that are promised are kept")
	report = flag.String("report", "", "add what was measured to this file, as Markdown")
)

// fault is something that breaks under a cluster that people use, and is mended.
type fault struct {
	name    string
	inflict func(c *cluster, lasting time.Duration)

	// What clients may notice of it; of all others: nothing.
	closes  bool // sockets end; their clients go on at another replica
	refuses bool // requests are answered with 503 and when to try again
	cuts    bool // requests get no answer

	bus bool // it is noticed at the bus, and messages are late for it
}

var faults = []fault{
	{name: "nothing happens", inflict: func(_ *cluster, lasting time.Duration) { time.Sleep(lasting) }},
	{name: "Redis is killed", bus: true, inflict: func(c *cluster, lasting time.Duration) {
		c.redis.Kill()
		time.Sleep(lasting)
		c.redis.Restart()
	}},
	{name: "Redis is frozen", bus: true, inflict: func(c *cluster, lasting time.Duration) {
		c.redis.Freeze()
		time.Sleep(lasting)
		c.redis.Thaw()
	}},
	{name: "the connections to Redis are cut", inflict: func(c *cluster, lasting time.Duration) {
		for range 5 {
			for _, wire := range c.wires {
				wire.Cut()
			}
			time.Sleep(lasting / 5)
		}
	}},
	{name: "the subscriptions to Redis are silently detached", bus: true, inflict: func(c *cluster, lasting time.Duration) {
		for _, wire := range c.wires {
			if wire.Detach() == 0 {
				c.t.Error("a replica was not subscribed")
			}
		}
		time.Sleep(lasting)
	}},
	{name: "one replica is cut off from Redis", bus: true, inflict: func(c *cluster, lasting time.Duration) {
		c.wires[1].Refuse(true)
		time.Sleep(lasting)
		c.wires[1].Refuse(false)
	}},
	{name: "the bus mode is switched", inflict: func(c *cluster, lasting time.Duration) {
		ada := signIn(c.t, c.replicas[0], "Ada")
		modes := []string{"local", "dual", "redis", "local", "redis", "dual"}
		for i, mode := range modes {
			ada.at(c.replicas[i%len(c.replicas)]).setBusMode(mode)
			time.Sleep(lasting / time.Duration(len(modes)))
		}
	}},
	{name: "a replica is killed", closes: true, cuts: true, inflict: func(c *cluster, lasting time.Duration) {
		c.replicas[1].kill()
		time.Sleep(lasting)
		c.replicas[1].start()
	}},
	{name: "PostgreSQL is restarted", refuses: true, inflict: func(c *cluster, lasting time.Duration) {
		c.check(c.postgres.Stop())
		time.Sleep(lasting / 2)
		c.check(c.postgres.Start())
		time.Sleep(lasting / 2)
	}},
	{name: "the connections to PostgreSQL are cut", refuses: true, inflict: func(c *cluster, lasting time.Duration) {
		for range 5 {
			c.check(c.postgres.Exec("parley", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'parley' AND pid <> pg_backend_pid()"))
			time.Sleep(lasting / 5)
		}
	}},
}

// TestFaults breaks one part of a cluster after the other while people write and
// watch, and holds it to what the service promises: every message once, in one
// order, on every socket; and nobody notices more than they must.
func TestFaults(t *testing.T) {
	replicas, lasting, pace := 2, 2*time.Second, 50*time.Millisecond
	if *long {
		replicas, lasting, pace = 3, 30*time.Second, 20*time.Millisecond
	}
	whole := startCluster(t, replicas)
	rows := []string{
		"| fault | posts | frames seen | not answered with 200 | sockets closed | others' messages late: p50, p99, at most | noticed after, normal after its end |",
		"| --- | --- | --- | --- | --- | --- | --- |",
	}
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			c := whole.with(t)
			ada := signIn(t, c.replicas[0], "Ada")
			var homes []string
			for _, p := range c.replicas {
				homes = append(homes, p.URL)
			}
			tr := startTraffic(t, ada, homes, 3, pace)
			time.Sleep(lasting / 4)
			seen := watchBus(t, c.replicas)
			f.inflict(c, lasting)
			seen.mended()
			time.Sleep(lasting / 4)
			seen.finish()
			tr.finish(ada)
			f.judge(t, tr, seen)
			rows = append(rows, f.row(tr, seen))
		})
	}
	tell(t, rows)
}

// tell logs a table, and adds it to the report if there is one.
func tell(t *testing.T, rows []string) {
	t.Helper()
	table := strings.Join(rows, "\n") + "\n"
	t.Log("\n" + table)
	if *report == "" {
		return
	}
	file, err := os.OpenFile(*report, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = file.WriteString(table + "\n")
		err = errors.Join(err, file.Close())
	}
	if err != nil {
		t.Error(err)
	}
}

// judge compares what clients noticed with what they may.
func (f fault) judge(t *testing.T, tr *traffic, bus *busWatch) {
	t.Helper()
	if *long && f.bus {
		f.judgeTimes(t, tr, bus)
	}
	for what, n := range tr.failures() {
		allowed := f.refuses && what == "503 with Retry-After" || f.cuts && what == "no answer"
		if !allowed {
			t.Errorf("%d requests failed: %s", n, what)
		}
	}
	if ends := tr.ends(); len(ends) > 0 && !f.closes {
		t.Errorf("sockets were closed: %v", ends)
	}
}

// judgeTimes holds a fault of the bus to the times that are promised. It is for make
// faults alone: tests run on machines that are busy with something else.
func (f fault) judgeTimes(t *testing.T, tr *traffic, bus *busWatch) {
	t.Helper()
	noticed, normal := bus.times()
	if noticed == 0 || noticed > 5*time.Second {
		t.Errorf("noticed after %v, want 5 s at most", noticed)
	}
	if normal > 2*time.Second {
		t.Errorf("normal %v after its end, want 2 s at most", normal)
	}
	if lags := tr.lags(); len(lags) > 0 && lags[len(lags)-1] > 2*time.Second {
		t.Errorf("a message was %v late, want 2 s at most", lags[len(lags)-1])
	}
}

// row tells what was measured.
func (f fault) row(tr *traffic, bus *busWatch) string {
	seen, closed, failed := 0, 0, 0
	for _, w := range tr.watchers {
		seen += len(w.seen())
	}
	for _, n := range tr.ends() {
		closed += n
	}
	for _, n := range tr.failures() {
		failed += n
	}
	lags := tr.lags()
	late := func(quantile float64) time.Duration {
		if len(lags) == 0 {
			return 0
		}
		return lags[min(len(lags)-1, int(quantile*float64(len(lags))))].Round(100 * time.Microsecond)
	}
	times := ""
	if noticed, normal := bus.times(); noticed > 0 {
		times = fmt.Sprintf("%v, %v", noticed.Round(10*time.Millisecond), normal.Round(10*time.Millisecond))
	}
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %v, %v, %v | %s |", f.name, len(tr.posts), seen, failed, closed, late(.5), late(.99), late(1), times)
}
