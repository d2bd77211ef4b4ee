package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// NewRestriction is what is to keep somebody from mentioning everyone.
type NewRestriction struct {
	Reason    string
	Hours     *int64 // nil: until it is taken back
	RateLimit *int64 // uses in the window; nil: none at all
}

// Bounds of a restriction.
const (
	maxRestrictionHours = 10 * 366 * 24
	maxCustomLimit      = 1000
)

func (r NewRestriction) check() error {
	switch {
	case r.Hours != nil && (*r.Hours < 1 || *r.Hours > maxRestrictionHours):
		return parley.InvalidField("duration_hours", "must be 1 to %d", maxRestrictionHours)
	case r.RateLimit != nil && (*r.RateLimit < 0 || *r.RateLimit > maxCustomLimit):
		return parley.InvalidField("custom_rate_limit", "must be 0 to %d", maxCustomLimit)
	default:
		return nil
	}
}

// RestrictEveryone keeps somebody from mentioning everyone, or limits how often they
// do.
func (a *App) RestrictEveryone(ctx context.Context, v parley.Viewer, userID int64, in NewRestriction) error {
	return a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		u, err := person(&tx.Snapshot, userID)
		if err != nil {
			return err
		}
		if u.Role == parley.RoleCreator {
			return parley.Errorf(parley.Invalid, "Creators cannot be restricted.")
		}
		if err := in.check(); err != nil {
			return err
		}
		old, err := tx.Restriction(userID)
		if err != nil {
			return err
		}
		r := parley.EveryoneRestriction{UserID: userID, Reason: in.Reason, RateLimit: in.RateLimit, By: v.ID}
		if in.Hours != nil {
			until := tx.Now() + parley.Time(*in.Hours*3_600_000_000)
			r.Until = &until
		}
		if err := tx.Restrict(r); err != nil {
			return err
		}
		tx.Append(parley.EveryoneRestricted{UserID: userID, By: v.ID})
		return tx.Audit(v.ID, parley.ActEveryoneRestricted, userID, auditedRestriction(old), auditedRestriction(&r))
	})
}

// auditRestriction is what the audit log keeps of a restriction.
type auditRestriction struct {
	Reason    string       `json:"reason,omitempty"`
	Until     *parley.Time `json:"until,omitempty"`
	RateLimit *int64       `json:"custom_rate_limit,omitempty"`
}

// auditedRestriction returns nil for none.
func auditedRestriction(r *parley.EveryoneRestriction) *auditRestriction {
	if r == nil {
		return nil
	}
	return &auditRestriction{r.Reason, r.Until, r.RateLimit}
}

// UnrestrictEveryone lets somebody mention everyone as others may.
func (a *App) UnrestrictEveryone(ctx context.Context, v parley.Viewer, userID int64) error {
	return a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		if _, err := person(&tx.Snapshot, userID); err != nil {
			return err
		}
		old, err := tx.Restriction(userID)
		if err != nil {
			return err
		}
		if old == nil {
			return parley.Errorf(parley.NotFound, "This person is not restricted.")
		}
		if err := tx.Unrestrict(userID); err != nil {
			return err
		}
		tx.Append(parley.EveryoneRestricted{UserID: userID, By: v.ID, Lifted: true})
		return tx.Audit(v.ID, parley.ActEveryoneUnrestricted, userID, auditedRestriction(old), nil)
	})
}

// RestrictedUser is somebody who may not mention everyone, or less often.
type RestrictedUser struct {
	UserID          int64        `json:"user_id"`
	Username        string       `json:"username"`
	Reason          string       `json:"reason"`
	Until           *parley.Time `json:"until" format:"date-time"`
	CustomRateLimit *int64       `json:"custom_rate_limit" doc:"Null: not at all."`
	ViolationCount  int64        `json:"violation_count"`
}

// maxRestricted bounds the list of restricted people: they are of the team.
const maxRestricted = 500

// RestrictedUsers returns who is restricted now, to creators.
func (a *App) RestrictedUsers(ctx context.Context, v parley.Viewer) (users []RestrictedUser, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		restrictions, err := s.Restrictions(maxRestricted)
		users = make([]RestrictedUser, len(restrictions))
		if err != nil || len(restrictions) == 0 {
			return err
		}
		ids := make([]int64, len(restrictions))
		for i, r := range restrictions {
			ids[i] = r.UserID
		}
		people, err := s.UsersOf(ids)
		for i, r := range restrictions {
			u := people[r.UserID]
			users[i] = RestrictedUser{r.UserID, u.Author().Name, r.Reason, r.Until, r.RateLimit, r.Violations}
		}
		return err
	})
	return users, err
}

// restrictionFrame shows a restriction to the person restricted; nil if none is in
// force, as for creators.
func restrictionFrame(s *store.Snapshot, userID int64) (*parley.EveryoneRestrictedFrame, error) {
	r, err := s.Restriction(userID)
	if err != nil || r == nil {
		return nil, err
	}
	u, _, err := s.User(userID)
	if err != nil || u.Role == parley.RoleCreator { // who was restricted before: it holds again if they step down
		return nil, err
	}
	by, _, err := s.User(r.By)
	return &parley.EveryoneRestrictedFrame{
		Type: "everyone_restricted", Reason: r.Reason, Until: r.Until, CustomRateLimit: r.RateLimit, RestrictedBy: by.Author().Name,
	}, err
}
