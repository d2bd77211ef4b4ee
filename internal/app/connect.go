package app

import (
	"context"
	"slices"

	"parley"
	"parley/internal/auth"
	"parley/internal/store"
	"parley/realtime"
)

// Seat is who a connection belongs to, and what it watches: the value of every
// realtime.Conn. The audience of an event is decided by it.
type Seat struct {
	Viewer    parley.Viewer
	SessionID int64
	Name      string        // display name
	ThreadID  int64         // 0: the global stream
	Unseen    bool          // not counted among those who watch: as they had set it when this was opened
	Access    parley.Access // of the thread
}

// Admission is what one snapshot says of somebody who wants to follow a stream.
type Admission struct {
	Principal *Principal
	Access    parley.Access   // of the thread
	Heads     []realtime.Head // of the stream's channels
	Control   uint64          // the control channel's head
}

// Admit decides whether the session that token opens may follow a thread's
// stream, or the global one if threadID is 0. Errors are of the kinds
// Unauthenticated, NotFound, Forbidden and Unavailable.
func (a *App) Admit(ctx context.Context, token string, threadID int64) (*Admission, error) {
	adm, generation, lasts := &Admission{}, a.store.Generation(), false
	err := a.store.View(ctx, func(s *store.Snapshot) error {
		p, err := a.principal(s, token)
		if err != nil {
			return err
		}
		adm.Principal = &p
		shows, err := s.ShowsOnline(p.User.ID)
		if err != nil {
			return err
		}
		p.Unseen = !shows
		lasts = adm.Principal.Session.ExpiresAt > s.Now().Add(recognition)
		v := adm.Principal.User.Viewer()
		if adm.Control, err = s.Head(parley.ControlChannel); err != nil {
			return err
		}
		if threadID != 0 {
			t, err := readable(s, v, threadID)
			if err != nil {
				return err
			}
			adm.Access = t.Access
		}
		adm.Heads, err = headsOf(s, streamOf(v.ID, threadID)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	if lasts {
		a.acquaintances.remember(string(auth.HashToken(token)), threadID, generation, adm)
	}
	return adm, nil
}

// headsOf reads the heads of channels.
func headsOf(s *store.Snapshot, channels ...parley.Channel) ([]realtime.Head, error) {
	heads := make([]realtime.Head, len(channels))
	for i, c := range channels {
		seq, err := s.Head(c)
		if err != nil {
			return nil, err
		}
		heads[i] = realtime.Head{Channel: string(c), Seq: seq}
	}
	return heads, nil
}

// position is the event id at which a snapshot stands in some channels: a socket
// opened with it misses nothing that the snapshot does not show.
func (a *App) position(s *store.Snapshot, channels ...parley.Channel) (string, error) {
	heads, err := headsOf(s, channels...)
	if err != nil {
		return "", err
	}
	return a.eventID(heads...), nil
}

func (a *App) eventID(heads ...realtime.Head) string {
	cursor := realtime.Cursor{Generation: a.store.Generation()}
	for _, h := range heads {
		cursor.Positions = append(cursor.Positions, realtime.Position(h))
	}
	return cursor.String()
}

// Rights is what changes of rights, and what else the control channel tells, come
// down to now.
type Rights struct {
	Applied   uint64                   // the control position that this is as of, at least
	Names     map[int64]string         // what those users are called
	Users     map[int64]parley.Viewer  // whose rights or sessions changed; a zero Viewer is gone
	Suspended map[int64]bool           // those of them who are suspended
	Sessions  map[int64]map[int64]bool // of those users: the ids of the sessions that live
	Threads   map[int64]ThreadRight    // whose access changed, with their sub-threads
	Unclear   bool                     // something changed that this release cannot read: see AllRights

	BusModeChanged bool
	BusMode        parley.BusMode // if that changed; "" is the default
}

// ThreadRight is what a thread asks of its readers now.
type ThreadRight struct {
	Exists bool
	Access parley.Access
}

// rightsBatch is how many control events are looked at in one read.
const rightsBatch = 1000

// RightsSince reads what the control events after a position are about, as it is
// now.
func (a *App) RightsSince(ctx context.Context, after uint64) (Rights, error) {
	r := Rights{
		Applied: after, Names: map[int64]string{}, Users: map[int64]parley.Viewer{},
		Suspended: map[int64]bool{}, Sessions: map[int64]map[int64]bool{}, Threads: map[int64]ThreadRight{},
	}
	err := a.store.View(ctx, func(s *store.Snapshot) error {
		for {
			logged, err := s.Events(parley.ControlChannel, r.Applied, rightsBatch)
			if err != nil {
				return err
			}
			for _, l := range logged {
				a.log.note(l)
				if err := r.read(s, l.Event); err != nil {
					return err
				}
				r.Applied = l.Seq
			}
			if len(logged) < rightsBatch {
				return nil
			}
		}
	})
	return r, err
}

func (r *Rights) read(s *store.Snapshot, e parley.Event) error {
	switch e := e.(type) {
	case parley.UserRightsChanged:
		return r.readUser(s, e.UserID)
	case parley.SessionsEnded:
		return r.readUser(s, e.UserID)
	case parley.ThreadRightsChanged:
		return r.readThread(s, e.ThreadID)
	case parley.BusModeChanged:
		mode, err := s.BusMode()
		r.BusModeChanged, r.BusMode = true, mode
		return err
	case store.Unreadable:
		r.Unclear = true
	}
	return nil
}

// AllRights reads the rights of some people and of some threads, as they are now, into
// r: where nobody knows what has changed, it may be those of everybody who is there.
func (a *App) AllRights(ctx context.Context, r *Rights, users, threads []int64) error {
	return a.store.View(ctx, func(s *store.Snapshot) error {
		for batch := range slices.Chunk(users, 256) {
			if err := r.readUsers(s, batch); err != nil {
				return err
			}
		}
		access, err := s.AccessTo(threads)
		for _, id := range threads {
			now, exists := access[id]
			r.Threads[id] = ThreadRight{Exists: exists, Access: now}
		}
		return err
	})
}

func (r *Rights) readUsers(s *store.Snapshot, ids []int64) error {
	users, err := s.UsersOf(ids)
	if err != nil {
		return err
	}
	sessions, err := s.SessionsOf(ids)
	for _, id := range ids {
		u := users[id]
		r.Suspended[id] = u.Suspended
		r.Users[id], r.Names[id], r.Sessions[id] = u.Viewer(), u.Author().Name, map[int64]bool{}
		for _, session := range sessions[id] {
			r.Sessions[id][session] = true
		}
	}
	return err
}

func (r *Rights) readUser(s *store.Snapshot, id int64) error {
	if _, done := r.Users[id]; done {
		return nil
	}
	return r.readUsers(s, []int64{id})
}

func (r *Rights) readThread(s *store.Snapshot, id int64) error {
	if _, done := r.Threads[id]; done {
		return nil
	}
	t, found, err := s.ThreadState(id)
	if err != nil {
		return err
	}
	r.Threads[id] = ThreadRight{Exists: found, Access: t.Access}
	subs, err := s.SubThreadStates(id)
	for _, sub := range subs {
		r.Threads[sub.ID] = ThreadRight{Exists: true, Access: sub.Access}
	}
	return err
}

// Greeting is what the global stream tells a person at its beginning, beside events.
type Greeting struct {
	Count      Count
	Restricted *parley.EveryoneRestrictedFrame // nil: they are not
	Silenced   *parley.SilencedFrame           // nil: they are not
}

// Greeting returns what the global stream tells v at its beginning.
func (a *App) Greeting(ctx context.Context, v parley.Viewer) (g Greeting, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		if g.Count, err = count(s, v); err != nil {
			return err
		}
		if g.Restricted, err = restrictionFrame(s, v.ID); err != nil || !v.Silenced(s.Now()) {
			return err
		}
		g.Silenced, err = silenceFrame(s, v.ID)
		return err
	})
	return g, err
}
