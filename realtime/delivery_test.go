package realtime

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

var tomas = visit{user: "tomas", channels: []string{"t5"}}

func TestPublishedEventReachesSubscribersAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		mina, finn := w.join(visit{user: "mina", channels: []string{"t5"}}), w.join(visit{user: "finn", channels: []string{"t6"}})
		w.post("t5", "hello")
		mina.hears(fresh("g.t5:0"), frame("hello", "g.t5:1"))
		finn.hears(fresh("g.t6:0"))
	})
}

func TestEventsPublishedOutOfOrderAreOrderedWithoutReadingTheLog(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		time.Sleep(time.Second) // the read that follows the channel's creation
		w.log.takeReads()
		a, b, c := w.commit("t5", "a"), w.commit("t5", "b"), w.commit("t5", "c")
		w.hub.Publish(c, b)
		p.hears(fresh("g.t5:0"))
		time.Sleep(holePatience / 2)
		w.hub.Publish(a)
		p.hears(frame("a", "g.t5:1"), frame("b", "g.t5:2"), frame("c", "g.t5:3"))
		time.Sleep(time.Second)
		if reads := w.log.takeReads(); len(reads) > 0 {
			t.Errorf("log was read: %v", reads)
		}
	})
}

func TestEventsPublishedTwiceAreDeliveredOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		a, b := w.commit("t5", "a"), w.commit("t5", "b")
		w.hub.Publish(b, b, a, a, b)
		p.hears(fresh("g.t5:0"), frame("a", "g.t5:1"), frame("b", "g.t5:2"))
		if n := w.hub.Stats().Duplicates; n != 3 {
			t.Errorf("%d duplicates counted, want 3", n)
		}
	})
}

func TestHolesOfAllChannelsAreReadInOneBatch(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var peers []*peer
		for _, name := range []string{"t1", "t2", "t3"} {
			peers = append(peers, w.join(visit{user: "ada", channels: []string{name}}))
		}
		time.Sleep(300 * time.Millisecond)
		w.log.takeReads()
		for _, name := range []string{"t1", "t2", "t3"} {
			w.commit(name, "lost")
			w.post(name, "seen")
		}
		time.Sleep(2 * holePatience)
		if reads := w.log.takeReads(); len(reads) != 1 || len(reads[0]) != 3 {
			t.Errorf("reads %v, want one of three channels", reads)
		}
		for i, p := range peers {
			name := fmt.Sprintf("t%d", i+1)
			p.hears(fresh("g."+name+":0"), frame("lost", "g."+name+":1"), frame("seen", "g."+name+":2"))
		}
	})
}

func TestPublicationsFarAheadGiveWayToWhatFillsTheHole(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		w.commit("t5", "lost")
		for range 3000 { // far more than a channel keeps
			w.post("t5", "ahead")
		}
		time.Sleep(time.Second)
		if got := p.heard(); len(got) != 3002 || got[1] != frame("lost", "g.t5:1") || got[3001] != frame("ahead", "g.t5:3001") {
			t.Errorf("heard %d frames", len(got))
		}
	})
}

func TestFollowerFindsWhatWasNeverPublished(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		p.hears(fresh("g.t5:0"))
		w.commit("t5", "by another process")
		p.hears()
		time.Sleep(time.Second)
		p.hears(frame("by another process", "g.t5:1"))
	})
}

func TestNoticeHasTheLogRead(t *testing.T) {
	inWorld(t, func(c *Config) { c.Follow = time.Hour }, func(w *world) {
		p := w.join(tomas)
		w.commit("t5", "noticed")
		w.hub.Notice(Head{"t5", 1}, Head{"t6", 9})
		time.Sleep(2 * holePatience)
		p.hears(fresh("g.t5:0"), frame("noticed", "g.t5:1"))
	})
}

func TestEventBetweenSnapshotAndCreationOfTheChannelIsFound(t *testing.T) {
	inWorld(t, func(c *Config) { c.Follow = time.Hour }, func(w *world) {
		v := tomas
		v.greet = func(Greeting) []Message { return nil }
		stale := w.admission(v)
		w.post("t5", "in between") // nobody holds the channel: publishing does nothing, and the follower will not come
		p := w.joinWith(v, stale)
		time.Sleep(time.Second)
		p.hears(frame("in between", "g.t5:1"))
	})
}

func TestEventBeforeTheFollowersFirstLookIsFound(t *testing.T) {
	onEachTransport(t, func(w *world) {
		w.hub = New(Config{Log: w.log, Follow: time.Hour})
		p := w.join(tomas)
		w.hub.reads.read(w.t.Context(), w.hub.reads.take()) // nothing to be read yet
		ch := w.hub.channel("t5")
		ch.beginRead(0)
		w.commit("t5", "unpublished") // "from now", the first look will say
		ctx, cancel := context.WithCancel(w.t.Context())
		ended := make(chan error)
		go func() { ended <- w.hub.Run(ctx) }()
		time.Sleep(time.Second)
		p.hears(fresh("g.t5:0"), frame("unpublished", "g.t5:1"))
		cancel()
		<-ended
	})
}

func TestFailingLogDelaysButLosesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		time.Sleep(time.Second)
		w.log.set(errors.New("disk on fire"), 0)
		w.commit("t5", "a")
		w.post("t5", "b")
		time.Sleep(10 * time.Second)
		p.hears(fresh("g.t5:0"))
		w.log.set(nil, 0)
		time.Sleep(time.Second)
		p.hears(frame("a", "g.t5:1"), frame("b", "g.t5:2"))
	})
}

func TestEventWithoutFrameAdvancesThePositionOnly(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{} }))
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte("not an object")} }))
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte("{}")} }))
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte("{ \"a\": 1 }\n")} }))
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte("{\n}")} }))
		p.hears(fresh("g.t5:0"), `{"event_id":"g.t5:3"}`, `{ "a": 1 ,"event_id":"g.t5:4"}`, "{\n\"event_id\":\"g.t5:5\"}")
	})
}

func TestSecondFormOfAnEventFollowsRightBehindTheFirst(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.log.Append("u7", func() Event { return Event{Frame: []byte(`{"a":1}`), Also: []byte(`{"old":1}`)} })
		w.log.Append("u7", func() Event { return Event{Also: []byte(`{"old":2}`)} })
		p := w.join(visit{user: "mina", channels: []string{"u7"}, last: "g.u7:0"})
		w.hub.Publish(w.log.Append("u7", func() Event { return Event{Frame: []byte(`{"a":3}`), Also: []byte(`{"old":3}`)} }))
		p.hears(recovered("g.u7:0"),
			`{"a":1,"event_id":"g.u7:1"}`, `{"old":1}`, `{"a":3,"event_id":"g.u7:3"}`, `{"old":3}`)
	})
}

func TestAudienceDecidesForEachConnection(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		mina := w.join(visit{user: "mina", value: 500, channels: []string{"f"}})
		finn := w.join(visit{user: "finn", value: 0, channels: []string{"f"}})
		w.hub.Publish(w.log.Append("f", func() Event {
			return Event{Frame: []byte(`{"paid":true}`), Audience: func(c *Conn) bool { return c.Value().(int) >= 500 }}
		}))
		w.post("f", "for all")
		mina.hears(fresh("g.f:0"), `{"paid":true,"event_id":"g.f:1"}`, frame("for all", "g.f:2"))
		finn.hears(fresh("g.f:0"), frame("for all", "g.f:2"))
	})
}

func TestConnectionOfSeveralChannelsMergesThem(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.commit("u7", "before")
		p := w.join(visit{user: "mina", channels: []string{"f", "u7"}})
		for _, e := range []Event{w.commit("f", "a"), w.commit("u7", "b"), w.commit("f", "c")} {
			w.hub.Publish(e)
			synctest.Wait() // between channels there is no order
		}
		p.hears(fresh("g.f:0.u7:1"), frame("a", "g.f:1.u7:1"), frame("b", "g.f:1.u7:2"), frame("c", "g.f:2.u7:2"))
	})
}

func TestFinalEventClosesTheSubscribersAfterItIsDelivered(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p, other := w.join(tomas), w.join(visit{user: "finn", channels: []string{"t6"}})
		deleted := CloseReason{1000, "Thread deleted", false}
		w.hub.Publish(w.log.Append("t5", func() Event { return Event{Frame: []byte(`{"gone":true}`), Final: &deleted} }))
		p.hears(fresh("g.t5:0"), `{"gone":true,"event_id":"g.t5:1"}`)
		p.isTold(deleted)
		<-p.conn.Done()
		other.isTold(CloseReason{})
	})
}

func TestCastAndSendReachWhomTheyName(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		ada, adaToo := w.join(visit{user: "ada", channels: []string{"t5"}}), w.join(visit{user: "ada", channels: []string{"t6"}})
		finn := w.join(visit{user: "finn", channels: []string{"t5"}})
		for _, p := range []*peer{ada, adaToo, finn} {
			p.heard()
		}
		w.hub.Cast("t5", Message{Lane: Ephemeral, Frame: []byte(`"typing"`)}, finn.conn)
		w.hub.SendUser("ada", Message{Lane: State, Frame: []byte(`"count"`)})
		ada.hears(`"typing"`, `"count"`)
		adaToo.hears(`"count"`)
		finn.hears()
		if !w.hub.Connected("ada") || w.hub.Connected("mina") {
			t.Error("Connected is wrong about Ada or Mina")
		}
		var subscribers []string
		w.hub.EachSubscriber("t5", func(c *Conn) bool {
			subscribers = append(subscribers, c.User())
			return true
		})
		if len(subscribers) != 2 {
			t.Errorf("subscribers %v, want Ada and Finn", subscribers)
		}
	})
}

func TestEmptiedChannelStaysCurrentForHalfAMinute(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.join(tomas).vanish()
		w.post("t5", "a")
		time.Sleep(time.Second)
		w.log.takeReads()
		v := tomas
		v.last = "g.t5:0"
		p := w.join(v)
		p.hears(recovered("g.t5:0"), frame("a", "g.t5:1"))
		if reads := w.log.takeReads(); len(reads) > 0 {
			t.Errorf("log was read although the ring was there: %v", reads)
		}
		p.vanish()
		time.Sleep(emptiedFor + 2*time.Second)
		synctest.Wait()
		if n := w.hub.Stats().Channels; n != 0 {
			t.Errorf("%d channels held, want none", n)
		}
	})
}

func TestSyncReturnsWhenEverythingCommittedIsDelivered(t *testing.T) {
	inWorld(t, func(c *Config) { c.Follow = time.Hour }, func(w *world) {
		p := w.join(tomas)
		p.hears(fresh("g.t5:0"))
		for i := range 3 * pageLimit {
			w.commit("t5", fmt.Sprint(i))
		}
		if err := w.hub.Sync(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := p.heard(); len(got) != 3*pageLimit {
			t.Errorf("%d events, want %d", len(got), 3*pageLimit)
		}
		if w.hub.LastSync().IsZero() {
			t.Error("LastSync does not know")
		}
	})
}

func TestEventsPrunedBeforeTheHubSawThemSendConnectionsBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		time.Sleep(time.Second)
		w.commit("t5", "a")
		w.commit("t5", "b")
		w.commit("t5", "c")
		w.log.Prune("t5", 3)
		time.Sleep(time.Second)
		p.isTold(CloseInterrupted)
		again := w.join(tomas)
		w.post("t5", "d")
		again.hears(fresh("g.t5:3"), frame("d", "g.t5:4"))
	})
}

func TestRestoredLogSendsConnectionsBackForAFreshStart(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.join(tomas)
		w.post("t5", "a")
		w.log.Restore("h")
		time.Sleep(time.Second)
		p.isTold(CloseRestored)
		v := tomas
		v.last = "g.t5:1"
		p = w.join(v)
		w.post("t5", "b")
		p.hears(fresh("h.t5:1"), frame("b", "h.t5:2"))
	})
}
