package parley

// The frames below are what clients receive on the two streams, one JSON object
// each. Durable ones get an event_id behind their last field when they are sent.

// Frames of the thread stream.
type (
	// NewMessageFrame shows a message as a reader other than its author sees it.
	NewMessageFrame struct {
		Type     string  `json:"type"` // new_message
		ThreadID int64   `json:"thread_id"`
		Message  Message `json:"message"`
		LikedBy  []int64 `json:"liked_by,omitempty"` // ids of people, where it came from another thread
		ThreadCounts
	}
	// ThreadCounts is what a message that comes or goes changes beside itself, as
	// it is now: clients that resume have seen some of it before and must not add
	// up.
	ThreadCounts struct {
		MessageCount int64       `json:"message_count"` // of the thread
		ReplyTo      *ReplyCount `json:"reply_to"`      // the message that was replied to; null: none, or gone
	}
	// ReplyCount is how many replies a message has.
	ReplyCount struct {
		ID         int64 `json:"id"`
		ReplyCount int64 `json:"reply_count"`
	}
	// MessageEditedFrame shows what an edit changed.
	MessageEditedFrame struct {
		Type     string        `json:"type"` // message_edited
		ThreadID int64         `json:"thread_id"`
		Message  EditedMessage `json:"message"`
	}
	// EditedMessage is the part of a message that an edit changes.
	EditedMessage struct {
		ID          int64    `json:"id"`
		Content     string   `json:"content"`
		ContentHTML string   `json:"content_html"`
		IsEdited    bool     `json:"is_edited"`
		EditedAt    *Time    `json:"edited_at"`
		Mentions    []string `json:"mentions"`
	}
	// MessagesDeletedFrame names messages that are gone.
	MessagesDeletedFrame struct {
		Type         string  `json:"type"` // messages_deleted
		ThreadID     int64   `json:"thread_id"`
		MessageIDs   []int64 `json:"message_ids"`
		DeletedCount int     `json:"deleted_count"`
		ThreadCounts
	}
	// MessagesRestoredFrame shows messages that are there again, as a reader sees
	// them who has not touched them: who has is told apart in Likes. They make
	// nothing unread.
	MessagesRestoredFrame struct {
		Type     string         `json:"type"` // messages_restored
		ThreadID int64          `json:"thread_id"`
		Messages []Message      `json:"messages"`
		Likes    []MessageLikes `json:"likes"` // of those that have any
		ThreadCounts
	}
	// MessageHiddenFrame shows a message that was hidden, or is no longer, to its author
	// and the team, as MessagesRestoredFrame shows it.
	MessageHiddenFrame struct {
		Type     string  `json:"type"` // message_hidden, message_shown
		ThreadID int64   `json:"thread_id"`
		Message  Message `json:"message"`
		LikedBy  []int64 `json:"liked_by"` // ids of people
		ThreadCounts
	}
	// MessageLikes tells who likes a message.
	MessageLikes struct {
		MessageID int64   `json:"message_id"`
		UserIDs   []int64 `json:"user_ids"`
	}
	// LikeFrame shows a message's likes after one came or went.
	LikeFrame struct {
		Type      string     `json:"type"` // message_liked, message_unliked
		ThreadID  int64      `json:"thread_id"`
		MessageID int64      `json:"message_id"`
		LikeCount int64      `json:"like_count"`
		LikedBy   *PersonRef `json:"liked_by,omitempty"`
		UnlikedBy *PersonRef `json:"unliked_by,omitempty"`
	}
	// ThreadUpdatedFrame shows a thread's settings.
	ThreadUpdatedFrame struct {
		Type     string        `json:"type"` // thread_updated
		ThreadID int64         `json:"thread_id"`
		Updates  ThreadUpdates `json:"updates"`
	}
	// ThreadUpdates is the part of a thread that its managers change.
	ThreadUpdates struct {
		Title           string   `json:"title"`
		IsPinned        bool     `json:"is_pinned"`
		IsLocked        bool     `json:"is_locked"`
		IsPrivate       bool     `json:"is_private"`
		MinTierCents    int64    `json:"min_tier_cents"`
		TierInfo        TierInfo `json:"tier_info"`
		SlowModeSeconds int64    `json:"slow_mode_seconds"`
	}
	// SubThreadCountedFrame tells how many threads that its readers may see grew
	// out of a message, and which one came or went. One that not all of them may
	// see (any more) is not named: SubThreadID is 0.
	SubThreadCountedFrame struct {
		Type               string `json:"type"` // message_thread_count_updated
		ThreadID           int64  `json:"thread_id"`
		MessageID          int64  `json:"message_id"`
		SpawnedThreadCount int64  `json:"spawned_thread_count"`
		SubThreadID        int64  `json:"sub_thread_id"`
		SubThreadTitle     string `json:"sub_thread_title"`
		CreatorUsername    string `json:"creator_username"`
	}
	// TypingFrame tells that somebody types, or stopped. It is not durable.
	TypingFrame struct {
		Type     string `json:"type"` // user_typing
		ThreadID int64  `json:"thread_id"`
		UserID   int64  `json:"user_id"`
		Username string `json:"username"`
		IsTyping bool   `json:"is_typing"`
	}
	// PresenceFrame tells how many people watch a thread, about. It is state: the
	// newest one holds.
	PresenceFrame struct {
		Type     string `json:"type"` // presence
		ThreadID int64  `json:"thread_id"`
		Viewers  int    `json:"viewers"`
	}
)

// ThreadDeletedFrame tells that a thread is gone, on both streams.
type ThreadDeletedFrame struct {
	Type        string `json:"type"` // thread_deleted
	ThreadID    int64  `json:"thread_id"`
	ThreadTitle string `json:"thread_title"`
}

// Frames of the global stream.
type (
	// RoleRef names a person with their display role.
	RoleRef struct {
		ID       int64       `json:"id"`
		Username string      `json:"username"`
		Role     DisplayRole `json:"role"`
	}
	// ThreadCreatedFrame shows a new main thread.
	ThreadCreatedFrame struct {
		Type    string  `json:"type"` // new_thread_created
		Thread  Thread  `json:"thread"`
		Creator RoleRef `json:"creator"`
	}
	// SubThreadCreatedFrame shows a new sub-thread.
	SubThreadCreatedFrame struct {
		Type            string  `json:"type"` // new_sub_thread_created
		Thread          Thread  `json:"thread"`
		Creator         RoleRef `json:"creator"`
		ParentThreadID  int64   `json:"parent_thread_id"`
		ParentMessageID int64   `json:"parent_message_id"`
	}
	// SpecialMentionFrame tells that a message calls the team, or everyone.
	SpecialMentionFrame struct {
		Type              string  `json:"type"` // team_mention, everyone_mention
		ThreadID          int64   `json:"thread_id"`
		MessageID         int64   `json:"message_id"`
		Sender            RoleRef `json:"sender"`
		ThreadTitle       string  `json:"thread_title"`
		NotificationCount int64   `json:"notification_count"`
	}
	// EveryoneDisabledFrame tells that nobody can mention everyone any more.
	EveryoneDisabledFrame struct {
		Type       string  `json:"type"` // everyone_disabled
		Reason     *string `json:"reason"`
		DisabledBy string  `json:"disabled_by"`
	}
	// EveryoneEnabledFrame tells that it can be mentioned again.
	EveryoneEnabledFrame struct {
		Type      string `json:"type"` // everyone_enabled
		EnabledBy string `json:"enabled_by"`
	}
	// EveryoneRestrictedFrame tells the reader that they may not mention everyone,
	// or only so often.
	EveryoneRestrictedFrame struct {
		Type            string `json:"type"` // everyone_restricted
		Reason          string `json:"reason"`
		Until           *Time  `json:"until"`             // null: until it is taken back
		CustomRateLimit *int64 `json:"custom_rate_limit"` // null: not at all
		RestrictedBy    string `json:"restricted_by"`
	}
	// EveryoneUnrestrictedFrame tells the reader that they may as others do.
	EveryoneUnrestrictedFrame struct {
		Type           string `json:"type"` // everyone_unrestricted
		UnrestrictedBy string `json:"unrestricted_by"`
	}
	// SilencedFrame tells the reader that they may write nothing that others see.
	SilencedFrame struct {
		Type   string `json:"type"` // silenced
		Reason string `json:"reason"`
		Until  *Time  `json:"until"` // null: until it is taken back
	}
	// UnsilencedFrame tells the reader that they may write again.
	UnsilencedFrame struct {
		Type string `json:"type"` // unsilenced
	}
	// ThreadsChangedFrame asks to fetch threads anew; 404 means remove.
	ThreadsChangedFrame struct {
		Type      string  `json:"type"` // threads_changed
		ThreadIDs []int64 `json:"thread_ids"`
	}
	// NotificationFrame shows a new notification.
	NotificationFrame struct {
		Type         string       `json:"type"` // forum_notification; new_notification
		Notification Notification `json:"notification"`
	}
	// NotificationCountFrame shows how many notifications are unread. It is
	// state: the newest CountVersion wins.
	NotificationCountFrame struct {
		Type         string `json:"type"` // forum_notification_count
		Count        int64  `json:"count"`
		CountVersion int64  `json:"count_version"`
	}
	// UnreadCountFrame shows a thread's unread notifications beside the sum. It
	// is state: the newest CountVersion wins for each thread.
	UnreadCountFrame struct {
		Type              string `json:"type"`      // unread_count_updated
		ThreadID          *int64 `json:"thread_id"` // null: all threads
		ThreadUnreadCount int64  `json:"thread_unread_count"`
		TotalForumUnread  int64  `json:"total_forum_unread"`
		MarkedReadCount   int64  `json:"marked_read_count"`
		CountVersion      int64  `json:"count_version"`
	}
	// ThreadActivityFrame shows threads that messages came to or went from. It is not
	// durable; of two that show a thread, the later one holds.
	ThreadActivityFrame struct {
		Type    string           `json:"type"` // thread_activity
		Threads []ThreadActivity `json:"threads"`
	}
	// ThreadActivity is what the list of threads shows and a message changes.
	ThreadActivity struct {
		ThreadID      int64 `json:"thread_id"`
		MessageCount  int64 `json:"message_count"`
		LastMessageAt Time  `json:"last_message_at"`
	}
	// MembershipChangedFrame shows what the reader is now; lists are to be
	// fetched anew.
	MembershipChangedFrame struct {
		Type              string      `json:"type"` // membership_changed
		CurrentTierAmount int64       `json:"current_tier_amount"`
		CurrentTierTitle  string      `json:"current_tier_title"`
		Role              DisplayRole `json:"role"`
	}
)
