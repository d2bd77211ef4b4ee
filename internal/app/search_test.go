package app_test

import (
	"testing"

	"parley"
	"parley/internal/app"
)

func TestASearchFollowsWhatOneMaySeeNow(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	find := func(v parley.Viewer, q string) app.SearchResult {
		return must[app.SearchResult](t)(f.Search(ctx, v, app.SearchQuery{Text: q, Type: "all", Limit: 20}))
	}
	f.post(f.Ada, f.Paid, "mahogany for some")
	if got := find(f.Mina, "mahogany"); len(got.Messages) != 1 || got.Messages[0].ThreadTitle != "Early access" {
		t.Errorf("Mina finds %+v", got)
	}
	if got := find(f.Finn, "mahogany"); len(got.Messages)+len(got.Threads) != 0 {
		t.Errorf("Finn finds %+v", got)
	}
	if err := f.SetRights(ctx, "Mina", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	if got := find(f.Mina, "early mahogany"); len(got.Messages)+len(got.Threads) != 0 {
		t.Errorf("without her tier Mina finds %+v", got)
	}
	private := true
	f.edit(f.Free, app.ThreadPatch{Private: &private})
	if got := find(f.Finn, "question"); len(got.Threads) != 0 {
		t.Errorf("of a sub-thread whose parent is private Finn finds %+v", got)
	}
}
