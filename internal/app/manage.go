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
	err := a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		if err := tx.HoldThread(id); err != nil {
			return err
		}
		old, err := readable(&tx.Snapshot, v, id)
		if err != nil {
			return err
		}
		t, err := patch.apply(tx, v, old)
		if err != nil || t == old {
			return err
		}
		changed, err := storeThread(tx, old, t)
		if err != nil {
			return err
		}
		if v.Staff() {
			if err := tx.Audit(v.ID, parley.ActThreadUpdated, id, auditedThread(old), auditedThread(t)); err != nil {
				return err
			}
		}
		return tx.CallsClosed(changed)
	})
	if err != nil {
		return parley.Thread{}, err
	}
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
	if err := p.restrict(tx, &t, v); err != nil {
		return t, err
	}
	if t != managed && !v.IsCreator() {
		return t, parley.Errorf(parley.Forbidden, "Only the creator may change who sees a thread.")
	}
	return t, nil
}

// restrict sets who may see the thread. What others than the creator send back
// of a sub-thread as its parent makes it look is no change.
func (p ThreadPatch) restrict(tx *store.Tx, t *store.ThreadState, v parley.Viewer) (err error) {
	if p.Private != nil && (v.IsCreator() || *p.Private != t.Access.Private) {
		t.Own.Private = *p.Private
	}
	if p.TierID == nil || *p.TierID == t.TierID || !v.IsCreator() && *p.TierID == t.ShownTierID {
		return nil
	}
	t.TierID = *p.TierID
	t.Own.MinTierCents, err = tierAmount(&tx.Snapshot, t.TierID)
	return err
}

// set overwrites a field if there is a value for it.
func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// storeThread stores a changed thread and says so to all whom it concerns. It
// returns the threads whose access changed, as they were.
func storeThread(tx *store.Tx, old, t store.ThreadState) ([]store.ThreadState, error) {
	subs, err := tx.SubThreadStates(t.ID)
	if err != nil {
		return nil, err
	}
	if err := tx.SetThread(t); err != nil {
		return nil, err
	}
	now, _, err := tx.ThreadState(t.ID)
	if err != nil {
		return nil, err
	}
	tx.Append(parley.ThreadUpdated{ThreadID: t.ID}, parley.ThreadsChanged{ThreadIDs: []int64{t.ID}, Access: old.Access.Or(now.Access)})
	if now.Access == old.Access {
		return nil, nil
	}
	tx.Append(parley.ThreadRightsChanged{ThreadID: t.ID})
	if now.Kind == parley.SubThread {
		return []store.ThreadState{old}, countSpawned(tx, now)
	}
	changed, err := tellSubThreads(tx, subs, old.Access, now.Access)
	return append(changed, old), err
}

// tellSubThreads tells of the sub-threads whose access changes with their
// parent's, and returns them. Each has an event of its own: those who hear of one
// may not know of another.
func tellSubThreads(tx *store.Tx, subs []store.ThreadState, old, now parley.Access) (changed []store.ThreadState, err error) {
	for _, sub := range subs {
		access := sub.Own.Within(now)
		if access != sub.Access {
			changed = append(changed, sub)
			tx.Append(parley.ThreadUpdated{ThreadID: sub.ID}, parley.ThreadsChanged{ThreadIDs: []int64{sub.ID}, Access: sub.Access.Or(access)})
		}
		if (sub.Access == old) != (access == now) { // as open as its parent, and no longer, or the other way round
			if err := countSpawned(tx, sub); err != nil {
				return nil, err
			}
		}
	}
	return changed, nil
}

// countSpawned counts the threads that grew out of the same message as sub did,
// and tells those who watch its parent.
func countSpawned(tx *store.Tx, sub store.ThreadState) error {
	tx.Append(parley.SubThreadCounted{ThreadID: sub.ParentThreadID, MessageID: sub.ParentMessageID, SubThreadID: sub.ID})
	return tx.CountSpawned(sub.ParentMessageID)
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
func (a *App) DeleteThread(ctx context.Context, v parley.Viewer, id int64) (int, error) {
	var deleted []store.ThreadState
	err := a.change(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		if err := tx.HoldThread(id); err != nil {
			return err
		}
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
		deleted = append([]store.ThreadState{t}, subs...)
		if err := deleteThreads(tx, deleted); err != nil {
			return err
		}
		if v.Staff() {
			if err := tx.Audit(v.ID, parley.ActThreadDeleted, id, auditedThread(t), nil); err != nil {
				return err
			}
		}
		return tx.CallsClosed(deleted)
	})
	return len(deleted), err
}

// deleteThreads deletes a thread and its sub-threads, which follow it.
func deleteThreads(tx *store.Tx, threads []store.ThreadState) error {
	for _, t := range threads {
		if err := tx.DeleteThread(t); err != nil {
			return err
		}
		tx.Append(parley.ThreadClosed{ThreadID: t.ID}, parley.ThreadDeleted{ThreadID: t.ID, Access: t.Access})
	}
	if top := threads[0]; top.Kind == parley.SubThread {
		tx.Append(parley.SubThreadCounted{ThreadID: top.ParentThreadID, MessageID: top.ParentMessageID, SubThreadID: top.ID})
	}
	return nil
}
