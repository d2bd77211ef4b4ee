package app

import (
	"context"
	"fmt"

	"parley"
	"parley/internal/store"
)

// FollowResult is how v stands to a thread now.
type FollowResult struct {
	Following     bool
	FollowerCount int64
	Warning       string // of noise to come; empty: none
}

// Follow makes v follow a thread, or changes what v wants to hear of it.
func (a *App) Follow(ctx context.Context, v parley.Viewer, id int64, f parley.Follow) (FollowResult, error) {
	t, err := a.setFollow(ctx, v, id, func(tx *store.Tx) error { return tx.Follow(id, v.ID, f) })
	result := FollowResult{Following: true, FollowerCount: t.FollowerCount}
	if t.ThreadType == parley.MainThread && f.NewMessage && t.MessageCount > parley.FollowWarningMessages {
		result.Warning = fmt.Sprintf("This thread has %d messages: you will be notified of every new one.", t.MessageCount)
	}
	return result, err
}

// Unfollow makes v follow a thread no longer.
func (a *App) Unfollow(ctx context.Context, v parley.Viewer, id int64) (FollowResult, error) {
	t, err := a.setFollow(ctx, v, id, func(tx *store.Tx) error { return tx.Unfollow(id, v.ID) })
	return FollowResult{FollowerCount: t.FollowerCount}, err
}

func (a *App) setFollow(ctx context.Context, v parley.Viewer, id int64, set func(*store.Tx) error) (t parley.Thread, err error) {
	err = a.changeOwn(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		if _, err := readable(&tx.Snapshot, v, id); err != nil {
			return err
		}
		if err := set(tx); err != nil {
			return err
		}
		t, _, err = tx.Thread(v, id)
		return err
	})
	return t, err
}
