package api

import (
	"context"

	"parley"
	"parley/internal/app"
)

type (
	// UserPath is the input of routes about one person.
	UserPath struct {
		ID int64 `path:"id" doc:"The person."`
	}
	userListQuery struct {
		Q      string `query:"q" maxLength:"100" doc:"What the username or the e-mail address holds."`
		Role   string `query:"role" enum:"creator,team,member"`
		Before int64  `query:"before_id" minimum:"0" doc:"People with a smaller id than this one."`
		Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}
	userPatch struct {
		UserPath
		Body struct {
			Role        *parley.Role `json:"role,omitempty" enum:"creator,team,member"`
			AmountCents number       `json:"amount_cents,omitempty" doc:"Of the membership, per month."`
			TierID      number       `json:"tier_id,omitempty" doc:"0: none. Without an amount the tier's holds."`
			Source      *string      `json:"source,omitempty" maxLength:"32" doc:"Where they pay: patreon, kofi, manual, …"`
			Email       *string      `json:"email,omitempty" doc:"Empty: none."`
			ExternalID  *string      `json:"external_id,omitempty" maxLength:"200" doc:"Who this is in the app whose members are synchronised. Empty: nobody."`
		} `nameHint:"UserChanges"`
	}
	deactivation struct {
		UserPath
		Body *struct {
			Reason string `json:"reason,omitempty" maxLength:"500" doc:"For the audit log."`
		} `nameHint:"Deactivation"`
	}
	communityPatch struct {
		Body struct {
			Name           *string                `json:"name,omitempty" minLength:"1" maxLength:"100"`
			ThreadCreation *parley.ThreadCreation `json:"thread_creation,omitempty" enum:"creator,team,members"`
			Registration   *parley.Registration   `json:"registration,omitempty" enum:"open,invite,closed" doc:"open: people make their accounts themselves. invite, closed: they are refused, in other words, and who runs the community makes accounts (parley user add, membership sync); there are no invitations to redeem."`

			NewMemberDays         number `json:"new_member_days,omitempty" doc:"0 to 90; 0: nobody is a new member."`
			NewMemberPostsPerHour number `json:"new_member_posts_per_hour,omitempty" doc:"0: any."`
			NewMemberLinks        number `json:"new_member_links,omitempty" doc:"In a message."`
			NewMemberMentions     number `json:"new_member_mentions,omitempty" doc:"In a message."`
		} `nameHint:"CommunityChanges"`
	}
	auditQuery struct {
		Before int64  `query:"before_id" minimum:"0" doc:"Entries older than this one."`
		Actor  int64  `query:"actor" minimum:"0" doc:"Only what this person did."`
		Key    int64  `query:"key" minimum:"0" doc:"Only what this API key did."`
		Action string `query:"action" maxLength:"100" doc:"Only such acts." example:"user.updated"`
		Limit  int    `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}
	logQuery struct {
		Before int64 `query:"before_id" minimum:"0" doc:"Entries older than this one."`
		Limit  int   `query:"limit" default:"50" minimum:"1" maximum:"100"`
	}

	// ChangedUser answers changes of a person.
	ChangedUser struct {
		Done
		User app.AdminUser `json:"user"`
	}
	// ChangedCommunity answers changes of the community's settings.
	ChangedCommunity struct {
		Done
		parley.Community
	}
	// AuditPage is a page of the audit log.
	AuditPage struct {
		Entries []parley.AuditEntry `json:"entries" nullable:"false"`
	}
)

func (a *API) listUsers(ctx context.Context, in *userListQuery) (*answer[app.UserPage], error) {
	return reply(a.app.Users(ctx, viewerOf(ctx), app.UserQuery{Part: in.Q, Role: parley.Role(in.Role), Before: in.Before, Limit: in.Limit}))
}

func (a *API) getUser(ctx context.Context, in *UserPath) (*answer[app.AdminUser], error) {
	return reply(a.app.User(ctx, viewerOf(ctx), in.ID))
}

func (a *API) updateUser(ctx context.Context, in *userPatch) (*answer[ChangedUser], error) {
	user, err := a.app.UpdateUser(ctx, viewerOf(ctx), in.ID, app.UserPatch{
		Role: in.Body.Role, AmountCents: in.Body.AmountCents.pointer(), TierID: in.Body.TierID.pointer(),
		Source: in.Body.Source, Email: in.Body.Email, ExternalID: in.Body.ExternalID,
	})
	return reply(ChangedUser{did("Changes saved"), user}, err)
}

func (a *API) deactivateUser(ctx context.Context, in *deactivation) (*answer[ChangedUser], error) {
	reason := ""
	if in.Body != nil {
		reason = in.Body.Reason
	}
	user, err := a.app.DeactivateUser(ctx, viewerOf(ctx), in.ID, reason)
	return reply(ChangedUser{did("Deactivated; all their sessions have ended"), user}, err)
}

func (a *API) reactivateUser(ctx context.Context, in *UserPath) (*answer[ChangedUser], error) {
	user, err := a.app.ReactivateUser(ctx, viewerOf(ctx), in.ID)
	return reply(ChangedUser{did("Reactivated; they can sign in again"), user}, err)
}

func (a *API) getCommunity(ctx context.Context, _ *struct{}) (*answer[parley.Community], error) {
	return reply(a.app.InspectCommunity(ctx, viewerOf(ctx)))
}

func (a *API) updateCommunity(ctx context.Context, in *communityPatch) (*answer[ChangedCommunity], error) {
	community, err := a.app.UpdateCommunity(ctx, viewerOf(ctx), app.CommunityPatch{
		Name: in.Body.Name, ThreadCreation: in.Body.ThreadCreation, Registration: in.Body.Registration,
		NewMemberDays: in.Body.NewMemberDays.pointer(), NewMemberPostsPerHour: in.Body.NewMemberPostsPerHour.pointer(),
		NewMemberLinks: in.Body.NewMemberLinks.pointer(), NewMemberMentions: in.Body.NewMemberMentions.pointer(),
	})
	return reply(ChangedCommunity{did("Settings saved"), community}, err)
}

func (a *API) listAudit(ctx context.Context, in *auditQuery) (*answer[AuditPage], error) {
	entries, err := a.app.AuditLog(ctx, viewerOf(ctx), app.AuditQuery{
		Before: in.Before, ActorID: in.Actor, KeyID: in.Key, Action: parley.Act(in.Action), Limit: in.Limit,
	})
	return reply(AuditPage{entries}, err)
}

func (a *API) listModeration(ctx context.Context, in *logQuery) (*answer[AuditPage], error) {
	entries, err := a.app.ModerationLog(ctx, viewerOf(ctx), in.Before, in.Limit)
	return reply(AuditPage{entries}, err)
}
