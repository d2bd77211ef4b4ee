package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// ThreadPatch is what a thread's managers want changed; nil leaves a field.
type ThreadPatch struct {
	Title           *string
	Pinned          *bool
	Locked          *bool
	Private         *bool
	TierID          *int64 // 0: free
	SlowModeSeconds *int64
}

// UpdateThread changes a thread. Fields with the value they have already need no
// right: clients in the field send the whole form.
func (a *App) UpdateThread(ctx context.Context, v parley.Viewer, id int64, patch ThreadPatch) (parley.Thread, error) {
	var affected []int64
	err := a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		old, err := readable(&tx.Snapshot, v, id)
		if err != nil {
			return err
		}
		t, err := patch.apply(tx, v, old)
		if err != nil || t == old {
			return err
		}
		affected, err = storeThread(tx, old, t)
		return err
	})
	if err != nil {
		return parley.Thread{}, err
	}
	a.pushAllCounts(ctx, affected)
	return a.Thread(ctx, v, id)
}

// apply returns the thread as patched by v, or why v may not.
func (p ThreadPatch) apply(tx *store.Tx, v parley.Viewer, old store.ThreadState) (t store.ThreadState, err error) {
	t = old
	if p.Title != nil && *p.Title != old.Title {
		if t.Title, err = parley.CheckTitle(*p.Title); err != nil {
			return t, err
		}
	}
	set(&t.Pinned, p.Pinned)
	set(&t.Locked, p.Locked)
	set(&t.SlowModeSeconds, p.SlowModeSeconds)
	if t.SlowModeSeconds < 0 || t.SlowModeSeconds > parley.MaxSlowMode {
		return t, parley.InvalidField("slow_mode_seconds", "must be 0 to %d", parley.MaxSlowMode)
	}
	if t != old && !parley.CanManageThread(v, t.Kind, t.AuthorID) {
		return t, parley.Errorf(parley.Forbidden, "You may not change this thread.")
	}
	managed := t
	set(&t.Own.Private, p.Private)
	if p.TierID != nil && *p.TierID != old.TierID {
		t.TierID = *p.TierID
		if t.Own.MinTierCents, err = tierAmount(tx, t.TierID); err != nil {
			return t, err
		}
	}
	if t != managed && !v.IsCreator() {
		return t, parley.Errorf(parley.Forbidden, "Only the creator may change who sees a thread.")
	}
	return t, nil
}

// set overwrites a field if there is a value for it.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// storeThread stores a changed thread and says so to all whom it concerns. It
// returns the people whose counts the change may have altered.
func storeThread(tx *store.Tx, old, t store.ThreadState) ([]int64, error) {
	if err := tx.SetThread(t); err != nil {
		return nil, err
	}
	now, _, err := tx.ThreadState(t.ID)
	if err != nil {
		return nil, err
	}
	changed := parley.ThreadsChanged{ThreadIDs: []int64{t.ID}, Access: old.Access.Or(now.Access)}
	tx.Append(parley.ThreadUpdated{ThreadID: t.ID})
	if now.Access == old.Access && t.TierID == old.TierID {
		tx.Append(changed)
		return nil, nil
	}
	subs, err := tx.SubThreadStates(t.ID)
	for _, sub := range subs {
		tx.Append(parley.ThreadUpdated{ThreadID: sub.ID})
		changed.ThreadIDs = append(changed.ThreadIDs, sub.ID)
	}
	tx.Append(changed, parley.ThreadRightsChanged{ThreadID: t.ID})
	if err != nil {
		return nil, err
	}
	return tx.UnreadIn(changed.ThreadIDs)
}

// SetTier sets the tier a thread asks for; 0 is free.
func (a *App) SetTier(ctx context.Context, v parley.Viewer, id, tierID int64) (parley.TierInfo, error) {
	if !v.IsCreator() {
		return parley.TierInfo{}, parley.Errorf(parley.Forbidden, "Only the creator may change who sees a thread.")
	}
	t, err := a.UpdateThread(ctx, v, id, ThreadPatch{TierID: &tierID})
	return t.TierInfo, err
}

// DeleteThread deletes a thread with its sub-threads and returns how many those
// were in all.
func (a *App) DeleteThread(ctx context.Context, v parley.Viewer, id int64) (deleted int, err error) {
	var affected []int64
	err = a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		t, err := readable(&tx.Snapshot, v, id)
		if err != nil {
			return err
		}
		if !parley.CanManageThread(v, t.Kind, t.AuthorID) {
			return parley.Errorf(parley.Forbidden, "You may not delete this thread.")
		}
		subs, err := tx.SubThreadStates(id)
		if err != nil {
			return err
		}
		affected, err = deleteThreads(tx, append([]store.ThreadState{t}, subs...))
		deleted = 1 + len(subs)
		return err
	})
	if err == nil {
		a.pushAllCounts(ctx, affected)
	}
	return deleted, err
}

// deleteThreads deletes threads and returns whose counts that may have altered.
func deleteThreads(tx *store.Tx, threads []store.ThreadState) ([]int64, error) {
	ids := make([]int64, len(threads))
	for i, t := range threads {
		ids[i] = t.ID
	}
	affected, err := tx.UnreadIn(ids)
	if err != nil {
		return nil, err
	}
	for _, t := range threads {
		if err := tx.DeleteThread(t); err != nil {
			return nil, err
		}
		tx.Append(parley.ThreadClosed{ThreadID: t.ID}, parley.ThreadDeleted{ThreadID: t.ID, Access: t.Access})
	}
	if top := threads[0]; top.Kind == parley.SubThread {
		tx.Append(parley.SubThreadCounted{ThreadID: top.ParentThreadID, MessageID: top.ParentMessageID, SubThreadID: top.ID})
	}
	return affected, nil
}
