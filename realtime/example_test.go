package realtime_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/coder/websocket"

	"parley/realtime"
)

// A chat room: who connects gets what is said from then on; who comes back with an event id gets
// what was said meanwhile, too.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	log := realtime.NewMemoryLog("gen1")
	hub := realtime.New(realtime.Config{Log: log})
	go hub.Run(ctx)

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := realtime.Upgrade(w, r, realtime.UpgradeConfig{})
		if err != nil {
			return
		}
		err = hub.Join(r.Context(), conn, realtime.JoinRequest{
			LastEventID: r.FormValue("last_event_id"),
			Admit: func(context.Context) (realtime.Admission, error) {
				return realtime.Admission{
					User:     r.FormValue("user"),
					Channels: []realtime.Head{{Channel: "room", Seq: log.Head("room")}},
				}, nil
			},
			Greet: func(g realtime.Greeting) []realtime.Message {
				return []realtime.Message{{Frame: fmt.Appendf(nil, `{"type":"connected","recovered":%t,"event_id":%q}`, g.Recovered, g.EventID)}}
			},
		})
		if err != nil {
			conn.Close(realtime.CloseReason{Code: 1008, Reason: "Access denied"})
		}
	}))
	defer server.Close()

	say := func(text string) {
		hub.Publish(log.Append("room", func() realtime.Event {
			return realtime.Event{Frame: fmt.Appendf(nil, `{"type":"said","text":%q}`, text)}
		}))
	}
	listen := func(query string, frames int) {
		client, _, err := websocket.Dial(ctx, server.URL+query, nil)
		if err != nil {
			fmt.Println(err)
			return
		}
		for range frames {
			_, frame, _ := client.Read(ctx)
			fmt.Println(string(frame))
		}
		client.Close(websocket.StatusNormalClosure, "")
	}

	listen("?user=mina", 1)
	say("Is anybody here?")
	say("Apparently not.")
	listen("?user=mina&last_event_id=gen1.room:0", 3)

	// Output:
	// {"type":"connected","recovered":false,"event_id":"gen1.room:0"}
	// {"type":"connected","recovered":true,"event_id":"gen1.room:0"}
	// {"type":"said","text":"Is anybody here?","event_id":"gen1.room:1"}
	// {"type":"said","text":"Apparently not.","event_id":"gen1.room:2"}
}

// The same for those who only listen, as a stream of Server-Sent Events: a browser's EventSource
// comes back by itself, with the header Last-Event-ID.
func ExampleEvents() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	log := realtime.NewMemoryLog("gen1")
	hub := realtime.New(realtime.Config{Log: log})
	go hub.Run(ctx)

	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := realtime.Events(w, r, realtime.EventsConfig{}, func(conn *realtime.Conn) {
			err := hub.Join(r.Context(), conn, realtime.JoinRequest{
				LastEventID: r.Header.Get("Last-Event-ID"),
				Admit: func(context.Context) (realtime.Admission, error) {
					if r.FormValue("user") == "" {
						return realtime.Admission{}, errors.New("who are you?")
					}
					return realtime.Admission{Channels: []realtime.Head{{Channel: "room", Seq: log.Head("room")}}}, nil
				},
			})
			if err != nil {
				conn.Close(realtime.CloseReason{Code: 1008, Reason: "Access denied"})
			}
		})
		if err != nil { // nothing has been sent: the answer is ours
			http.Error(w, "Access denied", http.StatusForbidden)
		}
	}))
	defer server.Close()

	log.Append("room", func() realtime.Event { return realtime.Event{Frame: []byte(`{"text":"Is anybody here?"}`)} })
	listen := func(query string) {
		request, _ := http.NewRequest("GET", server.URL+query, nil)
		request.Header.Set("Last-Event-ID", "gen1.room:0")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer response.Body.Close()
		fmt.Println(response.Status)
		for lines := bufio.NewScanner(response.Body); lines.Scan(); {
			if data, found := strings.CutPrefix(lines.Text(), "data: "); found {
				fmt.Println(data)
				return
			}
		}
	}
	listen("?user=mina")
	listen("")

	// Output:
	// 200 OK
	// {"text":"Is anybody here?","event_id":"gen1.room:1"}
	// 403 Forbidden
}
