package store

import (
	"context"
	"regexp"
	"slices"
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

// Break has each statement of a transaction asked whether it fails, with the context of
// the transaction's caller. It is called before the store is used, fails concurrently.
func (s *Store) Break(fails func(context.Context) error) { s.engine = breaking{s.engine, fails} }

// breaking is an engine whose statements may fail.
type breaking struct {
	engine
	fails func(context.Context) error
}

func (b breaking) view(ctx context.Context, ahead []*statement, fn func(querier) error) error {
	return b.engine.view(ctx, ahead, func(q querier) error { return fn(broken{q, ctx, b.fails}) })
}

func (b breaking) update(ctx context.Context, threadID int64, fn func(context.Context, querier) (bool, error)) error {
	return b.engine.update(ctx, threadID, func(running context.Context, q querier) (bool, error) {
		return fn(running, broken{q, ctx, b.fails})
	})
}

// broken runs the statements that do not fail.
type broken struct {
	querier
	caller context.Context
	fails  func(context.Context) error
}

func (b broken) queue(ctx context.Context, s *statement) error {
	if err := b.fails(b.caller); err != nil {
		return err
	}
	return b.querier.queue(ctx, s)
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

// Scans returns the steps of a statement's plan that read a table, or an index, from
// one end to the other, and may not.
func (s *Store) Scans(ctx context.Context, ran *Ran) (steps []string, err error) {
	err = s.View(ctx, func(snapshot *Snapshot) error {
		if snapshot.dialect == &postgresDialect {
			steps, err = postgresScans(snapshot, ran)
		} else {
			steps, err = sqliteScans(snapshot, ran)
		}
		return err
	})
	return steps, err
}

func sqliteScans(s *Snapshot, ran *Ran) (steps []string, err error) {
	if strings.HasPrefix(ran.Text, "INSERT") {
		return nil, nil // its plan lists checks of foreign keys that are never run
	}
	plan, err := list(s, func(row scanner) (step string, err error) {
		var id, parent, unused int64
		err = row.Scan(&id, &parent, &unused, &step)
		return step, err
	}, "EXPLAIN QUERY PLAN "+ran.Text, ran.Args...)
	for _, step := range plan {
		if strings.HasPrefix(step, "SCAN ") && !endsEarly(step, ran.Text) && !mayScan(ran.Text) {
			steps = append(steps, step+" in "+strings.Join(plan, "; "))
		}
	}
	return steps, err
}

// SmallTables are those that do not grow with a community, or not beyond what a page
// of the database holds.
func SmallTables() []string {
	return []string{"api_keys", "calls", "chores", "everyone_restrictions", "goose_db_version", "member_counts", "meta", "replicas", "tiers"}
}

// scanned finds what a step reads from end to end.
var scanned = regexp.MustCompile(`Seq Scan on (\w+)`)

func postgresScans(s *Snapshot, ran *Ran) (steps []string, err error) {
	if strings.HasPrefix(ran.Text, "SET ") {
		return nil, nil
	}
	plan, err := list(s, scalar[string], "EXPLAIN (COSTS OFF) "+ran.Text, ran.Args...)
	for _, step := range plan {
		of := scanned.FindStringSubmatch(step)
		if of != nil && !slices.Contains(SmallTables(), of[1]) && !mayScan(ran.Text) || walksList(step, ran.Text) {
			steps = append(steps, step+" in\n"+strings.Join(plan, "\n"))
		}
	}
	return steps, err
}
