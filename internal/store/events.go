package store

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"parley"
)

// Logged is an event as it stands in the log.
type Logged struct {
	Channel parley.Channel
	Seq     uint64 // its number in the channel
	Control uint64 // the control channel's head that it was committed after, or with
	At      parley.Time
	Event   parley.Event
}

// Head is a channel's newest number.
type Head struct {
	Channel parley.Channel
	Seq     uint64
}

// Append adds an event to the transaction. It gets its number when the
// transaction's function has returned: all channels are locked then, in the one
// order that keeps transactions from waiting for each other in a circle.
func (tx *Tx) Append(events ...parley.Event) { tx.events = append(tx.events, events...) }

// log writes the appended events, those of one channel in the order in which
// they were appended.
func (tx *Tx) log() ([]Logged, error) {
	slices.SortStableFunc(tx.events, func(a, b parley.Event) int { return compareChannels(a.Channel(), b.Channel()) })
	logged := make([]Logged, len(tx.events))
	for i, e := range tx.events {
		logged[i] = Logged{Channel: e.Channel(), At: tx.now, Event: e}
		if err := tx.logOne(&logged[i]); err != nil {
			return nil, err
		}
	}
	return logged, tx.awaitOwn(logged)
}

// logOne writes an event, whose numbers are set when the transaction's statements
// have run.
func (tx *Tx) logOne(l *Logged) error {
	refs, err := json.Marshal(l.Event)
	if err != nil {
		return err
	}
	if l.Channel == parley.ControlChannel {
		if err := tx.lock(`SELECT pg_advisory_xact_lock($1)`, int64(rightsLock)); err != nil {
			return err
		}
	}
	text := tx.dialect.logs
	if text == "" {
		if err := tx.write(nextNumber, l.Channel); err != nil {
			return err
		}
		text = logNumbered
	}
	tx.wrote = true
	return tx.q.queue(tx.ctx, &statement{
		text: text, args: []any{l.Channel, parley.ControlChannel, l.Event.Kind(), string(refs), l.At},
		row: l.scanNumbers, writes: true, logged: l,
	})
}

// nextNumber gives a channel its next number, and holds its row.
const nextNumber = `INSERT INTO channels (name, head) VALUES ($1, 1)
	ON CONFLICT (name) DO UPDATE SET head = channels.head + 1`

// logNumbered writes an event with the number that its channel has.
const logNumbered = `INSERT INTO events (channel, seq, control, kind, refs, created_at)
	SELECT name, head, coalesce((SELECT head FROM channels WHERE name = $2), 0), $3, $4, $5
	FROM channels WHERE name = $1 RETURNING seq, control`

func (l *Logged) scanNumbers(row scanner) error {
	var seq, control int64
	err := row.Scan(&seq, &control)
	l.Seq, l.Control = uint64(seq), uint64(control)
	return err
}

// awaitOwn has the events of a transaction that changes rights itself wait for
// that change too: whom it shuts out must not hear of what was changed with it.
// The control channel is locked last, so its number is known only now.
func (tx *Tx) awaitOwn(logged []Logged) error {
	if len(logged) == 0 || logged[len(logged)-1].Channel != parley.ControlChannel {
		return nil
	}
	if err := tx.q.flush(tx.ctx); err != nil {
		return err
	}
	control := logged[len(logged)-1].Seq
	for i := range logged {
		l := &logged[i]
		if l.Channel == parley.ControlChannel {
			return nil
		}
		l.Control = control
		err := tx.write(`UPDATE events SET control = $3 WHERE channel = $1 AND seq = $2`, l.Channel, int64(l.Seq), int64(control))
		if err != nil {
			return err
		}
	}
	return nil
}

// compareChannels is the order in which transactions lock channels: threads
// ascending, the forum, users ascending, control.
func compareChannels(a, b parley.Channel) int {
	rankA, idA := lockRank(a)
	rankB, idB := lockRank(b)
	return cmp.Or(cmp.Compare(rankA, rankB), cmp.Compare(idA, idB))
}

func lockRank(c parley.Channel) (rank int, id int64) {
	switch {
	case c == parley.ForumChannel:
		return 1, 0
	case c == parley.ControlChannel:
		return 3, 0
	case strings.HasPrefix(string(c), "t"):
		rank = 0
	default:
		rank = 2
	}
	id, _ = strconv.ParseInt(string(c[1:]), 10, 64)
	return rank, id
}

// Head returns the number of a channel's newest event, 0 if it never had one.
func (s *Snapshot) Head(channel parley.Channel) (uint64, error) {
	head, _, err := one(s, scalar[int64], `SELECT head FROM channels WHERE name = $1`, channel)
	return uint64(head), err
}

// Since returns the newest number of every channel that got events since the
// cursor was given out, and the cursor to go on from. The cursor's zero value
// means now: no heads, only where to begin.
func (s *Snapshot) Since(cursor uint64) ([]Head, uint64, error) {
	next, more, err := s.cursorAfter(cursor)
	if err != nil || !more {
		return nil, next, err
	}
	heads, err := list(s, scanHead, `SELECT name, head FROM channels
		WHERE name IN (SELECT channel FROM events WHERE `+s.dialect.since+`)`, int64(cursor))
	return heads, next, err
}

// cursorAfter returns the cursor to go on from, and whether there may be events
// between the two.
func (s *Snapshot) cursorAfter(cursor uint64) (next uint64, more bool, err error) {
	position, _, err := one(s, scalar[int64], s.dialect.cursor)
	// No position is zero. The cursor does not go back where the newest rows were pruned.
	next = max(uint64(position), cursor)
	return next, cursor != 0 && (next != cursor || !s.dialect.ordered), err
}

func scanHead(row scanner) (h Head, err error) {
	var seq int64
	err = row.Scan(&h.Channel, &seq)
	h.Seq = uint64(seq)
	return h, err
}

// Events returns up to limit events of a channel after a number, in order.
func (s *Snapshot) Events(channel parley.Channel, after uint64, limit int) ([]Logged, error) {
	return list(s, scanLogged, `SELECT channel, seq, control, kind, refs, created_at FROM events
		WHERE channel = $1 AND seq > $2 ORDER BY seq LIMIT $3`, channel, int64(after), limit)
}

// Stretch is a part of a channel: as many numbers after one.
type Stretch struct {
	Channel parley.Channel
	After   uint64
	Limit   int
}

// Holds reports whether an event belongs to it.
func (w Stretch) Holds(l Logged) bool {
	return l.Channel == w.Channel && w.After < l.Seq && l.Seq-w.After <= uint64(w.Limit)
}

// Stretches returns what the log holds of some stretches, by channel and in order.
// Where they overlap an event comes more than once.
func (s *Snapshot) Stretches(wanted []Stretch) (found []Logged, err error) {
	for batch := range slices.Chunk(wanted, 64) {
		args := arguments{}
		logged, err := list(s, scanLogged, `SELECT e.channel, e.seq, e.control, e.kind, e.refs, e.created_at
			FROM (VALUES `+args.stretches(batch)+`) w
			JOIN events e ON e.channel = w.column1 AND e.seq > w.column2 AND e.seq <= w.column3
			ORDER BY e.channel, e.seq`, args...)
		if err != nil {
			return nil, err
		}
		found = append(found, logged...)
	}
	return found, nil
}

// stretches appends stretches and returns rows for VALUES: a channel, the number
// before, and the last one. Those that fill up to a power of two (see in) are of no channel.
func (a *arguments) stretches(wanted []Stretch) string {
	rows := make([]string, roundUp(len(wanted)))
	for i := range rows {
		var w Stretch
		if i < len(wanted) {
			w = wanted[i]
		}
		after := min(w.After, math.MaxInt64-uint64(w.Limit))
		rows[i] = "(cast(" + a.add(string(w.Channel)) + " AS TEXT), " + a.id(int64(after)) + ", " + a.id(int64(after)+int64(w.Limit)) + ")"
	}
	return strings.Join(rows, ", ")
}

func scanLogged(row scanner) (l Logged, err error) {
	var seq, control int64
	var kind, refs string
	if err := row.Scan(&l.Channel, &seq, &control, &kind, &refs, &l.At); err != nil {
		return Logged{}, err
	}
	l.Seq, l.Control = uint64(seq), uint64(control)
	if l.Event, err = parley.DecodeEvent(kind, []byte(refs)); err != nil {
		l.Event = Unreadable{in: l.Channel, kind: kind, Why: err}
	}
	return l, nil
}

// Unreadable stands for an event that this release cannot read: of a kind that only a
// newer one knows (Why is parley.ErrUnknownKind), or damaged. It shows nothing, but has
// its number: one that failed would keep all that is read with it, and all that
// comes after it, from everybody.
type Unreadable struct {
	in   parley.Channel
	kind string
	Why  error
}

// Kind is the name under which the log keeps it.
func (u Unreadable) Kind() string { return u.kind }

// Channel is the one it was found in.
func (u Unreadable) Channel() parley.Channel { return u.in }

// Extent is what the log holds of a channel: from its oldest number, one more than
// its head if nothing, to its head.
type Extent struct{ Oldest, Head uint64 }

// Extents returns what the log holds of channels; those that never had an event are
// left out.
func (s *Snapshot) Extents(channels []parley.Channel) (map[parley.Channel]Extent, error) {
	found := make(map[parley.Channel]Extent, len(channels))
	for batch := range slices.Chunk(channels, 256) {
		args := arguments{}
		_, err := list(s, func(row scanner) (struct{}, error) {
			var channel parley.Channel
			var head, oldest int64
			err := row.Scan(&channel, &head, &oldest)
			found[channel] = Extent{Oldest: uint64(oldest), Head: uint64(head)}
			return struct{}{}, err
		}, `SELECT c.name, c.head, coalesce((SELECT min(e.seq) FROM events e WHERE e.channel = c.name), c.head + 1)
			FROM channels c WHERE c.name IN `+in(&args, batch), args...)
		if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// The log keeps every event this long, and this many of every channel for ever.
const (
	logRetention = 72 * time.Hour
	logMinimum   = 1000
	pruneBatch   = 500 // rows deleted in one transaction
)

// PruneEvents deletes one batch of events that need not be kept and reports
// whether there may be more.
func (tx *Tx) PruneEvents() (more bool, err error) {
	n, err := tx.exec(`DELETE FROM events WHERE (channel, seq) IN (
		SELECT e.channel, e.seq FROM events e JOIN channels c ON c.name = e.channel
		WHERE e.created_at < $1 AND e.seq <= c.head - $2 LIMIT $3)`,
		tx.now.Add(-logRetention), logMinimum, pruneBatch)
	if err != nil || !tx.dialect.operations {
		return n == pruneBatch, err
	}
	operations, err := tx.pruneOperations(time.Now())
	return n == pruneBatch || operations, err
}
