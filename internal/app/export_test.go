package app

import "context"

// Prune removes what need not be kept, as Run does now and then.
func (a *App) Prune(ctx context.Context) { a.prune(ctx) }

// WatchDrift looks at the counters, as Run does now and then.
func (a *App) WatchDrift(ctx context.Context) { a.watchDrift(ctx) }

// RecountHeard sends what changed for many, as Run does when it hears of it.
func (a *App) RecountHeard(ctx context.Context) { a.recountAll(ctx) }

// RecountUnheard sends what changed and nobody told of, as Run does now and then.
func (a *App) RecountUnheard(ctx context.Context) { a.recountUnheard(ctx) }

// FollowBusMode looks at the bus mode, as Run does now and then.
func (a *App) FollowBusMode(ctx context.Context) { a.followBusMode(ctx) }

// RunPreviews makes the previews that are due, as Run does.
func (a *App) RunPreviews(ctx context.Context) {
	for a.runPreviews(ctx) {
	}
}
