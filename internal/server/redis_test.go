package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/auth/authtest"
	"parley/internal/metrics"
	"parley/internal/server"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime/redisbroker/redistest"
)

// runShared starts three servers of one forum that share a Redis, and waits until each
// has found it.
func runShared(t *testing.T, redis *redistest.Server, posts, sockets int) []*running {
	t.Helper()
	s := settings()
	s.Redis, s.PostsPerMinute, s.MaxSocketsPerUser = redis.URL(), posts, sockets
	replicas := runReplicas(t, 3, s)
	for _, r := range replicas {
		r.awaitBus("ok")
	}
	return replicas
}

// awaitBus waits until a server says of its bus what is wanted.
func (r *running) awaitBus(want string) {
	r.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		response, text := r.do("GET", "/readyz", "")
		if response.StatusCode != http.StatusOK {
			r.t.Fatalf("not ready: %s", text)
		}
		if strings.Contains(text, `"bus":"`+want+`"`) {
			return
		} else if time.Now().After(deadline) {
			r.t.Fatalf("the bus is not %s: %s", want, text)
		}
	}
}

func TestEventsTravelBetweenServersThroughRedis(t *testing.T) {
	replicas := runShared(t, redistest.Start(t), 30, 20)
	thread := replicas[0].workshop()
	path := fmt.Sprintf("/api/forum/ws/thread/%d", thread)
	there, _ := replicas[1].mina().opens(path)
	here := replicas[0].mina()
	here.posts(fmt.Sprintf("/api/forum/threads/%d/messages", thread), `{"content":"Hello."}`)
	untilFrame(t, there, "new_message")
	for _, name := range []string{"parley_bus_state", "parley_bus_received_total", "parley_bus_lag_seconds_count"} {
		if _, shown := replicas[1].scrape()[name]; !shown {
			t.Errorf("/metrics does not show %s", name)
		}
	}
}

// failsLogIn tries to log in as Mina with a wrong password and returns the status.
func (r *running) failsLogIn() int {
	r.t.Helper()
	response, _ := r.do("POST", "/api/auth/login", `{"username":"Mina","password":"a guess"}`)
	return response.StatusCode
}

func TestFailedLogInsAreCountedOnAllServers(t *testing.T) {
	replicas := runShared(t, redistest.Start(t), 30, 20)
	for i := range 10 {
		if status := replicas[i%3].failsLogIn(); status != http.StatusUnauthorized {
			t.Fatalf("guess %d: %d", i+1, status)
		}
	}
	for i, r := range replicas {
		if status := r.failsLogIn(); status != http.StatusTooManyRequests {
			t.Errorf("guess 11 on server %d: %d", i, status)
		}
	}
}

func TestFailedLogInsAreCountedOnEachServerWithoutRedis(t *testing.T) {
	redis := redistest.Start(t)
	replicas := runShared(t, redis, 30, 20)
	redis.Kill()
	for i, r := range replicas {
		r.awaitBus("degraded")
		for n := range 10 {
			if status := r.failsLogIn(); status != http.StatusUnauthorized {
				t.Fatalf("guess %d on server %d: %d", n+1, i, status)
			}
		}
		if status := r.failsLogIn(); status != http.StatusTooManyRequests {
			t.Errorf("guess 11 on server %d: %d", i, status)
		}
	}
}

// tries posts a message and returns the status.
func (v *visitor) tries(thread int64) int {
	v.r.t.Helper()
	response, _ := v.r.do("POST", fmt.Sprintf("/api/forum/threads/%d/messages", thread), `{"content":"Again."}`, "Cookie", v.cookie)
	return response.StatusCode
}

func TestPostsAreCountedOnAllServersAndOnEachWithoutRedis(t *testing.T) {
	redis := redistest.Start(t)
	const limit = 6
	replicas := runShared(t, redis, limit, 20)
	thread := replicas[0].workshop()
	var mina []*visitor
	for _, r := range replicas {
		mina = append(mina, r.mina())
	}
	for i := range limit {
		if status := mina[i%3].tries(thread); status >= 300 {
			t.Fatalf("message %d: %d", i+1, status)
		}
	}
	for i, v := range mina {
		if status := v.tries(thread); status != http.StatusTooManyRequests {
			t.Errorf("message %d on server %d: %d", limit+1, i, status)
		}
	}
	redis.Kill()
	for i, v := range mina {
		v.r.awaitBus("degraded")
		for n := range limit {
			if status := v.tries(thread); status >= 300 {
				t.Fatalf("message %d on server %d without Redis: %d", n+1, i, status)
			}
		}
		if status := v.tries(thread); status != http.StatusTooManyRequests {
			t.Errorf("message %d on server %d without Redis: %d", limit+1, i, status)
		}
	}
}

// knocks opens a global socket and returns the type of its first frame, or why it was
// closed.
func (v *visitor) knocks() (answer string, leave func()) {
	v.r.t.Helper()
	socket, _, err := websocket.Dial(v.r.t.Context(), v.r.url+"/api/forum/ws/global", &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {v.cookie}}})
	if err != nil {
		v.r.t.Fatal(err)
	}
	v.r.t.Cleanup(func() { socket.CloseNow() })
	_, frame, err := socket.Read(v.r.t.Context())
	if err != nil {
		return err.Error(), func() {}
	}
	return string(frame), func() { socket.CloseNow() }
}

func TestSocketsAreCountedOnAllServers(t *testing.T) {
	replicas := runShared(t, redistest.Start(t), 30, 3)
	var mina []*visitor
	var leave func()
	for _, r := range replicas {
		v := r.mina()
		mina = append(mina, v)
		var answer string
		if answer, leave = v.knocks(); !strings.Contains(answer, `"connected"`) {
			t.Fatalf("refused: %s", answer)
		}
	}
	for i, v := range mina {
		if answer, _ := v.knocks(); !strings.Contains(answer, "Too many connections") {
			t.Errorf("a fourth socket on server %d: %s", i, answer)
		}
	}
	leave()
	// Who was refused is refused again for a moment without being looked at.
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		if answer, _ := mina[0].knocks(); strings.Contains(answer, `"connected"`) {
			return
		} else if time.Now().After(deadline) {
			t.Fatalf("no place becomes free: %s", answer)
		}
	}
}

func TestSocketsAreCountedOnEachServerWithoutRedis(t *testing.T) {
	redis := redistest.Start(t)
	const limit = 3
	replicas := runShared(t, redis, 30, limit)
	redis.Kill()
	for i, r := range replicas {
		r.awaitBus("degraded")
		v := r.mina()
		for n := range limit {
			if answer, _ := v.knocks(); !strings.Contains(answer, `"connected"`) {
				t.Fatalf("socket %d on server %d: %s", n+1, i, answer)
			}
		}
		if answer, _ := v.knocks(); !strings.Contains(answer, "Too many connections") {
			t.Errorf("socket %d on server %d: %s", limit+1, i, answer)
		}
	}
}

func TestTheSharedLimiterKeepsTheRulesOfLimiters(t *testing.T) {
	redis := redistest.Start(t)
	limiter := server.SharedLimiter(t, redis.URL())
	authtest.Limiter(t, limiter)
	redis.Kill()
	authtest.Limiter(t, limiter)
	if _, err := limiter.Take(context.Background(), auth.Limit{Key: "mina", Burst: 1, Every: time.Hour}); err != nil {
		t.Error(err)
	}
}

func TestARedisThatRefusesIsAnErrorAndOneThatIsAwayIsNot(t *testing.T) {
	redis := redistest.Start(t, "--requirepass", "secret")
	quiet := slog.New(slog.DiscardHandler)
	db, err := store.Open(t.Context(), storetest.NewSQLite(t), store.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	a := app.New(db, app.Options{Logger: quiet})
	for url, wanted := range map[string]string{
		"redis://:guess@" + redis.Address(): "WRONGPASS",
		"localhost:6379":                    "is not of the form",
		"":                                  "no --redis",
	} {
		s := settings()
		if s.Redis = url; url == "" {
			s.RedisCA = "authority.pem"
		}
		_, err := server.New(a, s, metrics.New(), "test", quiet)
		if err == nil || !strings.Contains(err.Error(), wanted) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", url, err)
		}
	}
	redis.Kill()
	s := settings()
	s.Redis = redis.URL()
	run(t, s).awaitBus("degraded")
}
