package parley

import "fmt"

// NotificationKind is why somebody is notified.
type NotificationKind string

const (
	NotifyMention    NotificationKind = "mention"
	NotifyReply      NotificationKind = "reply"
	NotifyNewMessage NotificationKind = "new_message"
	NotifyLike       NotificationKind = "like"
	NotifySubThread  NotificationKind = "sub_thread"
	NotifyModeration NotificationKind = "moderation"
)

// Notice is what a notification of the kind moderation tells.
type Notice string

const (
	NoticeFlagged Notice = "flagged" // to the team: somebody found a message wrong
	NoticeHidden  Notice = "hidden"  // to its author
	NoticeDeleted Notice = "deleted"
	NoticeMoved   Notice = "moved" // to another thread, which the notification names
)

// Notification tells one person of something that concerns them.
type Notification struct {
	ID               int64            `json:"id"`
	NotificationType NotificationKind `json:"notification_type" enum:"mention,reply,new_message,like,sub_thread,moderation"`
	Type             string           `json:"type" doc:"forum_ and the notification type."`
	Title            string           `json:"title"`
	Content          string           `json:"content"`
	Sender           *PersonRef       `json:"sender"`
	ThreadID         int64            `json:"thread_id"`
	ThreadTitle      string           `json:"thread_title"`
	MessageID        *int64           `json:"message_id"`
	IsRead           bool             `json:"is_read"`
	CreatedAt        Time             `json:"created_at" format:"date-time"`
	TimeSince        string           `json:"time_since" example:"5 minutes ago"`
	NotificationData NotificationData `json:"notification_data"`
}

// PersonRef names a person by id and display name.
type PersonRef struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
}

// NotificationData repeats a notification's references in the form that
// clients in the field read.
type NotificationData struct {
	Source         string           `json:"source" enum:"forum"`
	ForumType      NotificationKind `json:"forum_type"`
	ThreadID       int64            `json:"thread_id"`
	ThreadTitle    string           `json:"thread_title"`
	MessageID      *int64           `json:"message_id"`
	SenderUsername string           `json:"sender_username"`
	MessageContent string           `json:"message_content"`
	MessagePreview string           `json:"message_preview"`
}

// NotificationFacts is what a notification is made of.
type NotificationFacts struct {
	ID             int64
	Kind           NotificationKind
	Sender         PersonRef // zero when that person is gone
	ThreadID       int64
	ThreadTitle    string
	MessageID      int64  // zero: none
	MessageContent string // empty: it is deleted
	About          Notice // of the kind moderation
	IsRead         bool
	CreatedAt      Time
}

// NewNotification words a notification as it reads at now. Who flagged a message, or
// moderated it, is not told.
func NewNotification(f NotificationFacts, now Time) Notification {
	if f.Kind == NotifyModeration {
		f.Sender = PersonRef{}
	}
	preview := Excerpt(f.MessageContent, ExcerptLength)
	n := Notification{
		ID: f.ID, NotificationType: f.Kind, Type: "forum_" + string(f.Kind),
		Title: f.title(), Content: preview,
		ThreadID: f.ThreadID, ThreadTitle: f.ThreadTitle,
		IsRead: f.IsRead, CreatedAt: f.CreatedAt, TimeSince: timeSince(f.CreatedAt, now),
		NotificationData: NotificationData{
			Source: "forum", ForumType: f.Kind, ThreadID: f.ThreadID, ThreadTitle: f.ThreadTitle,
			SenderUsername: f.Sender.Username, MessageContent: f.MessageContent, MessagePreview: preview,
		},
	}
	if f.Sender.ID != 0 {
		n.Sender = &f.Sender
	}
	if f.MessageID != 0 {
		n.MessageID, n.NotificationData.MessageID = &f.MessageID, &f.MessageID
	}
	return n
}

func (f NotificationFacts) title() string {
	sender, thread := f.Sender.Username, f.ThreadTitle
	switch f.Kind {
	case NotifyMention:
		return fmt.Sprintf("%s mentioned you in %s", sender, thread)
	case NotifyReply:
		return fmt.Sprintf("%s replied to you in %s", sender, thread)
	case NotifyLike:
		return fmt.Sprintf("%s liked your message in %s", sender, thread)
	case NotifySubThread:
		return fmt.Sprintf("%s started a thread from a message: %s", sender, thread)
	case NotifyModeration:
		return f.About.title(thread)
	default:
		return fmt.Sprintf("%s wrote in %s", sender, thread)
	}
}

func (n Notice) title(thread string) string {
	switch n {
	case NoticeFlagged:
		return "A message was flagged in " + thread
	case NoticeHidden:
		return "A moderator hid your message in " + thread
	case NoticeDeleted:
		return "A moderator deleted your message in " + thread
	case NoticeMoved:
		return "A moderator moved your message to " + thread
	default:
		return "A moderator acted in " + thread
	}
}

// timeSince words the time from then to now, as coarse as people speak.
func timeSince(then, now Time) string {
	seconds := int64(now.Sub(then).Seconds())
	for _, unit := range []struct {
		name    string
		seconds int64
	}{
		{"year", 365 * 24 * 3600},
		{"month", 30 * 24 * 3600},
		{"week", 7 * 24 * 3600},
		{"day", 24 * 3600},
		{"hour", 3600},
		{"minute", 60},
	} {
		switch n := seconds / unit.seconds; {
		case n == 1:
			return "1 " + unit.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, unit.name)
		}
	}
	return "just now"
}

// Follow says what a follower of a thread wants to hear of.
type Follow struct {
	NewMessage bool
	Mention    bool
	Reply      bool
}

// Recipient is what decides whether, and why, one person hears of a message.
type Recipient struct {
	Viewer    Viewer
	Reached   bool    // by the message's mention of everyone, which notifies r already
	Called    bool    // it mentions the creator or the team, and r is one of them
	Named     bool    // it mentions r by name
	RepliedTo bool    // r wrote the message that it replies to
	Follow    *Follow // nil: does not follow the thread

	AllowsDirect bool // wants to hear of mentions by name
	Muted        bool // wants to hear nothing of the thread
}

// mentioned reports whether the message mentions r in a way that r wants to hear
// of.
func (r Recipient) mentioned() bool {
	return r.Called || r.Named && r.AllowsDirect
}

// Reason returns why r is notified of a message by sender in a thread with
// access a, and false if r is not. One message notifies a person once, for the
// first reason that holds: everyone, whom a Call notifies, mention, reply, new message. People who do not follow
// a thread still hear of mentions and replies.
func (r Recipient) Reason(a Access, sender int64) (NotificationKind, bool) {
	follow := Follow{Mention: true, Reply: true}
	if r.Follow != nil {
		follow = *r.Follow
	}
	switch {
	case r.Viewer.ID == sender || r.Reached || r.Muted || !a.Admits(r.Viewer):
		return "", false
	case r.mentioned() && follow.Mention:
		return NotifyMention, true
	case r.RepliedTo && follow.Reply:
		return NotifyReply, true
	case follow.NewMessage:
		return NotifyNewMessage, true
	default:
		return "", false
	}
}
