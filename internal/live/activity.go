package live

import (
	"cmp"
	"context"
	"slices"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// maxActive is how many threads are shown at once, the latest: some 40 KB.
const maxActive = 500

// tellActivity tells the global sockets where messages came or went since it last
// did. It asks the log, not those who write: so it does not matter which process
// they write in.
func (l *Live) tellActivity(ctx context.Context) {
	news, err := l.activitySince(ctx, l.activity)
	switch {
	case err == nil:
		l.activity = news.Cursor
		l.castActivity(news.Threads)
	case ctx.Err() == nil:
		l.log.WarnContext(ctx, "activity of threads not told, will try again", "error", err)
	}
}

// activitySince reads where messages came or went, and returns when the rights it
// was read under hold for all sockets: nobody may learn of a thread what was
// committed after they lost the right to it.
func (l *Live) activitySince(ctx context.Context, cursor uint64) (app.Activity, error) {
	ctx, cancel := context.WithTimeout(ctx, l.config.Limits.Admit)
	defer cancel()
	news, err := l.app.ActivitySince(ctx, cursor)
	if err == nil && len(news.Threads) > 0 {
		err = l.hub.AwaitRights(ctx, news.Control)
	}
	return news, err
}

// castActivity shows everybody those of the threads that they can access. What that
// is depends on their rights alone: so there are as many frames as there are
// different rights among those who listen, not as many as listeners.
func (l *Live) castActivity(threads []app.ActiveThread) {
	if len(threads) == 0 {
		return
	}
	slices.SortFunc(threads, func(a, b app.ActiveThread) int {
		return cmp.Or(cmp.Compare(b.LastMessageAt, a.LastMessageAt), cmp.Compare(b.ThreadID, a.ThreadID))
	})
	threads = threads[:min(len(threads), maxActive)]
	audiences := make(map[parley.Viewer]bool)
	l.hub.EachSubscriber(string(parley.ForumChannel), func(c *realtime.Conn) bool {
		audiences[rightsOf(c)] = true
		return true
	})
	for rights := range audiences {
		if m, any := activityFor(rights, threads); any {
			l.hub.CastTo(string(parley.ForumChannel), m, func(c *realtime.Conn) bool { return rightsOf(c) == rights })
		}
	}
}

// rightsOf returns what access decisions see of a connection's person, who has no
// name there: all with the same rights see the same.
func rightsOf(c *realtime.Conn) parley.Viewer {
	seat, _ := c.Value().(app.Seat)
	seat.Viewer.ID, seat.Viewer.SilencedUntil = 0, 0
	return seat.Viewer
}

// activityFor shows those of the threads that somebody with these rights can
// access; false if there are none. It is no State: a later frame shows other
// threads, and must not take its place in a queue.
func activityFor(rights parley.Viewer, threads []app.ActiveThread) (m realtime.Message, any bool) {
	frame := parley.ThreadActivityFrame{Type: "thread_activity"}
	for _, t := range threads {
		if t.Access.Admits(rights) {
			frame.Threads = append(frame.Threads, t.ThreadActivity)
		}
	}
	if len(frame.Threads) == 0 {
		return m, false
	}
	return realtime.Message{Lane: realtime.Ephemeral, Frame: encode(frame)}, true
}
