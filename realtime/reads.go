package realtime

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	readers     = 2                // reads of the log under way at once
	readBatch   = 64               // channels in one read
	readTimeout = 10 * time.Second // for one read

	// pageLimit is the most events read of one channel at once; it is also the most a connection
	// may lack and still resume.
	pageLimit = 1000
)

// page is a part of a channel as the log showed it.
type page struct {
	after  uint64      // the number before the first event
	events []*delivery // without gaps
	oldest uint64      // the lowest number the log still had
	head   uint64      // the newest number it had
}

// broken reports whether the log no longer reaches back to where the page should begin.
func (p page) broken() bool { return p.oldest > p.after+1 }

// fetch is one stretch of one channel to be read from the log, for everybody who needs it.
type fetch struct {
	channel *channel
	after   uint64
	limit   int
	started bool
	unread  bool // it answers channel.unread

	done chan struct{} // closed when page or err is set
	page page
	err  error
}

// serves reports whether the fetch brings what follows after.
func (f *fetch) serves(after uint64) bool { return f.after <= after && after < f.after+uint64(f.limit) }

// widen makes a fetch that has not started serve another stretch too, if both together are not too
// long.
func (f *fetch) widen(after uint64, limit int) bool {
	first := min(f.after, after)
	end := max(f.after+uint64(f.limit), after+uint64(limit))
	if f.started || end-first > pageLimit {
		return false
	}
	f.after, f.limit = first, int(end-first)
	return true
}

// reads brings events from the log. What is asked for while it is busy is read together, each
// stretch once however many connections need it: when ten thousand come back at once the log is
// read once per channel.
type reads struct {
	hub  *Hub
	wake chan struct{}

	mu    sync.Mutex
	queue []*fetch
	open  map[*channel][]*fetch // queued or under way
}

func newReads(h *Hub) *reads {
	return &reads{hub: h, wake: make(chan struct{}, readers), open: make(map[*channel][]*fetch)}
}

// request asks for up to limit events of a channel, joining a request that serves as well.
func (r *reads) request(ch *channel, after uint64, limit int) *fetch {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.enqueue(ch, after, limit)
}

// repair asks for what channels lack, if they still do, all at once so that it is read in one
// batch.
func (r *reads) repair(channels []*channel) {
	after := make(map[*channel]uint64)
	for _, ch := range channels {
		if tail, behind := ch.lacking(); behind {
			after[ch] = tail
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for ch, tail := range after {
		r.enqueue(ch, tail, pageLimit)
	}
}

// enqueue is request with r.mu held.
func (r *reads) enqueue(ch *channel, after uint64, limit int) *fetch {
	for _, f := range r.open[ch] {
		if f.serves(after) || f.widen(after, limit) {
			return f
		}
	}
	f := &fetch{channel: ch, after: after, limit: limit, done: make(chan struct{})}
	r.open[ch] = append(r.open[ch], f)
	r.queue = append(r.queue, f)
	signal(r.wake)
	return f
}

// fetch waits for the events of a channel after a number, at least one of them if there are any, as
// a snapshot shows them in which the event least exists.
func (r *reads) fetch(ctx context.Context, ch *channel, after, least uint64, limit int) (page, error) {
	for range fetchAttempts {
		f := r.request(ch, after, limit)
		if err := f.wait(ctx); err != nil {
			return page{}, err
		}
		if p, ok := f.page.from(after); ok && p.head >= least {
			return p, nil
		}
	}
	return page{}, fmt.Errorf("log does not show event %d of %s", least, ch.name)
}

// fetchAttempts bounds how often a page somebody else asked for may turn out to end too early, or
// to be too old.
const fetchAttempts = 10

func (f *fetch) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// from returns the part of the page after a number; ok is false if the page ends before although
// the log does not.
func (p page) from(after uint64) (rest page, ok bool) {
	skip := min(after-p.after, uint64(len(p.events)))
	end := p.after + uint64(len(p.events))
	rest = page{after: after, events: p.events[skip:], oldest: p.oldest, head: p.head}
	return rest, len(rest.events) > 0 || rest.broken() || end >= p.head
}

// run serves requests until ctx ends.
func (r *reads) run(ctx context.Context) {
	for {
		if batch := r.take(); len(batch) > 0 {
			r.read(ctx, batch)
			continue
		}
		select {
		case <-r.wake:
		case <-ctx.Done():
			return
		}
	}
}

// take starts the requests that have waited longest.
func (r *reads) take() []*fetch {
	r.mu.Lock()
	n := min(len(r.queue), readBatch)
	batch := r.queue[:n:n]
	r.queue = r.queue[n:]
	for _, f := range batch {
		f.started = true
	}
	r.mu.Unlock()
	for _, f := range batch {
		f.unread = f.channel.beginRead(f.after)
	}
	return batch
}

// read answers a batch with one read of the log.
func (r *reads) read(ctx context.Context, batch []*fetch) {
	pages, err := r.ask(ctx, batch)
	if err != nil && ctx.Err() == nil {
		r.hub.log.Warn("realtime: reading the log failed", "channels", len(batch), "err", err)
	}
	for i, f := range batch {
		if f.err = err; err == nil {
			f.page, f.err = r.hub.page(f, pages[i])
		}
		if f.err == nil {
			f.channel.absorb(f.page)
		} else {
			f.channel.failRead(f.unread)
		}
		r.finish(f)
	}
}

func (r *reads) ask(ctx context.Context, batch []*fetch) ([]Page, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	wants := make([]Want, len(batch))
	for i, f := range batch {
		wants[i] = Want{Channel: f.channel.name, After: f.after, Limit: f.limit}
	}
	r.hub.pages.Add(uint64(len(wants)))
	pages, err := r.hub.config.Log.Read(ctx, wants)
	if err == nil && len(pages) != len(wants) {
		err = fmt.Errorf("log answered %d wants with %d pages", len(wants), len(pages))
	}
	return pages, err
}

func (r *reads) finish(f *fetch) {
	r.mu.Lock()
	open := slices.DeleteFunc(r.open[f.channel], func(o *fetch) bool { return o == f })
	if len(open) == 0 {
		delete(r.open, f.channel)
	} else {
		r.open[f.channel] = open
	}
	r.mu.Unlock()
	close(f.done)
}

// page takes what the log answered to a fetch.
func (h *Hub) page(f *fetch, p Page) (page, error) {
	result := page{after: f.after, oldest: p.Oldest, head: p.Head}
	if result.broken() {
		return result, nil
	}
	for i, e := range p.Events {
		if next := f.after + 1 + uint64(i); e.Seq != next {
			return page{}, h.malformed(f, fmt.Errorf("gave event %d where %d belongs", e.Seq, next))
		}
		e.Channel = f.channel.name
		d := newDelivery(f.channel.generation, h.sound(e))
		d.via = viaLog
		result.events = append(result.events, d)
	}
	if len(result.events) == 0 && p.Head > f.after {
		return page{}, h.malformed(f, fmt.Errorf("gave nothing after %d though its head is %d", f.after, p.Head))
	}
	return result, nil
}

func (h *Hub) malformed(f *fetch, fault error) error {
	h.log.Error("realtime: log breaks its promises", "channel", f.channel.name, "err", fault)
	return fmt.Errorf("realtime: log of %s: %w", f.channel.name, fault)
}
