package parley

import (
	"fmt"
	"html"
	"strings"
	"unicode/utf8"
)

// MaxContent is the length of a message at most, in characters.
const MaxContent = 10_000

// ExcerptLength is how much of a message is shown where it is referred to, in
// characters.
const ExcerptLength = 100

// Message is a message as one viewer sees it.
type Message struct {
	ID                 int64         `json:"id"`
	ThreadID           int64         `json:"thread_id"`
	Content            string        `json:"content" doc:"Markdown, as written."`
	ContentHTML        string        `json:"content_html" doc:"Sanitised HTML, with the preview of a link below it where the operator switched previews on."`
	UserID             int64         `json:"user_id"`
	Username           string        `json:"username" doc:"The author's display name."`
	UserRole           DisplayRole   `json:"user_role" enum:"Creator,Team,Patron,Supporter,Member"`
	UserBadgeColor     string        `json:"user_badge_color"`
	IsHidden           bool          `json:"is_hidden" doc:"Seen by its author and the team alone."`
	IsEdited           bool          `json:"is_edited"`
	EditedAt           *Time         `json:"edited_at" format:"date-time"`
	CreatedAt          Time          `json:"created_at" format:"date-time"`
	Mentions           []string      `json:"mentions" nullable:"false" doc:"Names mentioned, special ones included."`
	ReplyToID          *int64        `json:"reply_to_id"`
	ReplyToMessage     *ReplyExcerpt `json:"reply_to_message"`
	ReplyCount         int64         `json:"reply_count"`
	LikeCount          int64         `json:"like_count"`
	UserHasLiked       bool          `json:"user_has_liked"`
	SpawnedThreadCount int64         `json:"spawned_thread_count" doc:"Threads that grew out of it and that all may see who may see it."`
	CanCreateThread    bool          `json:"can_create_thread" doc:"Whether a sub-thread can grow out of it."`
}

// ReplyExcerpt is the message that another one replies to.
type ReplyExcerpt struct {
	ID             int64       `json:"id"`
	Content        string      `json:"content" doc:"Its first 100 characters."`
	IsHidden       bool        `json:"is_hidden" doc:"Seen by its author and the team alone."`
	Username       string      `json:"username"`
	UserRole       DisplayRole `json:"user_role"`
	UserBadgeColor string      `json:"user_badge_color"`
	CreatedAt      Time        `json:"created_at" format:"date-time"`
}

// Mention is a name in a message that means somebody. Exactly one of UserID and
// Special is set.
type Mention struct {
	Name    string         `json:"name"` // as shown, without the @
	UserID  int64          `json:"user_id,omitempty"`
	Special SpecialMention `json:"special,omitempty"`
}

// Link is the mention of a person as it stands in the HTML of a message. Whoever shows
// the message when its name is no longer theirs shows Plain in its place.
func (m Mention) Link() string {
	return fmt.Sprintf(`<span class="mention" data-user-id="%d">%s</span>`, m.UserID, m.Plain())
}

// Plain is the name in the HTML of a message, without saying whose it is.
func (m Mention) Plain() string { return "@" + html.EscapeString(m.Name) }

// SpecialMention is a mention of more than one person.
type SpecialMention string

const (
	MentionEveryone SpecialMention = "everyone"
	MentionCreator  SpecialMention = "creator"
	MentionTeam     SpecialMention = "team"
)

// Means reports whether a special mention means people of a role.
func (s SpecialMention) Means(r Role) bool {
	return s == MentionEveryone || string(s) == string(r)
}

// ForReader turns a message into what a reader other than its author sees who
// has not touched it: what an event shows, as it goes to many. A hidden message that
// it answers is not shown.
func (m Message) ForReader() Message {
	m.UserHasLiked = false
	if m.ReplyToMessage != nil && m.ReplyToMessage.IsHidden {
		m.ReplyToMessage = nil
	}
	return m
}

// CanDeleteMessage reports whether v may delete a message of this author.
func CanDeleteMessage(v Viewer, authorID int64) bool {
	return v.Staff() || v.Active && v.ID == authorID
}

// RestoreDays is how long a deleted message can be restored.
const RestoreDays = 30

// CheckContent returns the text of a message, or what is wrong with it. Space
// around the text means nothing in Markdown but the indentation of its first
// line, which stays.
func CheckContent(content string) (string, error) {
	content = strings.TrimRight(strings.ReplaceAll(content, "\r\n", "\n"), " \t\n")
	content = strings.TrimLeft(content, "\n")
	n := utf8.RuneCountInString(content)
	if strings.TrimSpace(content) == "" || n > MaxContent {
		return "", InvalidField("content", "must have 1 to %d characters, not %d", MaxContent, n)
	}
	if !shows(content) {
		return "", InvalidField("content", "must have characters that can be seen")
	}
	return content, checkText("content", content)
}

// Excerpt returns the first n characters of text.
func Excerpt(text string, n int) string {
	for i := range text {
		if n == 0 {
			return text[:i]
		}
		n--
	}
	return text
}
