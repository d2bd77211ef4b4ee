package api_test

import (
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"parley/internal/api"
)

func TestMembersPostSoManyMessagesAMinute(t *testing.T) {
	f := open(t, api.Config{PostsPerMinute: 3})
	thread := f.ada.thread("Joints")
	message := f.ada.say(thread.ID, "Dovetails")
	address := path("/threads/%d/messages", thread.ID)
	f.mina.say(thread.ID, "one")
	f.mina.post(address, `{"content":""}`).refused(422) // what is refused does not count
	f.mina.post(address, `{"content":"x","reply_to_id":4711}`).refused(404)
	f.mina.say(thread.ID, "two")
	f.mina.post(path("/messages/%d/create-thread", message.ID), `{"title":"How?","content":"three"}`).ok()
	for _, request := range [][2]string{
		{address, `{"content":"four"}`},
		{path("/messages/%d/create-thread", message.ID), `{"title":"How?","content":"four"}`},
	} {
		a := f.mina.call("POST", request[0], request[1])
		a.refused(429)
		if wait, err := strconv.Atoi(a.header.Get("Retry-After")); err != nil || wait < 1 || wait > 20 {
			t.Errorf("Retry-After: %q", a.header.Get("Retry-After"))
		}
	}
	for range 5 { // others may, and the creator and the team without limit
		f.ada.say(thread.ID, "And another thing")
		f.tomas.say(thread.ID, "Quite so")
	}
	f.finn.say(thread.ID, "one")
}

// TestWhatIsSentAgainIsAnsweredAndTakesNoAllowance sends each of two messages often:
// clients do so when an answer is lost, and must get it also when they have posted as
// much as they may.
func TestWhatIsSentAgainIsAnsweredAndTakesNoAllowance(t *testing.T) {
	f := open(t, api.Config{PostsPerMinute: 2})
	thread := f.ada.thread("Joints")
	address := path("/threads/%d/messages", thread.ID)
	send := func(key, text string) answered {
		return f.mina.call("POST", address, `{"content":"`+text+`"}`, "Idempotency-Key", key)
	}
	one := idOf(send("1", "one"))
	for range 3 {
		if again := idOf(send("1", "one")); again != one {
			t.Errorf("sent again it is message %d, want %d", again, one)
		}
	}
	two := idOf(send("2", "two"))
	for range 3 {
		if again := idOf(send("2", "two")); again != two {
			t.Errorf("sent again it is message %d, want %d", again, two)
		}
	}
	send("3", "three").refused(429)
	send("2", "something else").refused(422)
	f.mina.post(address, `{"content":"three"}`).refused(429)
}

func TestTheLimitChangesWhileTheForumRuns(t *testing.T) {
	f := open(t, api.Config{})
	thread := f.ada.thread("Joints")
	for range 40 { // 0: no limit
		f.mina.say(thread.ID, "x")
	}
	f.api.SetPostsPerMinute(1)
	f.mina.say(thread.ID, "x")
	f.mina.post(path("/threads/%d/messages", thread.ID), `{"content":"x"}`).refused(429)
	f.api.SetPostsPerMinute(0)
	f.mina.say(thread.ID, "x")
}

func TestTheLimitFillsUpWithinAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := api.NewLocalLimit(6)
		take := func(user int64) (func(), time.Duration) {
			undo, wait, err := limit.Take(t.Context(), user)
			if err != nil {
				t.Fatal(err)
			}
			return undo, wait
		}
		all := func(user int64) {
			t.Helper()
			for i := range 6 {
				if _, wait := take(user); wait != 0 {
					t.Fatalf("post %d waits %v", i+1, wait)
				}
			}
			if _, wait := take(user); wait <= 0 || wait > 10*time.Second {
				t.Errorf("post 7 waits %v", wait)
			}
		}
		all(1)
		all(2)
		time.Sleep(10 * time.Second)
		undo, wait := take(1)
		if _, again := take(1); wait != 0 || again == 0 {
			t.Errorf("after ten seconds: waits %v, then %v", wait, again)
		}
		undo()
		if _, wait := take(1); wait != 0 {
			t.Errorf("what was undone counts: waits %v", wait)
		}
		time.Sleep(time.Minute)
		all(1)
		time.Sleep(59 * time.Second) // into another generation of buckets
		for range 5 {
			take(1)
		}
		if _, wait := take(1); wait == 0 {
			t.Error("turning generations filled the bucket")
		}
	})
}

func TestTheLimitForgetsThoseWhoDoNotPost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limit := api.NewLocalLimit(6)
		for user := range int64(1000) {
			limit.Take(t.Context(), user)
		}
		time.Sleep(time.Minute)
		limit.Take(t.Context(), 1)
		time.Sleep(time.Minute)
		limit.Take(t.Context(), 1)
		if n := limit.Remembered(); n > 2 {
			t.Errorf("%d people are remembered two minutes later", n)
		}
	})
}
