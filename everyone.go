package parley

import (
	"slices"
	"time"
	_ "time/tzdata" // quiet hours are of a place, also where the machine knows none
	"unicode/utf8"
)

// EveryoneSettings says how members of the team may mention everyone. A nil field
// asks for nothing. Creators are subject to the emergency switch alone.
type EveryoneSettings struct {
	TeamRateLimit      *int64       `json:"team_rate_limit" doc:"Uses of one person in the window; null: any; 0: the team may not mention everyone."`
	WindowHours        int64        `json:"rate_limit_window_hours"`
	CooldownMinutes    int64        `json:"global_cooldown_minutes" doc:"Between two uses, by whomever."`
	RequireApproval    bool         `json:"require_approval" doc:"Whether uses wait for a creator."`
	MaxMessageLength   *int64       `json:"max_message_length" doc:"Characters; null: any."`
	NotificationLimit  *int64       `json:"notification_limit" doc:"People that one use notifies at most; null: any."`
	QuietStart         *int64       `json:"quiet_hours_start" doc:"0 to 23; null: none."`
	QuietEnd           *int64       `json:"quiet_hours_end" doc:"0 to 23; may be before the start: then they hold over midnight."`
	Timezone           string       `json:"timezone" example:"Europe/Berlin"`
	Disabled           bool         `json:"everyone_globally_disabled"`
	DisableReason      *string      `json:"emergency_disable_reason"`
	AllowedThreadTypes []ThreadType `json:"allowed_thread_types" nullable:"true" doc:"Null: any."`
}

// DefaultEveryoneSettings is what a new community starts with.
func DefaultEveryoneSettings() EveryoneSettings {
	limit := int64(3)
	return EveryoneSettings{TeamRateLimit: &limit, WindowHours: 24, Timezone: "UTC"}
}

// Bounds of the settings.
const (
	maxRateLimit         = 1000
	maxWindowHours       = 30 * 24
	maxCooldownMinutes   = 7 * 24 * 60
	maxNotificationLimit = 1_000_000_000
	maxDisableReason     = 500 // characters: everybody is sent it
)

// unnamedZones are what Go and many systems find a time zone by that is not the name of
// one: each server would have its own.
var unnamedZones = map[string]bool{"Local": true, "localtime": true, "posixrules": true}

// CheckEveryoneSettings says what is wrong with settings, nil if nothing is.
func CheckEveryoneSettings(s EveryoneSettings) error {
	for _, field := range []struct {
		name     string
		value    *int64
		min, max int64
	}{
		{"team_rate_limit", s.TeamRateLimit, 0, maxRateLimit},
		{"rate_limit_window_hours", &s.WindowHours, 1, maxWindowHours},
		{"global_cooldown_minutes", &s.CooldownMinutes, 0, maxCooldownMinutes},
		{"max_message_length", s.MaxMessageLength, 1, MaxContent},
		{"notification_limit", s.NotificationLimit, 0, maxNotificationLimit},
		{"quiet_hours_start", s.QuietStart, 0, 23},
		{"quiet_hours_end", s.QuietEnd, 0, 23},
	} {
		if field.value != nil && (*field.value < field.min || *field.value > field.max) {
			return InvalidField(field.name, "must be %d to %d", field.min, field.max)
		}
	}
	if (s.QuietStart == nil) != (s.QuietEnd == nil) {
		return InvalidField("quiet_hours_end", "and quiet_hours_start are set, or left out, together")
	}
	if s.QuietStart != nil && *s.QuietStart == *s.QuietEnd {
		return InvalidField("quiet_hours_end", "must be another hour than quiet_hours_start")
	}
	if s.DisableReason != nil && utf8.RuneCountInString(*s.DisableReason) > maxDisableReason {
		return InvalidField("emergency_disable_reason", "must have at most %d characters", maxDisableReason)
	}
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "" || unnamedZones[s.Timezone] {
		return InvalidField("timezone", "must be a time zone of the IANA database, like Europe/Berlin")
	}
	known := func(t ThreadType) bool { return t == MainThread || t == SubThread }
	if s.AllowedThreadTypes != nil && len(s.AllowedThreadTypes) == 0 || slices.ContainsFunc(s.AllowedThreadTypes, func(t ThreadType) bool { return !known(t) }) {
		return InvalidField("allowed_thread_types", "must name main, sub or both, or be null")
	}
	return nil
}

// quiet reports whether an instant is in the quiet hours, by the clock on the wall
// of the time zone.
func (s EveryoneSettings) quiet(now Time) bool {
	place, err := time.LoadLocation(s.Timezone)
	if s.QuietStart == nil || s.QuietEnd == nil || err != nil {
		return false
	}
	hour := int64(now.Std().In(place).Hour())
	if *s.QuietStart < *s.QuietEnd {
		return hour >= *s.QuietStart && hour < *s.QuietEnd
	}
	return hour >= *s.QuietStart || hour < *s.QuietEnd
}

// EveryoneRestriction keeps one person from mentioning everyone, or limits how
// often they do.
type EveryoneRestriction struct {
	UserID     int64
	Reason     string
	Until      *Time  // nil: until it is taken back
	RateLimit  *int64 // uses in the window; nil: none at all
	Violations int64  // uses that were refused since
	By         int64  // who restricted them
}

// EveryoneUse is what decides whether a message may mention everyone.
type EveryoneUse struct {
	Author        Viewer
	At            Time
	Kind          ThreadType // of the thread
	Length        int        // of the message, in characters
	Notifications int64      // people that it would notify

	Restriction *EveryoneRestriction // in force; nil: none
	Blocking    Time                 // use of the author that has to leave the window before there is room for another; 0: there is room
	Last        Time                 // use by whomever; 0: never
}

// AllowsToKeep says why a message that mentions everyone may not go on doing so once it
// is edited, nil if it may. Nobody is called again: it asks whether its author may at
// all, but neither where, when and how often, nor how many it is.
func (s EveryoneSettings) AllowsToKeep(u EveryoneUse) error {
	limit := s.LimitOf(u.Restriction)
	switch {
	case s.Disabled && s.DisableReason != nil:
		return Errorf(Forbidden, "Nobody can mention @everyone at the moment: %s", *s.DisableReason)
	case s.Disabled:
		return Errorf(Forbidden, "Nobody can mention @everyone at the moment.")
	case u.Author.IsCreator():
		return nil
	case limit != nil && *limit == 0 && u.Restriction != nil:
		return u.Restriction.refusal()
	case limit != nil && *limit == 0:
		return Errorf(Forbidden, "Only creators may mention @everyone at the moment: ask one of them to.")
	case s.MaxMessageLength != nil && int64(u.Length) > *s.MaxMessageLength:
		return Errorf(Forbidden, "A message that mentions @everyone has at most %d characters, not %d.", *s.MaxMessageLength, u.Length)
	default:
		return nil
	}
}

// Allows says why a message may not mention everyone, nil if it may.
func (s EveryoneSettings) Allows(u EveryoneUse) error {
	if err := s.AllowsToKeep(u); err != nil || u.Author.IsCreator() {
		return err
	}
	switch {
	case s.AllowedThreadTypes != nil && !slices.Contains(s.AllowedThreadTypes, u.Kind):
		return Errorf(Forbidden, "@everyone cannot be mentioned in threads of this type.")
	case s.quiet(u.At):
		return Errorf(Forbidden, "@everyone rests from %d to %d o'clock (%s).", *s.QuietStart, *s.QuietEnd, s.Timezone)
	case s.NotificationLimit != nil && u.Notifications > *s.NotificationLimit:
		return Errorf(Forbidden, "@everyone would notify %d people here, and may notify at most %d.", u.Notifications, *s.NotificationLimit)
	}
	if wait := u.Last.Add(time.Duration(s.CooldownMinutes) * time.Minute).Sub(u.At); u.Last != 0 && wait > 0 {
		return tooOften(wait, "@everyone was mentioned a short while ago: try again later.")
	}
	if wait := u.Blocking.Add(s.Window()).Sub(u.At); u.Blocking != 0 && wait > 0 {
		return tooOften(wait, "You have mentioned @everyone as often as you may for now: try again later.")
	}
	return nil
}

// Window is the time that the rate limit counts in.
func (s EveryoneSettings) Window() time.Duration { return time.Duration(s.WindowHours) * time.Hour }

// LimitOf returns how often a member of the team with a restriction (nil: without one)
// may mention everyone in the window. Nil: as often as they like; 0: not at all.
func (s EveryoneSettings) LimitOf(r *EveryoneRestriction) *int64 {
	switch {
	case r == nil:
		return s.TeamRateLimit
	case r.RateLimit == nil:
		return new(int64)
	default:
		return r.RateLimit
	}
}

func (r EveryoneRestriction) refusal() error {
	if r.Reason == "" {
		return Errorf(Forbidden, "You may not mention @everyone.")
	}
	return Errorf(Forbidden, "You may not mention @everyone: %s", r.Reason)
}

func tooOften(wait time.Duration, message string) error {
	return &Error{Kind: RateLimited, Message: message, RetryAfter: max(wait, time.Second)}
}
