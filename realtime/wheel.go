package realtime

import "time"

// wheelSlots is how many ticks a wheel turns once in; what lies beyond waits for another turn.
const wheelSlots = 256

// wheel holds timers of many connections at a cost that does not grow with their number: a timer is
// put into the slot of its tick and found there. Its owner locks it and calls expire at every tick.
type wheel[T any] struct {
	tick  time.Duration
	now   int64 // the newest tick that has expired
	count int
	slots [wheelSlots]*timer[T]
}

// timer is one owner's place in a wheel. The zero timer, with its owner set, is in none.
type timer[T any] struct {
	owner        T
	tick         int64
	set          bool
	before, next *timer[T]
}

// set has a timer expire at an instant, rounded down to a tick, but not before the next one.
func (w *wheel[T]) set(t *timer[T], at, now time.Duration) {
	w.unset(t)
	if w.count == 0 {
		w.now = int64(now / w.tick)
	}
	t.tick = max(int64(at/w.tick), w.now+1)
	slot := w.slot(t.tick)
	t.set, t.next = true, *slot
	if t.next != nil {
		t.next.before = t
	}
	*slot = t
	w.count++
}

// unset takes a timer out of the wheel if it is in it.
func (w *wheel[T]) unset(t *timer[T]) {
	if !t.set {
		return
	}
	if t.next != nil {
		t.next.before = t.before
	}
	if t.before != nil {
		t.before.next = t.next
	} else {
		*w.slot(t.tick) = t.next
	}
	t.set, t.before, t.next = false, nil, nil
	w.count--
}

// expire takes the timers out whose instant has come and appends their owners to due.
func (w *wheel[T]) expire(due []T, now time.Duration) []T {
	until := int64(now / w.tick)
	for tick := max(w.now+1, until-wheelSlots+1); tick <= until; tick++ {
		for t := *w.slot(tick); t != nil; {
			next := t.next
			if t.tick <= until {
				w.unset(t)
				due = append(due, t.owner)
			}
			t = next
		}
	}
	w.now = max(w.now, until)
	return due
}

// wait returns how long it is until the next tick.
func (w *wheel[T]) wait(now time.Duration) time.Duration {
	return time.Duration(w.now+1)*w.tick - now
}

func (w *wheel[T]) slot(tick int64) **timer[T] { return &w.slots[uint64(tick)%wheelSlots] }
