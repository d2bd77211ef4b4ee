package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// NewSanction is what is to keep somebody from writing, or from coming in.
type NewSanction struct {
	Reason string
	Until  *parley.Time // nil: until it is taken back
}

// sanction returns what is to hold from now on, or what is wrong with it.
func (n NewSanction) sanction(now parley.Time) (s parley.Sanction, err error) {
	if s.Until = parley.Indefinitely; n.Until != nil {
		s.Until = *n.Until
	}
	if s.Reason, err = parley.CheckReason(n.Reason); err == nil && !s.Holds(now) {
		err = parley.InvalidField("until", "must be in the future")
	}
	return s, err
}

// Silence keeps somebody from writing what others see; they read on. A silence that
// holds already is replaced.
func (a *App) Silence(ctx context.Context, v parley.Viewer, userID int64, in NewSanction) error {
	return a.sanction(ctx, v, userID, func(tx *store.Tx, v parley.Viewer, u parley.User) error {
		silence, err := in.sanction(tx.Now())
		if err != nil {
			return err
		}
		if err := tx.SetSilence(userID, silence); err != nil {
			return err
		}
		tx.Append(parley.Silenced{UserID: userID, By: v.ID}, parley.UserRightsChanged{UserID: userID})
		return tx.Audit(v.ID, parley.ActUserSilenced, userID, sanctionAt(u.Silence, tx.Now()), sanctionAt(silence, tx.Now()))
	})
}

// Unsilence lets somebody write again.
func (a *App) Unsilence(ctx context.Context, v parley.Viewer, userID int64) error {
	return a.sanction(ctx, v, userID, func(tx *store.Tx, v parley.Viewer, u parley.User) error {
		if !u.Silence.Holds(tx.Now()) {
			return parley.Errorf(parley.NotFound, "This person is not silenced.")
		}
		if err := tx.SetSilence(userID, parley.Sanction{}); err != nil {
			return err
		}
		tx.Append(parley.Silenced{UserID: userID, By: v.ID, Lifted: true}, parley.UserRightsChanged{UserID: userID})
		return tx.Audit(v.ID, parley.ActUserUnsilenced, userID, sanctionAt(u.Silence, tx.Now()), nil)
	})
}

// Suspend keeps somebody from coming in, and ends their sessions and sockets. A
// suspension that holds already is replaced.
func (a *App) Suspend(ctx context.Context, v parley.Viewer, userID int64, in NewSanction) error {
	return a.sanction(ctx, v, userID, func(tx *store.Tx, v parley.Viewer, u parley.User) error {
		suspension, err := in.sanction(tx.Now())
		if err != nil {
			return err
		}
		if err := tx.SetSuspension(userID, suspension); err != nil {
			return err
		}
		if _, err := tx.DeleteSessions(userID, 0); err != nil {
			return err
		}
		tx.Append(parley.UserRightsChanged{UserID: userID})
		return tx.Audit(v.ID, parley.ActUserSuspended, userID, sanctionAt(u.Suspension, tx.Now()), sanctionAt(suspension, tx.Now()))
	})
}

// Unsuspend lets somebody sign in again.
func (a *App) Unsuspend(ctx context.Context, v parley.Viewer, userID int64) error {
	return a.sanction(ctx, v, userID, func(tx *store.Tx, v parley.Viewer, u parley.User) error {
		if !u.Suspension.Holds(tx.Now()) {
			return parley.Errorf(parley.NotFound, "This person is not suspended.")
		}
		if err := tx.SetSuspension(userID, parley.Sanction{}); err != nil {
			return err
		}
		tx.Append(parley.UserRightsChanged{UserID: userID})
		return tx.Audit(v.ID, parley.ActUserUnsuspended, userID, sanctionAt(u.Suspension, tx.Now()), nil)
	})
}

// sanction runs a change of what somebody may do. The team disciplines members, and
// creators the team too.
func (a *App) sanction(ctx context.Context, v parley.Viewer, userID int64, change func(*store.Tx, parley.Viewer, parley.User) error) error {
	return a.alone(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		if !v.Staff() {
			return errTeamOnly
		}
		if err := checkSilence(&tx.Snapshot, v); err != nil {
			return err
		}
		u, err := person(&tx.Snapshot, userID)
		switch {
		case err != nil:
			return err
		case u.Role == parley.RoleCreator:
			return parley.Errorf(parley.Invalid, "Creators cannot be silenced or suspended.")
		case u.Role.Staff() && !v.IsCreator():
			return parley.Errorf(parley.Forbidden, "Only the creator may silence or suspend somebody of the team.")
		}
		return change(tx, v, u)
	})
}

// Sanction is a sanction as it is shown and audited.
type Sanction struct {
	Reason string       `json:"reason"`
	Until  *parley.Time `json:"until" format:"date-time" doc:"Null: until it is taken back."`
}

// sanctionAt returns a sanction as it is shown at now, nil if it does not hold.
func sanctionAt(s parley.Sanction, now parley.Time) *Sanction {
	if !s.Holds(now) {
		return nil
	}
	return &Sanction{s.Reason, s.End()}
}

// checkSilence refuses somebody who may write nothing that others see.
func checkSilence(s *store.Snapshot, v parley.Viewer) error {
	if !v.Silenced(s.Now()) {
		return nil
	}
	u, err := person(s, v.ID)
	if err != nil {
		return err
	}
	return parley.Errorf(parley.Forbidden, "You are silenced %s: %s", u.Silence.Term(), u.Silence.Reason)
}

// silenceFrame shows a silence to the person silenced; nil if none is in force.
func silenceFrame(s *store.Snapshot, userID int64) (*parley.SilencedFrame, error) {
	u, _, err := s.User(userID)
	silence := sanctionAt(u.Silence, s.Now())
	if err != nil || silence == nil {
		return nil, err
	}
	return &parley.SilencedFrame{Type: "silenced", Reason: silence.Reason, Until: silence.Until}, nil
}
