package realtime

import (
	"slices"
	"strings"
	"testing"
)

func TestEventIDsReadBackAsTheyWereWritten(t *testing.T) {
	for _, c := range []Cursor{
		{"g", []Position{{"t5", 1042}}},
		{"K3-x_9", []Position{{"f", 88}, {"u7", 93}}},
		{"g", []Position{{"t5", 0}}},
		{"g", []Position{{"t5", 1<<64 - 1}}},
	} {
		got, err := ParseCursor(c.String())
		if err != nil || got.Generation != c.Generation || !slices.Equal(got.Positions, c.Positions) {
			t.Errorf("%v came back as %v, %v", c, got, err)
		}
	}
	if got := (Cursor{"g", []Position{{"f", 88}, {"u7", 93}}}).String(); got != "g.f:88.u7:93" {
		t.Errorf("written as %q", got)
	}
}

func TestWhateverElseIsNoEventID(t *testing.T) {
	for _, id := range []string{
		"", ".", "g", "g.", ".t5:1", "g.t5", "g.t5:", "g.:1", "g.t5:x", "g.t5:-1", "g.t5:+1", "g.t5:01", "g.t5: 1", "g.T5:1", "g.t5:1.", "g..t5:1",
		"g.t5:1.t5:2", "g.t5:18446744073709551616", "g.t5:1:2", "g g.t5:1", `g".t5:1`, "g.t5:1\n", "g.t5:1_000",
		"g" + strings.Repeat(".t5:1", 2), strings.Repeat("g", 65) + ".t5:1", "g." + strings.Repeat("t", 33) + ":1",
		"g.a:1.b:1.c:1.d:1.e:1.f:1.g:1.h:1.i:1", strings.Repeat("g", 1<<20),
	} {
		if c, err := ParseCursor(id); err != ErrCursor {
			t.Errorf("%.40q was read as %v, %v", id, c, err)
		}
	}
}

func FuzzParseCursor(f *testing.F) {
	for _, id := range []string{"", "g.t5:1042", "g.f:88.u7:93", "g.t5:18446744073709551615", "g.t5:01", "g.t5:1.t5:1", "A_-.a:0", "g.t5:1_0"} {
		f.Add(id)
	}
	f.Fuzz(func(t *testing.T, id string) {
		c, err := ParseCursor(id)
		if err != nil {
			return
		}
		if again := c.String(); again != id {
			t.Errorf("%q is written %q", id, again)
		}
		if n := len(c.Positions); n == 0 || n > MaxChannels || len(id) > maxCursor {
			t.Errorf("%q has %d positions", id, n)
		}
	})
}
