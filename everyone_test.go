package parley_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"parley"
)

func number(n int64) *int64 { return &n }

func at(year int, month time.Month, day, hour, minute int) parley.Time {
	return parley.At(time.Date(year, month, day, hour, minute, 0, 0, time.UTC))
}

func TestEveryoneMayBeMentionedWithinTheSettings(t *testing.T) {
	reason := "The server moves."
	team := parley.Viewer{ID: 2, Role: parley.RoleTeam, Active: true}
	creator := parley.Viewer{ID: 1, Role: parley.RoleCreator, Active: true}
	noon := at(2026, 3, 1, 12, 0)
	type settings = parley.EveryoneSettings
	type use = parley.EveryoneUse
	for _, tc := range []struct {
		name string
		set  func(*settings)
		use  use
		want string // part of the refusal; empty: allowed
		wait time.Duration
	}{
		{"a first use", nil, use{}, "", 0},
		{"with no room left", nil, use{Blocking: noon.Add(-time.Hour)}, "as often as you may", 23 * time.Hour},
		{"with room again", nil, use{Blocking: noon.Add(-24 * time.Hour)}, "", 0},
		{"any number", func(s *settings) { s.TeamRateLimit = nil }, use{}, "", 0},
		{"none at all", func(s *settings) { s.TeamRateLimit = number(0) }, use{}, "Only creators", 0},
		{"none at all by a creator", func(s *settings) { s.TeamRateLimit = number(0) }, use{Author: creator}, "", 0},
		{"one's own limit where others have none", func(s *settings) { s.TeamRateLimit = number(0) }, use{Restriction: &parley.EveryoneRestriction{RateLimit: number(1)}}, "", 0},
		{"a limit of one's own of none", nil, use{Restriction: &parley.EveryoneRestriction{RateLimit: number(0), Reason: "Too loud."}}, "Too loud.", 0},
		{"restricted", nil, use{Restriction: &parley.EveryoneRestriction{Reason: "Too loud."}}, "Too loud.", 0},
		{"restricted without a reason", nil, use{Restriction: &parley.EveryoneRestriction{}}, "may not mention", 0},
		{"cooling down", func(s *settings) { s.CooldownMinutes = 60 }, use{Last: noon.Add(-20 * time.Minute)}, "a short while ago", 40 * time.Minute},
		{"cooled down", func(s *settings) { s.CooldownMinutes = 60 }, use{Last: noon.Add(-time.Hour)}, "", 0},
		{"long", func(s *settings) { s.MaxMessageLength = number(10) }, use{Length: 11}, "at most 10 characters, not 11", 0},
		{"long enough", func(s *settings) { s.MaxMessageLength = number(10) }, use{Length: 10}, "", 0},
		{"many", func(s *settings) { s.NotificationLimit = number(100) }, use{Notifications: 101}, "at most 100", 0},
		{"not many", func(s *settings) { s.NotificationLimit = number(100) }, use{Notifications: 100}, "", 0},
		{"in a sub-thread", func(s *settings) { s.AllowedThreadTypes = []parley.ThreadType{"main"} }, use{Kind: "sub"}, "this type", 0},
		{"in a main thread", func(s *settings) { s.AllowedThreadTypes = []parley.ThreadType{"main"} }, use{Kind: "main"}, "", 0},
		{"at rest", func(s *settings) { s.QuietStart, s.QuietEnd = number(12), number(13) }, use{}, "rests from 12 to 13", 0},
		{"switched off", func(s *settings) { s.Disabled, s.DisableReason = true, &reason }, use{}, "The server moves.", 0},
		{"switched off for creators", func(s *settings) { s.Disabled = true }, use{Author: creator}, "Nobody can", 0},
		{"anything by a creator", func(s *settings) {
			s.QuietStart, s.QuietEnd, s.MaxMessageLength, s.NotificationLimit = number(12), number(13), number(1), number(1)
		}, use{Author: creator, Blocking: noon, Length: 100, Notifications: 100}, "", 0},
	} {
		s := parley.DefaultEveryoneSettings()
		if tc.set != nil {
			tc.set(&s)
		}
		if tc.use.At = noon; tc.use.Author == (parley.Viewer{}) {
			tc.use.Author = team
		}
		err := s.Allows(tc.use)
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("%s: %v", tc.name, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("%s: %v, want %s", tc.name, err, tc.want)
		case tc.wait != 0 && (parley.KindOf(err) != parley.RateLimited || err.(*parley.Error).RetryAfter != tc.wait):
			t.Errorf("%s: %+v, want a wait of %v", tc.name, err, tc.wait)
		case tc.want != "" && tc.wait == 0 && parley.KindOf(err) != parley.Forbidden:
			t.Errorf("%s: kind %v", tc.name, parley.KindOf(err))
		}
	}
}

// TestQuietHoursAreThoseOfTheClockOnTheWall crosses midnight, and the changes to
// and from summer time in Berlin.
func TestQuietHoursAreThoseOfTheClockOnTheWall(t *testing.T) {
	for _, tc := range []struct {
		start, end int64
		zone       string
		at         parley.Time
		quiet      bool
	}{
		{22, 7, "UTC", at(2026, 3, 1, 21, 59), false},
		{22, 7, "UTC", at(2026, 3, 1, 22, 0), true},
		{22, 7, "UTC", at(2026, 3, 1, 0, 0), true},
		{22, 7, "UTC", at(2026, 3, 1, 6, 59), true},
		{22, 7, "UTC", at(2026, 3, 1, 7, 0), false},
		{9, 17, "UTC", at(2026, 3, 1, 8, 59), false},
		{9, 17, "UTC", at(2026, 3, 1, 9, 0), true},
		{9, 17, "UTC", at(2026, 3, 1, 17, 0), false},
		{0, 6, "Asia/Kolkata", at(2026, 3, 1, 18, 29), false}, // 23:59
		{0, 6, "Asia/Kolkata", at(2026, 3, 1, 18, 30), true},
		{22, 7, "Europe/Berlin", at(2026, 1, 10, 5, 59), true}, // 6:59 in winter
		{22, 7, "Europe/Berlin", at(2026, 7, 10, 5, 0), false}, // 7:00 in summer
		{22, 7, "America/New_York", at(2026, 7, 10, 2, 0), true},
		{2, 3, "Europe/Berlin", at(2026, 3, 29, 1, 0), false},  // the hour that is left out: 3:00
		{2, 3, "Europe/Berlin", at(2026, 10, 25, 1, 30), true}, // and the one that comes twice
		{2, 3, "Europe/Berlin", at(2026, 10, 25, 0, 30), true},
	} {
		s := parley.DefaultEveryoneSettings()
		s.QuietStart, s.QuietEnd, s.Timezone = &tc.start, &tc.end, tc.zone
		err := s.Allows(parley.EveryoneUse{Author: parley.Viewer{Role: parley.RoleTeam, Active: true}, At: tc.at})
		if (err != nil) != tc.quiet {
			t.Errorf("%d to %d in %s at %v: %v, want quiet %v", tc.start, tc.end, tc.zone, tc.at, err, tc.quiet)
		}
	}
}

func TestSettingsOfEveryoneAreChecked(t *testing.T) {
	if err := parley.CheckEveryoneSettings(parley.DefaultEveryoneSettings()); err != nil {
		t.Error(err)
	}
	for i, wrong := range []func(*parley.EveryoneSettings){
		func(s *parley.EveryoneSettings) { s.TeamRateLimit = number(-1) },
		func(s *parley.EveryoneSettings) { s.WindowHours = 0 },
		func(s *parley.EveryoneSettings) { s.CooldownMinutes = -1 },
		func(s *parley.EveryoneSettings) { s.MaxMessageLength = number(0) },
		func(s *parley.EveryoneSettings) { s.NotificationLimit = number(-1) },
		func(s *parley.EveryoneSettings) { s.QuietStart = number(24); s.QuietEnd = number(7) },
		func(s *parley.EveryoneSettings) { s.QuietStart = number(22) },
		func(s *parley.EveryoneSettings) { s.QuietStart, s.QuietEnd = number(7), number(7) },
		func(s *parley.EveryoneSettings) { s.Timezone = "Mars/Olympus" },
		func(s *parley.EveryoneSettings) { s.Timezone = "" },
		func(s *parley.EveryoneSettings) { s.Timezone = "Local" },
		func(s *parley.EveryoneSettings) { s.Timezone = "localtime" },
		func(s *parley.EveryoneSettings) { s.Disabled, s.DisableReason = true, new(strings.Repeat("ж", 501)) },
		func(s *parley.EveryoneSettings) { s.AllowedThreadTypes = []parley.ThreadType{} },
		func(s *parley.EveryoneSettings) { s.AllowedThreadTypes = []parley.ThreadType{"main", "side"} },
	} {
		s := parley.DefaultEveryoneSettings()
		wrong(&s)
		if err := parley.CheckEveryoneSettings(s); parley.KindOf(err) != parley.Unprocessable {
			t.Errorf("case %s: %v", fmt.Sprint(i), err)
		}
	}
}
