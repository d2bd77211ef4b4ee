package app

import (
	"context"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

// Log is the event log as a hub reads it: numbers from the log's rows, frames
// rendered from the forum's rows as they are now. It implements realtime.Log.
type Log struct {
	store *store.Store
	read  func(store.Logged) // is told of what is read; it must not block
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
