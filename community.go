package parley

import (
	"strings"
	"time"
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

// Registration says how people become members by themselves. There are no invitations
// yet: where members are invited, whoever runs the community makes their accounts.
type Registration string

const (
	RegistrationOpen   Registration = "open"
	RegistrationInvite Registration = "invite"
	RegistrationClosed Registration = "closed"
)

// Refusal says why nobody makes themselves a member, nil where everybody may.
func (r Registration) Refusal() error {
	switch r {
	case RegistrationOpen:
		return nil
	case RegistrationInvite:
		return Errorf(Forbidden, "Members are invited here: ask the creator to make an account for you, then sign in with it.")
	default:
		return Errorf(Forbidden, "Registration is closed: ask the community's team for an account.")
	}
}

// Community holds the settings of the whole community.
type Community struct {
	Name           string         `json:"name"`
	ThreadCreation ThreadCreation `json:"thread_creation" enum:"creator,team,members" doc:"Who may start main threads."`
	Registration   Registration   `json:"registration" enum:"open,invite,closed" doc:"open: people make their accounts themselves. invite, closed: they are refused, in other words, and who runs the community makes accounts (parley user add, membership sync); there are no invitations to redeem."`
	NewMembers
}

// NewMembers limits what those write who came lately and pay nothing: most of them
// are whom they say they are, and all who come to advertise are among them.
type NewMembers struct {
	Days         int64 `json:"new_member_days" doc:"How long somebody who pays nothing is a new member; 0: nobody is, and nothing below holds."`
	PostsPerHour int64 `json:"new_member_posts_per_hour" doc:"Messages that a new member posts within an hour at most; 0: any."`
	Links        int64 `json:"new_member_links" doc:"Links in a message of theirs at most."`
	Mentions     int64 `json:"new_member_mentions" doc:"People that it mentions at most."`
}

// Include reports whether somebody with an account of this age is a new member.
func (n NewMembers) Include(v Viewer, since, now Time) bool {
	return n.Days > 0 && v.Role == RoleMember && v.AmountCents == 0 && now < since.Add(time.Duration(n.Days)*24*time.Hour)
}

// Check refuses a message of a new member with so many links and mentions.
func (n NewMembers) Check(links, mentions int) error {
	switch {
	case int64(links) > n.Links:
		return Errorf(Forbidden, "New members may put %d links into a message, not %d.", n.Links, links)
	case int64(mentions) > n.Mentions:
		return Errorf(Forbidden, "New members may mention %d people in a message, not %d.", n.Mentions, mentions)
	default:
		return nil
	}
}

// The largest values of NewMembers.
const (
	maxNewMemberDays  = 90
	maxNewMemberLimit = 1000
)

func (n NewMembers) check() error {
	if n.Days < 0 || n.Days > maxNewMemberDays {
		return InvalidField("new_member_days", "must be 0 to %d", maxNewMemberDays)
	}
	for name, limit := range map[string]int64{
		"new_member_posts_per_hour": n.PostsPerHour, "new_member_links": n.Links, "new_member_mentions": n.Mentions,
	} {
		if limit < 0 || limit > maxNewMemberLimit {
			return InvalidField(name, "must be 0 to %d", maxNewMemberLimit)
		}
	}
	return nil
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
	if err := c.NewMembers.check(); err != nil {
		return c, err
	}
	return c, checkText("name", c.Name)
}

// DefaultCommunity is what a new database starts with.
func DefaultCommunity() Community {
	return Community{
		Name: "Parley", ThreadCreation: CreationCreator, Registration: RegistrationOpen,
		NewMembers: NewMembers{PostsPerHour: 20, Links: 2, Mentions: 5},
	}
}
