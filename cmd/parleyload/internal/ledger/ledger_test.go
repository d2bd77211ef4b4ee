package ledger

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// watch lets readers get the events of a channel, each its own positions in its own
// order, and returns what the ledger finds.
func watch(acknowledged []int64, readings ...[]uint64) map[Kind]int {
	l := New()
	c := l.Channel("t5")
	var readers []*Reader
	for id, positions := range readings {
		r := c.Join(id)
		r.Start(10)
		for _, p := range positions {
			c.Learn(Event{Position: p, Kind: newMessage, Message: int64(100 + p), Size: 300}, id)
			r.Read(p)
		}
		readers = append(readers, &r)
	}
	for _, m := range acknowledged {
		c.Acknowledged(m)
	}
	l.Audit(readers)
	_, counts := l.Faults()
	return counts
}

func TestFaultsAreFoundAndNothingElse(t *testing.T) {
	type found = map[Kind]int
	whole := []uint64{11, 12, 13, 14}
	for _, c := range []struct {
		name     string
		acked    []int64
		readings [][]uint64
		want     found
	}{
		{"everybody gets everything", []int64{111, 112, 113, 114}, [][]uint64{whole, whole}, found{}},
		{"an event in the middle is lost", nil, [][]uint64{whole, {11, 13, 14}}, found{Lost: 1}},
		{"the middle is lost before others are known to have got it", nil, [][]uint64{{11, 14}, whole}, found{Lost: 1}},
		{"the first event is lost", nil, [][]uint64{{12, 13, 14}, whole}, found{Lost: 1}},
		{"the last event is lost", nil, [][]uint64{whole, {11, 12, 13}}, found{Lost: 1}},
		{"a reader gets nothing", nil, [][]uint64{whole, nil}, found{Lost: 1}},
		{"an acknowledged message reaches nobody", []int64{113}, [][]uint64{{11, 12}, {11, 12}}, found{Lost: 1}},
		{"an event comes twice in a row", nil, [][]uint64{{11, 12, 12, 13, 14}, whole}, found{Doubled: 1}},
		{"an event comes again later", nil, [][]uint64{{11, 12, 13, 11, 14}, whole}, found{Doubled: 1}},
		{"what came before the start comes again", nil, [][]uint64{{9, 11, 12, 13, 14}, whole}, found{Doubled: 1}},
		{"two events change places", nil, [][]uint64{{11, 13, 12, 14}, whole}, found{Reordered: 1}},
		{"a late event comes twice", nil, [][]uint64{{11, 13, 12, 12, 14}, whole}, found{Reordered: 1, Doubled: 1}},
		{"a hole that nobody can fill is none", nil, [][]uint64{{11, 14}, {11, 14}}, found{}},
		{"two gaps at one reader", nil, [][]uint64{{12, 14}, whole}, found{Lost: 2}},
	} {
		if got := watch(c.acked, c.readings...); !maps.Equal(got, c.want) {
			t.Errorf("%s: found %v, want %v", c.name, got, c.want)
		}
	}
}

func TestReadersThatDisagreeAreFound(t *testing.T) {
	l := New()
	c := l.Channel("t5")
	c.Learn(Event{Position: 1, Kind: newMessage, Message: 7}, 0)
	c.Learn(Event{Position: 1, Kind: newMessage, Message: 8}, 1)
	c.Learn(Event{Position: 1, Kind: "message_edited", Message: 7}, 2)
	if _, counts := l.Faults(); counts[Disagreed] != 2 {
		t.Errorf("found %v", counts)
	}
}

func TestAMessageUnderTwoPositionsIsDoubled(t *testing.T) {
	l := New()
	c := l.Channel("t5")
	c.Learn(Event{Position: 1, Kind: newMessage, Message: 7}, 0)
	c.Learn(Event{Position: 2, Kind: newMessage, Message: 7}, 0)
	c.Learn(Event{Position: 3, Kind: "message_edited", Message: 7}, 0)
	if _, counts := l.Faults(); !maps.Equal(counts, map[Kind]int{Doubled: 1}) {
		t.Errorf("found %v", counts)
	}
}

func TestAResumeContinuesWhereTheReaderWas(t *testing.T) {
	l := New()
	c := l.Channel("t5")
	r := c.Join(0)
	r.Start(0)
	for p := range uint64(6) {
		c.Learn(Event{Position: p + 1, Kind: newMessage, Message: int64(p)}, 0)
	}
	r.Read(1)
	r.Resumed(true, 1)
	r.Read(2)
	r.Resumed(true, 2)
	r.Read(4)
	r.Read(5)
	if !r.Behind() {
		t.Error("the reader is not behind, though 6 is to come")
	}
	r.Read(6)
	l.Audit([]*Reader{&r})
	if first, counts := l.Faults(); !maps.Equal(counts, map[Kind]int{Lost: 1}) {
		t.Errorf("found %v, want 3 to be lost", first)
	}
}

func TestAResumeMayBeRefusedOnlyIfTooMuchIsMissing(t *testing.T) {
	for _, c := range []struct {
		events, size int
		want         map[Kind]int
	}{
		{0, 0, map[Kind]int{}},
		{1, 300, map[Kind]int{Unrecovered: 1}},
		{1000, 300, map[Kind]int{Unrecovered: 1}},
		{1001, 300, map[Kind]int{}},
		{100, 11_000, map[Kind]int{}},
	} {
		l := New()
		channel := l.Channel("t5")
		r := channel.Join(0)
		for i := range c.events {
			channel.Learn(Event{Position: uint64(i + 1), Kind: newMessage, Message: int64(i), Size: c.size}, 1)
		}
		r.Resumed(false, uint64(c.events))
		l.Audit([]*Reader{&r})
		if _, counts := l.Faults(); !maps.Equal(counts, c.want) {
			t.Errorf("refused with %d events of %d bytes missing: found %v, want %v", c.events, c.size, counts, c.want)
		}
	}
}

// Whatever is done to one reader's stream, something is found unless it is whole.
func TestAnyChangeOfAStreamIsFound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	whole := make([]uint64, 40)
	for i := range whole {
		whole[i] = uint64(11 + i)
	}
	for range 500 {
		changed := slices.Clone(whole)
		for range 1 + random.IntN(3) {
			change(random, &changed)
		}
		found := watch(nil, whole, changed)
		if intact := slices.Equal(changed, whole); intact != (len(found) == 0) {
			t.Fatalf("%v: found %v", changed, found)
		}
	}
}

func change(random *rand.Rand, stream *[]uint64) {
	i, j := random.IntN(len(*stream)), random.IntN(len(*stream))
	switch random.IntN(3) {
	case 0:
		*stream = slices.Delete(*stream, i, i+1)
	case 1:
		*stream = slices.Insert(*stream, i, (*stream)[j])
	default:
		(*stream)[i], (*stream)[j] = (*stream)[j], (*stream)[i]
	}
}

func TestOnlyTheFirstFaultsAreKeptButAllAreCounted(t *testing.T) {
	l := New()
	for i := range 3 * kept {
		l.Report(Closed, i, "reader %s", fmt.Sprint(i))
	}
	first, counts := l.Faults()
	if len(first) != kept || counts[Closed] != 3*kept || l.Count() != 3*kept {
		t.Errorf("%d kept, %v counted", len(first), counts)
	}
	if got, want := first[0].String(), "closed: reader 0: reader 0"; got != want {
		t.Errorf("the first is told as %q, want %q", got, want)
	}
}

func TestMessagesCountAsUnseenUntilAReaderGetsThem(t *testing.T) {
	l := New()
	c := l.Channel("t5")
	c.Acknowledged(7)
	if l.Unseen() != 0 {
		t.Error("a channel nobody reads owes something")
	}
	c.Join(0)
	if l.Unseen() != 1 {
		t.Error("what was acknowledged is not awaited")
	}
	c.Learn(Event{Position: 1, Kind: newMessage, Message: 7}, 0)
	c.Acknowledged(7) // the answer may come after the event
	if l.Unseen() != 0 {
		t.Error("what was seen is still awaited")
	}
}
