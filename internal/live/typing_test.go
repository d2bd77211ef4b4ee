package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"parley"
	"parley/internal/app"
	"parley/realtime"
)

// overheard is a typing that keeps what it tells sockets.
func overheard(t *testing.T) (typing *typing, words func() []string) {
	return overheardBy(t, nil)
}

// overheardBy is overheard which keeps what it tells other replicas, too.
func overheardBy(t *testing.T, gossip *[]string) (typing *typing, words func() []string) {
	var mu sync.Mutex
	var heard []string
	typing = newTyping(Limits{}.withDefaults(), func(threadID int64, m realtime.Message, except *realtime.Conn) {
		var frame parley.TypingFrame
		if err := json.Unmarshal(m.Frame, &frame); err != nil || frame.ThreadID != threadID || m.Lane != realtime.State {
			t.Errorf("cast %s to thread %d in lane %d (%v)", m.Frame, threadID, m.Lane, err)
		}
		audience := "others"
		if except == nil {
			audience = "all"
		}
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, fmt.Sprintf("%s %t %d %s", frame.Username, frame.IsTyping, threadID, audience))
	}, func(threadID int64, n typingNews) {
		mu.Lock()
		defer mu.Unlock()
		if gossip != nil {
			*gossip = append(*gossip, fmt.Sprintf("%s %t %d", n.Username, n.IsTyping, threadID))
		}
	})
	return typing, func() []string {
		synctest.Wait()
		mu.Lock()
		defer mu.Unlock()
		defer func() { heard = nil }()
		return heard
	}
}

func seat(name string, threadID int64) app.Seat {
	return app.Seat{Viewer: parley.Viewer{ID: int64(len(name))}, Name: name, ThreadID: threadID}
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("told %q, want %q", got, want)
	}
}

func TestTypingLapsesSixSecondsAfterTheLastSign(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing, told := overheard(t)
		mina, finn := new(realtime.Conn), new(realtime.Conn)
		typing.started(seat("Mina", 5), mina)
		time.Sleep(4 * time.Second)
		typing.started(seat("Mina", 5), mina)
		typing.started(seat("Tomas", 5), finn)
		expect(t, told(), "Mina true 5 others", "Mina true 5 others", "Tomas true 5 others")
		time.Sleep(5 * time.Second)
		typing.started(seat("Tomas", 5), finn)
		expect(t, told(), "Tomas true 5 others")
		time.Sleep(time.Second)
		expect(t, told(), "Mina false 5 others")
		time.Sleep(5 * time.Second)
		expect(t, told(), "Tomas false 5 others")
		time.Sleep(time.Minute)
		expect(t, told())
	})
}

func TestWhoMayNotWriteIsNotSeenTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing, told := overheard(t)
		silenced := seat("Mina", 5)
		silenced.Viewer.SilencedUntil = parley.At(time.Now().Add(time.Minute))
		typing.started(silenced, new(realtime.Conn))
		expect(t, told())
		time.Sleep(time.Minute) // it ends without anybody telling the socket
		typing.started(silenced, new(realtime.Conn))
		expect(t, told(), "Mina true 5 others")
		time.Sleep(time.Minute)
	})
}

func TestTypingInTwoThreadsLapsesInEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing, told := overheard(t)
		typing.started(seat("Mina", 5), new(realtime.Conn))
		time.Sleep(time.Second)
		typing.started(seat("Mina", 9), new(realtime.Conn))
		expect(t, told(), "Mina true 5 others", "Mina true 9 others")
		time.Sleep(5 * time.Second)
		expect(t, told(), "Mina false 5 others")
		time.Sleep(time.Second)
		expect(t, told(), "Mina false 9 others")
	})
}

func TestTypingInTwoTabsLapsesForBothTabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing, told := overheard(t)
		typing.started(seat("Mina", 5), new(realtime.Conn))
		typing.started(seat("Mina", 5), new(realtime.Conn))
		expect(t, told(), "Mina true 5 others", "Mina true 5 others")
		time.Sleep(6 * time.Second)
		expect(t, told(), "Mina false 5 all")
	})
}

func TestTheTabThatTypedLastEndsTyping(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing, told := overheard(t)
		first, last := new(realtime.Conn), new(realtime.Conn)
		typing.started(seat("Mina", 5), first)
		typing.started(seat("Mina", 5), last)
		typing.stopped(seat("Mina", 5), first)
		expect(t, told(), "Mina true 5 others", "Mina true 5 others")
		typing.stopped(seat("Mina", 5), last)
		typing.stopped(seat("Mina", 5), last)
		expect(t, told(), "Mina false 5 all")
		time.Sleep(time.Minute)
		expect(t, told())
	})
}

func TestSignsWithoutASocketKeepThePaceOfASocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		typing, told := overheard(t)
		l := &Live{typing: typing}
		mina, finn := parley.User{ID: 4, Username: "Mina"}, parley.User{ID: 5, Username: "Finn"}
		for range 3 {
			l.Typing(mina, 5, true)
			l.Typing(mina, 5, false) // by which nobody gets around the pace
		}
		l.Typing(mina, 9, true)
		l.Typing(finn, 5, true)
		expect(t, told(), "Mina true 5 all", "Mina false 5 all", "Mina true 9 all", "Finn true 5 all")
		time.Sleep(time.Second)
		l.Typing(mina, 5, true)
		l.Typing(finn, 5, false)
		expect(t, told(), "Mina true 5 all", "Finn false 5 all")
		if n := len(typing.pace.last); n != 1 || len(typing.pace.order) != n {
			t.Errorf("%d typists remembered, want Mina alone", n)
		}
		time.Sleep(6 * time.Second)
		expect(t, told(), "Mina false 9 all", "Mina false 5 all")
	})
}

func TestTypistsOfOtherReplicasLapseHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gossip []string
		typing, told := overheardBy(t, &gossip)
		const tomas = 9 // a replica
		typing.hear(5, tomas, typingNews{4, "Mina", true})
		time.Sleep(5 * time.Second)
		expect(t, told(), "Mina true 5 all")
		time.Sleep(2 * time.Second)
		expect(t, told(), "Mina false 5 all")
		typing.hear(5, tomas, typingNews{4, "Mina", true})
		typing.hear(5, tomas+1, typingNews{4, "Mina", false}) // of another socket of hers
		expect(t, told(), "Mina true 5 all")
		typing.hear(5, tomas, typingNews{4, "Mina", false})
		typing.hear(5, tomas, typingNews{4, "Mina", false})
		expect(t, told(), "Mina false 5 all")
		expect(t, gossip) // they know
		typing.stop()
	})
}

func TestOtherReplicasAreToldOfTypistsHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var gossip []string
		typing, told := overheardBy(t, &gossip)
		mina := new(realtime.Conn)
		typing.started(seat("Mina", 5), mina)
		typing.stopped(seat("Mina", 5), mina)
		typing.hear(5, 9, typingNews{4, "Mina", true}) // she goes on elsewhere
		typing.started(seat("Mina", 5), mina)
		time.Sleep(7 * time.Second)
		expect(t, told(), "Mina true 5 others", "Mina false 5 others", "Mina true 5 all", "Mina true 5 others", "Mina false 5 all")
		expect(t, gossip, "Mina true 5", "Mina false 5", "Mina true 5", "Mina false 5")
		typing.stop()
	})
}
