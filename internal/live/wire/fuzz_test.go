package wire

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"parley/realtime"
)

// FuzzClientFrames checks that a frame of a client is read if and only if it is a
// JSON object.
func FuzzClientFrames(f *testing.F) {
	for _, text := range []string{
		`{"type":"ping"}`, ` {"type":"typing","is_typing":true}`, `{"type":5,"is_typing":[]}`, `{"type":1e999}`, `{}`, `[]`, `null`, `{`, `{"type":"ping"}x`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var object map[string]json.RawMessage
		is := json.Unmarshal(text, &object) == nil && object != nil
		if _, ok := ParseFrame(text); ok != is {
			t.Errorf("%q: read %t, an object %t", text, ok, is)
		}
	})
}

// FuzzLastEventID checks that whatever a client says of where it was is an event id
// or none.
func FuzzLastEventID(f *testing.F) {
	f.Add("k3x.t5:1042", "")
	f.Add("", "last_event_id=k3x.f:88.u7:93")
	f.Add("nonsense", "last_event_id=%00&last_event_id=k3x.t5:1")
	f.Fuzz(func(t *testing.T, header, query string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.URL.RawQuery = query
		r.Header["Last-Event-Id"] = []string{header}
		id := LastEventID(r)
		if header != "" && id != header {
			t.Errorf("header %q, query %q: %q", header, query, id)
		}
		if cursor, err := realtime.ParseCursor(id); err == nil && cursor.String() != id {
			t.Errorf("%q is read as %q", id, cursor)
		}
	})
}
