package test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
)

// listener keeps a socket open and notes what came.
type listener struct {
	*person
	ws   *websocket.Conn
	done chan struct{} // closed when the socket has ended

	mu     sync.Mutex
	frames []frame
	end    websocket.StatusCode
}

// listen opens a socket and returns when it stands. It ends with the test.
func (p *person) listen(path string) *listener {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	ws, err := p.watch(ctx, path, "")
	if err != nil {
		p.t.Fatal(err)
	}
	if f, err := next(ctx, ws); err != nil || f.Type != "connected" {
		p.t.Fatalf("%s: got %+v, %v; want connected", path, f, err)
	}
	l := &listener{person: p, ws: ws, done: make(chan struct{})}
	go l.read()
	p.t.Cleanup(func() {
		ws.CloseNow()
		<-l.done
	})
	return l
}

func (l *listener) read() {
	defer close(l.done)
	for {
		f, err := next(context.Background(), l.ws)
		l.mu.Lock()
		if err != nil {
			l.end = websocket.CloseStatus(err)
			l.mu.Unlock()
			return
		}
		l.frames = append(l.frames, f)
		l.mu.Unlock()
	}
}

// count counts the frames that came and that is true for.
func (l *listener) count(is func(frame) bool) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, f := range l.frames {
		if is(f) {
			n++
		}
	}
	return n
}

// hears waits for a frame.
func (l *listener) hears(what string, is func(frame) bool) {
	l.t.Helper()
	eventually(l.t, what, func() bool { return l.count(is) > 0 })
}

// isEnded waits until the server closes the socket.
func (l *listener) isEnded(what string, code websocket.StatusCode) {
	l.t.Helper()
	select {
	case <-l.done:
	case <-time.After(patience):
		l.t.Fatalf("waited in vain: %s", what)
	}
	if l.end != code {
		l.t.Errorf("%s: closed with %d, want %d", what, l.end, code)
	}
}

func ofType(name string) func(frame) bool {
	return func(f frame) bool { return f.Type == name }
}

// TestNobodyNoticesWhichReplicaTheyAreOn has two people use the forum on two
// replicas, with a bus and without.
func TestNobodyNoticesWhichReplicaTheyAreOn(t *testing.T) {
	c := startCluster(t, 2)
	one, two := c.replicas[0], c.replicas[1]
	ada, finn := signIn(t, one, "Ada"), signIn(t, two, "Finn")
	for _, bus := range []string{"dual", "redis", "local", "away"} {
		t.Run(bus, func(t *testing.T) {
			ada, finn := ada.in(t), finn.in(t)
			c.with(t).setBus(ada, bus)
			thread := ada.startThread("Which replica? " + bus)
			path := fmt.Sprintf("/api/forum/threads/%d", thread)
			finn.must("POST", path+"/follow", struct{}{}, nil)
			there := finn.listen(fmt.Sprintf("/api/forum/ws/thread/%d", thread))
			global := finn.listen("/api/forum/ws/global")

			var message struct{ ID int64 }
			ada.must("POST", path+"/messages", map[string]string{"content": "Hello @Finn"}, &message)
			there.hears("Ada's message", ofType("new_message"))
			global.hears("Finn is told that Ada means him", ofType("forum_notification"))

			about := fmt.Sprintf("/api/forum/messages/%d", message.ID)
			ada.must("PATCH", about, map[string]string{"content": "Hello @Finn, dear"}, nil)
			there.hears("Ada's edit", ofType("message_edited"))
			finn.must("POST", about+"/like", struct{}{}, nil)
			there.hears("his own like", ofType("message_liked"))
			ada.must("DELETE", about, struct{}{}, nil)
			there.hears("that it is gone", ofType("messages_deleted"))

			ada.must("DELETE", path, struct{}{}, nil)
			there.isEnded("the thread is deleted", websocket.StatusNormalClosure)
			global.hears("the thread is deleted", ofType("thread_deleted"))
		})
	}
}

// setBus has the cluster work in a mode of the bus, or with the bus "away" until the
// test ends.
func (c *cluster) setBus(ada *person, bus string) {
	if bus != "away" {
		ada.setBusMode(bus)
		return
	}
	ada.setBusMode("dual")
	c.redis.Kill()
	c.t.Cleanup(c.redis.Restart)
}

// TestTypingIsSeenOnOtherReplicas is about what no log holds.
func TestTypingIsSeenOnOtherReplicas(t *testing.T) {
	c := startCluster(t, 2)
	ada, finn := signIn(t, c.replicas[0], "Ada"), signIn(t, c.replicas[1], "Finn")
	thread := ada.startThread("Who types?")
	there := finn.listen(fmt.Sprintf("/api/forum/ws/thread/%d", thread))
	here := ada.listen(fmt.Sprintf("/api/forum/ws/thread/%d", thread))
	eventually(t, "Finn sees that Ada types", func() bool {
		ada.must("POST", fmt.Sprintf("/api/forum/threads/%d/typing", thread), map[string]bool{"is_typing": true}, nil)
		return there.count(func(f frame) bool { return f.Type == "user_typing" && f.Username == "Ada" && f.IsTyping }) > 0
	})
	there.hears("that she stopped", func(f frame) bool { return f.Type == "user_typing" && !f.IsTyping })
	for _, l := range []*listener{there, here} {
		l.hears("that two watch, on two replicas", func(f frame) bool { return f.Type == "presence" && f.Viewers == 2 })
	}
}

// TestCountsAreRightOnAllOfOnesDevices has Finn read on one replica what his window
// on another one shows as unread, with a bus and without.
func TestCountsAreRightOnAllOfOnesDevices(t *testing.T) {
	c := startCluster(t, 2)
	ada := signIn(t, c.replicas[0], "Ada")
	finn := signIn(t, c.replicas[0], "Finn")
	for _, bus := range []string{"dual", "local", "away"} {
		t.Run(bus, func(t *testing.T) {
			ada, finn := ada.in(t), finn.in(t)
			c.with(t).setBus(ada, bus)
			path := fmt.Sprintf("/api/forum/threads/%d", ada.startThread("Read me: "+bus))
			windows := []*listener{finn.listen("/api/forum/ws/global"), finn.at(c.replicas[1]).listen("/api/forum/ws/global")}
			ada.must("POST", path+"/messages", map[string]string{"content": "Hello @Finn"}, nil)
			for _, w := range windows {
				w.hears("something is unread", func(f frame) bool { return f.Type == "forum_notification_count" && f.Count == 1 })
			}
			finn.must("POST", path+"/mark-read", struct{}{}, nil)
			for _, w := range windows {
				w.hears("nothing is unread", func(f frame) bool { return f.Type == "forum_notification_count" && f.Count == 0 })
			}
		})
	}
}
