package app

import (
	"context"

	"parley"
	"parley/internal/store"
)

// AdminTier is a tier as creators see it.
type AdminTier struct {
	ID          int64  `json:"id"`
	Title       string `json:"title"`
	AmountCents int64  `json:"amount_cents" doc:"Per month."`
	Description string `json:"description"`
	Color       string `json:"color"`
	IsActive    bool   `json:"is_active" doc:"Whether it can be set for threads and members; retired ones are kept for those that have them."`
}

func adminTier(t parley.Tier) AdminTier {
	return AdminTier{t.ID, t.Title, t.AmountCents, t.Description, t.Color, t.Active}
}

// Tiers returns all tiers to a creator, the cheapest first.
func (a *App) Tiers(ctx context.Context, v parley.Viewer) (tiers []AdminTier, err error) {
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		all, err := s.Tiers()
		tiers = make([]AdminTier, len(all))
		for i, t := range all {
			tiers[i] = adminTier(t)
		}
		return err
	})
	return tiers, err
}

// CreateTier adds a tier.
func (a *App) CreateTier(ctx context.Context, v parley.Viewer, t parley.Tier, idem Idempotency) (AdminTier, error) {
	id, err := a.createAsAdministrator(ctx, v, idem, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		tier, err := parley.CheckTier(t)
		if err != nil {
			return 0, err
		}
		tier.Active = true
		if tier.ID, err = tx.InsertTier(tier); err != nil {
			return 0, err
		}
		return tier.ID, tx.Audit(v.ID, parley.ActTierCreated, tier.ID, nil, adminTier(tier))
	})
	if err != nil {
		return AdminTier{}, err
	}
	var created AdminTier
	err = a.inspect(ctx, v, func(s *store.Snapshot) error {
		tier, err := knownTier(s, id)
		created = adminTier(tier)
		return err
	})
	return created, err
}

func knownTier(s *store.Snapshot, id int64) (parley.Tier, error) {
	tier, found, err := s.Tier(id)
	if err == nil && !found {
		err = parley.Errorf(parley.NotFound, "There is no such tier.")
	}
	return tier, err
}

// TierPatch is what is to change of a tier; nil leaves a field.
type TierPatch struct {
	Title       *string
	AmountCents *int64
	Description *string
	Color       *string
	Active      *bool
}

// UpdateTier changes a tier. Threads and members keep the amount that it had: a
// new price shuts nobody out.
func (a *App) UpdateTier(ctx context.Context, v parley.Viewer, id int64, patch TierPatch) (changed AdminTier, err error) {
	err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		old, err := knownTier(&tx.Snapshot, id)
		if err != nil {
			return err
		}
		t := old
		set(&t.Title, patch.Title)
		set(&t.AmountCents, patch.AmountCents)
		set(&t.Description, patch.Description)
		set(&t.Color, patch.Color)
		set(&t.Active, patch.Active)
		if t, err = parley.CheckTier(t); err != nil {
			return err
		}
		changed = adminTier(t)
		return storeTier(tx, v.ID, parley.ActTierUpdated, old, t)
	})
	return changed, err
}

// storeTier stores a changed tier. The threads that show it are told by a job:
// they may be many.
func storeTier(tx *store.Tx, actor int64, act parley.Act, old, t parley.Tier) error {
	if t == old {
		return nil
	}
	if err := tx.SetTier(t); err != nil {
		return err
	}
	if t.Title != old.Title || t.Description != old.Description || t.Color != old.Color {
		if err := tx.AddJob(jobTierShown, tierJob{TierID: t.ID}); err != nil {
			return err
		}
	}
	return tx.Audit(actor, act, t.ID, adminTier(old), adminTier(t))
}

// DeleteTier deletes a tier, or retires it if a thread or a member has it. It
// reports whether it was retired.
func (a *App) DeleteTier(ctx context.Context, v parley.Viewer, id int64) (retired bool, err error) {
	err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
		tier, err := knownTier(&tx.Snapshot, id)
		if err != nil {
			return err
		}
		if retired, err = tx.TierInUse(id); err != nil {
			return err
		}
		if retired {
			unused := tier
			unused.Active = false
			return storeTier(tx, v.ID, parley.ActTierRetired, tier, unused)
		}
		if err := tx.DeleteTier(id); err != nil {
			return err
		}
		return tx.Audit(v.ID, parley.ActTierDeleted, id, adminTier(tier), nil)
	})
	return retired, err
}

// AvailableTiers returns what threads can ask for, to creators; to others nothing.
func (a *App) AvailableTiers(ctx context.Context, v parley.Viewer) (options []parley.TierOption, err error) {
	options = []parley.TierOption{}
	if !v.IsCreator() {
		return options, nil
	}
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		tiers, err := s.Tiers()
		options = append(options, parley.FreeTier())
		for _, t := range tiers {
			if t.Active {
				options = append(options, t.Option())
			}
		}
		return err
	})
	return options, err
}

// TierStanding is what somebody's membership is and gives access to.
type TierStanding struct {
	UserID            int64               `json:"user_id"`
	IsCreator         bool                `json:"is_creator"`
	IsTeam            bool                `json:"is_team"`
	IsPatreon         bool                `json:"is_patreon" doc:"Pays there."`
	IsKofi            bool                `json:"is_kofi" doc:"Pays there."`
	CurrentTierAmount int64               `json:"current_tier_amount" doc:"Cents per month; 999999999 for the creator and the team."`
	CurrentTierTitle  string              `json:"current_tier_title"`
	CanAccessTiers    []parley.TierOption `json:"can_access_tiers" nullable:"false"`
}

// TierStanding returns what v's membership is and gives access to.
func (a *App) TierStanding(ctx context.Context, v parley.Viewer) (standing TierStanding, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		u, err := person(s, v.ID)
		if err != nil {
			return err
		}
		reached, err := s.TierTitle(u.Membership.AmountCents)
		if err != nil {
			return err
		}
		paying := u.Membership.AmountCents > 0
		standing = TierStanding{
			UserID: u.ID, IsCreator: u.Role == parley.RoleCreator, IsTeam: u.Role == parley.RoleTeam,
			IsPatreon: paying && u.Membership.Source == "patreon", IsKofi: paying && u.Membership.Source == "kofi",
			CurrentTierAmount: u.TierAmount(), CurrentTierTitle: u.TierTitle(reached),
			CanAccessTiers: []parley.TierOption{parley.FreeTier()},
		}
		tiers, err := s.Tiers()
		for _, t := range tiers {
			if t.Active && t.AmountCents <= u.TierAmount() {
				standing.CanAccessTiers = append(standing.CanAccessTiers, t.Option())
			}
		}
		return err
	})
	return standing, err
}

// tierJob tells of the threads that show a tier.
type tierJob struct {
	TierID int64 `json:"tier"`
	After  int64 `json:"after,omitempty"` // threads up to this id have been told of
}

// tierBatch is how many threads that were set to a tier are told of in one
// transaction.
const tierBatch = 100

// run tells of the next threads.
func (j tierJob) run(tx *store.Tx) error {
	threads, err := tx.ThreadsOfTier(j.TierID, j.After, tierBatch)
	if err != nil {
		return err
	}
	for _, t := range threads {
		tellTierShown(tx, j.TierID, t)
		subs, err := tx.Glance().SubThreadStates(t.ID)
		if err != nil {
			return err
		}
		for _, sub := range subs { // those that ask for as little themselves show their parent's
			if sub.TierID != j.TierID {
				tellTierShown(tx, j.TierID, sub)
			}
		}
	}
	if len(threads) < tierBatch {
		return nil
	}
	j.After = threads[len(threads)-1].ID
	return tx.AddJob(jobTierShown, j)
}

func tellTierShown(tx *store.Tx, tierID int64, t store.ThreadState) {
	if t.ShownTierID == tierID {
		tx.Append(parley.ThreadUpdated{ThreadID: t.ID}, parley.ThreadsChanged{ThreadIDs: []int64{t.ID}, Access: t.Access})
	}
}
