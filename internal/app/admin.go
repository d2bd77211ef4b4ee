package app

import (
	"context"
	"regexp"

	"parley"
	"parley/internal/store"
)

// AdminUser is a person as creators see them.
type AdminUser struct {
	ID             int64              `json:"id"`
	Username       string             `json:"username"`
	DisplayName    string             `json:"display_name"`
	Email          *string            `json:"email"`
	Role           parley.Role        `json:"role" enum:"creator,team,member"`
	UserRole       parley.DisplayRole `json:"user_role" enum:"Creator,Team,Patron,Supporter,Member"`
	UserBadgeColor string             `json:"user_badge_color"`
	AmountCents    int64              `json:"amount_cents" doc:"Of the membership, per month."`
	TierID         *int64             `json:"tier_id"`
	Source         string             `json:"source" doc:"Where they pay: patreon, kofi, manual, …"`
	ExternalID     *string            `json:"external_id" doc:"Their id in the app whose members are synchronised; null: none."`
	IsActive       bool               `json:"is_active"`
	Silence        *Sanction          `json:"silence" doc:"Null: they may write."`
	Suspension     *Sanction          `json:"suspension" doc:"Null: they may come in."`
	CreatedAt      parley.Time        `json:"created_at" format:"date-time"`
}

func adminUser(u parley.User, now parley.Time) AdminUser {
	by := u.Author()
	shown := AdminUser{
		ID: u.ID, Username: u.Username, DisplayName: by.Name, Role: u.Role, UserRole: by.Role, UserBadgeColor: by.BadgeColor,
		AmountCents: u.Membership.AmountCents, Source: u.Membership.Source, IsActive: u.Active, CreatedAt: u.CreatedAt,
		Silence: sanctionAt(u.Silence, now), Suspension: sanctionAt(u.Suspension, now),
	}
	if u.Email != "" {
		shown.Email = &u.Email
	}
	if u.Membership.TierID != 0 {
		shown.TierID = &u.Membership.TierID
	}
	if u.ExternalID != "" {
		shown.ExternalID = &u.ExternalID
	}
	return shown
}

// errCreatorsOnly refuses administration, before anything tells what there is.
var errCreatorsOnly = parley.Errorf(parley.Forbidden, "Only the creator may do this.")

// administrate runs fn in a transaction if the actor is a creator in it, or an API key
// that still holds. What a key is for is decided where the route is.
func (a *App) administrate(ctx context.Context, v parley.Viewer, fn func(*store.Tx, parley.Viewer) error) error {
	if v.KeyID != 0 {
		return a.byKey(ctx, v, fn)
	}
	return a.alone(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		if !v.IsCreator() {
			return errCreatorsOnly
		}
		return fn(tx, v)
	})
}

// alone runs fn in a transaction with the actor's rights as they are in it. Changes of
// people and settings are few, decide by much, and are made one after the other.
func (a *App) alone(ctx context.Context, v parley.Viewer, fn func(*store.Tx, parley.Viewer) error) error {
	return a.update(ctx, func(tx *store.Tx) error {
		if err := tx.Alone(); err != nil {
			return err
		}
		return as(tx, v.ID, fn)
	})
}

// inspect runs fn on a snapshot if v is a creator in it, or an API key that still holds.
func (a *App) inspect(ctx context.Context, v parley.Viewer, fn func(*store.Snapshot) error) error {
	if v.KeyID != 0 {
		return a.store.View(ctx, func(s *store.Snapshot) error {
			if _, err := holdingKey(s, v.KeyID); err != nil {
				return err
			}
			return fn(s)
		})
	}
	return a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		if !v.IsCreator() {
			return errCreatorsOnly
		}
		return fn(s)
	})
}

// UserQuery chooses a page of people.
type UserQuery struct {
	Part   string // of the name or the e-mail address
	Role   parley.Role
	Before int64 // id; 0: the newest accounts
	Limit  int
}

// UserPage is a page of people.
type UserPage struct {
	Users []AdminUser `json:"users" nullable:"false"`
	Total int64       `json:"total" doc:"Of all pages."`
}

// Users returns a page of people to a creator, the newest account first.
func (a *App) Users(ctx context.Context, v parley.Viewer, q UserQuery) (page UserPage, err error) {
	filter := store.UserFilter{Part: parley.FoldName(q.Part), Role: q.Role, Before: q.Before, Limit: q.Limit}
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		found, err := s.Users(filter)
		if err != nil {
			return err
		}
		page.Users = make([]AdminUser, len(found))
		for i, u := range found {
			page.Users[i] = adminUser(u, s.Now())
		}
		page.Total, err = s.CountUsersOf(filter)
		return err
	})
	return page, err
}

// User returns a person to a creator.
func (a *App) User(ctx context.Context, v parley.Viewer, id int64) (shown AdminUser, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		u, err := person(s, id)
		shown = adminUser(u, s.Now())
		return err
	})
	return shown, err
}

// person returns the person with an id.
func person(s *store.Snapshot, id int64) (parley.User, error) {
	u, found, err := s.User(id)
	if err == nil && !found {
		err = parley.Errorf(parley.NotFound, "There is no such person.")
	}
	return u, err
}

// UserPatch is what is to change of a person; nil leaves a field.
type UserPatch struct {
	Role        *parley.Role
	AmountCents *int64
	TierID      *int64 // 0: none; without an amount the tier's holds
	Source      *string
	Email       *string // empty: none
	ExternalID  *string // empty: none
}

// UpdateUser changes what a person is, pays, and is written to. Open sockets
// follow at once.
func (a *App) UpdateUser(ctx context.Context, v parley.Viewer, id int64, patch UserPatch) (AdminUser, error) {
	return a.changeUser(ctx, v, id, func(tx *store.Tx, actor int64, old parley.User) error {
		u, err := patch.apply(&tx.Snapshot, old)
		if err != nil {
			return err
		}
		return updateUser(tx, actor, old, u)
	})
}

// changeUser runs a change of a person by the administration, and returns the person as
// they are after it.
func (a *App) changeUser(ctx context.Context, v parley.Viewer, id int64, change func(*store.Tx, int64, parley.User) error) (shown AdminUser, err error) {
	err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		u, err := person(&tx.Snapshot, id)
		if err != nil {
			return err
		}
		if err := change(tx, v.ID, u); err != nil {
			return err
		}
		u, _, err = tx.User(id)
		shown = adminUser(u, tx.Now()) // read here: creators who demote or deactivate themselves cannot look again
		return err
	})
	return shown, err
}

var sourcePattern = regexp.MustCompile(`^[a-z0-9_-]{0,32}$`)

// apply returns the person as patched, or what is wrong with that.
func (p UserPatch) apply(s *store.Snapshot, u parley.User) (parley.User, error) {
	set(&u.Role, p.Role)
	set(&u.Membership.Source, p.Source)
	set(&u.Email, p.Email)
	set(&u.ExternalID, p.ExternalID)
	if p.TierID != nil && *p.TierID != u.Membership.TierID {
		cents, err := tierAmount(s, *p.TierID)
		if err != nil {
			return u, err
		}
		if u.Membership.TierID = *p.TierID; *p.TierID != 0 {
			u.Membership.AmountCents = cents
		}
	}
	set(&u.Membership.AmountCents, p.AmountCents)
	if u.Membership.AmountCents > 0 && u.Membership.Source == "" {
		u.Membership.Source = "manual"
	}
	if !sourcePattern.MatchString(u.Membership.Source) {
		return u, parley.InvalidField("source", "must have at most 32 small letters, digits, - or _")
	}
	if err := checkEmail(u.Email); err != nil {
		return u, err
	}
	if err := checkExternalID(u.ExternalID); err != nil {
		return u, err
	}
	return u, checkRights(u.Role, u.Membership)
}

// updateUser stores a changed person, by an actor (0: an operator), and says so to
// all whom it concerns.
func updateUser(tx *store.Tx, actor int64, old, u parley.User) error {
	if u == old {
		return nil
	}
	if u.Email != old.Email {
		if err := tx.SetEmail(u.ID, u.Email); err != nil {
			return err
		}
	}
	if u.ExternalID != old.ExternalID {
		if err := tx.SetExternalID(u.ID, u.ExternalID); err != nil {
			return err
		}
	}
	if u.Username != old.Username {
		if err := tx.SetUsername(u.ID, u.Username); err != nil {
			return err
		}
		tx.Append(parley.UserRightsChanged{UserID: u.ID}) // open sockets tell under this name who types
	}
	if u.Role != old.Role || u.Membership != old.Membership {
		if u.Role != parley.RoleCreator {
			if err := keepCreator(tx, u.ID); err != nil {
				return err
			}
		}
		if err := tx.SetRights(u.ID, u.Role, u.Membership); err != nil {
			return err
		}
		tx.Append(parley.MembershipChanged{UserID: u.ID}, parley.UserRightsChanged{UserID: u.ID})
	}
	return tx.Audit(actor, parley.ActUserUpdated, u.ID, auditedUser(old), auditedUser(u))
}

// auditUser is what the audit log keeps of a person.
type auditUser struct {
	Username    string      `json:"username"`
	Email       string      `json:"email,omitempty"`
	Role        parley.Role `json:"role"`
	AmountCents int64       `json:"amount_cents"`
	TierID      int64       `json:"tier_id,omitempty"`
	Source      string      `json:"source,omitempty"`
	ExternalID  string      `json:"external_id,omitempty"`
}

func auditedUser(u parley.User) auditUser {
	return auditUser{u.Username, u.Email, u.Role, u.Membership.AmountCents, u.Membership.TierID, u.Membership.Source, u.ExternalID}
}

// DeactivateUser takes all access from somebody and ends their sessions and
// sockets.
func (a *App) DeactivateUser(ctx context.Context, v parley.Viewer, id int64, reason string) (AdminUser, error) {
	return a.changeUser(ctx, v, id, func(tx *store.Tx, actor int64, u parley.User) error {
		return deactivate(tx, actor, u, reason)
	})
}

// ReactivateUser lets somebody in again.
func (a *App) ReactivateUser(ctx context.Context, v parley.Viewer, id int64) (AdminUser, error) {
	return a.changeUser(ctx, v, id, reactivate)
}

// auditAccount is what the audit log keeps of who may come in.
type auditAccount struct {
	Username string `json:"username"`
	Active   bool   `json:"is_active"`
	Reason   string `json:"reason,omitempty"`
}

// deactivate takes all access from somebody, by an actor (0: an operator).
func deactivate(tx *store.Tx, actor int64, u parley.User, reason string) error {
	if !u.Active {
		return nil
	}
	if err := keepCreator(tx, u.ID); err != nil {
		return err
	}
	if err := tx.SetActive(u.ID, false); err != nil {
		return err
	}
	if _, err := tx.DeleteSessions(u.ID, 0); err != nil {
		return err
	}
	tx.Append(parley.UserRightsChanged{UserID: u.ID})
	return tx.Audit(actor, parley.ActUserDeactivated, u.ID, auditAccount{u.Username, true, ""}, auditAccount{u.Username, false, reason})
}

func reactivate(tx *store.Tx, actor int64, u parley.User) error {
	if u.Active {
		return nil
	}
	if err := tx.SetActive(u.ID, true); err != nil {
		return err
	}
	tx.Append(parley.UserRightsChanged{UserID: u.ID})
	return tx.Audit(actor, parley.ActUserReactivated, u.ID, auditAccount{u.Username, false, ""}, auditAccount{u.Username, true, ""})
}
