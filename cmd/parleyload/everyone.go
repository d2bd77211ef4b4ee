//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"parley/cmd/parleyload/internal/forum"
	"parley/cmd/parleyload/internal/histogram"
)

// everyone mentions everyone in a large community: what that costs the author beside an
// ordinary post, and how long it takes until all who are connected, each somebody else,
// know of it and have the right badge.
type everyone struct {
	options
	Members      int           `long:"members" default:"100000" value-name:"N" description:"People of the community. Those that are missing are made."`
	Sockets      int           `long:"sockets" default:"1000" value-name:"N" description:"Members who are connected."`
	Count        int           `long:"count" default:"40" value-name:"N" description:"Mentions of everyone, by turns with as many ordinary posts."`
	Pause        time.Duration `long:"pause" default:"100ms" description:"Between one's arrival and the next."`
	MessageBytes int           `long:"message-bytes" default:"100" value-name:"N" description:"Size of a message's text."`
}

const (
	everyoneWarmup = 5 // turns: connections are made, statements prepared
	// unreadMentions is how many mentions of everyone count as unread at most: beyond,
	// badges stand still, and no longer tell whether they are right.
	unreadMentions = 100
)

// Validate says what is wrong with the settings.
func (e *everyone) Validate() error {
	switch {
	case e.Reference:
		return errors.New("there is no --reference to this: the bare hub has neither members nor badges")
	case e.Count < 1 || e.Count > unreadMentions-everyoneWarmup:
		return fmt.Errorf("--count must be 1 to %d: more mentions of everyone do not count as unread", unreadMentions-everyoneWarmup)
	case e.Sockets < 1 || e.Members <= e.Sockets:
		return errors.New("--sockets must be at least 1, and --members more than that")
	}
	return e.options.Validate()
}

// Run plays the scenario.
func (e *everyone) Run(ctx context.Context, to streams) error {
	return e.perform(ctx, to, "everyone", e)
}

func (e *everyone) crowd() crowd {
	return crowd{sockets: e.Sockets, threads: 1, size: e.MessageBytes, global: true, apart: true}
}

func (e *everyone) play(ctx context.Context, s *stage) error {
	if err := e.fill(ctx, s); err != nil {
		return err
	}
	if err := e.assemble(ctx, s); err != nil {
		return err
	}
	var warm, measured turns
	if err := e.turn(ctx, s, &warm, everyoneWarmup); err != nil {
		return err
	}
	s.says("measuring")
	s.reset()
	began := s.mark()
	if err := e.turn(ctx, s, &measured, e.Count); err != nil {
		return err
	}
	i := &interval{}
	s.finish(i, began)
	measured.report(s.result)
	s.result.addQuantiles("badge", i.latency)
	s.result.addQuantiles("last badge", &measured.last)
	i.reportCPU(s.result, "cpu per mention and post", float64(e.Count))
	s.result.add("load generator's cpu per mention and post", "µs", float64(i.ownCPU.Microseconds())/float64(e.Count))
	s.result.latency.Add(i.latency)
	return nil
}

// fillers begins the usernames of those who only make the community large.
const fillers = "resident_"

// fill makes members until the community is as large as it should be. They are many,
// and nobody signs in as one of them: the membership sync makes them without passwords.
func (e *everyone) fill(ctx context.Context, s *stage) error {
	api, creator := s.target.forum, s.target.creator
	there, err := api.CountUsers(ctx, creator, "")
	if err != nil {
		return err
	}
	made, err := api.CountUsers(ctx, creator, fillers)
	if err != nil {
		return err
	}
	for there < e.Members {
		s.says(fmt.Sprintf("filling the community, %d of %d members", there, e.Members))
		members := make([]forum.Member, min(e.Members-there, forum.MaxMembers))
		for i := range members {
			name := fmt.Sprint(fillers, made+i+1)
			members[i] = forum.Member{ExternalID: "parleyload:" + name, Username: name, Role: "member", IsActive: true}
		}
		if err := api.SyncMembers(ctx, creator, members); err != nil {
			return err
		}
		there, made = there+len(members), made+len(members)
	}
	return nil
}

// assemble lets everybody in, who then have badges that can be counted on.
func (e *everyone) assemble(ctx context.Context, s *stage) error {
	badges := s.audience.FollowCalls(s.threads[0])
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := s.reaches(ctx, "the first badge", badges.Done()); err != nil {
		return err
	}
	if unread := s.audience.MostUnread(); unread+everyoneWarmup+int64(e.Count) > unreadMentions {
		return fmt.Errorf("somebody has %d unread notifications, and of mentions of everyone only %d count: "+
			"delete threads that earlier runs left, or use another --cookie-file", unread, unreadMentions)
	}
	return nil
}

// turns is how long things took.
type turns struct {
	ordinary, calling histogram.Histogram // until the post was answered
	last              histogram.Histogram // from sending the request until the last viewer had its badge
	notified          int64               // whom the newest mention reached
}

// turn posts and mentions everyone by turns.
func (e *everyone) turn(ctx context.Context, s *stage, t *turns, count int) error {
	for range count {
		if _, err := e.say(ctx, s, &t.ordinary, ""); err != nil {
			return err
		}
		if err := pause(ctx, e.Pause); err != nil {
			return err
		}
		call := s.audience.Call()
		id, err := e.say(ctx, s, &t.calling, "@everyone ")
		if err != nil {
			return err
		}
		s.audience.Called(id)
		if err := s.reaches(ctx, "a mention of everyone, or its badge,", call.Done()); err != nil {
			return err
		}
		t.last.Record(call.Took())
		t.notified = call.Notified()
		if err := pause(ctx, e.Pause); err != nil {
			return err
		}
	}
	return nil
}

// say posts a text that begins so, notes how long the answer took, and returns the
// message's id.
func (e *everyone) say(ctx context.Context, s *stage, took *histogram.Histogram, begin string) (int64, error) {
	text := begin + s.audience.Compose(e.MessageBytes-len(begin))
	began := time.Now()
	id, err := s.target.forum.Post(ctx, s.target.creator, s.threads[0], text, "")
	took.Record(time.Since(began))
	s.posted.Add(1)
	return id, err
}

func (t *turns) report(r *result) {
	r.add("members notified", "", float64(t.notified))
	r.addQuantiles("ordinary post answered", &t.ordinary)
	r.addQuantiles("mention of everyone answered", &t.calling)
	r.add("mention against ordinary post, medians", "×", float64(t.calling.Quantile(0.5))/float64(t.ordinary.Quantile(0.5)))
}
