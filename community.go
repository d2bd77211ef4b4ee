package parley

import (
	"strings"
	"unicode/utf8"
)

// ThreadCreation says who may start main threads.
type ThreadCreation string

const (
	CreationCreator ThreadCreation = "creator" // the default
	CreationTeam    ThreadCreation = "team"    // the creator and the team
	CreationMembers ThreadCreation = "members" // everybody
)

// Allows reports whether v may start a main thread.
func (c ThreadCreation) Allows(v Viewer) bool {
	switch c {
	case CreationMembers:
		return v.Active
	case CreationTeam:
		return v.Staff()
	default:
		return v.IsCreator()
	}
}

// Registration says how people become members by themselves.
type Registration string

const (
	RegistrationOpen   Registration = "open"
	RegistrationInvite Registration = "invite"
	RegistrationClosed Registration = "closed"
)

// Community holds the settings of the whole community.
type Community struct {
	Name           string         `json:"name"`
	ThreadCreation ThreadCreation `json:"thread_creation" enum:"creator,team,members" doc:"Who may start main threads."`
	Registration   Registration   `json:"registration" enum:"open,invite,closed"`
}

// maxCommunityName is the length of a community's name at most, in characters.
const maxCommunityName = 100

// CheckCommunity returns the settings without space around the name, or what is
// wrong with them.
func CheckCommunity(c Community) (Community, error) {
	c.Name = strings.Join(strings.Fields(c.Name), " ")
	switch {
	case c.Name == "" || utf8.RuneCountInString(c.Name) > maxCommunityName:
		return c, InvalidField("name", "must have 1 to %d characters", maxCommunityName)
	case c.ThreadCreation != CreationCreator && c.ThreadCreation != CreationTeam && c.ThreadCreation != CreationMembers:
		return c, InvalidField("thread_creation", "must be creator, team or members")
	case c.Registration != RegistrationOpen && c.Registration != RegistrationInvite && c.Registration != RegistrationClosed:
		return c, InvalidField("registration", "must be open, invite or closed")
	}
	return c, checkText("name", c.Name)
}

// DefaultCommunity is what a new database starts with.
func DefaultCommunity() Community {
	return Community{Name: "Parley", ThreadCreation: CreationCreator, Registration: RegistrationOpen}
}
