package store

import (
	"context"
	"strings"
)

// Corrupt changes rows behind the back of all that keeps them right.
func (tx *Tx) Corrupt(text string, args ...any) error { return tx.write(text, args...) }

// Ran is a statement that was run.
type Ran struct {
	Text string
	Args []any
	Rows int // that it gave
}

// Watch has note told what each transaction ran that succeeded, with the context of
// its caller. It is called before the store is used, note concurrently.
func (s *Store) Watch(note func(context.Context, []*Ran)) { s.engine = watched{s.engine, note} }

// watched is an engine that tells what it ran.
type watched struct {
	engine
	note func(context.Context, []*Ran)
}

func (w watched) view(ctx context.Context, ahead []*statement, fn func(querier) error) error {
	return w.engine.view(ctx, ahead, func(q querier) error {
		n := &noting{querier: q}
		err := fn(n)
		if err == nil {
			w.note(ctx, n.ran)
		}
		return err
	})
}

func (w watched) update(ctx context.Context, threadID int64, fn func(context.Context, querier) (bool, error)) error {
	return w.engine.update(ctx, threadID, func(running context.Context, q querier) (bool, error) {
		n := &noting{querier: q}
		wrote, err := fn(running, n)
		if err == nil {
			w.note(ctx, n.ran)
		}
		return wrote, err
	})
}

// noting runs statements and keeps what they are.
type noting struct {
	querier
	ran []*Ran
}

func (n *noting) queue(ctx context.Context, s *statement) error {
	ran := &Ran{Text: s.text, Args: s.args}
	n.ran = append(n.ran, ran)
	if take := s.row; take != nil {
		s.row = func(row scanner) error {
			ran.Rows++
			return take(row)
		}
	}
	return n.querier.queue(ctx, s)
}

// Plan returns how SQLite runs a statement, a step a line.
func (s *Store) Plan(ctx context.Context, ran *Ran) (steps []string, err error) {
	err = s.View(ctx, func(snapshot *Snapshot) error {
		steps, err = list(snapshot, func(row scanner) (step string, err error) {
			var id, parent, unused int64
			err = row.Scan(&id, &parent, &unused, &step)
			return step, err
		}, "EXPLAIN QUERY PLAN "+ran.Text, ran.Args...)
		return err
	})
	return steps, err
}

// Scans returns the steps of a statement's plan that read a table, or an index, from
// one end to the other, and may not.
func Scans(ran *Ran, plan []string) (steps []string) {
	for _, step := range plan {
		if strings.HasPrefix(step, "SCAN ") && !bounded.MatchString(step) && !mayScan(ran.Text) {
			steps = append(steps, step)
		}
	}
	return steps
}
