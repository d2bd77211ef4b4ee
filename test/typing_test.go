package test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
)

// TestTypingWithoutASocketIsSeen has somebody type who only makes requests.
func TestTypingWithoutASocketIsSeen(t *testing.T) {
	db := filepath.Join(t.TempDir(), "parley.db")
	addUser(t, db, "Ada", "creator")
	addUser(t, db, "Mina", "member")
	p := serve(t, db)
	ada, mina := signIn(t, p, "Ada"), signIn(t, p, "Mina")
	var thread struct{ ID int64 }
	ada.must("POST", "/api/forum/threads", map[string]any{"title": "Quiet", "content": "Psst."}, &thread)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ws, err := ada.watch(ctx, fmt.Sprintf("/api/forum/ws/thread/%d", thread.ID), "")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	await := func(is bool) {
		t.Helper()
		for {
			f, err := next(ctx, ws)
			if err != nil {
				t.Fatal(err)
			}
			if f.Type == "connected" || f.Type == "user_typing" && f.Username == "Mina" && f.IsTyping == is {
				return
			}
		}
	}
	await(false) // connected
	for _, is := range []bool{true, false} {
		mina.must("POST", fmt.Sprintf("/api/forum/threads/%d/typing", thread.ID), map[string]any{"is_typing": is}, nil)
		await(is)
	}
	if status, _, _ := mina.call("POST", "/api/forum/threads/4711/typing", map[string]any{"is_typing": true}, nil); status != 404 {
		t.Errorf("in a thread that is not there: %d, want 404", status)
	}
}
