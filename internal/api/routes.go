package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// routes lists every route of the API.
func (a *API) routes() []route {
	return []route{
		{"GET", "/api/forum/threads", threads, "list-threads", "List the threads you can access", refusals(), handle(a.listThreads)},
		{"POST", "/api/forum/threads", threads, "create-thread", "Start a thread", refusals(400, 429), handle(a.createThread)},
		{"GET", "/api/forum/threads/{id}", threads, "get-thread", "Get a thread", refusals(), handle(a.getThread)},
		{"PATCH", "/api/forum/threads/{id}", threads, "update-thread", "Change a thread's title, settings or access", refusals(400), handle(a.updateThread)},
		{"DELETE", "/api/forum/threads/{id}", threads, "delete-thread", "Delete a thread and its sub-threads", refusals(), handle(a.deleteThread)},
		{"DELETE", "/api/forum/threads/{id}/delete-hierarchy", threads, "delete-thread-hierarchy", "Delete a thread and its sub-threads", refusals(), handle(a.deleteThread)},
		{"PATCH", "/api/forum/threads/{id}/tier-access", threads, "set-thread-tier", "Set the tier that a thread asks for", refusals(400), handle(a.setTier)},
		{"GET", "/api/forum/threads/{id}/tier-info", threads, "get-thread-tier", "Get the tier that a thread asks for", refusals(), handle(a.getTier)},
		{"GET", "/api/forum/threads/{id}/hierarchy", threads, "get-thread-hierarchy", "Get a thread's place and your rights in it", refusals(), handle(a.getHierarchy)},
		{"GET", "/api/forum/threads/{id}/message-count", threads, "count-messages", "Count a thread's messages", refusals(), handle(a.countMessages)},

		{"POST", "/api/forum/threads/{id}/follow", following, "follow-thread", "Follow a thread", refusals(), handle(a.follow)},
		{"DELETE", "/api/forum/threads/{id}/follow", following, "unfollow-thread", "Stop following a thread", refusals(), handle(a.unfollow)},
		{"POST", "/api/forum/threads/{id}/mute", following, "mute-thread", "Hear nothing of a thread", refusals(), handle(a.mute)},
		{"DELETE", "/api/forum/threads/{id}/mute", following, "unmute-thread", "Hear of a thread again", refusals(), handle(a.unmute)},
		{"POST", "/api/forum/threads/{id}/mark-read", following, "mark-read", "Move your last-read position forward", refusals(), handle(a.markRead)},

		{"GET", "/api/forum/threads/{id}/messages", messages, "list-messages", "List a thread's messages", refusals(), handle(a.listMessages)},
		{"GET", "/api/forum/threads/{id}/recent", messages, "list-recent-messages", "List the messages since one, for polling", refusals(), handle(a.recentMessages)},
		{"POST", "/api/forum/threads/{id}/messages", messages, "post-message", "Post a message", refusals(429), handle(a.postMessage)},
		{"POST", "/api/forum/threads/{id}/typing", messages, "tell-typing", "Tell that you are typing, without a socket", refusals(), handle(a.tellTyping)},
		{"PATCH", "/api/forum/messages/{id}", messages, "edit-message", "Edit a message", refusals(429), handle(a.editMessage)},
		{"DELETE", "/api/forum/messages/{id}", messages, "delete-message", "Delete a message and the replies to it", refusals(400), handle(a.deleteMessage)},
		{"POST", "/api/forum/messages/{id}/restore", messages, "restore-message", "Restore a deleted message and the replies deleted with it, or a hidden one", refusals(400, 409), handle(a.restoreMessage)},
		{"GET", "/api/forum/messages/{id}/history", messages, "list-history", "List what a message said before its edits", refusals(), handle(a.listHistory)},
		{"GET", "/api/forum/messages/{id}/replies", messages, "list-replies", "List the replies to a message", refusals(), handle(a.listReplies)},
		{"POST", "/api/forum/messages/{id}/create-thread", messages, "create-sub-thread", "Start a sub-thread from a message", refusals(400, 429), handle(a.createSubThread)},
		{"GET", "/api/forum/messages/{id}/threads", messages, "list-sub-threads", "List the sub-threads of a message", refusals(), handle(a.listSubThreads)},
		{"GET", "/api/forum/messages/{id}/thread-count", messages, "count-sub-threads", "Count the sub-threads of a message", refusals(), handle(a.countSubThreads)},

		{"POST", "/api/forum/messages/{id}/like", likes, "like-message", "Like a message", refusals(400), handle(a.like)},
		{"DELETE", "/api/forum/messages/{id}/like", likes, "unlike-message", "Take a like back", refusals(400), handle(a.unlike)},
		{"GET", "/api/forum/messages/{id}/likes", likes, "list-likes", "List who likes a message", refusals(), handle(a.listLikes)},

		{"GET", "/api/forum/notifications", notifications, "list-notifications", "List your notifications, newest first", refusals(), handle(a.listNotifications)},
		{"GET", "/api/forum/notifications/count", notifications, "count-notifications", "Count your unread notifications", refusals(), handle(a.countNotifications)},
		{"POST", "/api/forum/notifications/{id}/read", notifications, "read-notification", "Mark a notification read", refusals(), handle(a.readNotification)},
		{"POST", "/api/forum/notifications/mark-all-read", notifications, "read-all-notifications", "Mark all notifications read", refusals(), handle(a.readAllNotifications)},
		{"DELETE", "/api/forum/notifications/{id}", notifications, "delete-notification", "Delete a notification", refusals(), handle(a.deleteNotification)},

		{"GET", "/api/forum/settings", settings, "get-settings", "Get what you set for yourself", refusals(), handle(a.getSettings)},
		{"PATCH", "/api/forum/settings", settings, "update-settings", "Change what you set for yourself", refusals(), handle(a.updateSettings)},
		{"POST", "/api/forum/settings/reset", settings, "reset-settings", "Set everything as it was when you came", refusals(), handle(a.resetSettings)},
		{"GET", "/api/forum/settings/alias/check", settings, "check-alias", "Ask whether an alias is free", refusals(), handle(a.checkAlias)},
		{"GET", "/api/forum/settings/everyone-mentions", settings, "get-everyone-settings", "Get how you stand to mentions of everyone", refusals(), handle(a.getEveryoneSettings)},
		{"PATCH", "/api/forum/settings/everyone-mentions", settings, "update-everyone-settings", "Change whether to hear of mentions of everyone", refusals(), handle(a.updateEveryoneSettings)},

		{"GET", "/api/forum/search", searchTag, "search", "Find threads and messages that you can access", refusals(), handle(a.search)},
		{"GET", "/api/forum/stats", people, "get-stats", "Count what you can access", refusals(), handle(a.getStats)},
		{"GET", "/api/forum/user/{id}/activity", people, "get-user-activity", "Get what somebody wrote that you can access", refusals(), handle(a.getActivity)},
		{"GET", "/api/forum/tiers/available", people, "list-available-tiers", "List the tiers that threads can ask for (creators)", refusals(), handle(a.availableTiers)},
		{"GET", "/api/forum/user-tier-info", people, "get-my-tier", "Get what your membership is and gives access to", refusals(), handle(a.tierStanding)},
		{"GET", "/api/forum/users/search", people, "search-users", "Find people to mention", refusals(), handle(a.searchUsers)},

		{"GET", "/api/forum/moderation/everyone/settings", everyone, "get-everyone-moderation", "Get how the team may mention everyone", refusals(), handle(a.getEveryone)},
		{"PATCH", "/api/forum/moderation/everyone/settings", everyone, "update-everyone-moderation", "Change how the team may mention everyone", refusals(), handle(a.updateEveryone)},
		{"GET", "/api/forum/moderation/everyone/pending", everyone, "list-pending-everyone", "List mentions of everyone that wait for approval", refusals(), handle(a.listPending)},
		{"POST", "/api/forum/moderation/everyone/pending/{id}/approve", everyone, "approve-everyone", "Notify everyone as a message asks", refusals(409), handle(a.approvePending)},
		{"POST", "/api/forum/moderation/everyone/pending/{id}/reject", everyone, "reject-everyone", "Leave everyone in peace", refusals(), handle(a.rejectPending)},
		{"POST", "/api/forum/moderation/everyone/emergency-disable", everyone, "disable-everyone", "Keep everybody from mentioning everyone", refusals(), handle(a.disableEveryone)},
		{"POST", "/api/forum/moderation/everyone/emergency-enable", everyone, "enable-everyone", "Let everyone be mentioned again", refusals(), handle(a.enableEveryone)},
		{"GET", "/api/forum/moderation/everyone/analytics", everyone, "get-everyone-analytics", "Get how everyone was mentioned", refusals(), handle(a.getAnalytics)},
		{"POST", "/api/forum/moderation/everyone/restrict-user", everyone, "restrict-user", "Keep somebody from mentioning everyone", refusals(404), handle(a.restrictUser)},
		{"DELETE", "/api/forum/moderation/everyone/restrict-user/{id}", everyone, "unrestrict-user", "Let somebody mention everyone as others may", refusals(), handle(a.unrestrictUser)},
		{"GET", "/api/forum/moderation/everyone/restricted-users", everyone, "list-restricted-users", "List who is restricted", refusals(), handle(a.listRestricted)},

		{"POST", "/api/forum/messages/{id}/flag", moderation, "flag-message", "Tell the team that a message is wrong", refusals(400, 409, 429), handle(a.flag)},
		{"POST", "/api/forum/messages/{id}/move", moderation, "move-message", "Move a message and the replies to it to another thread", refusals(400), handle(a.moveMessage)},
		{"GET", "/api/forum/moderation/flags", moderation, "list-flags", "List flagged messages, newest first", refusals(), handle(a.listFlags)},
		{"POST", "/api/forum/moderation/flags/{id}", moderation, "resolve-flag", "Keep, hide or delete a flagged message", refusals(400, 409), handle(a.resolveFlag)},
		{"POST", "/api/forum/moderation/users/{id}/silence", moderation, "silence-user", "Keep a person from writing", refusals(400), handle(a.silence)},
		{"DELETE", "/api/forum/moderation/users/{id}/silence", moderation, "unsilence-user", "Let a person write again", refusals(400), handle(a.unsilence)},
		{"POST", "/api/forum/moderation/users/{id}/suspend", moderation, "suspend-user", "Keep a person out, and end their sessions", refusals(400), handle(a.suspend)},
		{"DELETE", "/api/forum/moderation/users/{id}/suspend", moderation, "unsuspend-user", "Let a person come in again", refusals(400), handle(a.unsuspend)},
		{"GET", "/api/forum/moderation/log", moderation, "list-moderation", "List what was done to moderate, newest first", refusals(), handle(a.listModeration)},

		{"GET", "/api/admin/users", administration, "list-users", "List people", refusals(), handle(a.listUsers)},
		{"GET", "/api/admin/users/{id}", administration, "get-user", "Get a person", refusals(), handle(a.getUser)},
		{"PATCH", "/api/admin/users/{id}", administration, "update-user", "Change a person's role, membership or e-mail address", refusals(409), handle(a.updateUser)},
		{"POST", "/api/admin/users/{id}/deactivate", administration, "deactivate-user", "Take all access from a person", refusals(409), handle(a.deactivateUser)},
		{"POST", "/api/admin/users/{id}/reactivate", administration, "reactivate-user", "Let a person in again", refusals(), handle(a.reactivateUser)},
		{"GET", "/api/admin/tiers", administration, "list-tiers", "List all tiers", refusals(), handle(a.listTiers)},
		{"POST", "/api/admin/tiers", administration, "create-tier", "Add a tier", refusals(), handle(a.createTier)},
		{"PATCH", "/api/admin/tiers/{id}", administration, "update-tier", "Change a tier", refusals(), handle(a.updateTier)},
		{"DELETE", "/api/admin/tiers/{id}", administration, "delete-tier", "Delete a tier, or retire it if it is in use", refusals(), handle(a.deleteTier)},
		{"GET", "/api/admin/community", administration, "get-community", "Get the community's settings", refusals(), handle(a.getCommunity)},
		{"PATCH", "/api/admin/community", administration, "update-community", "Change the community's settings", refusals(), handle(a.updateCommunity)},
		{"GET", "/api/admin/api-keys", administration, "list-api-keys", "List the API keys", refusals(), handle(a.listKeys)},
		{"POST", "/api/admin/api-keys", administration, "create-api-key", "Make an API key", refusals(409), handle(a.createKey)},
		{"DELETE", "/api/admin/api-keys/{id}", administration, "revoke-api-key", "Revoke an API key", refusals(), handle(a.revokeKey)},
		{"PUT", "/api/admin/members/{external_id}", administration, "sync-member", "Make a member what another app says of them", refusals(409), handle(a.syncMember)},
		{"POST", "/api/admin/members/bulk", administration, "sync-members", "Synchronise up to 1,000 members", refusals(409), handle(a.syncMembers)},
		{"GET", "/api/admin/audit", administration, "list-audit", "List what was done to moderate and administrate, newest first", refusals(), handle(a.listAudit)},
		{"GET", "/api/admin/realtime", administration, "get-realtime", "Get what the replicas are doing", refusals(), handle(a.getRealtime)},
		{"POST", "/api/admin/realtime/bus", administration, "set-bus-mode", "Choose which way events take between replicas", refusals(409), handle(a.setBusMode)},

		{"POST", "/api/auth/register", account, "register", "Become a member, where registration is open", strangers(403, 409), handle(a.register)},
		{"POST", "/api/auth/login", account, "login", "Sign in", strangers(401, 403, 429), handle(a.login)},
		{"POST", "/api/auth/demo", account, "demo-login", "Sign in as one of the demo's people", strangers(403, 404), handle(a.demoLogin)},
		{"GET", "/api/auth/options", account, "sign-in-options", "Get the ways to sign in", strangers(), handle(a.signInOptions)},
		{"POST", "/api/auth/logout", account, "logout", "Sign out", strangers(), handle(a.logout)},
		{"GET", "/api/auth/me", account, "get-me", "Get who you are and what you may do", refusals(), handle(a.me)},
		{"GET", "/api/auth/sessions", account, "list-sessions", "List the devices you are signed in on", refusals(), handle(a.listSessions)},
		{"DELETE", "/api/auth/sessions/{public_id}", account, "end-session", "Sign one of your devices out", refusals(), handle(a.endSession)},
		{"POST", "/api/auth/password", account, "change-password", "Change your password", refusals(429), handle(a.changePassword)},
	}
}

// The tags that group the operations in the document.
const (
	threads        = "Threads"
	following      = "Following and reading"
	messages       = "Messages"
	likes          = "Likes"
	notifications  = "Notifications"
	people         = "People"
	searchTag      = "Search"
	settings       = "Settings"
	moderation     = "Moderation"
	everyone       = "Moderating @everyone"
	administration = "Administration"
	account        = "Account"
	live           = "Live"
)

// route is one row of the table.
type route struct {
	method, path string
	tag          string
	id           string // of the operation in the document
	summary      string
	refusals     access
	handler      handler
}

// access says who a route answers, and with which statuses it refuses beyond
// those that follow from its shape.
type access struct {
	anyone   bool // not only people who are signed in
	statuses []int
}

func refusals(statuses ...int) access  { return access{statuses: statuses} }
func strangers(statuses ...int) access { return access{anyone: true, statuses: statuses} }

// handler adds an operation with its code to huma's API.
type handler func(*API, huma.API, huma.Operation)

// handle makes a handler of a function from its input to its answer.
func handle[I, O any](serve func(context.Context, *I) (*O, error)) handler {
	return func(a *API, api huma.API, op huma.Operation) {
		huma.Register(api, op, func(ctx context.Context, in *I) (*O, error) {
			out, err := serve(ctx, in)
			if err != nil {
				return nil, a.problem(ctx, err)
			}
			return out, nil
		})
	}
}

func (r route) register(a *API, api huma.API) {
	op := huma.Operation{
		Method: r.method, Path: r.path, OperationID: r.id, Summary: r.summary,
		Tags: []string{r.tag}, Errors: r.errors(),
		MaxBodyBytes: r.maxBody() + 1, // receive has checked the size
	}
	if !r.refusals.anyone {
		op.Security = []map[string][]string{{sessionScheme: {}}}
	}
	if scope, ok := scopes[r.id]; ok {
		op.Security = append(op.Security, map[string][]string{keyScheme: {string(scope)}})
	}
	r.handler(a, api, op)
}

// maxBody returns the size of a body at most, in bytes.
func (r route) maxBody() int64 {
	if r.id == "sync-members" {
		return maxMembersBody
	}
	return maxBody
}

// errors returns the statuses a route refuses with; huma adds 422 and 500.
func (r route) errors() []int {
	statuses := append([]int{http.StatusServiceUnavailable}, r.refusals.statuses...)
	if !r.refusals.anyone {
		statuses = append(statuses, http.StatusUnauthorized, http.StatusForbidden) // if only to API keys
	}
	if scopes[r.id] != "" {
		statuses = append(statuses, http.StatusTooManyRequests) // to wrong keys
	}
	if strings.Contains(r.path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	if r.method == http.MethodPost || r.method == http.MethodPatch || r.method == http.MethodPut {
		statuses = append(statuses, http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return statuses
}

// answer is a handler's answer without headers of its own.
type answer[T any] struct{ Body T }

// reply wraps what a use case returned.
func reply[T any](body T, err error) (*answer[T], error) {
	if err != nil {
		return nil, err
	}
	return &answer[T]{body}, nil
}

// list is the answer of plain arrays. Its position is that of the snapshot it was
// read in.
type list[T any] struct {
	EventID string `header:"Event-Id" doc:"First page, and pages around a message: a socket opened with this as last_event_id misses nothing that happened since."`
	Body    []T
}

// listing wraps the items a use case returned; none is [], not null.
func listing[T any](items []T, eventID string, err error) (*list[T], error) {
	if err != nil {
		return nil, err
	}
	if items == nil {
		items = []T{}
	}
	return &list[T]{EventID: eventID, Body: items}, nil
}

// Done is how actions begin their answer.
type Done struct {
	Success bool   `json:"success" doc:"True."`
	Message string `json:"message" doc:"What was done."`
}

func did(message string) Done { return Done{Success: true, Message: message} }
