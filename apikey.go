package parley

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Scope is one of the things that an API key may be allowed to do.
type Scope string

const (
	ScopeAdminRead      Scope = "admin:read"      // see people, tiers, settings, the audit log and the replicas
	ScopeAdminUsers     Scope = "admin:users"     // change, deactivate and reactivate people
	ScopeAdminCommunity Scope = "admin:community" // change tiers, the community's settings and the bus mode
	ScopeMembersWrite   Scope = "members:write"   // synchronise members with another app
)

// Scopes returns all there are.
func Scopes() []Scope {
	return []Scope{ScopeAdminRead, ScopeAdminUsers, ScopeAdminCommunity, ScopeMembersWrite}
}

// APIKey is what a machine acts by in the administration, without the key itself:
// that is shown once, when it is made, and kept nowhere.
type APIKey struct {
	ID         int64     `json:"id"`
	PublicID   string    `json:"public_id" doc:"The part of the key behind parley_, up to the next underscore: tells which key one has at hand, and opens nothing." example:"k3v7q2mdr5xw4hfa"`
	Name       string    `json:"name"`
	Scopes     []Scope   `json:"scopes" nullable:"false"`
	MadeBy     PersonRef `json:"made_by"`
	CreatedAt  Time      `json:"created_at" format:"date-time"`
	ExpiresAt  *Time     `json:"expires_at" format:"date-time" doc:"Null: never."`
	LastUsedAt *Time     `json:"last_used_at" format:"date-time" doc:"To about a minute; null: never."`
}

// Allows reports whether k may do what a scope stands for.
func (k APIKey) Allows(scope Scope) bool { return slices.Contains(k.Scopes, scope) }

// maxKeyName is the length of a key's name at most, in characters.
const maxKeyName = 100

// CheckAPIKey returns a key's name and scopes as they are kept, or what is wrong
// with them.
func CheckAPIKey(name string, scopes []Scope) (string, []Scope, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n < 1 || n > maxKeyName {
		return "", nil, InvalidField("name", "must have 1 to %d characters, not %d", maxKeyName, n)
	}
	known := Scopes()
	for _, s := range scopes {
		if !slices.Contains(known, s) {
			return "", nil, InvalidField("scopes", "must be of these: %s", strings.Trim(fmt.Sprint(known), "[]"))
		}
	}
	if len(scopes) == 0 {
		return "", nil, InvalidField("scopes", "must name at least one: %s", strings.Trim(fmt.Sprint(known), "[]"))
	}
	scopes = slices.Clone(scopes)
	slices.Sort(scopes)
	return name, slices.Compact(scopes), nil
}

// KeyRef names an API key.
type KeyRef struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}
