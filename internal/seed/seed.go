// Package seed tells the story of the demo community to an empty database:
// people, threads and messages of the last weeks, as if they had happened. It
// goes through the same use cases as everybody, so that all that follows from a
// message (counts, notifications, events) is there too.
package seed

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"parley"
	"parley/internal/app"
)

// Fill makes an empty database the demo community's. The app's store must run on
// clock. A database with people in it is left alone: app.ErrNotEmpty.
func Fill(ctx context.Context, a *app.App, clock *Clock) error {
	threads, err := readStories(stories)
	if err != nil {
		return err
	}
	clock.set(founded)
	people, err := a.FoundDemo(ctx, community)
	if err != nil {
		return err
	}
	t := &teller{
		app: a, clock: clock, people: map[string]parley.Viewer{}, tiers: map[string]int64{},
		threads: map[string]int64{}, messages: map[string]int64{},
	}
	for name, user := range people {
		t.people[name] = user.Viewer()
		for _, m := range community.People {
			if m.Username == name {
				t.tiers[m.Tier] = user.Membership.TierID
			}
		}
	}
	for _, act := range inOrder(t.plan(threads)) {
		clock.set(act.ago)
		if err := act.do(ctx); err != nil {
			return fmt.Errorf("demo community: %s: %w", act.what, err)
		}
	}
	a.Settle(ctx)
	return t.readAll(ctx, threads)
}

// act is something that somebody does, so long before the present.
type act struct {
	ago  time.Duration
	what string
	do   func(context.Context) error
}

// teller tells the story.
type teller struct {
	app      *app.App
	clock    *Clock
	people   map[string]parley.Viewer
	tiers    map[string]int64 // by title; those that somebody pays for
	threads  map[string]int64 // by file
	messages map[string]int64 // by file#label and file#index
}

// pause is between a message and what follows from it.
const pause = 4 * time.Minute

// plan lists what happens, thread by thread.
func (t *teller) plan(threads []thread) (acts []act) {
	add := func(th thread, what string, ago time.Duration, do func(context.Context) error) {
		acts = append(acts, act{max(ago, time.Second), th.name + ": " + what, do})
	}
	for _, th := range threads {
		ago := th.ago
		for i, m := range th.messages {
			ago -= m.after
			add(th, fmt.Sprintf("message %d by %s", i+1, m.author), ago, t.post(th, i))
			if len(m.likes) > 0 {
				add(th, fmt.Sprintf("likes of message %d", i+1), ago-pause, t.like(th, i))
			}
			if m.edited {
				add(th, fmt.Sprintf("edit of message %d", i+1), ago-pause, t.edit(th, i))
			}
		}
		if th.pinned || th.locked {
			add(th, "what the creator sets", ago, t.manage(th))
		}
	}
	return acts
}

// post writes a message; the first one of a thread begins it.
func (t *teller) post(th thread, i int) func(context.Context) error {
	return func(ctx context.Context) (err error) {
		m := th.messages[i]
		var id int64
		if i == 0 {
			id, err = t.begin(ctx, th)
		} else {
			id, err = t.answer(ctx, th, m)
		}
		t.messages[fmt.Sprintf("%s#%d", th.name, i)] = id
		if m.label != "" {
			t.messages[th.name+"#"+m.label] = id
		}
		t.app.RunJobs(ctx) // who is notified depends on who follows by now
		return err
	}
}

func (t *teller) answer(ctx context.Context, th thread, m message) (int64, error) {
	var replyTo int64
	if m.replyTo != "" {
		if replyTo = t.messages[th.name+"#"+m.replyTo]; replyTo == 0 {
			return 0, fmt.Errorf("there is no message #%s to reply to", m.replyTo)
		}
	}
	// Whoever answers has read: that counts a view, and their notifications.
	who, id := t.people[m.author], t.threads[th.name]
	if _, _, err := t.app.Messages(ctx, who, id, app.MessageQuery{Limit: 1, MarkRead: true}); err != nil {
		return 0, err
	}
	posted, err := t.app.PostMessage(ctx, who, id, m.draft(), replyTo, app.Idempotency{})
	return posted.ID, err
}

// begin starts a thread, and has people follow it; it returns the id of the first
// message.
func (t *teller) begin(ctx context.Context, th thread) (int64, error) {
	first := th.messages[0]
	who := t.people[first.author]
	created, err := t.create(ctx, th, who, first.draft())
	if err != nil {
		return 0, err
	}
	t.threads[th.name] = created.ID
	for _, follower := range th.followers {
		if _, err := t.app.Follow(ctx, t.people[follower], created.ID, parley.Follow{NewMessage: true, Mention: true, Reply: true}); err != nil {
			return 0, fmt.Errorf("%s follows: %w", follower, err)
		}
	}
	messages, _, err := t.app.Messages(ctx, who, created.ID, app.MessageQuery{Limit: 1, MarkRead: true})
	if err != nil || len(messages) == 0 {
		return 0, fmt.Errorf("its first message is not there: %w", err)
	}
	return messages[0].ID, nil
}

func (t *teller) create(ctx context.Context, th thread, who parley.Viewer, content string) (parley.Thread, error) {
	if th.from == "" {
		tier, ok := t.tiers[th.tier]
		if !ok {
			return parley.Thread{}, fmt.Errorf("there is no tier %q", th.tier)
		}
		return t.app.CreateThread(ctx, who, app.NewThread{Title: th.title, Content: content, TierID: tier, Private: th.private}, app.Idempotency{})
	}
	source, ok := t.messages[th.from]
	if !ok {
		return parley.Thread{}, fmt.Errorf("there is no message %s to grow out of", th.from)
	}
	return t.app.CreateSubThread(ctx, who, source, th.title, content, app.Idempotency{})
}

// like has all who like a message do so at once: what comes together the store
// commits together.
func (t *teller) like(th thread, i int) func(context.Context) error {
	return func(ctx context.Context) error {
		var likes errgroup.Group
		for _, liker := range th.messages[i].likes {
			likes.Go(func() error {
				_, err := t.app.Like(ctx, t.people[liker], t.messages[fmt.Sprintf("%s#%d", th.name, i)])
				return err
			})
		}
		return likes.Wait()
	}
}

func (t *teller) edit(th thread, i int) func(context.Context) error {
	return func(ctx context.Context) error {
		m := th.messages[i]
		_, err := t.app.EditMessage(ctx, t.people[m.author], t.messages[fmt.Sprintf("%s#%d", th.name, i)], m.content)
		return err
	}
}

// manage pins and locks a thread, as the creator may.
func (t *teller) manage(th thread) func(context.Context) error {
	return func(ctx context.Context) error {
		patch := app.ThreadPatch{Pinned: &th.pinned, Locked: &th.locked}
		_, err := t.app.UpdateThread(ctx, t.people["Ada"], t.threads[th.name], patch)
		return err
	}
}

// readAll lets the people one can sign in as read all they can, but for what
// their threads' files leave unread.
func (t *teller) readAll(ctx context.Context, threads []thread) error {
	t.clock.set(0)
	for _, person := range community.People {
		if person.About == "" {
			continue
		}
		for _, th := range threads {
			last := th.lastRead(person.Username)
			if last < 0 {
				continue
			}
			upTo := t.messages[fmt.Sprintf("%s#%d", th.name, last)]
			_, err := t.app.MarkRead(ctx, t.people[person.Username], t.threads[th.name], upTo)
			if kind := parley.KindOf(err); err != nil && kind != parley.Forbidden && kind != parley.NotFound {
				return err
			}
		}
	}
	return nil
}
