package api

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"parley"
	"parley/internal/app"
)

// bound is a number in a request's body that may be null: then there is none.
type bound struct {
	number
	named bool // present, null included
}

// UnmarshalJSON tells null from absence, unlike number.
func (b *bound) UnmarshalJSON(raw []byte) error {
	b.named = true
	return b.number.UnmarshalJSON(raw)
}

// change returns nil for a bound that is absent, and a pointer to nil for null.
func (b bound) change() **int64 {
	if !b.named {
		return nil
	}
	value := b.pointer()
	return &value
}

// orZero returns nil for a bound that is absent, and 0 for null.
func (b bound) orZero() *int64 {
	if !b.named {
		return nil
	}
	return &b.value
}

// change returns nil for a text that is absent, and a pointer to nil for null or an
// empty one.
func (t text) change() **string {
	if !t.given {
		return nil
	}
	var value *string
	if t.value != "" {
		value = &t.value
	}
	return &value
}

// kinds is a list of types of threads that may be null: any.
type kinds struct {
	values []parley.ThreadType
	given  bool
	wrong  bool
}

// UnmarshalJSON takes whatever stands there; Resolve refuses what is no list.
func (k *kinds) UnmarshalJSON(raw []byte) error {
	*k = kinds{given: true}
	k.wrong = json.Unmarshal(raw, &k.values) != nil
	return nil
}

// Resolve implements huma.ResolverWithPath.
func (k *kinds) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	if !k.wrong {
		return nil
	}
	return []error{&huma.ErrorDetail{Location: at.String(), Message: "must be an array of strings, or null"}}
}

// Schema implements huma.SchemaProvider; see number.Schema.
func (kinds) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Extensions: map[string]any{
		"type": []string{"array", "null"}, "items": map[string]any{"type": "string", "enum": []string{"main", "sub"}},
	}}
}

func (k kinds) pointer() *[]parley.ThreadType {
	if !k.given {
		return nil
	}
	return &k.values
}

type (
	everyoneSettingsPatch struct {
		Body struct {
			TeamRateLimit      bound   `json:"team_rate_limit,omitempty" doc:"Uses of one person in the window; null: any; 0: the team may not mention everyone."`
			WindowHours        bound   `json:"rate_limit_window_hours,omitempty" doc:"1 to 720."`
			CooldownMinutes    bound   `json:"global_cooldown_minutes,omitempty" doc:"Between two uses, by whomever; 0 or null: none."`
			RequireApproval    *bool   `json:"require_approval,omitempty"`
			MaxMessageLength   bound   `json:"max_message_length,omitempty" doc:"Null: any."`
			NotificationLimit  bound   `json:"notification_limit,omitempty" doc:"Null: any."`
			QuietStart         bound   `json:"quiet_hours_start,omitempty" doc:"0 to 23; null: none."`
			QuietEnd           bound   `json:"quiet_hours_end,omitempty" doc:"0 to 23; null: none."`
			Timezone           *string `json:"timezone,omitempty" example:"Europe/Berlin"`
			Disabled           *bool   `json:"everyone_globally_disabled,omitempty"`
			DisableReason      text    `json:"emergency_disable_reason,omitempty" doc:"At most 500 characters, which everybody is sent; null or empty: none."`
			AllowedThreadTypes kinds   `json:"allowed_thread_types,omitempty" doc:"Null: any."`
		} `nameHint:"EveryoneModeration"`
	}
	emergency struct {
		Body *struct {
			Reason string `json:"reason,omitempty" maxLength:"500"`
		} `nameHint:"Emergency"`
	}
	pendingPath struct {
		ID int64 `path:"id" doc:"The waiting mention."`
	}
	pendingQuery struct {
		After int64 `query:"after_id" minimum:"0" doc:"Those that came after this one."`
		Limit int   `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}
	analyticsQuery struct {
		Days int64 `query:"days" default:"7" minimum:"1" maximum:"90"`
	}
	restriction struct {
		UserID int64 `query:"user_id" required:"true" doc:"The person."`
		Body   *struct {
			Reason          string `json:"reason,omitempty" maxLength:"500"`
			DurationHours   number `json:"duration_hours,omitempty" doc:"Absent: until it is taken back."`
			CustomRateLimit number `json:"custom_rate_limit,omitempty" doc:"Uses in the window; 0 or absent: none at all."`
		} `nameHint:"Restriction"`
	}

	// ChangedEveryone answers changes of how everyone may be mentioned.
	ChangedEveryone struct {
		Done
		parley.EveryoneSettings
	}
	// PendingMentions lists mentions of everyone that wait.
	PendingMentions struct {
		Pending []app.PendingEveryone `json:"pending" nullable:"false"`
	}
	// RestrictedUsers lists who is restricted.
	RestrictedUsers struct {
		RestrictedUsers []app.RestrictedUser `json:"restricted_users" nullable:"false"`
	}
)

func (a *API) getEveryone(ctx context.Context, _ *struct{}) (*answer[parley.EveryoneSettings], error) {
	return reply(a.app.EveryoneSettings(ctx, viewerOf(ctx)))
}

func (a *API) updateEveryone(ctx context.Context, in *everyoneSettingsPatch) (*answer[ChangedEveryone], error) {
	b := in.Body
	settings, err := a.app.UpdateEveryone(ctx, viewerOf(ctx), app.EveryonePatch{
		TeamRateLimit: b.TeamRateLimit.change(), WindowHours: b.WindowHours.orZero(), CooldownMinutes: b.CooldownMinutes.orZero(),
		RequireApproval: b.RequireApproval, MaxMessageLength: b.MaxMessageLength.change(), NotificationLimit: b.NotificationLimit.change(),
		QuietStart: b.QuietStart.change(), QuietEnd: b.QuietEnd.change(), Timezone: b.Timezone, Disabled: b.Disabled,
		DisableReason: b.DisableReason.change(), AllowedThreadTypes: b.AllowedThreadTypes.pointer(),
	})
	return reply(ChangedEveryone{did("Settings saved"), settings}, err)
}

func (a *API) disableEveryone(ctx context.Context, in *emergency) (*answer[Done], error) {
	var reason *string
	if in.Body != nil && in.Body.Reason != "" {
		reason = &in.Body.Reason
	}
	return a.switchEveryone(ctx, true, reason, "Nobody can mention @everyone now")
}

func (a *API) enableEveryone(ctx context.Context, _ *struct{}) (*answer[Done], error) {
	return a.switchEveryone(ctx, false, nil, "@everyone can be mentioned again")
}

func (a *API) switchEveryone(ctx context.Context, disabled bool, reason *string, message string) (*answer[Done], error) {
	_, err := a.app.UpdateEveryone(ctx, viewerOf(ctx), app.EveryonePatch{Disabled: &disabled, DisableReason: &reason})
	return reply(did(message), err)
}

func (a *API) listPending(ctx context.Context, in *pendingQuery) (*answer[PendingMentions], error) {
	pending, err := a.app.PendingEveryone(ctx, viewerOf(ctx), in.After, in.Limit)
	return reply(PendingMentions{pending}, err)
}

func (a *API) approvePending(ctx context.Context, in *pendingPath) (*answer[Done], error) {
	return reply(did("Approved; everyone is notified"), a.app.ApproveEveryone(ctx, viewerOf(ctx), in.ID))
}

func (a *API) rejectPending(ctx context.Context, in *pendingPath) (*answer[Done], error) {
	return reply(did("Rejected; nobody is notified"), a.app.RejectEveryone(ctx, viewerOf(ctx), in.ID))
}

func (a *API) getAnalytics(ctx context.Context, in *analyticsQuery) (*answer[app.EveryoneAnalytics], error) {
	return reply(a.app.EveryoneAnalytics(ctx, viewerOf(ctx), in.Days))
}

func (a *API) restrictUser(ctx context.Context, in *restriction) (*answer[Done], error) {
	var r app.NewRestriction
	if b := in.Body; b != nil {
		r = app.NewRestriction{Reason: b.Reason, Hours: b.DurationHours.pointer(), RateLimit: b.CustomRateLimit.pointer()}
	}
	return reply(did("Restricted"), a.app.RestrictEveryone(ctx, viewerOf(ctx), in.UserID, r))
}

func (a *API) unrestrictUser(ctx context.Context, in *UserPath) (*answer[Done], error) {
	return reply(did("No longer restricted"), a.app.UnrestrictEveryone(ctx, viewerOf(ctx), in.ID))
}

func (a *API) listRestricted(ctx context.Context, _ *struct{}) (*answer[RestrictedUsers], error) {
	users, err := a.app.RestrictedUsers(ctx, viewerOf(ctx))
	return reply(RestrictedUsers{users}, err)
}
