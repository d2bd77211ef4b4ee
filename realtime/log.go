package realtime

import (
	"context"
	"time"
)

// Event is one durable event of a channel. The hub keeps Frame and hands it to many connections:
// nobody may change it afterwards.
type Event struct {
	Channel string
	Seq     uint64 // 1, 2, 3… without gaps within the channel

	// Barrier is the position of the control channel that must have been applied (see [Authority])
	// before the event may be delivered; 0 for none.
	Barrier uint64

	// Committed is when the event was committed, for measuring how long delivering takes; the zero
	// time: unknown, not measured.
	Committed time.Time

	// Frame is a JSON object without the member event_id; the hub appends that. nil: there is
	// nothing to show (deleted since), the position still advances.
	Frame []byte

	// Also is sent right behind Frame, without an event id, to whom Frame is sent: a second form of
	// the same for clients that do not know the first; nil: none.
	Also []byte

	// Audience says who may see the event; nil: every subscriber. It is called under locks, for
	// each connection, also while events are replayed: it must be fast, must not block, and may
	// call nothing of this package but Conn's ID, User, Value and Channels. What it needs to know
	// of a connection stands in [Conn.Value].
	Audience func(*Conn) bool

	// Rewrites: frames of earlier events may show what no longer is (an edit, a deletion). They are
	// forgotten, and replay reads them anew from the log.
	Rewrites bool

	// Fresh: what Frame shows may change without another event of this channel. It is not kept for
	// those who come back: replay reads it anew from the log.
	Fresh bool

	// Final: once the event is delivered, the channel's subscribers are closed with this reason.
	Final *CloseReason
}

// Head is the number of the newest event of a channel.
type Head struct {
	Channel string
	Seq     uint64
}

// Want asks for events of a channel: those after After, at most Limit.
type Want struct {
	Channel string
	After   uint64
	Limit   int
}

// Page answers a [Want].
type Page struct {
	Channel string
	Events  []Event // ordered, without gaps, the first is After+1; empty when the log no longer reaches back so far
	Oldest  uint64  // lowest number still in the log; Head+1 when all have been pruned, 0 when there never was one
	Head    uint64  // newest number in the snapshot the page was read in, 0 when there never was one
}

// Log is the truth: the durable record of all events, usually tables of the application's database.
// An event exists when it is committed there, whether or not anybody ever calls [Hub.Publish].
//
// Within a channel, numbers have no gaps and become visible in their order: whoever sees 7 sees 6.
// All methods may be called concurrently and honour their context.
type Log interface {
	// Generation names this log; it changes when events are no longer what they were (a restored
	// backup), so that old event ids are recognised. It must not block. 1 to 64 of A-Z a-z 0-9 _ -.
	Generation() string

	// Since tells which channels got events after the cursor, each with its newest number, and the
	// cursor to ask with next. It may repeat heads told before but must never leave one out, also
	// not one whose transaction began before and committed after the previous call. Cursor 0 means
	// "from now": no heads, only the cursor, which is never 0 itself.
	Since(ctx context.Context, cursor uint64) (heads []Head, next uint64, err error)

	// Read returns one page for each want, in their order, all from one snapshot, rendered as
	// things are in that snapshot. A page may hold fewer events than Limit (a log may bound its
	// bytes), but at least one when there are any to give.
	Read(ctx context.Context, wants []Want) ([]Page, error)
}

// Authority keeps what connections may see in step with the log's control channel, in which every
// change of rights is an event.
//
// An event carries as Barrier the control position at its commit. Because the hub applies the
// control channel up to there first, no event committed after somebody's loss of a right reaches
// them, and none committed after a gain passes them by.
type Authority interface {
	// Apply brings the rights of the hub's connections up to date with all that the control channel
	// holds after position after, and returns the position reached. It walks them with [Hub.Each]
	// or [Hub.EachUser], sets their values ([Conn.SetValue]) and closes those that lost their
	// right. It reads the database after it was called, not before.
	//
	// The hub calls it from one goroutine, holding back registrations meanwhile: it must not call
	// [Hub.Join] or [Hub.Sync]. On an error it is called again, with growing pauses; the events
	// that need it wait.
	Apply(ctx context.Context, after uint64) (applied uint64, err error)
}
