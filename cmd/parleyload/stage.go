//go:build linux

package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parley/cmd/parleyload/internal/audience"
	"parley/cmd/parleyload/internal/forum"
	"parley/cmd/parleyload/internal/histogram"
	"parley/cmd/parleyload/internal/ledger"
	"parley/cmd/parleyload/internal/swarm"
)

// crowd is who watches what in a scenario.
type crowd struct {
	sockets int
	threads int
	size    int  // of a message's text, in bytes
	global  bool // they watch the global stream instead of threads
	apart   bool // each socket is another person's
	absent  bool // they drop and come back, which a server may notice late: half the sockets per person
}

// stage is where a scenario plays once: a target, threads made for it, an audience
// that watches them, and the ledger that checks.
type stage struct {
	*options
	crowd    crowd
	target   *target
	threads  []int64
	ledger   *ledger.Ledger
	audience *audience.Audience
	result   *result
	phase    atomic.Pointer[string]

	posted  atomic.Uint64
	audited bool
	insist  bool // posts are tried again while the server is in trouble

	mu      sync.Mutex
	answers *histogram.Histogram // how long posts took
	late    time.Duration        // how far behind its schedule the latest post began
}

// openStage signs people in and makes the threads. The audience is not there yet.
func openStage(ctx context.Context, o *options, t *target, c crowd) (*stage, error) {
	if err := checkFiles(c.sockets); err != nil {
		return nil, err
	}
	each := o.MaxSocketsPerUser
	if c.absent {
		each = max(each/2, 1)
	}
	if c.apart {
		each = 1
	}
	if err := t.sign(ctx, o, (c.sockets+each-1)/each); err != nil {
		return nil, err
	}
	s := &stage{
		options: o, crowd: c, target: t, ledger: ledger.New(),
		result: &result{Target: t.name}, answers: &histogram.Histogram{},
	}
	token := strings.ToLower(rand.Text()[:8])
	if err := s.createThreads(ctx, token); err != nil {
		return nil, errors.Join(err, s.deleteThreads(ctx))
	}
	return s, s.assemble(token)
}

func (s *stage) createThreads(ctx context.Context, token string) error {
	for i := range s.crowd.threads {
		id, err := s.target.forum.CreateThread(ctx, s.target.creator, fmt.Sprintf("Load %s %d", token, i+1), "Nothing to see here.")
		if err != nil {
			return err
		}
		s.threads = append(s.threads, id)
	}
	return nil
}

func (s *stage) deleteThreads(ctx context.Context) error {
	for _, id := range s.threads {
		if err := s.target.forum.DeleteThread(ctx, s.target.creator, id); err != nil {
			return err
		}
	}
	return nil
}

// assemble makes the audience: viewers take turns at the threads, and people at
// the viewers.
func (s *stage) assemble(token string) (err error) {
	s.audience, err = audience.New(swarm.Config{Server: s.target.address, From: s.sources(), Shards: s.Shards}, s.ledger, token)
	if err != nil {
		return err
	}
	for i := range s.crowd.sockets {
		thread := int64(0)
		if !s.crowd.global {
			thread = s.threads[i%len(s.threads)]
		}
		s.audience.Add(thread, string(s.target.people[i%len(s.target.people)]))
	}
	return nil
}

// enter lets everybody in.
func (s *stage) enter(ctx context.Context) error {
	s.says("connecting")
	return s.audience.Enter(ctx, s.audience.Viewers(), s.AtOnce)
}

// says tells the progress line what happens now.
func (s *stage) says(phase string) { s.phase.Store(&phase) }

// settle waits until everybody has everything.
func (s *stage) settle(ctx context.Context) {
	s.says("settling")
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	s.audience.Settle(ctx) // who is still behind then, is found by the audit
}

// audit checks, when everybody has everything, what the audience got, and ends it.
func (s *stage) audit(ctx context.Context) {
	if s.audited {
		return
	}
	s.audited = true
	if ctx.Err() != nil {
		s.audience.Close() // interrupted: much is still on its way, and nothing lost
		return
	}
	s.settle(ctx)
	s.audience.CheckBadges()
	s.ledger.Audit(s.audience.Close())
}

// close ends the audience and clears up.
func (s *stage) close(ctx context.Context) error {
	s.audit(ctx)
	s.result.Faults, s.result.FaultCounts = s.ledger.Faults()
	if s.KeepThreads || s.target.hub != nil {
		return nil
	}
	s.says("clearing up")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.Patience)
	defer cancel()
	return s.deleteThreads(ctx)
}

// insistence is the pause before a post is tried again.
const insistence = 200 * time.Millisecond

// post posts a text, and notes that the message exists.
func (s *stage) post(ctx context.Context, thread int64, text string) error {
	began := time.Now()
	id, err := s.tryPost(ctx, thread, text)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.answers.Record(time.Since(began))
	s.mu.Unlock()
	s.posted.Add(1)
	s.audience.Acknowledged(thread, id)
	return nil
}

// tryPost posts, again and again if the stage insists: with one key, so that a post
// whose answer was lost is not made twice.
func (s *stage) tryPost(ctx context.Context, thread int64, text string) (id int64, err error) {
	if !s.insist {
		return s.target.forum.Post(ctx, s.target.creator, thread, text, "")
	}
	key := rand.Text()
	for end := time.Now().Add(s.Patience); ; {
		id, err = s.target.forum.Post(ctx, s.target.creator, thread, text, key)
		if err == nil || !forum.Temporary(err) || time.Now().After(end) {
			return id, err
		}
		if err := pause(ctx, insistence); err != nil {
			return 0, err
		}
	}
}

// round posts a text and waits until every viewer of the thread has it.
func (s *stage) round(ctx context.Context, thread int64) error {
	text, round := s.audience.ComposeRound(thread, s.crowd.size)
	defer s.audience.Forget(round)
	if err := s.post(ctx, thread, text); err != nil {
		return err
	}
	return s.reaches(ctx, "a message", round.Done())
}

// reaches waits until something has reached everybody.
func (s *stage) reaches(ctx context.Context, what string, everybody <-chan struct{}) error {
	late := time.NewTimer(s.Patience)
	defer late.Stop()
	select {
	case <-everybody:
		return nil
	case <-late.C:
		return fmt.Errorf("%s has not reached everybody within %v; %d faults so far", what, s.Patience, s.ledger.Count())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
