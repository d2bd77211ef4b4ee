package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"parley/internal/app"
	"parley/internal/store"
)

type doctorCommand struct {
	Fix bool `long:"fix" env:"-" description:"Set right what differs, one thing after the other."`
}

// tellProgress is how often a long look says how far it is.
const tellProgress = 2 * time.Second

// Run examines the database.
func (c doctorCommand) Run(e *environment) error {
	ctx := context.Background()
	last := time.Now()
	doctor := app.Doctor{
		Fix: c.Fix,
		Found: func(f app.Finding) {
			end := "."
			if f.Fixed {
				end = ": set right."
			}
			fmt.Printf("%s: %s%s\n", f.Counter, f.Says, end)
		},
		Progress: func(counter string, p store.Progress) {
			if time.Since(last) > tellProgress {
				last = time.Now()
				fmt.Fprintf(os.Stderr, "%s: looked at %d of %d\n", counter, p.Done, p.All)
			}
		},
	}
	return e.withApp(ctx, func(a *app.App) error {
		drifted, err := a.Examine(ctx, doctor)
		if err != nil {
			return err
		}
		all := 0
		for _, n := range drifted {
			all += n
		}
		switch {
		case all == 0:
			fmt.Printf("Nothing differs: %d counters were looked at.\n", len(drifted))
			return nil
		case c.Fix:
			fmt.Printf("%d things differed and were set right.\n", all)
			return nil
		default:
			return errors.New(fmt.Sprint(all, " things differ: parley doctor --fix sets them right"))
		}
	})
}
