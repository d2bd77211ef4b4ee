package app

import "context"

// Prune removes what need not be kept, as Run does now and then.
func (a *App) Prune(ctx context.Context) error {
	_, err := a.prune(ctx)
	return err
}

// DoChores does what is due, as Run does now and then, and returns what that was.
func (a *App) DoChores(ctx context.Context) (done []string) {
	for _, c := range a.chores() {
		if a.doChore(ctx, c) {
			done = append(done, c.name)
		}
	}
	return done
}

// RecountHeard sends what changed for many, as Run does when it hears of it.
func (a *App) RecountHeard(ctx context.Context) error { return a.recountAll(ctx) }

// RecountUnheard sends what changed and nobody told of, as Run does now and then.
func (a *App) RecountUnheard(ctx context.Context) { a.recountUnheard(ctx) }

// FollowBusMode looks at the bus mode, as Run does now and then.
func (a *App) FollowBusMode(ctx context.Context) { a.followBusMode(ctx) }

// RunPreviews makes the previews that are due, as Run does.
func (a *App) RunPreviews(ctx context.Context) {
	for a.runPreviews(ctx) {
	}
}
