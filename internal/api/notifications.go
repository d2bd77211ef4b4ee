package api

import (
	"context"

	"parley/internal/app"
)

type (
	notificationPath struct {
		ID int64 `path:"id" doc:"The notification."`
	}
	notificationQuery struct {
		Before int64 `query:"before_id" minimum:"0" doc:"Notifications older than this one."`
		Skip   int   `query:"skip" minimum:"0" maximum:"100000" doc:"For old clients: before_id does not skip or repeat."`
		Limit  int   `query:"limit" default:"20" minimum:"1" maximum:"100"`
	}

	// ReadNotifications answers changes of your notifications.
	ReadNotifications struct {
		Success      bool  `json:"success"`
		UnreadCount  int64 `json:"unread_count"`
		CountVersion int64 `json:"count_version" doc:"Drop the count if you know one of a higher version."`
		MarkedRead   int64 `json:"marked_read" doc:"How many were unread before."`
	}
)

func (a *API) listNotifications(ctx context.Context, in *notificationQuery) (*answer[app.NotificationPage], error) {
	return reply(a.app.Notifications(ctx, viewerOf(ctx), in.Before, in.Skip, in.Limit))
}

func (a *API) countNotifications(ctx context.Context, _ *struct{}) (*answer[app.Count], error) {
	return reply(a.app.NotificationCount(ctx, viewerOf(ctx)))
}

func (a *API) readNotification(ctx context.Context, in *notificationPath) (*answer[ReadNotifications], error) {
	return readNotifications(a.app.ReadNotification(ctx, viewerOf(ctx), in.ID))
}

func (a *API) readAllNotifications(ctx context.Context, _ *struct{}) (*answer[ReadNotifications], error) {
	return readNotifications(a.app.ReadAllNotifications(ctx, viewerOf(ctx)))
}

func (a *API) deleteNotification(ctx context.Context, in *notificationPath) (*answer[ReadNotifications], error) {
	return readNotifications(a.app.DeleteNotification(ctx, viewerOf(ctx), in.ID))
}

func readNotifications(r app.ReadResult, err error) (*answer[ReadNotifications], error) {
	return reply(ReadNotifications{true, r.TotalUnread, r.CountVersion, r.Marked}, err)
}
