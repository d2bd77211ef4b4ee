package api

import (
	"context"

	"parley"
	"parley/internal/app"
)

type (
	tierPath struct {
		ID int64 `path:"id" doc:"The tier."`
	}
	newTier struct {
		Creation
		Body struct {
			Title       string `json:"title" minLength:"1" maxLength:"100"`
			AmountCents number `json:"amount_cents" doc:"Per month."`
			Description string `json:"description,omitempty" maxLength:"500"`
			Color       string `json:"color,omitempty" doc:"Absent: grey." example:"#c0c0c0"`
		} `nameHint:"NewTier"`
	}
	tierChanges struct {
		ID   int64 `path:"id" doc:"The tier."`
		Body struct {
			Title       *string `json:"title,omitempty" minLength:"1" maxLength:"100"`
			AmountCents number  `json:"amount_cents,omitempty" doc:"Threads and members that have the tier keep the old amount."`
			Description *string `json:"description,omitempty" maxLength:"500"`
			Color       *string `json:"color,omitempty" example:"#c0c0c0"`
			IsActive    *bool   `json:"is_active,omitempty" doc:"True brings a retired tier back."`
		} `nameHint:"TierChanges"`
	}

	// TierOptions lists what threads can ask for.
	TierOptions struct {
		Tiers []parley.TierOption `json:"tiers" nullable:"false"`
	}
	// AdminTiers lists all tiers.
	AdminTiers struct {
		Tiers []app.AdminTier `json:"tiers" nullable:"false"`
	}
	// ChangedTier answers changes of a tier.
	ChangedTier struct {
		Done
		Tier app.AdminTier `json:"tier"`
	}
	// RemovedTier answers that a tier can no longer be had.
	RemovedTier struct {
		Done
		Retired bool `json:"retired" doc:"It is in use, and was retired instead of deleted."`
	}
)

func (a *API) availableTiers(ctx context.Context, _ *struct{}) (*answer[TierOptions], error) {
	options, err := a.app.AvailableTiers(ctx, viewerOf(ctx))
	return reply(TierOptions{options}, err)
}

func (a *API) tierStanding(ctx context.Context, _ *struct{}) (*answer[app.TierStanding], error) {
	return reply(a.app.TierStanding(ctx, viewerOf(ctx)))
}

func (a *API) listTiers(ctx context.Context, _ *struct{}) (*answer[AdminTiers], error) {
	tiers, err := a.app.Tiers(ctx, viewerOf(ctx))
	return reply(AdminTiers{tiers}, err)
}

func (a *API) createTier(ctx context.Context, in *newTier) (*answer[app.AdminTier], error) {
	return reply(a.app.CreateTier(ctx, viewerOf(ctx), parley.Tier{
		Title: in.Body.Title, AmountCents: in.Body.AmountCents.value, Description: in.Body.Description, Color: in.Body.Color,
	}, in.idempotency(ctx)))
}

func (a *API) updateTier(ctx context.Context, in *tierChanges) (*answer[ChangedTier], error) {
	tier, err := a.app.UpdateTier(ctx, viewerOf(ctx), in.ID, app.TierPatch{
		Title: in.Body.Title, AmountCents: in.Body.AmountCents.pointer(), Description: in.Body.Description,
		Color: in.Body.Color, Active: in.Body.IsActive,
	})
	return reply(ChangedTier{did("Tier changed"), tier}, err)
}

func (a *API) deleteTier(ctx context.Context, in *tierPath) (*answer[RemovedTier], error) {
	retired, err := a.app.DeleteTier(ctx, viewerOf(ctx), in.ID)
	message := "Tier deleted"
	if retired {
		message = "Tier retired: what has it keeps it"
	}
	return reply(RemovedTier{did(message), retired}, err)
}
