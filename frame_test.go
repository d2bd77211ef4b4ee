package parley_test

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
)

// What the contract fixes about JSON is shown here whole: fields may be added,
// none renamed, removed or retyped, as clients in the field read them.
var (
	nine   = parley.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	seven  = int64(7)
	source = &parley.SourceMessage{ID: 7, Content: "Which *one*?", Username: "Finn", CreatedAt: nine}
	tier   = parley.NewTierInfo(500, &parley.Tier{ID: 2, Title: "Silver", Description: "Early", Color: "#c0c0c0"})

	subThread = parley.Thread{
		ID: 6, Title: "Season two", UserID: 3, Username: "Mina", UserRole: "Patron", UserBadgeColor: "#f97316",
		MessageCount: 12, ViewCount: 40, FollowerCount: 2, IsPinned: true, IsLocked: true, IsPrivate: true, MinTierCents: 500, TierInfo: tier,
		LastMessageAt: nine, CreatedAt: nine, CanAccess: true, CanDelete: true, CanManage: true, IsFollowing: true, ThreadType: "sub",
		ParentThreadID: &seven, ParentMessageID: &seven, CreatedFromMessage: source, UnreadCount: 1, UnreadMessages: 4, LastReadMessageID: &seven,
		SlowModeSeconds: 30,
	}
	answer = parley.Message{
		ID: 9, ThreadID: 5, Content: "a < b @Finn", ContentHTML: "<p>a</p>", UserID: 3, Username: "Mina", UserRole: "Patron", UserBadgeColor: "#f97316",
		IsEdited: true, EditedAt: &nine, CreatedAt: nine, Mentions: []string{"Finn"}, ReplyToID: &seven,
		ReplyToMessage: &parley.ReplyExcerpt{ID: 7, Content: "Which one?", Username: "Finn", UserRole: "Member", UserBadgeColor: "#6b7280", CreatedAt: nine},
		ReplyCount:     1, LikeCount: 2, UserHasLiked: true, SpawnedThreadCount: 3, CanCreateThread: true,
	}
	notification = parley.NewNotification(parley.NotificationFacts{
		ID: 21, Kind: "mention", Sender: parley.PersonRef{ID: 3, Username: "Mina"}, ThreadID: 5, ThreadTitle: "Season two",
		MessageID: 9, MessageContent: "Hi @Finn", IsRead: true, CreatedAt: nine,
	}, nine)
)

const (
	tierJSON = `{"is_restricted":true,"tier_title":"Silver","min_tier_cents":500,"tier_id":2,"tier_description":"Early","tier_color":"#c0c0c0","amount_display":"$5.00+"}`

	threadJSON = `{"id":6,"title":"Season two","user_id":3,"username":"Mina","user_role":"Patron","user_badge_color":"#f97316",
		"message_count":12,"view_count":40,"follower_count":2,"is_pinned":true,"is_locked":true,"is_private":true,"min_tier_cents":500,
		"tier_info":` + tierJSON + `,"last_message_at":"2026-03-01T09:00:00.000000Z","created_at":"2026-03-01T09:00:00.000000Z",
		"can_access":true,"can_delete":true,"can_manage":true,"is_following":true,"is_muted":false,"thread_type":"sub","parent_thread_id":7,"parent_message_id":7,
		"created_from_message":{"id":7,"content":"Which *one*?","username":"Finn","created_at":"2026-03-01T09:00:00.000000Z"},
		"unread_count":1,"unread_messages":4,"last_read_message_id":7,"slow_mode_seconds":30}`

	messageJSON = `{"id":9,"thread_id":5,"content":"a \u003c b @Finn","content_html":"\u003cp\u003ea\u003c/p\u003e","user_id":3,"username":"Mina",
		"user_role":"Patron","user_badge_color":"#f97316","is_hidden":false,"is_edited":true,"edited_at":"2026-03-01T09:00:00.000000Z",
		"created_at":"2026-03-01T09:00:00.000000Z","mentions":["Finn"],"reply_to_id":7,
		"reply_to_message":{"id":7,"content":"Which one?","is_hidden":false,"username":"Finn","user_role":"Member","user_badge_color":"#6b7280","created_at":"2026-03-01T09:00:00.000000Z"},
		"reply_count":1,"like_count":2,"user_has_liked":true,"spawned_thread_count":3,"can_create_thread":true}`

	notificationJSON = `{"id":21,"notification_type":"mention","type":"forum_mention","title":"Mina mentioned you in Season two","content":"Hi @Finn",
		"sender":{"id":3,"username":"Mina"},"thread_id":5,"thread_title":"Season two","message_id":9,"is_read":true,
		"created_at":"2026-03-01T09:00:00.000000Z","time_since":"just now",
		"notification_data":{"source":"forum","forum_type":"mention","thread_id":5,"thread_title":"Season two","message_id":9,
			"sender_username":"Mina","message_content":"Hi @Finn","message_preview":"Hi @Finn"}}`
)

func TestViewsReadAsTheContractSays(t *testing.T) {
	for _, tc := range []struct {
		name string
		view any
		want string
	}{
		{"thread", subThread, threadJSON},
		{"message", answer, messageJSON},
		{"notification", notification, notificationJSON},
	} {
		t.Run(tc.name, func(t *testing.T) { readsAs(t, tc.view, tc.want) })
	}
}

func TestWhatIsNotThereIsNull(t *testing.T) {
	for _, tc := range []struct {
		name  string
		view  any
		nulls []string
	}{
		{"thread", parley.Thread{}, []string{"created_from_message", "last_read_message_id", "parent_message_id", "parent_thread_id"}},
		{"message", parley.Message{Mentions: []string{}}, []string{"edited_at", "reply_to_id", "reply_to_message"}},
		{"notification", parley.NewNotification(parley.NotificationFacts{}, 0), []string{"message_id", "sender"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var fields map[string]any
			if err := json.Unmarshal(marshal(t, tc.view), &fields); err != nil {
				t.Fatal(err)
			}
			maps.DeleteFunc(fields, func(_ string, value any) bool { return value != nil })
			if diff := cmp.Diff(tc.nulls, slices.Sorted(maps.Keys(fields))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

var frames = []struct {
	frame any
	want  string
}{
	{
		parley.NewMessageFrame{Type: "new_message", ThreadID: 5, Message: answer, ThreadCounts: parley.ThreadCounts{MessageCount: 12, ReplyTo: &parley.ReplyCount{ID: 7, ReplyCount: 1}}},
		`{"type":"new_message","thread_id":5,"message":` + messageJSON + `,"message_count":12,"reply_to":{"id":7,"reply_count":1}}`,
	},
	{
		parley.MessageEditedFrame{Type: "message_edited", ThreadID: 5, Message: parley.EditedMessage{
			ID: 9, Content: "Hi", ContentHTML: "Hi", IsEdited: true, EditedAt: &nine, Mentions: []string{},
		}},
		`{"type":"message_edited","thread_id":5,"message":{"id":9,"content":"Hi","content_html":"Hi","is_edited":true,"edited_at":"2026-03-01T09:00:00.000000Z","mentions":[]}}`,
	},
	{
		parley.MessagesDeletedFrame{Type: "messages_deleted", ThreadID: 5, MessageIDs: []int64{9, 11}, DeletedCount: 2, ThreadCounts: parley.ThreadCounts{MessageCount: 10}},
		`{"type":"messages_deleted","thread_id":5,"message_ids":[9,11],"deleted_count":2,"message_count":10,"reply_to":null}`,
	},
	{
		parley.MessageHiddenFrame{Type: "message_hidden", ThreadID: 5, Message: answer, LikedBy: []int64{7}, ThreadCounts: parley.ThreadCounts{MessageCount: 12}},
		`{"type":"message_hidden","thread_id":5,"message":` + messageJSON + `,"liked_by":[7],"message_count":12,"reply_to":null}`,
	},
	{
		parley.MessagesRestoredFrame{
			Type: "messages_restored", ThreadID: 5, Messages: []parley.Message{}, Likes: []parley.MessageLikes{{MessageID: 9, UserIDs: []int64{4}}},
			ThreadCounts: parley.ThreadCounts{MessageCount: 12, ReplyTo: &parley.ReplyCount{ID: 8, ReplyCount: 1}},
		},
		`{"type":"messages_restored","thread_id":5,"messages":[],"likes":[{"message_id":9,"user_ids":[4]}],"message_count":12,"reply_to":{"id":8,"reply_count":1}}`,
	},
	{
		parley.LikeFrame{Type: "message_liked", ThreadID: 5, MessageID: 9, LikeCount: 2, LikedBy: &parley.PersonRef{ID: 4, Username: "Finn"}},
		`{"type":"message_liked","thread_id":5,"message_id":9,"like_count":2,"liked_by":{"id":4,"username":"Finn"}}`,
	},
	{
		parley.LikeFrame{Type: "message_unliked", ThreadID: 5, MessageID: 9, UnlikedBy: &parley.PersonRef{ID: 4, Username: "Finn"}},
		`{"type":"message_unliked","thread_id":5,"message_id":9,"like_count":0,"unliked_by":{"id":4,"username":"Finn"}}`,
	},
	{
		parley.ThreadUpdatedFrame{Type: "thread_updated", ThreadID: 5, Updates: parley.ThreadUpdates{
			Title: "Season two", IsPinned: true, IsLocked: true, IsPrivate: true, MinTierCents: 500, TierInfo: tier, SlowModeSeconds: 30,
		}},
		`{"type":"thread_updated","thread_id":5,"updates":{"title":"Season two","is_pinned":true,"is_locked":true,"is_private":true,
			"min_tier_cents":500,"tier_info":` + tierJSON + `,"slow_mode_seconds":30}}`,
	},
	{
		parley.SubThreadCountedFrame{Type: "message_thread_count_updated", ThreadID: 5, MessageID: 7, SpawnedThreadCount: 1, SubThreadID: 6, SubThreadTitle: "Season two", CreatorUsername: "Mina"},
		`{"type":"message_thread_count_updated","thread_id":5,"message_id":7,"spawned_thread_count":1,"sub_thread_id":6,"sub_thread_title":"Season two","creator_username":"Mina"}`,
	},
	{
		parley.TypingFrame{Type: "user_typing", ThreadID: 5, UserID: 3, Username: "Mina", IsTyping: true},
		`{"type":"user_typing","thread_id":5,"user_id":3,"username":"Mina","is_typing":true}`,
	},
	{
		parley.PresenceFrame{Type: "presence", ThreadID: 5, Viewers: 3},
		`{"type":"presence","thread_id":5,"viewers":3}`,
	},
	{
		parley.ThreadDeletedFrame{Type: "thread_deleted", ThreadID: 5, ThreadTitle: "Season two"},
		`{"type":"thread_deleted","thread_id":5,"thread_title":"Season two"}`,
	},
	{
		parley.ThreadCreatedFrame{Type: "new_thread_created", Thread: subThread, Creator: parley.RoleRef{ID: 3, Username: "Mina", Role: "Patron"}},
		`{"type":"new_thread_created","thread":` + threadJSON + `,"creator":{"id":3,"username":"Mina","role":"Patron"}}`,
	},
	{
		parley.SubThreadCreatedFrame{
			Type: "new_sub_thread_created", Thread: subThread, Creator: parley.RoleRef{ID: 3, Username: "Mina", Role: "Patron"}, ParentThreadID: 5, ParentMessageID: 7,
		},
		`{"type":"new_sub_thread_created","thread":` + threadJSON + `,"creator":{"id":3,"username":"Mina","role":"Patron"},"parent_thread_id":5,"parent_message_id":7}`,
	},
	{
		parley.SpecialMentionFrame{
			Type: "team_mention", ThreadID: 5, MessageID: 9, Sender: parley.RoleRef{ID: 1, Username: "Ada", Role: "Creator"}, ThreadTitle: "Season two", NotificationCount: 3,
		},
		`{"type":"team_mention","thread_id":5,"message_id":9,"sender":{"id":1,"username":"Ada","role":"Creator"},"thread_title":"Season two","notification_count":3}`,
	},
	{parley.ThreadsChangedFrame{Type: "threads_changed", ThreadIDs: []int64{5, 6}}, `{"type":"threads_changed","thread_ids":[5,6]}`},
	{parley.NotificationFrame{Type: "forum_notification", Notification: notification}, `{"type":"forum_notification","notification":` + notificationJSON + `}`},
	{
		parley.NotificationCountFrame{Type: "forum_notification_count", Count: 3, CountVersion: 88},
		`{"type":"forum_notification_count","count":3,"count_version":88}`,
	},
	{
		parley.UnreadCountFrame{Type: "unread_count_updated", ThreadID: &seven, ThreadUnreadCount: 1, TotalForumUnread: 3, MarkedReadCount: 2, CountVersion: 88},
		`{"type":"unread_count_updated","thread_id":7,"thread_unread_count":1,"total_forum_unread":3,"marked_read_count":2,"count_version":88}`,
	},
	{
		parley.UnreadCountFrame{Type: "unread_count_updated"},
		`{"type":"unread_count_updated","thread_id":null,"thread_unread_count":0,"total_forum_unread":0,"marked_read_count":0,"count_version":0}`,
	},
	{
		parley.ThreadActivityFrame{Type: "thread_activity", Threads: []parley.ThreadActivity{{ThreadID: 5, MessageCount: 12, LastMessageAt: nine}}},
		`{"type":"thread_activity","threads":[{"thread_id":5,"message_count":12,"last_message_at":"2026-03-01T09:00:00.000000Z"}]}`,
	},
	{
		parley.EveryoneDisabledFrame{Type: "everyone_disabled", DisabledBy: "Ada"},
		`{"type":"everyone_disabled","reason":null,"disabled_by":"Ada"}`,
	},
	{
		parley.EveryoneEnabledFrame{Type: "everyone_enabled", EnabledBy: "Ada"},
		`{"type":"everyone_enabled","enabled_by":"Ada"}`,
	},
	{
		parley.EveryoneRestrictedFrame{Type: "everyone_restricted", Reason: "Too loud.", RestrictedBy: "Ada"},
		`{"type":"everyone_restricted","reason":"Too loud.","until":null,"custom_rate_limit":null,"restricted_by":"Ada"}`,
	},
	{
		parley.EveryoneUnrestrictedFrame{Type: "everyone_unrestricted", UnrestrictedBy: "Ada"},
		`{"type":"everyone_unrestricted","unrestricted_by":"Ada"}`,
	},
	{
		parley.SilencedFrame{Type: "silenced", Reason: "Spam."},
		`{"type":"silenced","reason":"Spam.","until":null}`,
	},
	{
		parley.UnsilencedFrame{Type: "unsilenced"},
		`{"type":"unsilenced"}`,
	},
	{
		parley.MembershipChangedFrame{Type: "membership_changed", CurrentTierAmount: 500, CurrentTierTitle: "Silver", Role: "Patron"},
		`{"type":"membership_changed","current_tier_amount":500,"current_tier_title":"Silver","role":"Patron"}`,
	},
}

func TestFramesReadAsTheContractSays(t *testing.T) {
	for _, tc := range frames {
		name := reflect.TypeOf(tc.frame).Name()
		t.Run(name, func(t *testing.T) { readsAs(t, tc.frame, tc.want) })
	}
}

func TestNoFrameIsLeftOut(t *testing.T) {
	tested := map[string]bool{}
	for _, tc := range frames {
		tested[reflect.TypeOf(tc.frame).Name()] = true
	}
	for _, file := range sources(t) {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && strings.HasSuffix(spec.Name.Name, "Frame") && !tested[spec.Name.Name] {
				t.Errorf("what %s looks like is not tested", spec.Name.Name)
			}
			return true
		})
	}
}

// readsAs checks that a value is this JSON text but for white space.
func readsAs(t *testing.T, value any, want string) {
	t.Helper()
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(want)); err != nil {
		t.Fatal(err)
	}
	if got := marshal(t, value); string(got) != compact.String() {
		t.Errorf("\n got %s\nwant %s", got, &compact)
	}
}

func marshal(t *testing.T, value any) []byte {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAnEventShowsAThreadAndAMessageAsOthersSeeThem(t *testing.T) {
	thread := subThread
	thread.CanDelete, thread.CanManage, thread.IsFollowing = false, false, false
	thread.UnreadCount, thread.UnreadMessages, thread.LastReadMessageID = 0, 0, nil
	hidden := subThread
	hidden.CanAccess = false
	if diff := cmp.Diff(thread, hidden.ForReader()); diff != "" {
		t.Errorf("thread (-want +got):\n%s", diff)
	}
	message := answer
	message.UserHasLiked = false
	if diff := cmp.Diff(message, answer.ForReader()); diff != "" {
		t.Errorf("message (-want +got):\n%s", diff)
	}
	toHidden, quoted := answer, *answer.ReplyToMessage
	quoted.IsHidden = true
	message.ReplyToMessage, toHidden.ReplyToMessage = nil, &quoted
	if diff := cmp.Diff(message, toHidden.ForReader()); diff != "" {
		t.Errorf("what answers a hidden message (-want +got):\n%s", diff)
	}
}
