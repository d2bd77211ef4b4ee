package storetest

import "parley"

// Strange is an event as this release does not write them: of another kind, or with
// references that are none.
type Strange struct {
	In   parley.Channel
	Name string
	Refs string // JSON
}

// Kind returns the event's name.
func (e Strange) Kind() string { return e.Name }

// Channel returns the event's channel.
func (e Strange) Channel() parley.Channel { return e.In }

// MarshalJSON returns the references.
func (e Strange) MarshalJSON() ([]byte, error) { return []byte(e.Refs), nil }

// FromTheFuture is an event of a kind that only a later release knows.
func FromTheFuture(channel parley.Channel) parley.Event {
	return Strange{In: channel, Name: "poll_closed", Refs: `{"poll":7}`}
}

// Damaged is an event of a known kind that cannot be read.
func Damaged(channel parley.Channel) parley.Event {
	return Strange{In: channel, Name: parley.MessagePosted{}.Kind(), Refs: `"?"`}
}
