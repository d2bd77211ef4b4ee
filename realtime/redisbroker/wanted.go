package redisbroker

import (
	"maps"
	"slices"
	"sync"
)

// wanted is which channels should be subscribed, and which of them a session has yet to
// hear of. A channel that is given up and wanted again within a moment, as when a page
// is reloaded, costs no command.
type wanted struct {
	wake chan struct{} // cap 1: something has changed

	mu       sync.Mutex
	channels map[string]struct{}
	followed bool                // a session asks for changes
	changed  map[string]struct{} // since it last did
}

func newWanted() wanted {
	return wanted{wake: make(chan struct{}, 1), channels: make(map[string]struct{}), changed: make(map[string]struct{})}
}

func (w *wanted) set(want bool, channels []string) {
	if len(channels) == 0 {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, channel := range channels {
		if want {
			w.channels[channel] = struct{}{}
		} else {
			delete(w.channels, channel)
		}
		if w.followed {
			w.changed[channel] = struct{}{}
		}
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

func (w *wanted) count() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.channels)
}

// follow returns every channel that is wanted; changes are noted from then on.
func (w *wanted) follow() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.followed = true
	return slices.Collect(maps.Keys(w.channels))
}

// unfollow ends that. While Redis is away all that anybody ever watches would be noted.
func (w *wanted) unfollow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.followed = false
	w.changed = make(map[string]struct{})
}

// changes returns what is to be subscribed and unsubscribed by somebody who has subscribed
// to those channels.
func (w *wanted) changes(subscribed map[string]struct{}) (more, less []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for channel := range w.changed {
		_, want := w.channels[channel]
		_, have := subscribed[channel]
		switch {
		case want && !have:
			more = append(more, channel)
		case have && !want:
			less = append(less, channel)
		}
	}
	clear(w.changed)
	return more, less
}
