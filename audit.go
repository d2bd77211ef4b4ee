package parley

import (
	"encoding/json"
	"strings"
)

// Act is what somebody did who moderates or administrates: what it is about, and
// what was done to it.
type Act string

const (
	ActUserCreated      Act = "user.created"
	ActUserUpdated      Act = "user.updated"
	ActUserPassword     Act = "user.password_set"
	ActUserDeactivated  Act = "user.deactivated"
	ActUserReactivated  Act = "user.reactivated"
	ActKeyCreated       Act = "api_key.created"
	ActKeyRevoked       Act = "api_key.revoked"
	ActTierCreated      Act = "tier.created"
	ActTierUpdated      Act = "tier.updated"
	ActTierRetired      Act = "tier.retired"
	ActTierDeleted      Act = "tier.deleted"
	ActCommunityUpdated Act = "community.updated"
	ActBusModeSet       Act = "community.bus_mode_set"
	ActThreadUpdated    Act = "thread.updated"
	ActThreadDeleted    Act = "thread.deleted"
	ActMessageDeleted   Act = "message.deleted"
	ActMessageRestored  Act = "message.restored"
	ActMessageKept      Act = "message.kept"
	ActMessageHidden    Act = "message.hidden"
	ActMessageShown     Act = "message.shown"
	ActMessageMoved     Act = "message.moved"
	ActUserSilenced     Act = "user.silenced"
	ActUserUnsilenced   Act = "user.unsilenced"
	ActUserSuspended    Act = "user.suspended"
	ActUserUnsuspended  Act = "user.unsuspended"

	ActEveryoneSettings     Act = "everyone.settings_updated"
	ActEveryoneApproved     Act = "everyone.approved"
	ActEveryoneRejected     Act = "everyone.rejected"
	ActEveryoneRestricted   Act = "everyone.restricted"
	ActEveryoneUnrestricted Act = "everyone.unrestricted"
)

// Subject names what an act is about: user, api_key, tier, community, thread, message,
// everyone.
func (a Act) Subject() string {
	subject, _, _ := strings.Cut(string(a), ".")
	return subject
}

// InForum reports whether an act concerns what people write, as limits of @everyone
// do, and is for the whole team to see; the others are for creators.
func (a Act) InForum() bool {
	switch a {
	case ActUserSilenced, ActUserUnsilenced, ActUserSuspended, ActUserUnsuspended:
		return true
	}
	switch a.Subject() {
	case "thread", "message", "everyone":
		return true
	}
	return false
}

// AuditEntry is one act.
type AuditEntry struct {
	ID          int64           `json:"id"`
	Actor       *PersonRef      `json:"actor" doc:"Null: an API key, or an operator on the command line."`
	Key         *KeyRef         `json:"key" doc:"The API key that did it; null: none."`
	Action      Act             `json:"action" example:"user.updated"`
	SubjectType string          `json:"subject_type" example:"user"`
	SubjectID   int64           `json:"subject_id" doc:"0 for the community."`
	Before      json.RawMessage `json:"before" doc:"What it was; null: nothing."`
	After       json.RawMessage `json:"after" doc:"What it became; null: nothing."`
	CreatedAt   Time            `json:"created_at" format:"date-time"`
}
