package store

import (
	"context"
	"fmt"

	"parley"
)

// driftWindow is how many ids are looked at in one snapshot: a long one would keep
// SQLite's write-ahead log from being emptied.
const driftWindow = 2000

// Progress tells how far a look at a counter has come: so many of so many ids.
type Progress struct{ Done, All int64 }

// Drifts looks at all that a counter keeps and calls found for each place where it
// differs from what there is, and progress, unless it is nil, after each part. Each
// part is one snapshot, so that what changes meanwhile is no drift.
func (s *Store) Drifts(ctx context.Context, c Counter, found func(Drift) error, progress func(Progress)) error {
	all := int64(1)
	if c.walked != "" {
		err := s.View(ctx, func(s *Snapshot) (err error) {
			all, _, err = one(s, scalar[int64], `SELECT coalesce(max(id), 0) FROM `+c.walked)
			return err
		})
		if err != nil {
			return err
		}
	}
	for after := int64(0); after < all; after += driftWindow {
		var drifts []Drift
		err := s.View(ctx, func(s *Snapshot) (err error) {
			drifts, err = list(s, c.scan, c.find, after, after+driftWindow)
			return err
		})
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		for _, d := range drifts {
			if err := found(d); err != nil {
				return err
			}
		}
		if progress != nil {
			progress(Progress{min(after+driftWindow, all), all})
		}
	}
	return nil
}

func (c Counter) scan(row scanner) (Drift, error) {
	d := Drift{Counter: c.name}
	err := row.Scan(&d.id, &d.other, &d.kept, &d.there)
	d.Says = fmt.Sprintf(c.says, d.id, d.other, d.kept, d.there)
	return d, err
}

// FixDrift sets right what Drifts found: it is counted anew, with what changed since,
// and those who are shown it are told.
func (s *Store) FixDrift(ctx context.Context, c Counter, d Drift) error {
	_, err := s.Update(ctx, func(tx *Tx) error { return c.fix(tx, d) })
	return err
}

// LogDrift is a channel of the event log whose numbers are wrong.
type LogDrift struct {
	Channel parley.Channel
	Says    string
}

// logWindow is how many channels are looked at in one snapshot.
const logWindow = 500

// LogDrifts looks at the numbers of all channels' events, and calls found where some
// are missing, or the channel does not know of them.
func (s *Store) LogDrifts(ctx context.Context, found func(LogDrift) error) error {
	type numbers struct {
		channel                      string
		count, oldest, newest, knows int64
	}
	for after, more := "", true; more; {
		var all []numbers
		err := s.View(ctx, func(s *Snapshot) (err error) {
			all, err = list(s, func(row scanner) (n numbers, err error) {
				err = row.Scan(&n.channel, &n.count, &n.oldest, &n.newest, &n.knows)
				return n, err
			}, `SELECT e.channel, count(*), min(e.seq), max(e.seq), coalesce((SELECT head FROM channels c WHERE c.name = e.channel), 0)
				FROM events e WHERE e.channel > $1 GROUP BY e.channel ORDER BY e.channel LIMIT $2`, after, logWindow)
			return err
		})
		if err != nil {
			return err
		}
		for _, n := range all {
			after = n.channel
			says := ""
			switch {
			case n.knows < n.newest:
				says = fmt.Sprintf("channel %s says that its newest event is %d, there is %d", n.channel, n.knows, n.newest)
			case n.count != n.newest-n.oldest+1:
				says = fmt.Sprintf("channel %s has %d events from %d to %d: %d are missing", n.channel, n.count, n.oldest, n.newest, n.newest-n.oldest+1-n.count)
			default:
				continue
			}
			if err := found(LogDrift{parley.Channel(n.channel), says}); err != nil {
				return err
			}
		}
		more = len(all) == logWindow
	}
	return nil
}

// FixLog has a channel know its newest event, and forgets what came before the last
// hole: who wants to go on from there fetches everything anew, instead of waiting for
// what is not there.
func (s *Store) FixLog(ctx context.Context, channel parley.Channel) error {
	_, err := s.Update(ctx, func(tx *Tx) error {
		err := tx.write(`INSERT INTO channels (name, head) SELECT channel, max(seq) FROM events WHERE channel = $1 GROUP BY channel
			ON CONFLICT (name) DO UPDATE SET head = CASE WHEN excluded.head > channels.head THEN excluded.head ELSE channels.head END`, channel)
		if err != nil {
			return err
		}
		return tx.write(`DELETE FROM events WHERE channel = $1 AND seq < (SELECT max(e.seq) FROM events e
			WHERE e.channel = $1 AND NOT EXISTS (SELECT 1 FROM events p WHERE p.channel = e.channel AND p.seq = e.seq - 1))`, channel)
	})
	return err
}
