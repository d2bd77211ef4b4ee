package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// Read returns a page of rendered events for each want, all from one snapshot.
func (l *Log) Read(ctx context.Context, wants []realtime.Want) (pages []realtime.Page, err error) {
	err = l.store.View(ctx, func(s *store.Snapshot) error {
		pages = make([]realtime.Page, len(wants))
		for i, want := range wants {
			if pages[i], err = l.readPage(s, want); err != nil {
				return err
			}
		}
		return nil
	})
	return pages, err
}

func (l *Log) readPage(s *store.Snapshot, want realtime.Want) (page realtime.Page, err error) {
	channel := parley.Channel(want.Channel)
	page.Channel = want.Channel
	if page.Head, err = s.Head(channel); err != nil || page.Head == 0 {
		return page, err
	}
	if page.Oldest, err = s.Oldest(channel); err != nil || page.Oldest > want.After+1 {
		return page, err
	}
	logged, err := s.Events(channel, want.After, want.Limit)
	if err != nil {
		return page, err
	}
	for _, e := range logged {
		l.note(e)
		l.read(e)
	}
	page.Events, err = newRenderer(s, 0).all(logged)
	return page, err
}

func hubHeads(heads []store.Head) []realtime.Head {
	converted := make([]realtime.Head, len(heads))
	for i, h := range heads {
		converted[i] = realtime.Head{Channel: string(h.Channel), Seq: h.Seq}
	}
	return converted
}
