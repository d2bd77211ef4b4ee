package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/store"
)

var searchTests = map[string]func(*testing.T, Open){
	"words are found in all their forms, phrases as they stand": wordsFound,
	"what was deleted or edited is found no more at once":       deletedNotFound,
	"a search shows what one may see":                           searchAccess,
	"snippets are safe and mark what was found":                 snippetsSafe,
	"what is newer is found before what is as good":             newestFirst,
	"titles are found, also new ones":                           titlesFound,
}

func (c *Community) findAs(t testing.TB, v parley.Viewer, q string) []store.FoundMessage {
	t.Helper()
	return Read(t, c.Store, func(s *store.Snapshot) ([]store.FoundMessage, error) {
		return s.SearchMessages(v, store.SearchFilter{Terms: parley.ParseSearch(q), Limit: 20})
	})
}

// find returns the ids of the messages found, ascending.
func (c *Community) find(t testing.TB, q string) []int64 {
	t.Helper()
	ids := []int64{}
	for _, m := range c.findAs(t, c.Ada, q) {
		ids = append(ids, m.ID)
	}
	slices.Sort(ids)
	return ids
}

func wordsFound(t *testing.T, open Open) {
	c := community(t, open)
	glue := c.Post(t, c.Finn, c.Free, "I am gluing dovetail joints with hide glue.")
	joint := c.Post(t, c.Mina, c.Free, "The joint of a **dovetail**; can't miss it: https://example.org/joints")
	zoe := c.Post(t, c.Mina, c.Paid, "Жанна meets Zoë: 100% C++ & \"quoted\" O'Brien")
	for q, want := range map[string][]int64{
		"joint": {glue, joint}, "joints": {glue, joint}, "GLUED": {glue}, "dovetail joint": {glue, joint},
		`"dovetail joints"`: {glue}, `"joint of a dovetail"`: {joint}, `"joints dovetail"`: {}, `"hide glue" joint`: {glue},
		"dove": {glue, joint}, "dove ": {}, "hi": {glue}, "жанна": {zoe}, "жан": {zoe}, "zoë": {zoe}, "100%": {zoe}, "o'brien": {zoe},
		"missing words": {}, `"`: {}, `""`: {}, "*": {}, "-": {}, "AND": {}, "NEAR joint": {}, "content:joint": {}, `"unclosed joi`: {}, "%%": {}, "a'b\\c": {},
	} {
		if got := c.find(t, q); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%q finds %v, want %v", q, got, want)
		}
	}
}

func deletedNotFound(t *testing.T, open Open) {
	c := community(t, open)
	id := c.Post(t, c.Finn, c.Free, "mahogany")
	reply := c.Reply(t, c.Mina, c.Free, id, "mahogany too")
	expect := func(when, q string, want ...int64) {
		t.Helper()
		if got := c.find(t, q); !slices.Equal(got, want) {
			t.Errorf("%s %q finds %v, want %v", when, q, got, want)
		}
	}
	expect("at first", "mahogany", id, reply)
	Update(t, c.Store, func(tx *store.Tx) error {
		m, _, err := tx.MessageState(id)
		if err != nil {
			return err
		}
		return tx.EditMessage(m, c.Finn.ID, Text("walnut"))
	})
	expect("after an edit", "mahogany", reply)
	expect("after an edit", "walnut", id)
	state := Found(t, c.Store, func(s *store.Snapshot) (store.MessageState, bool, error) { return s.MessageState(id) })
	c.Delete(t, id)
	expect("after a deletion", "walnut")
	expect("after a deletion", "mahogany")
	Update(t, c.Store, func(tx *store.Tx) error { _, err := tx.RestoreMessages(state); return err })
	expect("restored", "walnut", id)
	expect("restored", "mahogany", reply)
	Update(t, c.Store, func(tx *store.Tx) error { return tx.DeleteThread(store.ThreadState{ID: c.Free.ID}) })
	expect("without its thread", "walnut")
}

func searchAccess(t *testing.T, open Open) {
	c := community(t, open)
	free := c.Post(t, c.Ada, c.Free, "oak")
	paid := c.Post(t, c.Ada, c.Paid, "oak")
	private := c.Post(t, c.Ada, c.Private, "oak")
	for _, v := range c.People() {
		var want []int64
		for id, access := range map[int64]parley.Access{free: {}, paid: {MinTierCents: 500}, private: {Private: true}} {
			if access.Admits(v) {
				want = append(want, id)
			}
		}
		var got []int64
		for _, m := range c.findAs(t, v, "oak") {
			got = append(got, m.ID)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%+v finds %v, want %v", v, got, want)
		}
		titles := Read(t, c.Store, func(s *store.Snapshot) ([]store.FoundThread, error) {
			return s.SearchThreads(v, store.SearchFilter{Terms: parley.ParseSearch("team"), Limit: 20})
		})
		if (len(titles) == 1) != v.Staff() {
			t.Errorf("%+v finds the titles %+v", v, titles)
		}
	}
}

func snippetsSafe(t *testing.T, open Open) {
	c := community(t, open)
	c.Post(t, c.Finn, c.Free, `<img src=x onerror=alert(1)> & walnut`+" \x01\x02\x02\x01 "+strings.Repeat("filler ", 100))
	found := c.findAs(t, c.Mina, "walnut")
	if len(found) != 1 {
		t.Fatalf("found %+v", found)
	}
	html := found[0].SnippetHTML
	if !strings.Contains(html, "<mark>walnut</mark>") || strings.Contains(html, "<img") || len(html) > 1000 || strings.Count(html, "<mark>") != strings.Count(html, "</mark>") {
		t.Errorf("snippet %q", html)
	}
	if m := found[0]; len(m.ContentPreview) != 200 || m.Username != "Finn" || m.ThreadTitle != "Welcome" || m.ThreadID != c.Free.ID || m.CreatedAt == 0 {
		t.Errorf("found %+v", m)
	}
}

func newestFirst(t *testing.T, open Open) {
	c := community(t, open)
	old := c.Post(t, c.Finn, c.Free, "an old word about birch")
	c.Clock.Pass(90 * 24 * time.Hour)
	fresh := c.Post(t, c.Finn, c.Free, "a new word about birch")
	found := c.findAs(t, c.Mina, "birch")
	if len(found) != 2 || found[0].ID != fresh || found[1].ID != old {
		t.Errorf("found %+v", found)
	}
}

func titlesFound(t *testing.T, open Open) {
	c := community(t, open)
	find := func(q string, kind parley.ThreadType) []store.FoundThread {
		return Read(t, c.Store, func(s *store.Snapshot) ([]store.FoundThread, error) {
			return s.SearchThreads(c.Finn, store.SearchFilter{Terms: parley.ParseSearch(q), Kind: kind, Limit: 20})
		})
	}
	got := find("questions", "")
	if len(got) != 1 || got[0].ID != c.Sub.ID || got[0].ThreadType != parley.SubThread || got[0].Username != "Mina" || got[0].MessageCount != 1 || got[0].SnippetHTML != "A <mark>question</mark>" {
		t.Errorf("found %+v", got)
	}
	if main, sub := find("question", parley.MainThread), find("question", parley.SubThread); len(main) != 0 || len(sub) != 1 {
		t.Errorf("of main threads %+v, of sub-threads %+v", main, sub)
	}
	Update(t, c.Store, func(tx *store.Tx) error {
		state, _, err := tx.ThreadState(c.Sub.ID)
		if state.Title = "An answer"; err != nil {
			return err
		}
		return tx.SetThread(state)
	})
	if before, after := find("question", ""), find("answer", ""); len(before) != 0 || len(after) != 1 {
		t.Errorf("by the old title %+v, by the new one %+v", before, after)
	}
}
