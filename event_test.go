package parley_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"parley"
)

// events has one event of every kind, with the channel it belongs to and the
// references the log keeps. Rows written by one release are read by the next:
// neither kinds nor references may change.
var events = []struct {
	event   parley.Event
	kind    string
	channel parley.Channel
	refs    string
}{
	{parley.MessagePosted{ThreadID: 5, MessageID: 9}, "message_posted", "t5", `{"thread":5,"message":9}`},
	{parley.MessagePosted{ThreadID: 5, MessageID: 9, Moved: true}, "message_posted", "t5", `{"thread":5,"message":9,"moved":true}`},
	{parley.MessageEdited{ThreadID: 5, MessageID: 9}, "message_edited", "t5", `{"thread":5,"message":9}`},
	{parley.MessagesDeleted{ThreadID: 5, MessageIDs: []int64{9, 11}}, "messages_deleted", "t5", `{"thread":5,"messages":[9,11]}`},
	{parley.MessagesRestored{ThreadID: 5, MessageIDs: []int64{9, 11}}, "messages_restored", "t5", `{"thread":5,"messages":[9,11]}`},
	{parley.MessagesDeleted{ThreadID: 5, MessageIDs: []int64{9}, Readers: parley.Readers{Author: 7, Others: true}}, "messages_deleted", "t5", `{"thread":5,"messages":[9],"readers":{"author":7,"others":true}}`},
	{parley.MessagesDeleted{ThreadID: 5, MessageIDs: []int64{9}, RepliedTo: 7}, "messages_deleted", "t5", `{"thread":5,"messages":[9],"replied_to":7}`},
	{parley.MessagesRestored{ThreadID: 5, MessageIDs: []int64{9}, Readers: parley.Readers{Author: 7}}, "messages_restored", "t5", `{"thread":5,"messages":[9],"readers":{"author":7}}`},
	{parley.MessageHidden{ThreadID: 5, MessageID: 9, AuthorID: 7}, "message_hidden", "t5", `{"thread":5,"message":9,"author":7}`},
	{parley.MessageLiked{ThreadID: 5, MessageID: 9, UserID: 7}, "message_liked", "t5", `{"thread":5,"message":9,"user":7}`},
	{parley.MessageLiked{ThreadID: 5, MessageID: 9, UserID: 7, Undone: true}, "message_liked", "t5", `{"thread":5,"message":9,"user":7,"undone":true}`},
	{parley.ThreadUpdated{ThreadID: 5}, "thread_updated", "t5", `{"thread":5}`},
	{parley.SubThreadCounted{ThreadID: 5, MessageID: 9, SubThreadID: 6}, "sub_thread_counted", "t5", `{"thread":5,"message":9,"sub_thread":6}`},
	{parley.ThreadClosed{ThreadID: 5}, "thread_closed", "t5", `{"thread":5}`},
	{parley.ThreadCreated{ThreadID: 5}, "thread_created", "f", `{"thread":5}`},
	{parley.SubThreadCreated{ThreadID: 6, ParentThreadID: 5, ParentMessageID: 9}, "sub_thread_created", "f", `{"thread":6,"parent_thread":5,"parent_message":9}`},
	{parley.ThreadDeleted{ThreadID: 5}, "thread_deleted", "f", `{"thread":5,"access":{}}`},
	{parley.ThreadDeleted{ThreadID: 5, Access: parley.Access{Private: true, MinTierCents: 500}}, "thread_deleted", "f", `{"thread":5,"access":{"private":true,"min_tier_cents":500}}`},
	{parley.ManyMentioned{ThreadID: 5, MessageID: 9, Special: parley.MentionTeam, Notifications: 3}, "many_mentioned", "f", `{"thread":5,"message":9,"special":"team","notifications":3}`},
	{parley.ThreadsChanged{ThreadIDs: []int64{5, 6}, Access: parley.Access{MinTierCents: 500}}, "threads_changed", "f", `{"threads":[5,6],"access":{"min_tier_cents":500}}`},
	{parley.Called{ThreadID: 5, CallID: 21}, "called", "f", `{"thread":5,"call":21}`},
	{parley.CallsChanged{ThreadID: 5}, "calls_changed", "f", `{"thread":5}`},
	{parley.EveryoneSwitched{Disabled: true, By: 1}, "everyone_switched", "f", `{"disabled":true,"by":1}`},
	{parley.EveryoneSwitched{By: 1}, "everyone_switched", "f", `{"by":1}`},
	{parley.EveryoneRestricted{UserID: 7, By: 1}, "everyone_restricted", "u7", `{"user":7,"by":1}`},
	{parley.EveryoneRestricted{UserID: 7, By: 1, Lifted: true}, "everyone_restricted", "u7", `{"user":7,"by":1,"lifted":true}`},
	{parley.Silenced{UserID: 7, By: 1}, "silenced", "u7", `{"user":7,"by":1}`},
	{parley.Silenced{UserID: 7, By: 1, Lifted: true}, "silenced", "u7", `{"user":7,"by":1,"lifted":true}`},
	{parley.Notified{UserID: 7, NotificationID: 21}, "notified", "u7", `{"user":7,"notification":21}`},
	{parley.MembershipChanged{UserID: 7}, "membership_changed", "u7", `{"user":7}`},
	{parley.UserRightsChanged{UserID: 7}, "user_rights_changed", "control", `{"user":7}`},
	{parley.SessionsEnded{UserID: 7}, "sessions_ended", "control", `{"user":7}`},
	{parley.ThreadRightsChanged{ThreadID: 5}, "thread_rights_changed", "control", `{"thread":5}`},
	{parley.BusModeChanged{}, "bus_mode_changed", "control", `{}`},
}

func TestEveryEventComesBackFromTheLog(t *testing.T) {
	for _, tc := range events {
		t.Run(tc.refs+tc.kind, func(t *testing.T) {
			if tc.event.Kind() != tc.kind || tc.event.Channel() != tc.channel {
				t.Errorf("kind %s in channel %s, want %s in %s", tc.event.Kind(), tc.event.Channel(), tc.kind, tc.channel)
			}
			refs, err := json.Marshal(tc.event)
			if err != nil || string(refs) != tc.refs {
				t.Errorf("kept as %s, %v; want %s", refs, err, tc.refs)
			}
			back, err := parley.DecodeEvent(tc.kind, []byte(tc.refs))
			if diff := cmp.Diff(tc.event, back); err != nil || diff != "" {
				t.Errorf("came back with %v (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestAnEventOfAnUnknownKindOrShapeIsAnError(t *testing.T) {
	for kind, refs := range map[string]string{"poll_closed": `{}`, "notified": `{"user":"seven"}`, "": `{}`} {
		e, err := parley.DecodeEvent(kind, []byte(refs))
		if known := kind == "notified"; err == nil || e != nil && !known || errors.Is(err, parley.ErrUnknownKind) == known {
			t.Errorf("%q %s was read as %v, %v", kind, refs, e, err)
		}
	}
}

// TestTheSetOfEventsIsClosed fails for an event type that the tests above, and
// with them DecodeEvent, do not know.
func TestTheSetOfEventsIsClosed(t *testing.T) {
	tested, kinds := map[string]bool{}, map[string]string{}
	for _, tc := range events {
		name := reflect.TypeOf(tc.event).Name()
		if other, taken := kinds[tc.kind]; taken && other != name {
			t.Errorf("%s and %s are kept under the same kind %q", name, other, tc.kind)
		}
		tested[name], kinds[tc.kind] = true, name
	}
	if diff := cmp.Diff(typesWithMethod(t, "Kind"), slices.Sorted(maps.Keys(tested))); diff != "" {
		t.Errorf("types with a Kind and events tested here (-types +tested):\n%s", diff)
	}
}

// typesWithMethod returns the names of this package's types that have a method.
func typesWithMethod(t *testing.T, method string) []string {
	t.Helper()
	var names []string
	for _, file := range sources(t) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Name.Name != method || f.Recv == nil {
				continue
			}
			receiver := f.Recv.List[0].Type
			if pointer, ok := receiver.(*ast.StarExpr); ok {
				receiver = pointer.X
			}
			names = append(names, receiver.(*ast.Ident).Name)
		}
	}
	slices.Sort(names)
	return names
}

// sources returns the parsed files of this package but its tests.
func sources(t *testing.T) []*ast.File {
	t.Helper()
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}
