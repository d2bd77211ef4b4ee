package parley

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxTitle is the length of a thread's title at most, in characters.
const MaxTitle = 200

// FollowWarningMessages is the number of messages above which following a main
// thread with new-message notices warns of the noise to come.
const FollowWarningMessages = 10

// MaxSlowMode is the longest pause between two messages of one member that a
// thread can ask for, in seconds.
const MaxSlowMode = 24 * 60 * 60

// ThreadType tells main threads from those that grew out of a message.
type ThreadType string

const (
	MainThread ThreadType = "main"
	SubThread  ThreadType = "sub"
)

// Thread is a conversation as one viewer sees it.
type Thread struct {
	ID                 int64          `json:"id"`
	Title              string         `json:"title"`
	UserID             int64          `json:"user_id" doc:"The author."`
	Username           string         `json:"username" doc:"The author's display name."`
	UserRole           DisplayRole    `json:"user_role" enum:"Creator,Team,Patron,Supporter,Member"`
	UserBadgeColor     string         `json:"user_badge_color"`
	MessageCount       int64          `json:"message_count"`
	ViewCount          int64          `json:"view_count"`
	FollowerCount      int64          `json:"follower_count"`
	IsPinned           bool           `json:"is_pinned"`
	IsLocked           bool           `json:"is_locked"`
	IsPrivate          bool           `json:"is_private"`
	MinTierCents       int64          `json:"min_tier_cents"`
	TierInfo           TierInfo       `json:"tier_info"`
	LastMessageAt      Time           `json:"last_message_at" format:"date-time"`
	CreatedAt          Time           `json:"created_at" format:"date-time"`
	CanAccess          bool           `json:"can_access"`
	CanDelete          bool           `json:"can_delete"`
	CanManage          bool           `json:"can_manage"`
	IsFollowing        bool           `json:"is_following"`
	IsMuted            bool           `json:"is_muted" doc:"Whether the viewer hears nothing of it."`
	ThreadType         ThreadType     `json:"thread_type" enum:"main,sub"`
	ParentThreadID     *int64         `json:"parent_thread_id" doc:"Sub-threads: the thread it grew out of."`
	ParentMessageID    *int64         `json:"parent_message_id" doc:"Sub-threads: the message it grew out of."`
	CreatedFromMessage *SourceMessage `json:"created_from_message" doc:"Null for main threads, and when that message is gone."`
	UnreadCount        int64          `json:"unread_count" doc:"The viewer's unread notifications in this thread."`
	UnreadMessages     int64          `json:"unread_messages" doc:"Messages by others after the viewer's last-read position."`
	LastReadMessageID  *int64         `json:"last_read_message_id"`
	SlowModeSeconds    int64          `json:"slow_mode_seconds" doc:"Members wait this long between two messages here; 0 is off."`
}

// SourceMessage is the message a sub-thread grew out of.
type SourceMessage struct {
	ID        int64  `json:"id"`
	Content   string `json:"content" doc:"Its first 100 characters."`
	Username  string `json:"username"`
	CreatedAt Time   `json:"created_at" format:"date-time"`
}

// ForReader turns a thread into what a member with access who is not its author
// sees who has read nothing yet: what an event shows, as it goes to many.
func (t Thread) ForReader() Thread {
	t.CanAccess = true
	t.CanDelete, t.CanManage, t.IsFollowing, t.IsMuted = false, false, false, false
	t.UnreadCount, t.UnreadMessages, t.LastReadMessageID = 0, 0, nil
	return t
}

// CanManageThread reports whether v may rename, pin, lock, slow down and delete a thread
// of this type and author: the creator and the team any, authors their sub-threads.
func CanManageThread(v Viewer, kind ThreadType, authorID int64) bool {
	return v.Staff() || v.Active && kind == SubThread && v.ID == authorID
}

// CheckTitle returns the title without surrounding space, or what is wrong with it.
func CheckTitle(title string) (string, error) {
	title = strings.Join(strings.Fields(title), " ")
	if n := utf8.RuneCountInString(title); n < 1 || n > MaxTitle {
		return "", InvalidField("title", "must have 1 to %d characters, not %d", MaxTitle, n)
	}
	if !shows(title) {
		return "", InvalidField("title", "must have characters that can be seen")
	}
	return title, checkText("title", title)
}

// shows reports whether there is something to see in a text. What joins, turns or only
// modifies characters, and letters that are blank, do not show by themselves.
func shows(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsGraphic(r) && !unicode.IsSpace(r) && !unicode.In(r, unicode.M, unicode.Other_Default_Ignorable_Code_Point) && r != '\u2800'
	})
}

// checkText refuses what no database keeps and no client shows alike.
func checkText(field, text string) error {
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return InvalidField(field, "must be valid UTF-8 text without NUL characters")
	}
	return nil
}
