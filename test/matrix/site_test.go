package matrix

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"parley/internal/config"
	"parley/internal/metrics"
	"parley/internal/server"
)

// site is a forum that answers at an address, with people who follow what happens.
type site struct {
	*forum
	ctx    context.Context
	url    string
	client *http.Client
	feeds  []*feed

	due      map[*thread][]due            // what has to come on the feeds of a thread, in this order
	dueTo    map[*person][]string         // what has to come on somebody's global feeds
	seen     map[string]bool              // the kinds of frames that came
	saw      map[*person]map[*thread]bool // before what was changed
	liked    map[*message]bool            // by a barrier
	flagged  map[*message]bool
	barriers int
}

// serve has a forum answer at an address until the test ends.
func serve(f *forum) *site {
	f.t.Helper()
	s, err := server.New(f.app, config.Serve{CookieName: "session_id", MaxSocketsPerUser: 1000}, metrics.New(), "test", quiet)
	if err != nil {
		f.t.Fatal(err)
	}
	listener, err := server.Listen("addr", "127.0.0.1:0")
	if err != nil {
		f.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener, nil) }()
	following, leave := context.WithCancel(context.Background())
	client := &http.Client{Transport: &http.Transport{}}
	f.t.Cleanup(func() {
		leave()
		client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			f.t.Error(err)
		}
	})
	return &site{forum: f, ctx: following, url: "http://" + listener.Addr().String(), client: client, seen: map[string]bool{}, liked: map[*message]bool{}, flagged: map[*message]bool{}, due: map[*thread][]due{}, dueTo: map[*person][]string{}}
}

// kinds are the ways to follow something.
var kinds = []string{"ws", "events"}

// enter has everybody follow everything that they can, and compares what that is.
func (s *site) enter() {
	for _, p := range s.people {
		for _, kind := range kinds {
			for _, t := range append([]*thread{nil}, s.known(p)...) {
				want := 200
				if t != nil {
					want = p.refusal(t)
				} else if !p.knocks() {
					want = 401
				}
				feed, status := s.follow(p, kind, t)
				equal(s.forum, status, want, "%s follows %s", p.name, address(kind, t))
				if feed != nil {
					s.feeds = append(s.feeds, feed)
				}
			}
		}
	}
}

// due is a frame that has to come to some of those who follow a thread.
type due struct {
	frame string
	to    func(*person) bool
}

// expect notes what has to come to all who follow a thread, shows what to some.
func (s *site) expect(t *thread, frame string, args ...any) {
	s.shows(t, func(*person) bool { return true }, frame, args...)
}

func (s *site) shows(t *thread, to func(*person) bool, frame string, args ...any) {
	s.due[t] = append(s.due[t], due{fmt.Sprintf(frame, args...), to})
}

// dueOn returns what has to come on a feed.
func (s *site) dueOn(f *feed) (frames []string) {
	if f.thread == nil {
		return s.dueTo[f.by]
	}
	for _, d := range s.due[f.thread] {
		if d.to(f.by) {
			frames = append(frames, d.frame)
		}
	}
	return frames
}

// tells notes what has to come on the global feeds of some.
func (s *site) tells(audience func(*person) bool, frame string, args ...any) {
	for _, p := range s.people {
		if audience(p) {
			s.dueTo[p] = append(s.dueTo[p], fmt.Sprintf(frame, args...))
		}
	}
}

// compare waits until everything has come, and compares it with what is due.
func (s *site) compare(phase string) {
	s.t.Helper()
	s.barrier()
	var open []*feed
	for _, f := range s.feeds {
		due := s.dueOn(f)
		if f.thread != nil && !f.by.sees(f.thread) {
			s.awaitEnd(f, phase)
			if !f.thread.gone() {
				due = nil // nothing that was committed with the loss, or after it
			}
		} else {
			await(s.t, phase+": the last frame for "+f.by.name+" in "+f.thread.name(), func() bool { return s.reached(f) })
			open = append(open, f)
		}
		s.sameFrames(phase, f, due)
	}
	s.feeds, s.due, s.dueTo = open, map[*thread][]due{}, map[*person][]string{}
	s.saw = map[*person]map[*thread]bool{}
}

func (s *site) awaitEnd(f *feed, phase string) {
	s.t.Helper()
	select {
	case <-f.ended:
	case <-time.After(patience):
		s.t.Errorf("%s: %s still follows %s", phase, f.by.name, f.thread.name())
	}
}

// sameFrames compares what came on a feed, one cell for each frame.
func (s *site) sameFrames(phase string, f *feed, due []string) {
	s.t.Helper()
	var got []string
	for _, frame := range f.look() {
		s.inspect(f, frame)
		if name := s.nameOf(f, frame); name != "" {
			got = append(got, name)
		}
	}
	due = slices.Clone(due)
	if f.thread == nil { // the forum's events and one's own are two streams
		slices.Sort(got)
		slices.Sort(due)
	}
	s.cells.Add(int64(len(due)))
	if diff := cmp.Diff(due, got, cmpopts.EquateEmpty()); diff != "" {
		s.t.Errorf("%s: %s follows %s (-model +came):\n%s", phase, f.by.name, f.thread.name(), diff)
	}
}

func (t *thread) name() string {
	if t == nil {
		return "the forum"
	}
	return t.story
}

// barrier tells something on every feed, behind everything else: a like of the first
// message, a switch, and a change of everybody's membership that changes nothing.
func (s *site) barrier() {
	s.t.Helper()
	s.settle()
	for _, t := range s.threads {
		if !t.gone() {
			s.likeAgain(t.messages[0])
		}
	}
	s.must(s.ada, "POST", "/api/forum/moderation/everyone/emergency-disable", `{"reason":"A test"}`)
	s.must(s.ada, "POST", "/api/forum/moderation/everyone/emergency-enable", ``)
	s.barriers++
	for _, p := range s.people {
		if p.knocks() {
			s.must(s.ada, "PATCH", fmt.Sprintf("/api/admin/users/%d", p.id), `{"source":"barrier%d"}`, s.barriers)
		}
	}
}

// likeAgain has somebody like a message. Its author is notified for the first time.
func (s *site) likeAgain(m *message) {
	s.t.Helper()
	by := s.tomas
	if m.author == by {
		by = s.ada
	}
	path := fmt.Sprintf("/api/forum/messages/%d/like", m.id)
	s.must(by, "DELETE", path, ``)
	s.must(by, "POST", path, ``)
	if !s.liked[m] && m.author.sees(m.thread) {
		s.liked[m] = true
		s.tells(func(p *person) bool { return p == m.author }, "forum_notification like %d", m.id)
	}
}

// reached reports whether the barrier came on a feed.
func (s *site) reached(f *feed) bool {
	came := map[string]bool{}
	for _, frame := range f.came() {
		if frame.kind != "message_liked" || s.atBarrier(f, frame) {
			came[frame.kind] = true
		}
	}
	if f.thread != nil {
		return came["message_liked"]
	}
	return came["everyone_enabled"] && came["membership_changed"]
}

// atBarrier reports whether a like is the barrier's.
func (s *site) atBarrier(f *feed, frame frame) bool {
	return frame.id("message_id") == f.thread.messages[0].id
}
