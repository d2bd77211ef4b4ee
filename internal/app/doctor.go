package app

import (
	"context"
	"encoding/json"
	"fmt"

	"parley/internal/store"
)

// eventLog is the name under which the numbers of the event log are looked at.
const eventLog = "event_log"

// Finding is something kept that differs from what there is.
type Finding struct {
	Counter string // that drifted
	Says    string // what differs
	Fixed   bool
}

// Doctor looks at everything that is kept beside what it counts.
type Doctor struct {
	Fix      bool                                    // set right what is found, one after the other
	Found    func(Finding)                           // is told of each; nil: nobody is
	Progress func(counter string, of store.Progress) // is told how far it is; nil: nobody is
}

// Examine runs a Doctor and returns how much of each counter differs; those that
// agree are 0. It may run while the forum does: each look is one snapshot, each repair
// a transaction of its own.
func (a *App) Examine(ctx context.Context, d Doctor) (map[string]int, error) {
	if d.Found == nil {
		d.Found = func(Finding) {}
	}
	drifted := map[string]int{}
	for _, c := range a.store.Counters() {
		drifted[c.Name()] = 0
		found := func(drift store.Drift) error {
			drifted[c.Name()]++
			if d.Fix {
				if err := a.store.FixDrift(ctx, c, drift); err != nil {
					return fmt.Errorf("%s: %w", drift.Says, err)
				}
			}
			d.Found(Finding{drift.Counter, drift.Says, d.Fix})
			return nil
		}
		progress := func(p store.Progress) {
			if d.Progress != nil {
				d.Progress(c.Name(), p)
			}
		}
		if err := a.store.Drifts(ctx, c, found, progress); err != nil {
			return drifted, err
		}
	}
	return drifted, a.examineLog(ctx, d, drifted)
}

func (a *App) examineLog(ctx context.Context, d Doctor, drifted map[string]int) error {
	drifted[eventLog] = 0
	return a.store.LogDrifts(ctx, func(drift store.LogDrift) error {
		drifted[eventLog]++
		if d.Fix {
			if err := a.store.FixLog(ctx, drift.Channel); err != nil {
				return fmt.Errorf("%s: %w", drift.Says, err)
			}
		}
		d.Found(Finding{eventLog, drift.Says, d.Fix})
		return nil
	})
}

// watchDrift looks what differs, and returns it for tellDrift. It repairs nothing: what
// drifts is a fault of the program, and somebody should see it.
func (a *App) watchDrift(ctx context.Context) (result string, err error) {
	drifted, err := a.Examine(ctx, Doctor{})
	if err != nil {
		return "", err
	}
	for counter, n := range drifted {
		if n > 0 {
			a.logger.ErrorContext(ctx, "a counter differs from what there is: run parley doctor", "counter", counter, "places", n)
		}
	}
	text, err := json.Marshal(drifted)
	return string(text), err
}

// tellDrift tells the metrics what a look found, also one of another replica: whichever
// of them is asked shows the same.
func (a *App) tellDrift(result string) {
	var drifted map[string]int
	if json.Unmarshal([]byte(result), &drifted) != nil {
		return // of a release that says it otherwise
	}
	for counter, n := range drifted {
		a.drifted(counter, n)
	}
}
