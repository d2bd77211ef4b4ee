package live

import "context"

// TellState tells what state has changed now, instead of after a pause. Run must
// not be about to do so.
func (l *Live) TellState(ctx context.Context) { l.tellState(ctx) }

// Untold reports whether somebody came to a thread or left it since the others were
// told, and how many sockets came.
func (l *Live) Untold(threadID int64) (changed bool, came int) {
	l.presence.mu.Lock()
	defer l.presence.mu.Unlock()
	newcomers, changed := l.presence.changed[threadID]
	return changed, len(newcomers)
}
