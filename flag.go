package parley

import (
	"strings"
	"unicode/utf8"
)

// FlagReason is why somebody finds a message wrong.
type FlagReason string

const (
	FlagSpam     FlagReason = "spam"
	FlagAbuse    FlagReason = "abuse"
	FlagOffTopic FlagReason = "off_topic"
	FlagOther    FlagReason = "other"
)

// FlagAction is what a moderator does with a flagged message.
type FlagAction string

const (
	FlagKeep   FlagAction = "keep" // leaves it as it is
	FlagHide   FlagAction = "hide" // from all but its author and the team
	FlagDelete FlagAction = "delete"
)

// MaxOpenFlags is how many flags one person can have open: who flags everything would
// bury what others flag.
const MaxOpenFlags = 50

// MaxNote is the length of what somebody adds to a flag, to an answer or to a sanction
// at most, in characters.
const MaxNote = 500

// CheckFlag says what is wrong with a flag, nil if nothing is.
func CheckFlag(reason FlagReason, note string) error {
	switch reason {
	case FlagSpam, FlagAbuse, FlagOffTopic, FlagOther:
		return CheckNote(note)
	default:
		return InvalidField("reason", "must be spam, abuse, off_topic or other")
	}
}

// CheckNote says what is wrong with a note, nil if nothing is.
func CheckNote(note string) error {
	if utf8.RuneCountInString(note) > MaxNote {
		return InvalidField("note", "must have at most %d characters", MaxNote)
	}
	return checkText("note", note)
}

// CheckReason returns a moderator's reason without space around it, or what is wrong
// with it.
func CheckReason(reason string) (string, error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n < 1 || n > MaxNote {
		return "", InvalidField("reason", "must have 1 to %d characters, not %d", MaxNote, n)
	}
	return reason, checkText("reason", reason)
}

// Valid reports whether a is one of the three actions.
func (a FlagAction) Valid() bool { return a == FlagKeep || a == FlagHide || a == FlagDelete }
