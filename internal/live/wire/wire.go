// Package wire reads what clients of the streams send. It stands apart from package
// live, which needs the forum and its database, so that hostile input can be tried by
// the million.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
)

// ClientFrame is what a client sends. Fields of another type than the protocol's
// say nothing: unknown frames are ignored, whatever they look like.
type ClientFrame struct {
	Type     any `json:"type"`
	IsTyping any `json:"is_typing"`
}

// ParseFrame reads a frame; false if it is no JSON object.
func ParseFrame(text []byte) (frame ClientFrame, ok bool) {
	if !bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("{")) {
		return frame, false
	}
	err := json.Unmarshal(text, &frame)
	var mistyped *json.UnmarshalTypeError // a number that is none of ours: 1e999
	return frame, err == nil || errors.As(err, &mistyped)
}

// LastEventID returns where a client wants to go on, "" if it begins. The header is
// what a browser's EventSource has got to, when it comes back to the same address.
func LastEventID(r *http.Request) string {
	if id := r.Header.Get("Last-Event-ID"); id != "" {
		return id
	}
	return r.URL.Query().Get("last_event_id")
}
