package api

import "parley"

// scopes says which scope lets an API key use a route, by its operation. What does not
// stand here is refused to keys: all that is somebody's own, since a key is nobody, and
// the keys themselves.
var scopes = map[string]parley.Scope{
	"list-users":    parley.ScopeAdminRead,
	"get-user":      parley.ScopeAdminRead,
	"list-tiers":    parley.ScopeAdminRead,
	"get-community": parley.ScopeAdminRead,
	"list-audit":    parley.ScopeAdminRead,
	"get-realtime":  parley.ScopeAdminRead,

	"update-user":     parley.ScopeAdminUsers,
	"deactivate-user": parley.ScopeAdminUsers,
	"reactivate-user": parley.ScopeAdminUsers,

	"create-tier":      parley.ScopeAdminCommunity,
	"update-tier":      parley.ScopeAdminCommunity,
	"delete-tier":      parley.ScopeAdminCommunity,
	"update-community": parley.ScopeAdminCommunity,
	"set-bus-mode":     parley.ScopeAdminCommunity,

	"sync-member":  parley.ScopeMembersWrite,
	"sync-members": parley.ScopeMembersWrite,
}

// permit refuses a key what it is not for.
func permit(key parley.APIKey, operation string) error {
	scope, ok := scopes[operation]
	switch {
	case !ok:
		return parley.Errorf(parley.Forbidden, "API keys may not do this: they are for the administration alone, and for nothing that is a person's own.")
	case !key.Allows(scope):
		return parley.Errorf(parley.Forbidden, "This API key may not do this: it lacks the scope %s.", scope)
	default:
		return nil
	}
}
