package app

import (
	"parley"
	"parley/realtime"
)

func (r *renderer) manyMentioned(e parley.ManyMentioned, event *realtime.Event) (any, error) {
	m, posted := r.message(e.MessageID, e.ThreadID)
	t, found, err := r.s.ThreadState(e.ThreadID)
	if !posted || !found || err != nil {
		return nil, err
	}
	event.Audience = admitted(t.Access)
	if sees := readersOf(m); sees != nil {
		event.Audience = func(c *realtime.Conn) bool { return sees(c) && admitted(t.Access)(c) }
	}
	return parley.SpecialMentionFrame{
		Type: string(e.Special) + "_mention", ThreadID: t.ID, MessageID: m.ID,
		Sender:      parley.RoleRef{ID: m.UserID, Username: m.Username, Role: m.UserRole},
		ThreadTitle: t.Title, NotificationCount: e.Notifications,
	}, nil
}

// called shows a call to those whom it reached, as the notification that it is for
// each of them.
func (r *renderer) called(e parley.Called, event *realtime.Event) (any, error) {
	c, facts, found, err := r.s.CallFacts(e.CallID)
	if !found || err != nil {
		return nil, err
	}
	exceptions, err := r.s.Exceptions(c)
	if err != nil {
		return nil, err
	}
	event.Audience = reachedBy(c, exceptions)
	return r.notification(facts, event)
}

// notification shows a notification in both forms.
func (r *renderer) notification(facts parley.NotificationFacts, event *realtime.Event) (_ any, err error) {
	n := parley.NewNotification(facts, r.s.Now())
	if event.Also, err = encode(parley.NotificationFrame{Type: "new_notification", Notification: n}); err != nil {
		return nil, err
	}
	return parley.NotificationFrame{Type: "forum_notification", Notification: n}, nil
}

func (r *renderer) notified(e parley.Notified, event *realtime.Event) (any, error) {
	v, known, err := r.s.Viewer(e.UserID)
	if !known || err != nil {
		return nil, err
	}
	facts, found, err := r.s.Notification(v, e.NotificationID)
	if !found || err != nil {
		return nil, err
	}
	return r.notification(facts, event)
}

func (r *renderer) membershipChanged(e parley.MembershipChanged) (any, error) {
	u, found, err := r.s.User(e.UserID)
	if !found || err != nil {
		return nil, err
	}
	frame := parley.MembershipChangedFrame{
		Type: "membership_changed", CurrentTierAmount: u.TierAmount(), Role: u.Author().Role,
	}
	reached, err := r.s.TierTitle(u.Membership.AmountCents)
	frame.CurrentTierTitle = u.TierTitle(reached)
	return frame, err
}

func (r *renderer) everyoneSwitched(e parley.EveryoneSwitched) (any, error) {
	by, _, err := r.s.User(e.By)
	if err != nil {
		return nil, err
	}
	if !e.Disabled {
		return parley.EveryoneEnabledFrame{Type: "everyone_enabled", EnabledBy: by.Author().Name}, nil
	}
	settings, err := r.s.EveryoneSettings()
	return parley.EveryoneDisabledFrame{Type: "everyone_disabled", Reason: settings.DisableReason, DisabledBy: by.Author().Name}, err
}

func (r *renderer) everyoneRestricted(e parley.EveryoneRestricted) (any, error) {
	if e.Lifted {
		by, _, err := r.s.User(e.By)
		return parley.EveryoneUnrestrictedFrame{Type: "everyone_unrestricted", UnrestrictedBy: by.Author().Name}, err
	}
	frame, err := restrictionFrame(r.s, e.UserID)
	if frame == nil {
		return nil, err // a nil pointer is no nil frame
	}
	return *frame, err
}

func (r *renderer) silenced(e parley.Silenced) (any, error) {
	if e.Lifted {
		return parley.UnsilencedFrame{Type: "unsilenced"}, nil
	}
	frame, err := silenceFrame(r.s, e.UserID)
	if frame == nil {
		return nil, err // a nil pointer is no nil frame
	}
	return *frame, err
}
