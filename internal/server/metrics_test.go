package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"parley"
	"parley/internal/app"
)

// scrape reads the metrics as Prometheus does: each series with its value.
func (r *running) scrape() map[string]float64 {
	r.t.Helper()
	response, text := r.do("GET", r.admin+"/metrics", "")
	if response.StatusCode != http.StatusOK {
		r.t.Fatalf("metrics: %s %s", response.Status, text)
	}
	series := map[string]float64{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		cut := strings.LastIndex(line, " ")
		value, err := strconv.ParseFloat(line[cut+1:], 64)
		if err != nil {
			r.t.Fatalf("%s: %v", line, err)
		}
		series[line[:cut]] = value
	}
	return series
}

// shows waits until the metrics have these values.
func (r *running) shows(want map[string]float64) {
	r.t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		got, wrong := r.scrape(), []string(nil)
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if value, there := got[name]; !there || value != want[name] {
				wrong = append(wrong, fmt.Sprintf("%s is %v (%t), want %v", name, value, there, want[name]))
			}
		}
		if len(wrong) == 0 {
			return
		}
		if time.Now().After(deadline) {
			r.t.Fatal(strings.Join(wrong, "\n"))
		}
	}
}

// workshop is a thread that Ada started.
func (r *running) workshop() int64 {
	r.t.Helper()
	ada, err := r.app.AddUser(r.t.Context(), app.NewUser{NewAccount: app.NewAccount{Username: "Ada"}, Role: parley.RoleCreator})
	if err != nil {
		r.t.Fatal(err)
	}
	thread, err := r.app.CreateThread(r.t.Context(), parley.Viewer{ID: ada, Role: parley.RoleCreator, Active: true},
		app.NewThread{Title: "Workshop", Content: "Welcome."}, app.Idempotency{})
	if err != nil {
		r.t.Fatal(err)
	}
	return thread.ID
}

// visitor is Mina in her browser.
type visitor struct {
	r      *running
	cookie string
}

func (r *running) mina() *visitor {
	cookie := r.login()
	return &visitor{r, cookie.Name + "=" + cookie.Value}
}

// posts sends a request and returns the id of what it made.
func (v *visitor) posts(path, body string) (id int64) {
	v.r.t.Helper()
	response, text := v.r.do("POST", path, body, "Cookie", v.cookie)
	var made struct{ ID int64 }
	if err := json.Unmarshal([]byte(text), &made); err != nil || response.StatusCode >= 300 {
		v.r.t.Fatalf("%s %s: %s %s", path, body, response.Status, text)
	}
	return made.ID
}

// opens opens a socket and reads its first frame.
func (v *visitor) opens(path string) (socket *websocket.Conn, eventID string) {
	v.r.t.Helper()
	socket, _, err := websocket.Dial(v.r.t.Context(), v.r.url+path, &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {v.cookie}}})
	if err != nil {
		v.r.t.Fatal(err)
	}
	v.r.t.Cleanup(func() { socket.CloseNow() })
	frame := untilFrame(v.r.t, socket, "connected")
	return socket, frame["event_id"].(string)
}

// untilFrame reads until a frame of that type comes.
func untilFrame(t *testing.T, socket *websocket.Conn, kind string) map[string]any {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		_, text, err := socket.Read(ctx)
		if err != nil {
			t.Fatalf("waiting for %s: %v", kind, err)
		}
		var frame map[string]any
		if err := json.Unmarshal(text, &frame); err != nil {
			t.Fatal(err)
		}
		if frame["type"] == kind {
			return frame
		}
	}
}

func TestMetricsTellTheStoryOfADay(t *testing.T) {
	r := run(t, settings())
	mina := r.mina()
	thread := r.workshop()
	path := fmt.Sprintf("/api/forum/ws/thread/%d", thread)

	mina.opens("/api/forum/ws/global")
	first, begins := mina.opens(path)
	second, _ := mina.opens(path)
	messages := fmt.Sprintf("/api/forum/threads/%d/messages", thread)
	mina.posts(messages, `{"content":"One."}`)
	untilFrame(t, first, "new_message")
	untilFrame(t, second, "new_message")
	first.Close(websocket.StatusNormalClosure, "")
	second.Close(4711, "a reason that nobody else has")
	resumed, _ := mina.opens(path + "?last_event_id=" + begins)
	untilFrame(t, resumed, "new_message")
	mina.opens(path + "?last_event_id=of-another-life")

	if _, _, err := websocket.Dial(t.Context(), r.url+path, &websocket.DialOptions{HTTPHeader: http.Header{"Origin": {"https://evil.example"}}}); err == nil {
		t.Error("a page of another origin opened a socket")
	}
	stranger, _, err := websocket.Dial(t.Context(), r.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := stranger.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusPolicyViolation {
		t.Errorf("a stranger was told %v", err)
	}

	// Where the processors are busy the follower of the log may be there before the
	// request that posted the message: then both sockets have it from the log.
	late := r.scrape()[`parley_log_repaired_events_total`]
	r.shows(map[string]float64{
		`parley_connections{client="field",stream="forum_global"}`:     1,
		`parley_connections{client="field",stream="forum_threads"}`:    0,
		`parley_connections{client="resuming",stream="forum_global"}`:  0,
		`parley_connections{client="resuming",stream="forum_threads"}`: 2,

		`parley_connected_users`: 1,
		`parley_channels`:        3,

		`parley_connection_opens_total{stream="forum_global"}`:  1,
		`parley_connection_opens_total{stream="forum_threads"}`: 4,

		`parley_connection_closes_total{code="1000",reason="Client left"}`: 1,
		`parley_connection_closes_total{code="other",reason="other"}`:      1,
		`parley_connection_refusals_total{reason="Origin"}`:                1,
		`parley_connection_refusals_total{reason="No authentication"}`:     1,
		`parley_resumes_total{result="recovered"}`:                         1,
		`parley_resumes_total{result="reset"}`:                             1,

		`parley_events_committed_total{type="thread_created"}`: 1,
		`parley_events_committed_total{type="message_posted"}`: 2,

		`parley_deliveries_total{audience="all",path="local",stream="forum_threads"}`:                          2 - 2*late,
		`parley_deliveries_total{audience="all",path="log",stream="forum_threads"}`:                            1 + 2*late,
		`parley_deliveries_total{audience="all",path="local",stream="forum_global"}`:                           0,
		`parley_deliveries_total{audience="user",path="local",stream="forum_global"}`:                          0,
		`parley_delivery_failures_total{audience="all",reason="too_slow"}`:                                     0,
		`parley_delivery_failures_total{audience="user",reason="lost"}`:                                        0,
		`parley_delivery_latency_seconds_count`:                                                                2,
		`parley_delivery_latency_seconds_bucket{le="+Inf"}`:                                                    2,
		`parley_duplicates_dropped_total`:                                                                      late,
		`parley_log_repairs_total{cause="gap"}`:                                                                0,
		`parley_log_repairs_total{cause="unpublished"}`:                                                        late,
		`parley_log_repaired_events_total`:                                                                     late,
		`parley_frames_dropped_total{lane="ephemeral"}`:                                                        0,
		`parley_frames_dropped_total{lane="state"}`:                                                            0,
		`parley_http_request_duration_seconds_count{code="200",route="POST /api/auth/login"}`:                  1,
		`parley_http_request_duration_seconds_count{code="101",route="GET /api/forum/ws/thread/{thread_id}"}`:  5,
		`parley_http_request_duration_seconds_count{code="403",route="GET /api/forum/ws/thread/{thread_id}"}`:  1,
		`parley_http_request_duration_seconds_count{code="200",route="POST /api/forum/threads/{id}/messages"}`: 1,
		`parley_db_query_duration_seconds_count{query="insert_threads"}`:                                       1,
		`parley_db_query_duration_seconds_count{query="insert_messages"}`:                                      2,
	})
	got := r.scrape()
	for _, name := range []string{
		`parley_send_queue_bytes_count`, `parley_db_query_duration_seconds_count{query="commit"}`,
		"go_goroutines", "process_resident_memory_bytes",
	} {
		if got[name] == 0 {
			t.Errorf("%s is %v", name, got[name])
		}
	}
}

func TestMetricsAreForOperatorsAlone(t *testing.T) {
	r := run(t, settings())
	if response, _ := r.do("GET", "/metrics", ""); response.StatusCode != http.StatusNotFound {
		t.Errorf("answered %s", response.Status)
	}
}

func TestWhatStrangersSendMakesNoMoreSeries(t *testing.T) {
	r := run(t, settings())
	mina := r.mina()
	thread := r.workshop()
	var before []string
	for round := range 3 {
		for _, line := range []string{
			"GET /%s", "GET /api/%s", "GET /api/forum/threads/%s", "PATCH /api/forum/messages/%s", "GET /assets/%s/x.mjs",
			"GET /api/forum/ws/thread/%s", "GET /%s/", "GET //%s//x", "GET /api/forum/../%s", "DELETE /forum?%s",
			"%s /forum", "CONNECT /%s", "CONNECT /api", "GET /assets", "POST /healthz?%s", "GET http://%s/forum", "GET /api/forum/%%ff%s",
		} {
			r.sends(strings.Replace(line, "%s", fmt.Sprintf("STRANGE%d", round), 1))
		}
		socket, _ := mina.opens(fmt.Sprintf("/api/forum/ws/thread/%d?last_event_id=strange%d", thread, round))
		socket.Close(websocket.StatusCode(4000+round), fmt.Sprint("strange", round))
		r.shows(map[string]float64{`parley_connection_closes_total{code="other",reason="other"}`: float64(round + 1)})

		// What the background asks the database for the first time comes when it comes.
		series := slices.DeleteFunc(slices.Sorted(maps.Keys(r.scrape())), func(name string) bool {
			return !strings.HasPrefix(name, "parley_") || strings.HasPrefix(name, "parley_db_query_")
		})
		for _, name := range series {
			if strings.Contains(strings.ToLower(name), "strange") {
				t.Errorf("a stranger named %s", name)
			}
		}
		if round > 0 && !slices.Equal(series, before) {
			t.Errorf("round %d made %d series of %d", round, len(series), len(before))
		}
		before = series
	}
}

// sends sends a request whose first line may be anything, and waits for the answer.
func (r *running) sends(line string) {
	r.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		r.t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "%s HTTP/1.1\r\nHost: parley.example\r\nConnection: close\r\n\r\n", strings.ReplaceAll(line, "%%", "%"))
	if _, err := http.ReadResponse(bufio.NewReader(conn), nil); err != nil {
		r.t.Errorf("%s: %v", line, err)
	}
}
