package parley

// Viewer is what an access decision needs to know of a person. The zero value
// is somebody who is not signed in, and sees nothing.
type Viewer struct {
	ID          int64
	Role        Role
	AmountCents int64 // of the membership, per month
	Active      bool  // neither deactivated nor suspended
	KeyID       int64 // the API key that acts; 0: a person. A key is nobody: it is not active, and no thread admits it

	SilencedUntil Time // may write nothing that others see until then
}

// Silenced reports whether v may write nothing that others see at now. By the clock
// of the database it ends by itself.
func (v Viewer) Silenced(now Time) bool { return v.SilencedUntil > now }

// Staff reports whether v is an active creator or team member.
func (v Viewer) Staff() bool { return v.Active && v.Role.Staff() }

// IsCreator reports whether v is an active creator.
func (v Viewer) IsCreator() bool { return v.Active && v.Role == RoleCreator }

// SeesHidden reports whether v may see a hidden message of this author in a thread
// that v may see.
func (v Viewer) SeesHidden(authorID int64) bool {
	return v.Staff() || v.Active && v.ID == authorID
}

// Access says who may see a thread and everything in it. It is the one access
// decision: requests, sockets, deliveries, searches, counts and notifications
// ask it, or the SQL condition that a test proves equal to it. The zero value
// is open to every active member.
type Access struct {
	Private      bool  `json:"private,omitempty"` // creator and team only
	MinTierCents int64 `json:"min_tier_cents,omitempty"`
}

// Admits reports whether v may see what a guards.
func (a Access) Admits(v Viewer) bool {
	switch {
	case !v.Active:
		return false
	case v.Role.Staff():
		return true
	case a.Private:
		return false
	default:
		return v.AmountCents >= a.MinTierCents
	}
}

// Within narrows a sub-thread's own access by its parent's: it is never more
// open than the parent is now.
func (a Access) Within(parent Access) Access {
	return Access{
		Private:      a.Private || parent.Private,
		MinTierCents: max(a.MinTierCents, parent.MinTierCents),
	}
}

// Inside reports whether b admits everybody whom a admits: what only readers of b
// have seen may go where readers of a see it.
func (a Access) Inside(b Access) bool {
	return a.Private || !b.Private && a.MinTierCents >= b.MinTierCents
}

// Or admits whoever a or b admits: the audience of a change of access are those
// who could and those who can.
func (a Access) Or(b Access) Access {
	switch {
	case a.Private:
		return b
	case b.Private:
		return a
	default:
		return Access{MinTierCents: min(a.MinTierCents, b.MinTierCents)}
	}
}

// Refusal is the answer for somebody whom a does not admit: a private thread
// does not show that it exists.
func (a Access) Refusal() *Error {
	if a.Private {
		return ErrThreadNotFound
	}
	return ErrAccessDenied
}
