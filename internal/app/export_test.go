package app

import "context"

// Prune removes what need not be kept, as Run does now and then.
func (a *App) Prune(ctx context.Context) { a.prune(ctx) }

// WatchDrift looks at the counters, as Run does now and then.
func (a *App) WatchDrift(ctx context.Context) { a.watchDrift(ctx) }
