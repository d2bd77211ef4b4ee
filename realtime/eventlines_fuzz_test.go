package realtime

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzEventLines checks that whatever an application sends arrives as one message, and that nothing
// in it can pass for another field or message.
func FuzzEventLines(f *testing.F) {
	f.Add([]byte(`{"a":1}`), "g.t5:1")
	f.Add([]byte("{\n\"a\":1\r}\r\n"), "")
	f.Add([]byte("\n\ndata: forged\nid: g.t5:9\n\n"), "g.t5:1")
	f.Add([]byte("event: close\r\rretry: 0"), "")
	f.Fuzz(func(t *testing.T, text []byte, id string) {
		if cursor, err := ParseCursor(id); err != nil || cursor.String() != id {
			id = "" // no other ids are given out
		}
		if len(text) > 1<<18 {
			return
		}
		r := newEventReader(bytes.NewReader(eventLines.message(text, id)))
		got, err := r.next()
		want := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))
		if err != nil || got != (eventMessage{id: id, data: want}) {
			t.Errorf("%q with id %q arrives as %q %v", text, id, got, err)
		}
		if more, err := r.next(); err == nil {
			t.Errorf("%q brings a second message %q", text, more)
		}
	})
}
