//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// errFaults says that promises were broken; which ones is in the report.
var errFaults = errors.New("faults were found")

// scenario is something to be played on a stage.
type scenario interface {
	// crowd returns who takes part.
	crowd() crowd
	// play puts the stage's target under load and adds figures to its result. When
	// it returns nothing is posted any more.
	play(ctx context.Context, s *stage) error
}

// perform plays a scenario on all targets, as often as the options say, and reports.
func (o *options) perform(ctx context.Context, to streams, name string, sc scenario) error {
	targets, err := o.open(ctx)
	for _, t := range targets {
		defer t.close()
	}
	if err != nil {
		return err
	}
	all := outcome{Scenario: name, Settings: sc, Machine: machine(), Began: time.Now()}
	for range o.Repeat {
		for _, t := range targets {
			r, err := o.playOnce(ctx, to, t, sc)
			if r != nil {
				all.Runs = append(all.Runs, r)
			}
			if err != nil {
				return errors.Join(fmt.Errorf("%s: %w", t.name, err), o.report(&all, to))
			}
		}
	}
	return o.report(&all, to)
}

// open returns the targets, those too that were opened before an error.
func (o *options) open(ctx context.Context) (targets []*target, err error) {
	for _, kind := range []struct {
		wanted bool
		open   func(context.Context, *options) (*target, error)
	}{{o.Reference, openReference}, {o.URL != "", openServer}} {
		if !kind.wanted {
			continue
		}
		t, err := kind.open(ctx, o)
		if t != nil {
			targets = append(targets, t)
		}
		if err != nil {
			return targets, err
		}
	}
	return targets, nil
}

// playOnce plays a scenario on a target. What was found is returned even if it did
// not come to its end.
func (o *options) playOnce(ctx context.Context, to streams, t *target, sc scenario) (*result, error) {
	if !o.Quiet {
		fmt.Fprintf(to.progress, "%s: signing in\n", t.name)
	}
	s, err := openStage(ctx, o, t, sc.crowd())
	if err != nil {
		return nil, err
	}
	stop := s.watch(to.progress)
	defer stop()
	err = sc.play(ctx, s)
	return s.result, errors.Join(err, s.close(ctx))
}

// report writes the outcome to wherever it should go. It returns errFaults if there
// were any.
func (o *options) report(all *outcome, to streams) error {
	if len(all.Runs) == 0 {
		return nil
	}
	all.summarise()
	all.print(to.out)
	var err error
	if o.JSON != "" {
		err = all.writeJSON(o.JSON)
	}
	if o.Plot != "" {
		err = errors.Join(err, all.plot(o.Plot))
	}
	if all.faults() > 0 {
		err = errors.Join(err, errFaults)
	}
	return err
}
