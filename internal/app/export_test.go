package app

import "context"

// Prune removes what need not be kept, as Run does now and then.
func (a *App) Prune(ctx context.Context) { a.prune(ctx) }

// WatchDrift looks at the counters, as Run does now and then.
func (a *App) WatchDrift(ctx context.Context) { a.watchDrift(ctx) }

// RunPreviews makes the previews that are due, as Run does.
func (a *App) RunPreviews(ctx context.Context) {
	for a.runPreviews(ctx) {
	}
}
