package store_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// visits are requests to every operation, in an order in which each succeeds: what
// looks at something comes before what takes it away.
func (f *traffic) visits() []visit {
	f.Helper()
	return slices.Concat(f.reads(f.ada), f.reads(f.mina), f.looks(), f.ownChanges(), f.writes(), f.moderates(), f.administrates(), f.accounts(), f.removes())
}

// reads are what everybody may look at.
func (f *traffic) reads(by visitor) []visit {
	root := f.root()
	return slices.Concat(f.lists(by), f.pages(by), []visit{
		{operation: "get-thread", by: by, path: id(f.thread.ID)},
		{operation: "get-thread-tier", by: by, path: id(f.thread.ID)},
		{operation: "get-thread-hierarchy", by: by, path: id(f.below.ID)},
		{operation: "count-messages", by: by, path: id(f.thread.ID)},
		{operation: "list-sub-threads", by: by, path: id(root)},
		{operation: "count-sub-threads", by: by, path: id(root)},
		{operation: "count-notifications", by: by},
		{operation: "get-settings", by: by},
		{operation: "check-alias", by: by, path: "?alias=Finch"},
		{operation: "get-everyone-settings", by: by},
		{operation: "get-stats", by: by},
		{operation: "get-user-activity", by: by, path: id(f.ada.ID)},
		{operation: "get-my-tier", by: by},
		{operation: "get-me", by: by},
	})
}

// lists are what everybody finds threads, messages and people by.
func (f *traffic) lists(by visitor) (visits []visit) {
	for _, kind := range []string{"all", "main", "sub"} {
		for _, filter := range []string{"all", "main", "following", "unread"} {
			visits = append(visits, visit{operation: "list-threads", by: by, path: "?filter_type=" + filter + "&thread_type=" + kind})
		}
		for _, words := range []string{"joi", "joints", `"more joints"`} {
			visits = append(visits, visit{operation: "search", by: by, path: "?thread_type=" + kind + "&q=" + url.QueryEscape(words)})
		}
	}
	return append(visits,
		visit{operation: "list-threads", by: by, path: "?page=2&limit=2"},
		visit{operation: "search", by: by, path: "?q=joints&limit=2"},
		visit{operation: "search-users", by: by, path: "?q=per"},
		visit{operation: "search-users", by: by, path: "?q=son&limit=2"},
	)
}

// pages are what everybody reads of a thread, a message and their notifications, from
// wherever they are.
func (f *traffic) pages(by visitor) []visit {
	thread, root := id(f.thread.ID), id(f.root())
	from := func(parameter string) string { return thread + "?" + parameter + "=" + root }
	return []visit{
		{operation: "list-messages", by: by, path: thread + "?mark_read=false"},
		{operation: "list-messages", by: by, path: from("before_id")},
		{operation: "list-messages", by: by, path: from("after_id")},
		{operation: "list-messages", by: by, path: from("around_id") + "&limit=3"},
		{operation: "list-recent-messages", by: by, path: thread},
		{operation: "list-recent-messages", by: by, path: from("since_id") + "&limit=2"},
		{operation: "list-replies", by: by, path: root},
		{operation: "list-replies", by: by, path: root + "?page=2&limit=2"},
		{operation: "list-replies", by: by, path: root + "?after_id=" + root},
		{operation: "list-likes", by: by, path: root},
		{operation: "list-likes", by: by, path: root + "?skip=2&limit=2"},
		{operation: "list-likes", by: by, path: root + "?after_id=1"},
		{operation: "list-notifications", by: by, path: "?before_id=1000000"},
		{operation: "list-notifications", by: by, path: "?skip=2&limit=2"},
		{operation: "list-notifications", by: by},
	}
}

// looks are what the team and the creators may look at.
func (f *traffic) looks() []visit {
	root, before := id(f.root()), "before_id=1000000"
	return slices.Concat([]visit{
		{operation: "list-history", by: f.ada, path: root},
		{operation: "list-history", by: f.ada, path: root + "?after_id=1&limit=2"},
		{operation: "list-available-tiers", by: f.ada},
		{operation: "get-everyone-moderation", by: f.ada},
		{operation: "get-everyone-analytics", by: f.ada},
		{operation: "get-everyone-analytics", by: f.ada, path: "?days=30"},
		{operation: "list-restricted-users", by: f.ada},
		{operation: "list-users", by: f.ada, path: "?role=creator"},
		{operation: "list-users", by: f.ada, path: "?role=team"},
		{operation: "get-user", by: f.ada, path: id(f.mina.ID)},
		{operation: "list-tiers", by: f.ada},
		{operation: "get-community", by: f.ada},
		{operation: "list-api-keys", by: f.ada},
		{operation: "get-realtime", by: f.ada},
		{operation: "sign-in-options"},
		{operation: "list-sessions", by: f.finn},
	},
		forms("list-pending-everyone", f.ada, "after_id=1", "limit=2"),
		forms("list-flags", f.tomas, "state=resolved", before, "limit=2"),
		forms("list-moderation", f.tomas, before, "limit=2"),
		forms("list-users", f.ada, "q=per", "role=member", before, "limit=2"),
		forms("list-audit", f.ada, "actor="+id(f.ada.ID), "key="+id(f.keys[0]), "action=tier.created", before, "limit=2"),
	)
}

// forms are visits with every choice of some parameters, from none to all.
func forms(operation string, by visitor, parameters ...string) (visits []visit) {
	for choice := range 1 << len(parameters) {
		var chosen []string
		for i, p := range parameters {
			if choice>>i&1 == 1 {
				chosen = append(chosen, p)
			}
		}
		visits = append(visits, visit{operation: operation, by: by, path: "?" + strings.Join(chosen, "&")})
	}
	return visits
}

// ownChanges change what is somebody's own.
func (f *traffic) ownChanges() []visit {
	thread := id(f.thread.ID)
	return []visit{
		{operation: "follow-thread", by: f.finn, path: thread},
		{operation: "unfollow-thread", by: f.finn, path: thread},
		{operation: "mute-thread", by: f.finn, path: thread},
		{operation: "unmute-thread", by: f.finn, path: thread},
		{operation: "update-settings", by: f.finn, body: `{"display_alias":"Finch","use_alias":true}`},
		{operation: "reset-settings", by: f.finn},
		{operation: "update-everyone-settings", by: f.finn, body: `{"allow_everyone_mentions":false}`},
		{operation: "tell-typing", by: f.finn, path: thread, body: `{"is_typing":true}`},
		{operation: "upload-image", by: f.finn},
		{operation: "get-image", by: f.finn, path: "{upload}"},
		{operation: "read-notification", by: f.ada, path: "{notification}"},
		{operation: "delete-notification", by: f.ada, path: "{notification}"},
		{operation: "list-messages", by: f.mina, path: thread},
		{operation: "mark-read", by: f.mina, path: thread},
		{operation: "read-all-notifications", by: f.ada},
	}
}

// writes are what members write.
func (f *traffic) writes() []visit {
	root := id(f.root())
	return []visit{
		{operation: "create-thread", by: f.ada, body: `{"title":"Glue","content":"Which one?"}`},
		{operation: "post-message", by: f.mina, path: id(f.thread.ID), body: fmt.Sprintf(`{"content":"Neat, @Finn!","reply_to_id":%d}`, f.root())},
		{operation: "edit-message", by: f.ada, path: id(f.thread.First), body: `{"content":"Mortise and tenon"}`},
		{operation: "create-sub-thread", by: f.finn, path: root, body: `{"title":"How?","content":"With a chisel?"}`},
		{operation: "like-message", by: f.finn, path: root},
		{operation: "unlike-message", by: f.finn, path: root},
		{operation: "flag-message", by: f.finn, path: root, body: `{"reason":"spam"}`},
	}
}

// moderates are what the team and the creators do to moderate.
func (f *traffic) moderates() []visit {
	return []visit{
		{operation: "update-everyone-moderation", by: f.ada, body: `{"team_rate_limit":5}`},
		{operation: "approve-everyone", by: f.ada, path: id(f.approvals[0])},
		{operation: "reject-everyone", by: f.ada, path: id(f.approvals[1])},
		{operation: "disable-everyone", by: f.ada, body: `{"reason":"A test."}`},
		{operation: "enable-everyone", by: f.ada},
		{operation: "restrict-user", by: f.ada, path: fmt.Sprintf("?user_id=%d", f.tomas.ID), body: `{"reason":"Too loud."}`},
		{operation: "unrestrict-user", by: f.ada, path: id(f.tomas.ID)},
		{operation: "resolve-flag", by: f.tomas, path: id(f.flags[0]), body: `{"action":"hide"}`},
		{operation: "silence-user", by: f.tomas, path: id(f.finn.ID), body: `{"reason":"Spam."}`},
		{operation: "unsilence-user", by: f.tomas, path: id(f.finn.ID)},
		{operation: "suspend-user", by: f.tomas, path: id(f.finn.ID), body: `{"reason":"Spam."}`},
		{operation: "unsuspend-user", by: f.tomas, path: id(f.finn.ID)},
	}
}

// administrates are what the creators do.
func (f *traffic) administrates() []visit {
	user, tier := id(f.finn.ID), id(f.tiers[0])
	return []visit{
		{operation: "update-user", by: f.ada, path: user, body: `{"amount_cents":700,"email":"finn@example.org"}`},
		{operation: "deactivate-user", by: f.ada, path: user, body: `{"reason":"on leave"}`},
		{operation: "reactivate-user", by: f.ada, path: user},
		{operation: "create-tier", by: f.ada, body: `{"title":"Gold","amount_cents":100000}`},
		{operation: "update-tier", by: f.ada, path: tier, body: `{"title":"Golden"}`},
		{operation: "delete-tier", by: f.ada, path: tier},
		{operation: "update-community", by: f.ada, body: `{"name":"The workshop"}`},
		{operation: "set-bus-mode", by: f.ada, body: `{"mode":"local"}`},
		{operation: "create-api-key", by: f.ada, body: `{"name":"Shop","scopes":["admin:read"]}`},
		{operation: "revoke-api-key", by: f.ada, path: id(f.keys[0])},
		{operation: "sync-member", by: f.ada, path: "7", body: `{"username":"Olga7","role":"member","amount_cents":500,"source":"shop","is_active":true}`},
		{operation: "sync-members", by: f.ada, body: `{"members":[{"external_id":"7","username":"Olga7","role":"member","amount_cents":700,"source":"shop","is_active":true}]}`},
	}
}

// accounts are how people come and go. Signing in gives somebody a session.
func (f *traffic) accounts() []visit {
	return []visit{
		{operation: "register", body: `{"username":"Olga","password":"spruce and maple"}`},
		{operation: "login", body: `{"username":"olga","password":"spruce and maple"}`},
		{operation: "change-password", by: visitor{name: "Olga"}, body: `{"old_password":"spruce and maple","new_password":"walnut and oak"}`},
		{operation: "end-session", by: visitor{name: "Olga"}, path: "{session}"},
		{operation: "login", body: `{"username":"olga","password":"walnut and oak"}`},
		{operation: "logout", by: visitor{name: "Olga"}},
		{operation: "demo-login", body: `{"username":"Finn"}`},
	}
}

// removes take away what everything hangs on.
func (f *traffic) removes() []visit {
	root, thread, there := id(f.root()), id(f.thread.ID), id(f.there.ID)
	return []visit{
		{operation: "move-message", by: f.tomas, path: root, body: fmt.Sprintf(`{"thread_id":%d}`, f.there.ID)},
		{operation: "delete-message", by: f.tomas, path: root},
		{operation: "restore-message", by: f.tomas, path: root},
		{operation: "set-thread-tier", by: f.ada, path: there, body: fmt.Sprintf(`{"min_tier_id":%d}`, f.tiers[1])},
		{operation: "update-thread", by: f.ada, path: there, body: `{"is_private":true}`},
		{operation: "delete-thread", by: f.ada, path: id(f.below.ID)},
		{operation: "delete-thread-hierarchy", by: f.ada, path: there},
		{operation: "delete-thread-hierarchy", by: f.ada, path: thread},
	}
}

func id(of int64) string { return fmt.Sprint(of) }

// field returns what an answer has under a name.
func field[T any](f *traffic, answer []byte, name string) (value T) {
	f.Helper()
	var object map[string]json.RawMessage
	err := json.Unmarshal(answer, &object)
	if err == nil {
		err = json.Unmarshal(object[name], &value)
	}
	if err != nil {
		f.Fatalf("%s of %s: %v", name, answer, err)
	}
	return value
}
