package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// Activity is what happened in the threads of the forum since a cursor.
type Activity struct {
	Threads []ActiveThread
	Control uint64 // the control channel's head when this was read
	Cursor  uint64 // to go on from
}

// ActiveThread is a thread that messages came to or went from, as it is now.
type ActiveThread struct {
	parley.ThreadActivity
	Access parley.Access
}

// ActivitySince returns where messages came or went since the cursor of the last
// call, whoever wrote or deleted them; 0 begins now. It shows threads that not
// everybody may see.
func (a *App) ActivitySince(ctx context.Context, cursor uint64) (activity Activity, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		active, next, err := s.ActivitySince(cursor)
		if err != nil {
			return err
		}
		activity = Activity{Cursor: next, Threads: make([]ActiveThread, len(active))}
		for i, t := range active {
			activity.Threads[i] = ActiveThread(t)
		}
		activity.Control, err = s.Head(parley.ControlChannel)
		return err
	})
	return activity, err
}
