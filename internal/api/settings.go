package api

import (
	"context"
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"parley"
	"parley/internal/app"
)

// text is a text in a request's body that may be null, which means something else
// than its absence.
type text struct {
	value string // empty for null
	given bool   // present
	wrong bool   // present, and neither text nor null
}

// UnmarshalJSON takes whatever stands there; Resolve refuses what is no text,
// because it knows where it stands.
func (t *text) UnmarshalJSON(raw []byte) error {
	*t = text{given: true}
	t.wrong = json.Unmarshal(raw, &t.value) != nil
	return nil
}

// Resolve implements huma.ResolverWithPath.
func (t *text) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	if !t.wrong {
		return nil
	}
	return []error{&huma.ErrorDetail{Location: at.String(), Message: "must be a string or null"}}
}

// Schema implements huma.SchemaProvider; see number.Schema.
func (text) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Extensions: map[string]any{"type": []string{"string", "null"}}}
}

// pointer returns nil for a text that was not given.
func (t text) pointer() *string {
	if !t.given {
		return nil
	}
	return &t.value
}

type (
	settingsPatch struct {
		Body struct {
			DisplayAlias       text    `json:"display_alias,omitempty" doc:"2 to 50 letters of any script, digits or underscores; null or empty: none."`
			UseAlias           *bool   `json:"use_alias,omitempty"`
			QuickReply         *bool   `json:"enable_quick_reply_notifications,omitempty"`
			QuickReplyMentions *bool   `json:"quick_reply_for_mentions,omitempty"`
			QuickReplyReplies  *bool   `json:"quick_reply_for_replies,omitempty"`
			DismissSeconds     number  `json:"quick_reply_auto_dismiss_seconds,omitempty" doc:"5 to 60."`
			Sound              *bool   `json:"enable_notification_sound,omitempty"`
			Position           *string `json:"notification_position,omitempty" enum:"top-right,top-left,bottom-right,bottom-left"`
			ShowOnline         *bool   `json:"show_online_status,omitempty"`
			DirectMentions     *bool   `json:"allow_direct_mentions,omitempty"`
		} `nameHint:"SettingsChanges"`
	}
	aliasQuery struct {
		Alias string `query:"alias" doc:"The name that you would like to be known by."`
	}
	everyonePatch struct {
		Body struct {
			Allow bool `json:"allow_everyone_mentions"`
		} `nameHint:"EveryoneChanges"`
	}
	muteRequest struct {
		ThreadPath
		Body *struct {
			Until *time.Time `json:"until,omitempty" doc:"Absent: until you take it back."`
		} `nameHint:"Mute"`
	}

	// ChangedSettings answers changes of what somebody set for themselves.
	ChangedSettings struct {
		Done
		parley.Settings
	}
	// AliasAnswer tells whether a name can be had.
	AliasAnswer struct {
		Available bool   `json:"available"`
		Message   string `json:"message"`
	}
	// EveryoneWishes tells how somebody stands to mentions of everyone.
	EveryoneWishes struct {
		Done
		Allow  bool `json:"allow_everyone_mentions" doc:"Whether to be notified of them."`
		CanUse bool `json:"can_use_everyone" doc:"Whether you may make them."`
	}
)

func (a *API) getSettings(ctx context.Context, _ *struct{}) (*answer[parley.Settings], error) {
	return reply(a.app.Settings(ctx, viewerOf(ctx)))
}

func (a *API) updateSettings(ctx context.Context, in *settingsPatch) (*answer[ChangedSettings], error) {
	b := in.Body
	settings, err := a.app.UpdateSettings(ctx, viewerOf(ctx), app.SettingsPatch{
		Alias: b.DisplayAlias.pointer(), UseAlias: b.UseAlias, QuickReply: b.QuickReply, QuickReplyMentions: b.QuickReplyMentions,
		QuickReplyReplies: b.QuickReplyReplies, DismissSeconds: b.DismissSeconds.pointer(), Sound: b.Sound, Position: b.Position,
		ShowOnline: b.ShowOnline, DirectMentions: b.DirectMentions,
	})
	return reply(ChangedSettings{did("Settings saved"), settings}, err)
}

func (a *API) resetSettings(ctx context.Context, _ *struct{}) (*answer[Done], error) {
	return reply(did("Settings reset"), a.app.ResetSettings(ctx, viewerOf(ctx)))
}

func (a *API) checkAlias(ctx context.Context, in *aliasQuery) (*answer[AliasAnswer], error) {
	free, message, err := a.app.AliasFree(ctx, viewerOf(ctx), in.Alias)
	return reply(AliasAnswer{free, message}, err)
}

func (a *API) getEveryoneSettings(ctx context.Context, _ *struct{}) (*answer[EveryoneWishes], error) {
	settings, err := a.app.Settings(ctx, viewerOf(ctx))
	return a.everyoneSettings(ctx, "As you set it", settings, err)
}

func (a *API) updateEveryoneSettings(ctx context.Context, in *everyonePatch) (*answer[EveryoneWishes], error) {
	settings, err := a.app.UpdateSettings(ctx, viewerOf(ctx), app.SettingsPatch{EveryoneMentions: &in.Body.Allow})
	return a.everyoneSettings(ctx, "Settings saved", settings, err)
}

func (a *API) everyoneSettings(ctx context.Context, message string, settings parley.Settings, err error) (*answer[EveryoneWishes], error) {
	if err != nil {
		return nil, err
	}
	can, err := a.app.CanUseEveryone(ctx, viewerOf(ctx))
	return reply(EveryoneWishes{did(message), settings.EveryoneMentions, can}, err)
}

func (a *API) mute(ctx context.Context, in *muteRequest) (*answer[Done], error) {
	var until parley.Time
	if in.Body != nil && in.Body.Until != nil {
		until = parley.At(*in.Body.Until)
	}
	return reply(did("You will hear nothing of this thread"), a.app.Mute(ctx, viewerOf(ctx), in.ID, until))
}

func (a *API) unmute(ctx context.Context, in *ThreadPath) (*answer[Done], error) {
	return reply(did("You will hear of this thread again"), a.app.Unmute(ctx, viewerOf(ctx), in.ID))
}

func (a *API) getActivity(ctx context.Context, in *UserPath) (*answer[app.UserActivity], error) {
	return reply(a.app.UserActivity(ctx, viewerOf(ctx), in.ID))
}

func (a *API) getStats(ctx context.Context, _ *struct{}) (*answer[app.Stats], error) {
	return reply(a.app.Stats(ctx, viewerOf(ctx)))
}
