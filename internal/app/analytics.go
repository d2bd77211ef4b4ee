package app

import (
	"context"
	"time"

	"parley"
	"parley/internal/store"
)

// EveryoneAnalytics is how everyone was mentioned within some days.
type EveryoneAnalytics struct {
	PeriodDays     int64              `json:"period_days"`
	Summary        EveryoneSummary    `json:"summary"`
	UserAnalytics  []EveryoneUserUses `json:"user_analytics" nullable:"false" doc:"The most frequent first."`
	DailyBreakdown []EveryoneDayUses  `json:"daily_breakdown" nullable:"false" doc:"Days in UTC on which it was used."`
}

// EveryoneSummary sums the uses up.
type EveryoneSummary struct {
	TotalUses              int64   `json:"total_uses"`
	TotalNotifications     int64   `json:"total_notifications"`
	UniqueUsers            int64   `json:"unique_users"`
	AvgNotificationsPerUse float64 `json:"avg_notifications_per_use"`
}

// EveryoneUserUses is how one person mentioned everyone.
type EveryoneUserUses struct {
	UserID           int64       `json:"user_id"`
	Username         string      `json:"username"`
	UsageCount       int64       `json:"usage_count"`
	LastUsed         parley.Time `json:"last_used" format:"date-time"`
	AvgNotifications float64     `json:"avg_notifications"`
}

// EveryoneDayUses is how everyone was mentioned on one day.
type EveryoneDayUses struct {
	Date          string `json:"date" format:"date"`
	Uses          int64  `json:"uses"`
	Notifications int64  `json:"notifications"`
}

// maxEveryoneUsers bounds the people shown: they are of the team.
const maxEveryoneUsers = 500

// everyoneKept is how long uses are kept, in days: as long as statistics look back.
const everyoneKept = 91

// EveryoneAnalytics returns how everyone was mentioned within some days, to
// creators.
func (a *App) EveryoneAnalytics(ctx context.Context, v parley.Viewer, days int64) (EveryoneAnalytics, error) {
	result := EveryoneAnalytics{PeriodDays: days, UserAnalytics: []EveryoneUserUses{}, DailyBreakdown: []EveryoneDayUses{}}
	err := a.inspect(ctx, v, func(s *store.Snapshot) error {
		since := s.Now().Add(-time.Duration(days) * 24 * time.Hour)
		users, err := s.UsesByUser(since, maxEveryoneUsers)
		if err != nil {
			return err
		}
		for _, u := range users {
			result.UserAnalytics = append(result.UserAnalytics, EveryoneUserUses{u.UserID, u.Username, u.Uses, u.Last, mean(u.Notifications, u.Uses)})
		}
		byDay, err := s.UsesByDay(since)
		for _, d := range byDay {
			date := time.Unix(d.Day*24*3600, 0).UTC().Format(time.DateOnly)
			result.DailyBreakdown = append(result.DailyBreakdown, EveryoneDayUses{date, d.Uses, d.Notifications})
			result.Summary.TotalUses += d.Uses
			result.Summary.TotalNotifications += d.Notifications
		}
		return err
	})
	result.Summary.UniqueUsers = int64(len(result.UserAnalytics))
	result.Summary.AvgNotificationsPerUse = mean(result.Summary.TotalNotifications, result.Summary.TotalUses)
	return result, err
}

func mean(sum, n int64) float64 {
	if n == 0 {
		return 0
	}
	return float64(sum) / float64(n)
}
