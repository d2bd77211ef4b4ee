package api

import (
	"context"

	"parley"
	"parley/internal/app"
)

type (
	keyPath struct {
		ID int64 `path:"id" doc:"The key, from the list."`
	}
	newKey struct {
		Creation
		Body struct {
			Name      string         `json:"name" minLength:"1" maxLength:"100" doc:"For people: what it is for." example:"Members of the shop"`
			Scopes    []parley.Scope `json:"scopes" minItems:"1" enum:"admin:read,admin:users,admin:community,members:write" doc:"What it may do. members:write and admin:users can make creators: give them to whom you would trust with everything."`
			ExpiresAt *parley.Time   `json:"expires_at,omitempty" format:"date-time" doc:"Absent or null: never."`
		} `nameHint:"NewAPIKey"`
	}

	// APIKeys lists the keys that were not revoked.
	APIKeys struct {
		Keys []parley.APIKey `json:"api_keys" nullable:"false"`
	}
)

func (a *API) listKeys(ctx context.Context, _ *struct{}) (*answer[APIKeys], error) {
	keys, err := a.app.Keys(ctx, viewerOf(ctx))
	return reply(APIKeys{keys}, err)
}

func (a *API) createKey(ctx context.Context, in *newKey) (*answer[app.CreatedKey], error) {
	return reply(a.app.CreateKey(ctx, viewerOf(ctx), app.NewKey{
		Name: in.Body.Name, Scopes: in.Body.Scopes, ExpiresAt: in.Body.ExpiresAt,
	}, in.idempotency(ctx)))
}

func (a *API) revokeKey(ctx context.Context, in *keyPath) (*answer[Done], error) {
	return reply(did("Revoked: it opens nothing any more"), a.app.RevokeKey(ctx, viewerOf(ctx), in.ID))
}
