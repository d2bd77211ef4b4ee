package api

import (
	"context"

	"parley"
	"parley/internal/app"
)

func (a *API) getRealtime(ctx context.Context, _ *struct{}) (*answer[app.Realtime], error) {
	return reply(a.app.Realtime(ctx, viewerOf(ctx)))
}

type busModeBody struct {
	Body struct {
		Mode parley.BusMode `json:"mode" enum:"local,dual,redis" doc:"local: replicas follow the log alone; dual: local sockets at once, others through Redis; redis: all through Redis."`
	}
}

func (a *API) setBusMode(ctx context.Context, in *busModeBody) (*answer[Done], error) {
	if err := a.app.SetBusMode(ctx, viewerOf(ctx), in.Body.Mode); err != nil {
		return nil, err
	}
	return reply(did("All replicas work in the mode "+string(in.Body.Mode)+" within 2 seconds."), nil)
}
