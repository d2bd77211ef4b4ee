package app

import (
	"parley"
	"parley/realtime"
)

func (r *renderer) threadUpdated(e parley.ThreadUpdated) (any, error) {
	t, found, err := r.s.Thread(parley.Viewer{}, e.ThreadID)
	if !found || err != nil {
		return nil, err
	}
	return parley.ThreadUpdatedFrame{Type: "thread_updated", ThreadID: t.ID, Updates: parley.ThreadUpdates{
		Title: t.Title, IsPinned: t.IsPinned, IsLocked: t.IsLocked, IsPrivate: t.IsPrivate,
		MinTierCents: t.MinTierCents, TierInfo: t.TierInfo, SlowModeSeconds: t.SlowModeSeconds,
	}}, nil
}

// subThreadCounted names the sub-thread if there still is one and all may see it
// who may see the message.
func (r *renderer) subThreadCounted(e parley.SubThreadCounted, event *realtime.Event) (any, error) {
	m, found := r.message(e.MessageID, e.ThreadID)
	if !found {
		return nil, nil
	}
	event.Audience = readersOf(m)
	frame := parley.SubThreadCountedFrame{
		Type: "message_thread_count_updated", ThreadID: e.ThreadID, MessageID: m.ID, SpawnedThreadCount: m.SpawnedThreadCount,
	}
	parent, _, err := r.s.ThreadState(e.ThreadID)
	if err != nil {
		return nil, err
	}
	t, found, err := r.s.Thread(parley.Viewer{}, e.SubThreadID)
	if found && accessOf(t) == parent.Access {
		frame.SubThreadID, frame.SubThreadTitle, frame.CreatorUsername = t.ID, t.Title, t.Username
	}
	return frame, err
}

func (r *renderer) threadDeleted(id int64) (any, error) {
	title, err := r.s.ThreadTitle(id)
	return parley.ThreadDeletedFrame{Type: "thread_deleted", ThreadID: id, ThreadTitle: title}, err
}

func (r *renderer) threadCreated(e parley.ThreadCreated, event *realtime.Event) (any, error) {
	t, found, err := r.s.Thread(parley.Viewer{}, e.ThreadID)
	if !found || err != nil {
		return nil, err
	}
	event.Audience = admitted(accessOf(t))
	return parley.ThreadCreatedFrame{Type: "new_thread_created", Thread: t.ForReader(), Creator: creatorOf(t)}, nil
}

func (r *renderer) subThreadCreated(e parley.SubThreadCreated, event *realtime.Event) (any, error) {
	t, found, err := r.s.Thread(parley.Viewer{}, e.ThreadID)
	if !found || err != nil {
		return nil, err
	}
	followers, err := r.s.Followers(e.ParentThreadID)
	if err != nil {
		return nil, err
	}
	event.Audience = admittedOf(accessOf(t), followers)
	return parley.SubThreadCreatedFrame{
		Type: "new_sub_thread_created", Thread: t.ForReader(), Creator: creatorOf(t),
		ParentThreadID: e.ParentThreadID, ParentMessageID: e.ParentMessageID,
	}, nil
}

func accessOf(t parley.Thread) parley.Access {
	return parley.Access{Private: t.IsPrivate, MinTierCents: t.MinTierCents}
}

func creatorOf(t parley.Thread) parley.RoleRef {
	return parley.RoleRef{ID: t.UserID, Username: t.Username, Role: t.UserRole}
}
