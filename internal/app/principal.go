package app

import (
	"context"
	"time"

	"parley"
	"parley/internal/auth"
	"parley/internal/store"
)

// Principal is who acts: a person, and the session that says so; or an API key.
type Principal struct {
	User    parley.User
	Session store.Session
	Key     parley.APIKey // its ID is 0: a person
	Silence *Sanction     // nil: they may write
	Unseen  bool          // they do not want to be counted among those who are here; only Admit tells
}

// Viewer returns p as access decisions see it.
func (p Principal) Viewer() parley.Viewer {
	if p.Key.ID != 0 {
		return parley.Viewer{KeyID: p.Key.ID}
	}
	return p.User.Viewer()
}

// Client is where a request comes from, for a person to recognise their sessions
// by and to bound attempts by.
type Client struct {
	UserAgent string
	Address   string // IP address, without a port
}

// A session ends when it has not been used for so long. Its use is noted once in
// a while only: noting it is a write, and every request is a use.
const (
	sessionLifetime = 30 * 24 * time.Hour
	sessionNoted    = time.Hour
)

// Authenticate returns whose session a token opens, and puts the session's end
// off. A token that opens none is a parley.Unauthenticated.
func (a *App) Authenticate(ctx context.Context, token string) (p Principal, err error) {
	var now parley.Time
	reads := func(s *store.Snapshot) { s.SessionByToken(auth.HashToken(token)) }
	err = a.store.ViewAhead(ctx, reads, func(s *store.Snapshot) error {
		now = s.Now()
		p, err = a.principal(s, token)
		return err
	})
	if err == nil && p.Session.LastSeenAt <= now.Add(-sessionNoted) {
		a.noteUse(ctx, p.Session)
	}
	return p, err
}

// principal returns whose session a token opens.
func (a *App) principal(s *store.Snapshot, token string) (Principal, error) {
	session, user, found, err := s.SessionByToken(auth.HashToken(token))
	switch {
	case err != nil:
		return Principal{}, err
	case !found || !user.Viewer().Active:
		return Principal{}, parley.ErrNotSignedIn
	default:
		return Principal{User: user, Session: session, Silence: sanctionAt(user.Silence, s.Now())}, nil
	}
}

// noteUse puts a session's end off. A database that cannot be written must not
// keep people from reading: what fails here is tried again with the next request.
func (a *App) noteUse(ctx context.Context, session store.Session) {
	err := a.update(ctx, func(tx *store.Tx) error {
		return tx.TouchSession(session.ID, tx.Now().Add(-sessionNoted), tx.Now().Add(sessionLifetime))
	})
	if err != nil {
		a.warn(ctx, err, "a session's use was not noted", "session", session.PublicID)
	}
}

// Permissions is what a person may do in the whole forum.
type Permissions struct {
	CanCreateThreads  bool `json:"can_create_threads" doc:"Start main threads."`
	CanUseTeamMention bool `json:"can_use_team_mention"`
	CanModerate       bool `json:"can_moderate"`
	IsCreator         bool `json:"is_creator"`
}

// Permissions returns what v may do in the whole forum.
func (a *App) Permissions(ctx context.Context, v parley.Viewer) (Permissions, error) {
	community, err := a.Community(ctx)
	return Permissions{
		CanCreateThreads:  community.ThreadCreation.Allows(v),
		CanUseTeamMention: v.Staff(),
		CanModerate:       v.Staff(),
		IsCreator:         v.IsCreator(),
	}, err
}
