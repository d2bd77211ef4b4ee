package realtime

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestQueueAgainstItsPromises drives a queue at random beside a plain list of what it should hold.
func TestQueueAgainstItsPromises(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []entry
		flying := 0
		size := func() (n int) {
			for _, e := range model {
				n += len(e.wire)
			}
			return n + flying
		}
		n := 0
		t.Repeat(map[string]func(*rapid.T){
			"push": func(t *rapid.T) {
				n++
				length := rapid.SampledFrom([]int{10, 1000, 40 << 10, 100 << 10, queueLimit + 1}).Draw(t, "length")
				e := entry{
					wire: []byte(fmt.Sprint(n) + strings.Repeat(".", length)),
					lane: rapid.SampledFrom([]Lane{Durable, State, Ephemeral}).Draw(t, "lane"),
					key:  rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key"),
				}
				crowded := q.crowded()
				dropped, ok := q.push(e)
				model = expect(t, model, e, dropped, ok, crowded)
			},
			"take": func(t *rapid.T) {
				limit := rapid.SampledFrom([]int{1, 2000, writeSize}).Draw(t, "limit")
				got := string(q.take(nil, limit))
				want := ""
				for len(model) > 0 && (want == "" || len(want)+len(model[0].wire) <= limit) {
					want += string(model[0].wire)
					model = model[1:]
				}
				if got != want {
					t.Fatalf("took %d bytes, want %d", len(got), len(want))
				}
				flying += len(got)
			},
			"written": func(*rapid.T) {
				q.release(flying)
				flying = 0
			},
			"": func(t *rapid.T) {
				if q.bytes != size() || len(q.entries) != len(model) {
					t.Fatalf("%d bytes in %d entries, want %d in %d", q.bytes, len(q.entries), size(), len(model))
				}
				if q.bytes > queueLimit && len(model)+min(flying, 1) > 1 {
					t.Fatalf("%d bytes wait", q.bytes)
				}
			},
		})
	})
}

// expect returns what the queue should hold after a push that went as reported.
func expect(t *rapid.T, model []entry, e entry, dropped int, ok, crowded bool) []entry {
	if e.lane == Ephemeral {
		if crowded && dropped == 0 {
			t.Fatal("ephemeral entry accepted by a crowded queue")
		}
		if dropped > 0 {
			return model
		}
		return append(model, e)
	}
	if dropped > 0 {
		kept := model[:0:0]
		for _, m := range model {
			if m.lane != Ephemeral {
				kept = append(kept, m)
			}
		}
		if len(model)-len(kept) != dropped {
			t.Fatalf("%d dropped, of %d ephemeral ones", dropped, len(model)-len(kept))
		}
		model = kept
	}
	if !ok {
		return model
	}
	for i, m := range model {
		if m.lane == State && e.lane == State && m.key == e.key {
			model[i] = e
			return model
		}
	}
	return append(model, e)
}
