package matrix

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"testing"
)

// shownAs says which frames show an event; none shows those of the control
// channel, and those that only change counts.
var shownAs = map[string][]string{
	"message_posted": {"new_message"}, "message_edited": {"message_edited"},
	"messages_deleted": {"messages_deleted"}, "messages_restored": {"messages_restored"},
	"message_hidden": {"message_hidden", "message_shown"},
	"message_liked":  {"message_liked", "message_unliked"}, "thread_updated": {"thread_updated"},
	"sub_thread_counted": {"message_thread_count_updated"}, "thread_closed": {"thread_deleted"},
	"thread_created": {"new_thread_created"}, "sub_thread_created": {"new_sub_thread_created"},
	"thread_deleted": {"thread_deleted"}, "many_mentioned": {"team_mention", "everyone_mention"},
	"everyone_switched": {"everyone_disabled", "everyone_enabled"}, "threads_changed": {"threads_changed"},
	"everyone_restricted": {"everyone_restricted", "everyone_unrestricted"},
	"notified":            {"forum_notification", "new_notification"}, "membership_changed": {"membership_changed"},
	"silenced":            {"silenced", "unsilenced"},
	"called":              {"forum_notification", "new_notification"},
	"calls_changed":       nil,
	"user_rights_changed": nil, "sessions_ended": nil, "thread_rights_changed": nil, "bus_mode_changed": nil,
}

// state are the frames that show how things are, and come when they come.
var state = []string{
	"connected", "forum_notification_count", "unread_count_updated", "new_notification", "user_typing", "presence", "thread_activity",
	"heartbeat", "bus_status",
}

// ofBarrier are the frames that the barrier sends to all.
var ofBarrier = []string{"everyone_disabled", "everyone_enabled", "membership_changed"}

var aKind = regexp.MustCompile(`Kind\(\) string +\{ return "(\w+)" \}`)

// TestEveryEventIsInTheMatrix compares the frames here with the events that there
// are.
func TestEveryEventIsInTheMatrix(t *testing.T) {
	source, err := os.ReadFile("../../event.go")
	if err != nil {
		t.Fatal(err)
	}
	kinds := aKind.FindAllStringSubmatch(string(source), -1)
	for _, kind := range kinds {
		if _, known := shownAs[kind[1]]; !known {
			t.Errorf("the event %s is new: say in frames_test.go what shows it, and have it happen", kind[1])
		}
	}
	if len(kinds) != len(shownAs) {
		t.Errorf("%d events are known here, and there are %d", len(shownAs), len(kinds))
	}
}

// sawAll checks that every frame there is came at least once.
func (s *site) sawAll() {
	for kind, frames := range shownAs {
		for _, frame := range frames {
			if !s.seen[frame] {
				s.t.Errorf("%s was never shown as %s", kind, frame)
			}
		}
	}
}

// nameOf names a frame that is to come exactly once, with what it is about; empty for
// others.
func (s *site) nameOf(f *feed, got frame) string {
	s.t.Helper()
	switch got.kind {
	case "new_message", "message_edited":
		return fmt.Sprintf("%s %d", got.kind, got.within("message").id("id"))
	case "messages_deleted":
		return fmt.Sprintf("%s %v", got.kind, got.value["message_ids"])
	case "messages_restored":
		return fmt.Sprintf("%s %d", got.kind, len(got.value["messages"].([]any)))
	case "message_hidden", "message_shown":
		return fmt.Sprintf("%s %d", got.kind, got.within("message").id("id"))
	case "message_liked", "message_unliked":
		if s.atBarrier(f, got) {
			return ""
		}
		return fmt.Sprintf("%s %d", got.kind, got.id("message_id"))
	case "message_thread_count_updated":
		return fmt.Sprintf("%s %d, %d", got.kind, got.id("message_id"), got.id("sub_thread_id"))
	case "thread_updated", "everyone_restricted", "everyone_unrestricted", "silenced", "unsilenced":
		return got.kind
	case "thread_deleted":
		return fmt.Sprintf("%s %d", got.kind, got.id("thread_id"))
	case "new_thread_created", "new_sub_thread_created":
		return fmt.Sprintf("%s %d", got.kind, got.within("thread").id("id"))
	case "team_mention", "everyone_mention":
		return fmt.Sprintf("%s %d", got.kind, got.id("message_id"))
	case "threads_changed":
		return fmt.Sprintf("%s %v", got.kind, got.value["thread_ids"])
	case "forum_notification":
		n := got.within("notification")
		return fmt.Sprintf("%s %v %d", got.kind, n.value["notification_type"], n.id("message_id"))
	}
	if !slices.Contains(state, got.kind) && !slices.Contains(ofBarrier, got.kind) {
		s.t.Errorf("%s follows %s: a frame of the kind %q, which is new: %s", f.by.name, f.thread.name(), got.kind, got.text)
	}
	return ""
}

// within returns an object in a frame.
func (f frame) within(name string) frame {
	value, _ := f.value[name].(map[string]any)
	return frame{value: value}
}

func (f frame) id(name string) int64 {
	id, _ := f.value[name].(float64)
	return int64(id)
}

// inspect looks in a frame for words that its reader may not read, and for threads
// that they may not know of.
func (s *site) inspect(f *feed, got frame) {
	s.t.Helper()
	s.seen[got.kind] = true
	what := fmt.Sprintf("%s follows %s: %s", f.by.name, f.thread.name(), got.kind)
	if got.kind == "thread_deleted" || got.kind == "threads_changed" {
		return // told to those who could see it: that is compared
	}
	s.search(f.by, what, got.text)
	s.threadsIn(f, what, got.value)
}

// threadsIn looks for the ids of threads in a frame.
func (s *site) threadsIn(f *feed, what string, value any) {
	s.t.Helper()
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			s.threadsIn(f, what, v)
		}
	case map[string]any:
		for name, v := range value {
			id, is := v.(float64)
			if !is || !slices.Contains([]string{"thread_id", "parent_thread_id", "sub_thread_id"}, name) {
				s.threadsIn(f, what, v)
				continue
			}
			at := slices.IndexFunc(s.threads, func(t *thread) bool { return t.id == int64(id) })
			if at >= 0 && !f.by.sees(s.threads[at]) && !s.saw[f.by][s.threads[at]] {
				s.t.Errorf("%s tells of thread %v, %s", what, id, s.threads[at].story)
			}
		}
	}
}
