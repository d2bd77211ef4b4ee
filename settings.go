package parley

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Settings is what people set for themselves.
type Settings struct {
	DisplayAlias       *string `json:"display_alias" doc:"The name to be known by instead of the username; null: none."`
	UseAlias           bool    `json:"use_alias"`
	QuickReply         bool    `json:"enable_quick_reply_notifications"`
	QuickReplyMentions bool    `json:"quick_reply_for_mentions"`
	QuickReplyReplies  bool    `json:"quick_reply_for_replies"`
	DismissSeconds     int64   `json:"quick_reply_auto_dismiss_seconds" doc:"5 to 60."`
	Sound              bool    `json:"enable_notification_sound"`
	Position           string  `json:"notification_position" enum:"top-right,top-left,bottom-right,bottom-left"`
	ShowOnline         bool    `json:"show_online_status"`
	DirectMentions     bool    `json:"allow_direct_mentions" doc:"Whether to be notified of mentions by name."`
	EveryoneMentions   bool    `json:"-"` // has a route of its own
}

// Bounds of settings.
const (
	minAlias, maxAlias     = 2, 50
	minDismiss, maxDismiss = 5, 60
	defaultDismiss         = 10
	defaultPosition        = "top-right"
)

// DefaultSettings is what holds until somebody sets something else.
func DefaultSettings() Settings {
	return Settings{
		QuickReply: true, QuickReplyMentions: true, QuickReplyReplies: true, DismissSeconds: defaultDismiss,
		Sound: true, Position: defaultPosition, ShowOnline: true, DirectMentions: true, EveryoneMentions: true,
	}
}

// CheckSettings says what is wrong with settings other than the alias, nil if
// nothing is.
func CheckSettings(s Settings) error {
	switch {
	case s.DismissSeconds < minDismiss || s.DismissSeconds > maxDismiss:
		return InvalidField("quick_reply_auto_dismiss_seconds", "must be %d to %d", minDismiss, maxDismiss)
	case s.Position != "top-right" && s.Position != "top-left" && s.Position != "bottom-right" && s.Position != "bottom-left":
		return InvalidField("notification_position", "must be top-right, top-left, bottom-right or bottom-left")
	default:
		return nil
	}
}

// CheckAlias says what is wrong with an alias, nil if nothing is. That nobody has
// it, or a name that looks like it, is for the database to tell.
func CheckAlias(alias string) error {
	n := utf8.RuneCountInString(alias)
	strange := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '_' }
	switch {
	case n < minAlias || n > maxAlias || !utf8.ValidString(alias) || strings.ContainsFunc(alias, strange):
		return InvalidField("display_alias", "must be %d to %d letters, digits or underscores", minAlias, maxAlias)
	case reservedNames[FoldName(alias)]:
		return InvalidField("display_alias", "is reserved, as it has a meaning in mentions")
	default:
		return nil
	}
}

// ReservedNames returns the names that mean something else in mentions: nobody may
// look like them.
func ReservedNames() []string {
	names := make([]string, 0, len(reservedNames))
	for name := range reservedNames {
		names = append(names, name)
	}
	return names
}

// PersonBadge names a person with what is shown beside the name.
type PersonBadge struct {
	ID         int64       `json:"id"`
	Username   string      `json:"username" doc:"The display name."`
	Role       DisplayRole `json:"role" enum:"Creator,Team,Patron,Supporter,Member"`
	BadgeColor string      `json:"badge_color"`
}

// Badge returns a as shown in lists of people.
func (a Author) Badge() PersonBadge {
	return PersonBadge{ID: a.ID, Username: a.Name, Role: a.Role, BadgeColor: a.BadgeColor}
}
