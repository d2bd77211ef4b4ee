package parley

import (
	"cmp"
	"math"
	"regexp"
	"strings"
)

// Role is what a person is in the community.
type Role string

const (
	RoleCreator Role = "creator" // owns the community; may do everything
	RoleTeam    Role = "team"    // moderates and sees everything
	RoleMember  Role = "member"  // free, or with a paid membership
)

// Valid reports whether r is one of the three roles.
func (r Role) Valid() bool { return r == RoleCreator || r == RoleTeam || r == RoleMember }

// Staff reports whether r is the creator or of the team.
func (r Role) Staff() bool { return r == RoleCreator || r == RoleTeam }

// Membership is what a member pays, and where. The zero value is a free member.
type Membership struct {
	AmountCents int64  // per month
	TierID      int64  // 0: none
	Source      string // "patreon", "kofi", "manual", …
}

// User is a person of the community.
type User struct {
	ID          int64
	Username    string // to sign in with
	DisplayName string // what others see: the alias, if one is in use; empty: the username
	Email       string // shown to administrators only
	Role        Role
	Membership  Membership
	Active      bool // not deactivated
	Suspended   bool // as of when this was read
	Silence     Sanction
	Suspension  Sanction
	ExternalID  string // in the app whose members are synchronised; empty: none
	CreatedAt   Time
}

// Sanction keeps somebody from writing, or from coming in, until a time. It ends by
// itself; the zero value is none.
type Sanction struct {
	Until  Time
	Reason string
}

// Indefinitely is the end of a sanction that holds until it is taken back.
const Indefinitely Time = math.MaxInt64

// Holds reports whether s is in force at now.
func (s Sanction) Holds(now Time) bool { return s.Until > now }

// End returns when s ends, nil if somebody has to take it back.
func (s Sanction) End() *Time {
	if s.Until == Indefinitely {
		return nil
	}
	return &s.Until
}

// Term says until when s holds, as in "suspended until …".
func (s Sanction) Term() string {
	if s.Until == Indefinitely {
		return "until further notice"
	}
	return "until " + s.Until.Std().Format("2006-01-02 15:04 UTC")
}

// Viewer returns what access decisions need to know of u.
func (u User) Viewer() Viewer {
	return Viewer{
		ID: u.ID, Role: u.Role, AmountCents: u.Membership.AmountCents,
		Active: u.Active && !u.Suspended, SilencedUntil: u.Silence.Until,
	}
}

// staffTierAmount stands for a membership that includes everything.
const staffTierAmount = 999_999_999

// TierAmount returns what u's membership amounts to, in cents a month, as shown
// to themselves: the creator and the team have access to everything.
func (u User) TierAmount() int64 {
	if u.Role.Staff() {
		return staffTierAmount
	}
	return u.Membership.AmountCents
}

// TierTitle names what u's membership is; reached is the title of the highest tier
// that its amount reaches, empty if none.
func (u User) TierTitle(reached string) string {
	switch {
	case u.Role.Staff():
		return string(u.Author().Role)
	case reached != "":
		return reached
	case u.Membership.AmountCents > 0:
		return dollars(u.Membership.AmountCents)
	default:
		return freeAccess
	}
}

// Author returns u as others see them beside what they wrote.
func (u User) Author() Author {
	return NewAuthor(u.ID, cmp.Or(u.DisplayName, u.Username), u.Role, u.Membership)
}

// Author is a person as shown beside what they wrote.
type Author struct {
	ID         int64
	Name       string // display name
	Role       DisplayRole
	BadgeColor string // "#rrggbb"
}

// NewAuthor shows the person with this display name, role and membership.
func NewAuthor(id int64, name string, role Role, m Membership) Author {
	shown := role.display(m)
	return Author{ID: id, Name: name, Role: shown, BadgeColor: shown.BadgeColor()}
}

// DisplayRole is a role as shown to people. It tells paying members apart by
// where they pay.
type DisplayRole string

const (
	DisplayCreator   DisplayRole = "Creator"
	DisplayTeam      DisplayRole = "Team"
	DisplayPatron    DisplayRole = "Patron"
	DisplaySupporter DisplayRole = "Supporter"
	DisplayMember    DisplayRole = "Member"
)

func (r Role) display(m Membership) DisplayRole {
	switch {
	case r == RoleCreator:
		return DisplayCreator
	case r == RoleTeam:
		return DisplayTeam
	case m.AmountCents <= 0:
		return DisplayMember
	case m.Source == "patreon":
		return DisplayPatron
	default:
		return DisplaySupporter
	}
}

// BadgeColor returns the colour of the role's badge, "#rrggbb".
func (r DisplayRole) BadgeColor() string {
	switch r {
	case DisplayCreator:
		return "#f59e0b"
	case DisplayTeam:
		return "#3b82f6"
	case DisplayPatron:
		return "#f97316"
	case DisplaySupporter:
		return "#10b981"
	default:
		return "#6b7280"
	}
}

var usernamePattern = regexp.MustCompile(`^[A-Za-z0-9_]{2,32}$`)

// reservedNames would read as something else behind an @.
var reservedNames = map[string]bool{"everyone": true, "creator": true, "team": true, "here": true, "all": true}

// CheckUsername says what is wrong with a username, nil if nothing is. That it
// is not taken (without regard to case) is for the database to tell.
func CheckUsername(name string) error {
	switch {
	case !usernamePattern.MatchString(name):
		return InvalidField("username", "must be 2 to 32 letters (A–Z), digits or underscores")
	case reservedNames[FoldName(name)]:
		return InvalidField("username", "is reserved, as it has a meaning in mentions")
	}
	return nil
}

// FoldName maps names that differ in case alone to one. Databases compare folded
// names in a column of their own: SQLite's lower() leaves all but ASCII as it is.
func FoldName(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
