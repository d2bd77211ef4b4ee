package app

import (
	"context"
	"errors"

	"parley"
	"parley/internal/store"
)

// SessionInfo is a session as its owner sees it.
type SessionInfo struct {
	PublicID   string      `json:"public_id"`
	UserAgent  string      `json:"user_agent"`
	Address    string      `json:"address" doc:"IP address it was opened from."`
	CreatedAt  parley.Time `json:"created_at" format:"date-time"`
	LastSeenAt parley.Time `json:"last_seen_at" format:"date-time" doc:"To about an hour."`
	ExpiresAt  parley.Time `json:"expires_at" format:"date-time"`
	Current    bool        `json:"current" doc:"The session that asks."`
}

// maxSessions bounds the list of somebody's sessions: programs may sign in anew for
// every errand, and those used last are the ones to recognise.
const maxSessions = 200

// Sessions returns the sessions of p's user that were used last, up to 200 of them.
func (a *App) Sessions(ctx context.Context, p Principal) (infos []SessionInfo, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		sessions, err := s.Sessions(p.User.ID, maxSessions)
		infos = make([]SessionInfo, len(sessions))
		for i, session := range sessions {
			infos[i] = SessionInfo{
				PublicID: session.PublicID, UserAgent: session.UserAgent, Address: session.Address,
				CreatedAt: session.CreatedAt, LastSeenAt: session.LastSeenAt, ExpiresAt: session.ExpiresAt,
				Current: session.ID == p.Session.ID,
			}
		}
		return err
	})
	return infos, err
}

// Logout ends the session that asks, its sockets included.
func (a *App) Logout(ctx context.Context, p Principal) error {
	return a.update(ctx, func(tx *store.Tx) error {
		ended, err := tx.DeleteSession(p.User.ID, p.Session.PublicID)
		if ended {
			tx.Append(parley.SessionsEnded{UserID: p.User.ID})
		}
		return err
	})
}

// EndSession ends one of the sessions of p's user, its sockets included.
func (a *App) EndSession(ctx context.Context, p Principal, publicID string) error {
	return a.update(ctx, func(tx *store.Tx) error {
		ended, err := tx.DeleteSession(p.User.ID, publicID)
		if err != nil {
			return err
		}
		if !ended {
			return parley.Errorf(parley.NotFound, "You have no such session: it may have ended already.")
		}
		tx.Append(parley.SessionsEnded{UserID: p.User.ID})
		return nil
	})
}

// ChangePassword gives p's user another password, if they know the old one, and
// ends all their other sessions. Wrong guesses count as failed log-ins.
func (a *App) ChangePassword(ctx context.Context, p Principal, old, chosen string) error {
	account, err := a.verified(ctx, p.User.Username, old, Client{Address: p.Session.Address})
	if errors.Is(err, errWrongLogin) {
		return parley.Errorf(parley.Forbidden, "The old password is wrong.")
	}
	if err != nil {
		return err
	}
	hash, err := a.newHash(ctx, account.Username, chosen)
	if err != nil {
		return aboutNew(err)
	}
	return a.update(ctx, func(tx *store.Tx) error {
		if err := tx.SetPasswordHash(p.User.ID, hash); err != nil {
			return err
		}
		return endSessions(tx, p.User.ID, p.Session.ID)
	})
}

// aboutNew says what is wrong with a password of the one that was chosen: the
// request holds two.
func aboutNew(err error) error {
	var wrong *parley.Error
	if errors.As(err, &wrong) && len(wrong.Fields) == 1 {
		return parley.InvalidField("new_password", "%s", wrong.Fields[0].Message)
	}
	return err
}

// endSessions ends a user's sessions but one, their sockets included.
func endSessions(tx *store.Tx, userID, except int64) error {
	ended, err := tx.DeleteSessions(userID, except)
	if ended > 0 {
		tx.Append(parley.SessionsEnded{UserID: userID})
	}
	return err
}
