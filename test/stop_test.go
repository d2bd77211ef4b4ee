package test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/coder/websocket"
)

// TestStoppedServerSaysGoodbye stops the program as an operator does: it ends
// with 0, its sockets with a code that asks them back, and who comes back goes on
// where it was.
func TestStoppedServerSaysGoodbye(t *testing.T) {
	db := filepath.Join(t.TempDir(), "parley.db")
	addUser(t, db, "Ada", "creator")
	p := serve(t, db, "--drain", "0")
	ada := signIn(t, p, "Ada")
	ada.must("POST", "/api/forum/threads", map[string]any{"title": "Before", "content": "the stop"}, nil)

	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	const global = "/api/forum/ws/global"
	ws, err := ada.watch(ctx, global, "")
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	hello, err := next(ctx, ws)
	if err != nil || hello.Type != "connected" {
		t.Fatalf("first frame %+v, %v", hello, err)
	}

	stopped := make(chan int, 1)
	go func() { stopped <- p.stop() }()
	for err == nil {
		_, err = next(ctx, ws)
	}
	var closed websocket.CloseError
	if !errors.As(err, &closed) || closed.Code != websocket.StatusGoingAway {
		t.Errorf("the socket ended with %v, want code 1001", err)
	}
	if code := <-stopped; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}

	p.start()
	ada.must("POST", "/api/forum/threads", map[string]any{"title": "After", "content": "the stop"}, nil)
	ws, err = ada.watch(ctx, global, hello.EventID)
	if err != nil {
		t.Fatal(err)
	}
	defer ws.CloseNow()
	again, err := next(ctx, ws)
	if err != nil || !again.Recovered {
		t.Errorf("back again: %+v, %v; want recovered", again, err)
	}
}
