package app

import (
	"context"

	"parley/internal/store"
	"parley/realtime"
)

// recountUnheard sends sockets here the counts that changed while other replicas could
// not tell of it: because the bus is away, or meant to be silent. It looks once more
// when it is back, for what was told in between and got lost.
func (a *App) recountUnheard(ctx context.Context) {
	hub := a.hub.Load()
	if hub == nil {
		return
	}
	status, _ := (*hub).Bus()
	deaf := a.hasOthers.Load() && (status.Degraded || status.Mode == realtime.ModeLocal)
	if !deaf && a.unheard == nil {
		return
	}
	users := connectedUsers(*hub)
	var versions map[int64]int64
	err := a.store.View(ctx, func(s *store.Snapshot) (err error) {
		versions, err = s.CountVersions(users)
		return err
	})
	if err != nil {
		if ctx.Err() == nil {
			a.logger.WarnContext(ctx, "changes of counts not looked up, will try again", "error", err)
		}
		return
	}
	var changed []int64
	for _, user := range users {
		if version, known := a.unheard[user]; !known || version != versions[user] {
			changed = append(changed, user)
		}
	}
	if len(changed) > 0 {
		a.sendCountsOf(ctx, *hub, changed, nil)
	}
	a.unheard = nil
	if deaf {
		a.unheard = make(map[int64]int64, len(users))
		for _, user := range users {
			a.unheard[user] = versions[user]
		}
	}
}
