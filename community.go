package parley

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
	Name           string
	ThreadCreation ThreadCreation
	Registration   Registration
}

// DefaultCommunity is what a new database starts with.
func DefaultCommunity() Community {
	return Community{Name: "Parley", ThreadCreation: CreationCreator, Registration: RegistrationOpen}
}
