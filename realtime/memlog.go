package realtime

import "context"

// MemoryLog is a [Log] in memory: for tests, examples and programs whose events need not survive them. The zero value is not usable.
type MemoryLog struct{}

// NewMemoryLog returns an empty log of the given generation.
func NewMemoryLog(generation string) *MemoryLog { return nil }

// Append commits an event: it takes the channel's next number, renders it and returns it, ready for [Hub.Publish] once the caller likes.
// render is kept and called again for each read, so that replay shows things as they are then; it sets what it
// wants of the event but Channel and Seq. It must not call the log.
func (l *MemoryLog) Append(channel string, render func() Event) Event { return Event{} }

// Head returns the newest number of a channel, 0 if it never had an event.
func (l *MemoryLog) Head(channel string) uint64 { return 0 }

// Prune forgets the events of a channel before oldest.
func (l *MemoryLog) Prune(channel string, oldest uint64) {}

// Restore renames the log, as restoring a backup does with a database.
func (l *MemoryLog) Restore(generation string) {}

// Generation implements [Log].
func (l *MemoryLog) Generation() string { return "" }

// Since implements [Log].
func (l *MemoryLog) Since(ctx context.Context, cursor uint64) ([]Head, uint64, error) {
	return nil, 0, nil
}

// Read implements [Log].
func (l *MemoryLog) Read(ctx context.Context, wants []Want) ([]Page, error) { return nil, nil }
