package app

import (
	"context"
	"time"

	"parley"
	"parley/internal/store"
)

// UserActivity is what somebody wrote, as far as the reader may see it.
type UserActivity struct {
	User           parley.PersonBadge `json:"user"`
	CreatedThreads []parley.Thread    `json:"created_threads" nullable:"false" doc:"The newest ones."`
	RecentMessages []parley.Message   `json:"recent_messages" nullable:"false" doc:"The newest ones."`
	TotalMessages  int64              `json:"total_messages"`
	ThreadsCreated int64              `json:"threads_created"`
}

// How much an answer shows of what somebody wrote.
const (
	activityThreads  = 20
	activityMessages = 10
)

// UserActivity returns what somebody wrote, as far as v may see it.
func (a *App) UserActivity(ctx context.Context, v parley.Viewer, userID int64) (activity UserActivity, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		u, err := person(s, userID)
		if err != nil {
			return err
		}
		activity.User = u.Author().Badge()
		if activity.CreatedThreads, err = s.ThreadsBy(v, userID, activityThreads); err != nil {
			return err
		}
		if activity.RecentMessages, err = s.MessagesBy(v, userID, activityMessages); err != nil {
			return err
		}
		activity.TotalMessages, activity.ThreadsCreated, err = s.CountBy(v, userID)
		return err
	})
	return activity, err
}

// Stats is what goes on in the forum, as far as the reader may see it.
type Stats struct {
	TotalThreads      int64       `json:"total_threads"`
	MainThreads       int64       `json:"main_threads"`
	SubThreads        int64       `json:"sub_threads"`
	TotalMessages     int64       `json:"total_messages"`
	RecentMessages24h int64       `json:"recent_messages_24h"`
	MostActiveThread  *BusyThread `json:"most_active_thread" doc:"The one with the most messages; null: there is none."`
}

// BusyThread is a thread that much is written in.
type BusyThread struct {
	ID           int64  `json:"id"`
	Title        string `json:"title"`
	MessageCount int64  `json:"message_count"`
}

// Stats counts what v may see.
func (a *App) Stats(ctx context.Context, v parley.Viewer) (stats Stats, err error) {
	err = a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		totals, err := s.Totals(v)
		if err != nil {
			return err
		}
		stats = Stats{
			TotalThreads: totals.Main + totals.Sub, MainThreads: totals.Main, SubThreads: totals.Sub, TotalMessages: totals.Messages,
		}
		if stats.RecentMessages24h, err = s.CountSince(v, 24*time.Hour); err != nil {
			return err
		}
		busiest, found, err := s.Busiest(v)
		if found {
			topic := BusyThread(busiest)
			stats.MostActiveThread = &topic
		}
		return err
	})
	return stats, err
}
