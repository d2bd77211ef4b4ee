package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// Log is the event log as a hub reads it: numbers from the log's rows, frames
// rendered from the forum's rows as they are now. It implements realtime.Log.
type Log struct {
	store  *store.Store
	read   func(store.Logged) // is told of what is read; it must not block
	logger *slog.Logger

	mu    sync.Mutex
	noted map[string]bool // what could not be read, and was said
}

// maxNoted bounds what is remembered of that. What is forgotten is said once more.
const maxNoted = 1024

// note says of an event that it cannot be read, if that is so: once, as it is found
// again whenever somebody comes back. Of what a newer release logs, once of each kind.
func (l *Log) note(e store.Logged) {
	unreadable, is := e.Event.(store.Unreadable)
	if !is {
		return
	}
	newer := errors.Is(unreadable.Why, parley.ErrUnknownKind)
	what := unreadable.Kind()
	if !newer {
		what = fmt.Sprint(e.Channel, ":", e.Seq)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.noted[what]:
		return
	case l.noted == nil || len(l.noted) == maxNoted:
		l.noted = make(map[string]bool)
	}
	l.noted[what] = true
	if newer {
		l.logger.Debug("events of a kind that this release does not know are passed over", "kind", unreadable.Kind())
		return
	}
	l.logger.Error("an event cannot be read and is passed over", "channel", e.Channel, "seq", e.Seq, "error", unreadable.Why)
}

// Generation names this life of the database.
func (l *Log) Generation() string { return l.store.Generation() }

// Since tells which channels got events after the cursor.
func (l *Log) Since(ctx context.Context, cursor uint64) (heads []realtime.Head, next uint64, err error) {
	err = l.store.View(ctx, func(s *store.Snapshot) error {
		stored, cursor, err := s.Since(cursor)
		heads, next = hubHeads(stored), cursor
		return err
	})
	return heads, next, err
}

// Read returns a page of rendered events for each want, all from one snapshot. What it
// asks the database does not grow with the number of wants.
func (l *Log) Read(ctx context.Context, wants []realtime.Want) (pages []realtime.Page, err error) {
	err = l.store.View(ctx, func(s *store.Snapshot) error {
		channels := make([]parley.Channel, len(wants))
		for i, w := range wants {
			channels[i] = parley.Channel(w.Channel)
		}
		extents, err := s.Extents(channels)
		if err != nil {
			return err
		}
		pages = make([]realtime.Page, len(wants))
		there := map[int]store.Stretch{} // what the log still holds from its beginning, by page
		for i, w := range wants {
			extent := extents[channels[i]]
			pages[i] = realtime.Page{Channel: w.Channel, Oldest: extent.Oldest, Head: extent.Head}
			if extent.Oldest <= w.After+1 && w.After < extent.Head {
				there[i] = store.Stretch{Channel: channels[i], After: w.After, Limit: w.Limit}
			}
		}
		logged, events, err := l.rendered(s, slices.Collect(maps.Values(there)))
		if err != nil {
			return err
		}
		for i, w := range there {
			pages[i].Events = only(logged, events, w)
		}
		return nil
	})
	return pages, err
}

// rendered reads what the log holds of stretches, and renders it.
func (l *Log) rendered(s *store.Snapshot, wanted []store.Stretch) ([]store.Logged, []realtime.Event, error) {
	logged, err := s.Stretches(wanted)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range logged {
		l.note(e)
		l.read(e)
	}
	events, err := newRenderer(s, 0).all(logged)
	return logged, events, err
}

// only returns those of the events, rendered from what was logged, that belong to a
// stretch, each once and in order.
func only(logged []store.Logged, events []realtime.Event, w store.Stretch) (page []realtime.Event) {
	after := w.After
	for i, e := range logged {
		if w.Holds(e) && e.Seq > after {
			page, after = append(page, events[i]), e.Seq
		}
	}
	return page
}

func hubHeads(heads []store.Head) []realtime.Head {
	converted := make([]realtime.Head, len(heads))
	for i, h := range heads {
		converted[i] = realtime.Head{Channel: string(h.Channel), Seq: h.Seq}
	}
	return converted
}
