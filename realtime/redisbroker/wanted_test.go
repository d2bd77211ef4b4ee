package redisbroker

import (
	"fmt"
	"slices"
	"testing"
)

// TestNothingIsNotedOfChannelsWhileNobodyAsks: a Redis may be away for days, and people come
// and go.
func TestNothingIsNotedOfChannelsWhileNobodyAsks(t *testing.T) {
	w := newWanted()
	come := func() {
		for i := range 100 {
			channel := []string{fmt.Sprintf("u%d", i)}
			w.set(true, channel)
			w.set(false, channel)
		}
	}
	w.set(true, []string{"t5"})
	come()
	if noted := len(w.changed); noted > 0 {
		t.Errorf("%d channels are noted before anybody asked", noted)
	}
	if all := w.follow(); !slices.Equal(all, []string{"t5"}) {
		t.Errorf("%v are wanted", all)
	}
	w.set(true, []string{"t6"})
	w.set(false, []string{"t5"})
	more, less := w.changes(map[string]struct{}{"t5": {}})
	if !slices.Equal(more, []string{"t6"}) || !slices.Equal(less, []string{"t5"}) {
		t.Errorf("%v are to be subscribed, %v no more", more, less)
	}
	come()
	w.unfollow()
	come()
	if noted := len(w.changed); noted > 0 {
		t.Errorf("%d channels are noted when nobody asks any more", noted)
	}
}
