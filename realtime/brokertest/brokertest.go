// Package brokertest holds the tests that every [realtime.Broker] passes.
package brokertest

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/realtime"
)

// patience is how long a test waits for what must happen. Waiting ends as soon as it
// does.
const patience = 30 * time.Second

// Test tests brokers. bus returns, for each test, a function that makes brokers which
// are connected with each other and with no others; what they need is there until the
// test ends.
func Test(t *testing.T, bus func(t *testing.T) func() realtime.Broker) {
	for name, test := range map[string]func(*suite){
		"a message reaches all who want its channel":            reachesAll,
		"it reaches nobody else":                                reachesNobodyElse,
		"who wants nothing any more gets nothing":               unsubscribed,
		"the last word about a channel counts":                  lastWord,
		"messages arrive unchanged":                             unchanged,
		"a receiver that is slow holds nobody up":               slowReceiver,
		"many channels are wanted at once":                      manyChannels,
		"nobody waits for a broker that does not run":           notRunning,
		"health is told, and when it changes":                   health,
		"what was wanted before it ran is wanted when it does":  wantedBefore,
		"many may publish and subscribe at once":                atOnce,
		"messages that were published before are no news later": stopped,
	} {
		t.Run(name, func(t *testing.T) { test(&suite{T: t, connect: bus(t)}) })
	}
}

type suite struct {
	*testing.T
	connect func() realtime.Broker
}

// listener is a broker with what it received.
type listener struct {
	realtime.Broker
	t *testing.T

	mu    sync.Mutex
	heard map[string][]string // by channel
	news  chan struct{}       // cap 1
}

// listen runs a broker that wants channels until the test ends, and returns when it is
// healthy.
func (s *suite) listen(channels ...string) *listener {
	s.Helper()
	l := &listener{Broker: s.connect(), t: s.T, heard: make(map[string][]string), news: make(chan struct{}, 1)}
	l.Subscribe(channels...)
	s.run(l.Broker, l.receive)
	l.awaitHealth()
	return l
}

// run runs a broker until the test ends, or stop is called.
func (s *suite) run(b realtime.Broker, receive func(string, []byte)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- b.Run(ctx, receive) }()
	stop = sync.OnceFunc(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				s.Errorf("Run: %v", err)
			}
		case <-time.After(patience):
			s.Error("Run does not end with its context")
		}
	})
	s.Cleanup(stop)
	return stop
}

func (l *listener) receive(channel string, message []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.heard[channel] = append(l.heard[channel], string(message))
	select {
	case l.news <- struct{}{}:
	default:
	}
}

func (l *listener) awaitHealth() {
	l.t.Helper()
	awaitHealth(l.t, l.Broker, true)
}

func awaitHealth(t *testing.T, b realtime.Broker, want bool) {
	t.Helper()
	deadline := time.After(patience)
	for {
		ok, changed := b.Health()
		if ok == want {
			return
		}
		select {
		case <-changed:
		case <-deadline:
			t.Fatalf("health is %t, want %t", ok, want)
		}
	}
}

// hears waits until a message has come over a channel.
func (l *listener) hears(channel, message string) {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		found := slices.Contains(l.heard[channel], message)
		l.mu.Unlock()
		if found {
			return
		}
		select {
		case <-l.news:
		case <-deadline:
			l.t.Fatalf("%q never came over %s", message, channel)
		}
	}
}

// insists publishes a message until a listener hears it: a subscription takes a moment
// to get to the bus.
func (s *suite) insists(from realtime.Broker, to *listener, channel, message string) {
	s.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		from.Publish(channel, []byte(message))
		select {
		case <-to.news:
		case <-time.After(20 * time.Millisecond):
		}
		to.mu.Lock()
		found := slices.Contains(to.heard[channel], message)
		to.mu.Unlock()
		if found {
			return
		}
	}
	s.Fatalf("%q never came over %s", message, channel)
}

func (l *listener) count(channel string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.heard[channel])
}

func reachesAll(s *suite) {
	ada, mina, finn := s.listen("t5"), s.listen("t5", "t6"), s.listen("t5")
	ada.Publish("t5", []byte("hello"))
	for _, l := range []*listener{ada, mina, finn} {
		l.hears("t5", "hello")
	}
}

func reachesNobodyElse(s *suite) {
	ada, mina := s.listen("t5"), s.listen("t6")
	ada.Publish("t5", []byte("not for Mina"))
	ada.hears("t5", "not for Mina")
	ada.Publish("t6", []byte("for Mina"))
	mina.hears("t6", "for Mina")
	if n := mina.count("t5"); n > 0 {
		s.Errorf("%d messages came over a channel that was not wanted", n)
	}
}

func unsubscribed(s *suite) {
	ada, mina := s.listen("t5"), s.listen("t5", "end")
	mina.Unsubscribe("t5")
	deadline := time.Now().Add(patience)
	for round := 0; ; round++ {
		before := mina.count("t5")
		ada.Publish("t5", []byte("is this wanted?"))
		ada.Publish("end", fmt.Append(nil, round))
		mina.hears("end", fmt.Sprint(round))
		if mina.count("t5") == before {
			return
		}
		if time.Now().After(deadline) {
			s.Fatal("still comes")
		}
	}
}

func lastWord(s *suite) {
	ada, mina := s.listen(), s.listen()
	for range 100 {
		mina.Subscribe("t5", "t6")
		mina.Unsubscribe("t5", "t6")
	}
	mina.Subscribe("t6", "end", "t6")
	s.insists(ada, mina, "end", "end")
	s.insists(ada, mina, "t6", "hello")
	ada.Publish("t5", []byte("hello"))
	ada.Publish("end", []byte("really"))
	mina.hears("end", "really")
	if n := mina.count("t5"); n > 0 {
		s.Error("a subscription that was taken back holds")
	}
	if n := mina.Stats().Subscriptions; n != 2 {
		s.Errorf("%d subscriptions are counted, want 2", n)
	}
}

func unchanged(s *suite) {
	ada, mina := s.listen(), s.listen("t5")
	for _, message := range [][]byte{
		{}, {0}, []byte("\r\n$5\r\n"), {0xff, 0xfe, 0}, []byte("ж"), bytes.Repeat([]byte("x"), 1<<20), []byte("end"),
	} {
		ada.Publish("t5", message)
		mina.hears("t5", string(message))
	}
	if n := mina.count("t5"); n != 7 {
		s.Errorf("%d messages came, want 7", n)
	}
}

func slowReceiver(s *suite) {
	slow, release := s.connect(), make(chan struct{})
	slow.Subscribe("t5")
	stop := s.run(slow, func(string, []byte) { <-release })
	awaitHealth(s.T, slow, true)
	ada, mina := s.listen(), s.listen("t5")
	message := bytes.Repeat([]byte("x"), 64<<10)
	deadline := time.Now().Add(patience)
	for n := 0; slow.Stats().ReceiveDrops == 0; n++ {
		ada.Publish("t5", fmt.Append(nil, n))
		mina.hears("t5", fmt.Sprint(n))
		for range 8 {
			ada.Publish("t5", message)
		}
		if time.Now().After(deadline) {
			s.Fatalf("all is kept for a receiver that takes nothing: %+v", slow.Stats())
		}
	}
	close(release)
	stop()
}

func manyChannels(s *suite) {
	const channels = 5_000
	ada, mina := s.listen(), s.listen()
	names := make([]string, channels)
	for i := range names {
		names[i] = fmt.Sprint("t", i)
	}
	mina.Subscribe(names...)
	for _, name := range []string{names[0], names[channels/2], names[channels-1]} {
		s.insists(ada, mina, name, "hello")
	}
	if n := mina.Stats().Subscriptions; n != channels {
		s.Errorf("%d subscriptions are counted, want %d", n, channels)
	}
	mina.Unsubscribe(names[1:]...)
	if n := mina.Stats().Subscriptions; n != 1 {
		s.Errorf("%d subscriptions are counted, want 1", n)
	}
}

func notRunning(s *suite) {
	b := s.connect()
	b.Subscribe("t5")
	message := make([]byte, 64<<10)
	for range 1_000 {
		b.Publish("t5", message)
	}
	b.Unsubscribe("t5")
	if ok, _ := b.Health(); ok {
		s.Error("is healthy and does not run")
	}
	if stats := b.Stats(); stats.PublishErrors == 0 || stats.Published > 0 {
		s.Errorf("%+v", stats)
	}
}

func health(s *suite) {
	b := s.connect()
	ok, changed := b.Health()
	if ok {
		s.Fatal("is healthy before it runs")
	}
	stop := s.run(b, func(string, []byte) {})
	select {
	case <-changed:
	case <-time.After(patience):
		s.Fatal("nobody tells")
	}
	awaitHealth(s.T, b, true)
	stop()
	awaitHealth(s.T, b, false)
}

func wantedBefore(s *suite) {
	ada := s.listen()
	mina := &listener{Broker: s.connect(), t: s.T, heard: make(map[string][]string), news: make(chan struct{}, 1)}
	mina.Subscribe("t5", "t6")
	mina.Unsubscribe("t6")
	s.run(mina.Broker, mina.receive)
	mina.awaitHealth() // all that is wanted is subscribed
	ada.Publish("t6", []byte("not wanted"))
	ada.Publish("t5", []byte("hello"))
	mina.hears("t5", "hello")
	if mina.count("t6") > 0 {
		s.Error("a subscription that was taken back holds")
	}
}

func atOnce(s *suite) {
	ada, mina := s.listen("t5"), s.listen("t5")
	const messages = 200
	var all sync.WaitGroup
	for i := range 4 {
		all.Go(func() {
			for n := range messages {
				ada.Publish("t5", fmt.Appendf(nil, "%d of %d", n, i))
				mina.Subscribe(fmt.Sprint("x", n))
				mina.Unsubscribe(fmt.Sprint("x", n-1))
				mina.Stats()
			}
		})
	}
	all.Wait()
	for i := range 4 {
		mina.hears("t5", fmt.Sprintf("%d of %d", messages-1, i))
	}
	if n := mina.count("t5"); n != 4*messages {
		s.Errorf("%d messages came, want %d", n, 4*messages)
	}
	deadline := time.Now().Add(patience) // an answer may come after the message
	for ada.Stats().Published < 4*messages && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if sent, got := ada.Stats(), mina.Stats(); sent.Published != 4*messages || got.Received < 4*messages {
		s.Errorf("counted %+v and %+v", sent, got)
	}
}

func stopped(s *suite) {
	ada := s.listen("t5")
	ada.Publish("t5", []byte("before"))
	ada.hears("t5", "before")
	mina := s.listen("t5")
	ada.Publish("t5", []byte("after"))
	mina.hears("t5", "after")
	if n := mina.count("t5"); n != 1 {
		s.Errorf("%d messages came, want 1", n)
	}
}
