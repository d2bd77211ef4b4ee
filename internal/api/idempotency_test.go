package api_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"parley"
	"parley/internal/api"
)

// creators are the requests that create something; each takes a key.
func creators(f *forum) map[string]string {
	thread := f.ada.thread("Joints")
	message := f.ada.say(thread.ID, "Dovetails")
	f.letMembersStartThreads()
	return map[string]string{
		"/api/forum/threads":                           `{"title":"Glue","content":"Which?"}`,
		path("/threads/%d/messages", thread.ID):        `{"content":"Hello"}`,
		path("/messages/%d/create-thread", message.ID): `{"title":"How?","content":"Saw?"}`,
	}
}

func idOf(a answered) int64 { a.t.Helper(); return decode[parley.PersonRef](a).ID }

func TestTheSameKeyCreatesOnce(t *testing.T) {
	f := open(t, api.Config{})
	for address, body := range creators(f) {
		first := idOf(f.mina.call("POST", address, body, "Idempotency-Key", "k"+address))
		if again := idOf(f.mina.call("POST", address, body, "Idempotency-Key", "k"+address)); again != first {
			t.Errorf("%s created %d and %d", address, first, again)
		}
		if other := idOf(f.mina.call("POST", address, body, "Idempotency-Key", "l"+address)); other == first {
			t.Errorf("%s: another key created nothing", address)
		}
		if other := idOf(f.finn.call("POST", address, body, "Idempotency-Key", "k"+address)); other == first {
			t.Errorf("%s: another person's key created nothing", address)
		}
		if none := idOf(f.mina.call("POST", address, body)); none == first {
			t.Errorf("%s: no key created nothing", address)
		}
	}
}

func TestAKeyIsForOneRequest(t *testing.T) {
	f := open(t, api.Config{})
	thread, other := f.ada.thread("Joints"), f.ada.thread("Glue")
	address := path("/threads/%d/messages", thread.ID)
	f.mina.call("POST", address, `{"content":"Hello"}`, "Idempotency-Key", "k").ok()
	f.mina.call("POST", address, `{"content":"Hello!"}`, "Idempotency-Key", "k").refused(422)
	f.mina.call("POST", path("/threads/%d/messages", other.ID), `{"content":"Hello"}`, "Idempotency-Key", "k").refused(422)
	f.mina.call("POST", address, `{"content":"Hello"}`, "Idempotency-Key", strings.Repeat("k", 201)).refused(422)
}

func TestARequestThatWasRefusedLeavesItsKeyFree(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	f.ada.patch(path("/threads/%d", thread.ID), `{"is_locked":true}`).ok()
	address, body := path("/threads/%d/messages", thread.ID), `{"content":"Hello"}`
	f.mina.call("POST", address, body, "Idempotency-Key", "k").refused(403)
	f.ada.patch(path("/threads/%d", thread.ID), `{"is_locked":false}`).ok()
	f.mina.call("POST", address, body, "Idempotency-Key", "k").ok()
}

func TestARepeatedRequestIsAnsweredWithTheRightsOfNow(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	address, body := path("/threads/%d/messages", thread.ID), `{"content":"Hello"}`
	id := idOf(f.finn.call("POST", address, body, "Idempotency-Key", "k"))
	f.finn.patch(path("/messages/%d", id), `{"content":"Hello, all"}`).ok()
	if again := decode[parley.Message](f.finn.call("POST", address, body, "Idempotency-Key", "k")); again.Content != "Hello, all" {
		t.Errorf("answered as it was, not as it is: %+v", again)
	}
	f.ada.patch(path("/threads/%d/tier-access", thread.ID), `{"min_tier_id":%d}`, f.supporters).ok()
	f.finn.call("POST", address, body, "Idempotency-Key", "k").refused(403)
}

func TestARequestSentManyTimesAtOnceCreatesOnce(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	var sent sync.WaitGroup
	ids := make([]int64, 8)
	for i := range ids {
		sent.Go(func() {
			a := f.mina.call("POST", path("/threads/%d/messages", thread.ID), `{"content":"Hello"}`, "Idempotency-Key", "k")
			if a.status == 200 {
				ids[i] = idOf(a)
			}
		})
	}
	sent.Wait()
	for _, id := range ids {
		if id == 0 || id != ids[0] {
			t.Fatalf("created %v", ids)
		}
	}
	if got := fmt.Sprint(texts(f.ada.get(path("/threads/%d/messages", thread.ID)))); got != "[Welcome. Hello]" {
		t.Errorf("the thread shows %s", got)
	}
}
