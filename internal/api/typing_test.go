package api_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"parley"
	"parley/internal/api"
)

// ears hears who types.
type ears struct {
	mu    sync.Mutex
	heard []string
}

func (e *ears) Typing(user parley.User, threadID int64, is bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard = append(e.heard, fmt.Sprint(user.Username, " ", threadID, " ", is))
}

func TestTypingIsHeardOfThoseWhoMaySeeTheThread(t *testing.T) {
	var e ears
	f := open(t, api.Config{Typing: &e})
	paid := decode[parley.Thread](f.ada.post("/api/forum/threads", `{"title":"Plans","content":"Hi","min_tier_id":%d}`, f.supporters))
	address := fmt.Sprintf("/api/forum/threads/%d/typing", paid.ID)
	f.mina.post(address, `{"is_typing":true}`).ok()
	f.finn.post(address, `{"is_typing":true}`).refused(403)
	f.tomas.post(fmt.Sprintf("/api/forum/moderation/users/%d/silence", f.mina.id), `{"reason":"Spam."}`).ok()
	if p := f.mina.post(address, `{"is_typing":true}`).refused(403); p.Detail != "You are silenced until further notice: Spam." {
		t.Errorf("told %q", p.Detail)
	}
	f.mina.post(address, `{"is_typing":false}`).ok() // she began before
	f.stranger().post(address, `{"is_typing":true}`).refused(401)
	if want := []string{"Mina 1 true", "Mina 1 false"}; !slices.Equal(e.heard, want) {
		t.Errorf("heard %q, want %q", e.heard, want)
	}
}
