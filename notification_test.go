package parley_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"parley"
)

func TestOneMessageNotifiesAPersonForTheFirstReasonThatHolds(t *testing.T) {
	all := &parley.Follow{NewMessage: true, Mention: true, Reply: true}
	quiet := &parley.Follow{Mention: true, Reply: true}
	muted := &parley.Follow{}
	newOnly := &parley.Follow{NewMessage: true}
	free, paid, private := parley.Access{}, parley.Access{MinTierCents: 501}, parley.Access{Private: true}
	for _, tc := range []struct {
		name   string
		r      parley.Recipient
		access parley.Access
		want   parley.NotificationKind // empty: not notified
	}{
		{"a mention before all", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true, RepliedTo: true, Follow: all}, free, "mention"},
		{"a reply before a new message", parley.Recipient{Viewer: mina, RepliedTo: true, Follow: all}, free, "reply"},
		{"a new message for followers", parley.Recipient{Viewer: mina, Follow: all}, free, "new_message"},
		{"no new messages where they are not wanted", parley.Recipient{Viewer: mina, Follow: quiet}, free, ""},
		{"no new messages for others", parley.Recipient{Viewer: mina}, free, ""},
		{"a mention for others too", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true}, free, "mention"},
		{"a reply for others too", parley.Recipient{Viewer: mina, RepliedTo: true}, free, "reply"},
		{"nothing that was turned off", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true, RepliedTo: true, Follow: muted}, free, ""},
		{"a new message though mentions are off", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true, Follow: newOnly}, free, "new_message"},
		{"no mention by name where that is not wanted", parley.Recipient{Viewer: mina, Named: true}, free, ""},
		{"nobody again whom everyone reached", parley.Recipient{Viewer: mina, Reached: true, Named: true, AllowsDirect: true, RepliedTo: true, Follow: all}, free, ""},
		{"the team when it is called, whatever is wanted", parley.Recipient{Viewer: tomas, Called: true}, free, "mention"},
		{"nothing of what is muted", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true, Called: true, RepliedTo: true, Follow: all, Muted: true}, free, ""},
		{"never the sender", parley.Recipient{Viewer: ada, Named: true, AllowsDirect: true, RepliedTo: true, Follow: all}, free, ""},
		{"never without the membership", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true, Follow: all}, paid, ""},
		{"never of private threads", parley.Recipient{Viewer: mina, Named: true, AllowsDirect: true, Follow: all}, private, ""},
		{"the team of private threads", parley.Recipient{Viewer: tomas, Named: true, AllowsDirect: true}, private, "mention"},
		{"never the deactivated", parley.Recipient{Viewer: inactive(mina), Named: true, AllowsDirect: true, Follow: all}, free, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, ok := tc.r.Reason(tc.access, ada.ID)
			if got != tc.want || ok != (tc.want != "") {
				t.Errorf("got %q, %v; want %q", got, ok, tc.want)
			}
		})
	}
}

func TestNobodyIsNotifiedOfTheirOwnOrOfWhatTheyCannotSee(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := parley.Recipient{Viewer: anyViewer().Draw(t, "viewer"), Called: rapid.Bool().Draw(t, "mentioned"), RepliedTo: rapid.Bool().Draw(t, "replied to")}
		if rapid.Bool().Draw(t, "follows") {
			r.Follow = &parley.Follow{NewMessage: rapid.Bool().Draw(t, "new"), Mention: rapid.Bool().Draw(t, "mention"), Reply: rapid.Bool().Draw(t, "reply")}
		}
		access, sender := anyAccess().Draw(t, "access"), rapid.Int64Range(1, 9).Draw(t, "sender")
		if _, ok := r.Reason(access, sender); ok && (r.Viewer.ID == sender || !access.Admits(r.Viewer)) {
			t.Fatal("notified")
		}
	})
}

func TestANotificationIsWorded(t *testing.T) {
	at := parley.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
	long := "ж" + strings.Repeat("ш", 120)
	facts := parley.NotificationFacts{
		ID: 21, Kind: parley.NotifyReply, Sender: parley.PersonRef{ID: 3, Username: "Mina"}, ThreadID: 5, ThreadTitle: "Season two",
		MessageID: 9, MessageContent: long, CreatedAt: at,
	}
	id, preview := int64(9), "ж"+strings.Repeat("ш", 99)
	want := parley.Notification{
		ID: 21, NotificationType: "reply", Type: "forum_reply", Title: "Mina replied to you in Season two", Content: preview,
		Sender: &parley.PersonRef{ID: 3, Username: "Mina"}, ThreadID: 5, ThreadTitle: "Season two", MessageID: &id,
		CreatedAt: at, TimeSince: "5 minutes ago",
		NotificationData: parley.NotificationData{
			Source: "forum", ForumType: "reply", ThreadID: 5, ThreadTitle: "Season two", MessageID: &id,
			SenderUsername: "Mina", MessageContent: long, MessagePreview: preview,
		},
	}
	if diff := cmp.Diff(want, parley.NewNotification(facts, at.Add(5*time.Minute))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	facts.Sender, facts.MessageID = parley.PersonRef{}, 0
	if got := parley.NewNotification(facts, at); got.Sender != nil || got.MessageID != nil || got.NotificationData.MessageID != nil {
		t.Errorf("of nobody and no message: %+v", got)
	}
}

func TestANotificationsTitleSaysWhy(t *testing.T) {
	for kind, want := range map[parley.NotificationKind]string{
		parley.NotifyMention:    "Mina mentioned you in Season two",
		parley.NotifyReply:      "Mina replied to you in Season two",
		parley.NotifyNewMessage: "Mina wrote in Season two",
		parley.NotifyLike:       "Mina liked your message in Season two",
		parley.NotifySubThread:  "Mina started a thread from a message: Season two",
		parley.NotifyModeration: "A moderator acted in Season two",
	} {
		facts := parley.NotificationFacts{Kind: kind, Sender: parley.PersonRef{ID: 3, Username: "Mina"}, ThreadTitle: "Season two"}
		if got := parley.NewNotification(facts, 0); got.Title != want || got.Type != "forum_"+string(kind) {
			t.Errorf("%s: %q of type %s, want %q", kind, got.Title, got.Type, want)
		}
	}
}

func TestTimeSinceIsAsCoarseAsPeopleSpeak(t *testing.T) {
	const day = 24 * time.Hour
	for since, want := range map[time.Duration]string{
		-time.Minute:                "just now", // clocks differ
		0:                           "just now",
		59*time.Second + 999999*1e3: "just now",
		time.Minute:                 "1 minute ago",
		119 * time.Second:           "1 minute ago",
		2 * time.Minute:             "2 minutes ago",
		59 * time.Minute:            "59 minutes ago",
		time.Hour:                   "1 hour ago",
		23 * time.Hour:              "23 hours ago",
		day:                         "1 day ago",
		6 * day:                     "6 days ago",
		7 * day:                     "1 week ago",
		29 * day:                    "4 weeks ago",
		30 * day:                    "1 month ago",
		364 * day:                   "12 months ago",
		365 * day:                   "1 year ago",
		800 * day:                   "2 years ago",
	} {
		then := parley.At(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC))
		got := parley.NewNotification(parley.NotificationFacts{CreatedAt: then}, then.Add(since)).TimeSince
		if got != want {
			t.Errorf("%v: %q, want %q", since, got, want)
		}
	}
}
