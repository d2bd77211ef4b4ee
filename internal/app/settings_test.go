package app_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
)

// alias gives somebody an alias, in use.
func (f *forum) alias(v parley.Viewer, alias string) {
	f.t.Helper()
	yes := true
	must[parley.Settings](f.t)(f.UpdateSettings(f.t.Context(), v, app.SettingsPatch{Alias: &alias, UseAlias: &yes}))
}

func TestAnAliasIsOneThatNobodyIsTakenFor(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.alias(f.Mina, "Stella")
	for alias, want := range map[string]parley.Kind{
		"Tomas":                 parley.Invalid, // a username
		"TOMAS":                 parley.Invalid, // in other letters' case
		"Tоmаs":                 parley.Invalid, // in look-alike letters
		"Stella":                parley.Invalid, // an alias
		"SteIIa":                parley.Invalid,
		"everyone":              parley.Unprocessable,
		"еvеryone":              parley.Invalid, // reserved, in look-alike letters
		"a":                     parley.Unprocessable,
		"two words":             parley.Unprocessable,
		"<b>":                   parley.Unprocessable,
		strings.Repeat("ж", 51): parley.Unprocessable,
	} {
		_, err := f.UpdateSettings(ctx, f.Finn, app.SettingsPatch{Alias: &alias})
		wantKind(t, err, want)
		free, message, err := f.AliasFree(ctx, f.Finn, alias)
		if free || message == "" || err != nil {
			t.Errorf("%q is free: %v, %q, %v", alias, free, message, err)
		}
	}
	for _, alias := range []string{"Finn", "Финч_2", "太郎さん", strings.Repeat("ж", 50)} {
		if free, _, err := f.AliasFree(ctx, f.Finn, alias); !free || err != nil {
			t.Errorf("%q is free: %v, %v", alias, free, err)
		}
		f.alias(f.Finn, alias)
		f.alias(f.Finn, alias) // unchanged, it passes
	}
	if free, _, err := f.AliasFree(ctx, f.Finn, ""); free || err != nil {
		t.Errorf("nothing is free: %v, %v", free, err)
	}
}

// TestAnAliasIsFoundHoweverItsAccentsAreWritten writes them apart, as some keyboards and
// file names do.
func TestAnAliasIsFoundHoweverItsAccentsAreWritten(t *testing.T) {
	f := openForum(t)
	f.alias(f.Mina, "Zoe\u0308")
	for _, name := range []string{"Zoë", "zoe\u0308"} {
		m := f.post(f.Finn, f.Free, "@"+name)
		if len(m.Mentions) != 1 || m.Mentions[0] != "Zoë" {
			t.Errorf("%q mentions %q", name, m.Mentions)
		}
		if found := must[[]app.Person](t)(f.SearchUsers(t.Context(), f.Finn, name, 5)); len(found) != 1 {
			t.Errorf("%q finds %+v", name, found)
		}
	}
	if notices := f.notices(f.Mina); len(notices) != 2 {
		t.Errorf("Mina was told %+v", notices)
	}
}

func TestAnAliasThatIsClearedIsNotInUse(t *testing.T) {
	f := openForum(t)
	none := ""
	f.alias(f.Mina, "Stella")
	settings := must[parley.Settings](t)(f.UpdateSettings(t.Context(), f.Mina, app.SettingsPatch{Alias: &none}))
	if settings.DisplayAlias != nil || settings.UseAlias {
		t.Errorf("settings are %+v", settings)
	}
	f.alias(f.Finn, "Stella") // free again
}

// TestAnAliasNeverGivesAwayTheUsername looks for the username in everything that
// others are shown of somebody with an alias.
func TestAnAliasNeverGivesAwayTheUsername(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.alias(f.Mina, "Stella")
	f.hub.take()
	finn := f.post(f.Finn, f.Free, "I like @Stella").ID
	own := f.reply(f.Mina, f.Free, finn, "hello @Finn").ID
	must[app.LikeResult](t)(f.Like(ctx, f.Mina, finn))
	sub := f.grow(f.Mina, finn, "More", "of it")
	must[parley.Message](t)(f.EditMessage(ctx, f.Mina, own, "hello, @Finn"))
	shown := []any{
		must[parley.Message](t)(f.Message(ctx, f.Finn, own)), must[parley.Thread](t)(f.Thread(ctx, f.Finn, sub.ID)),
		must[app.LikePage](t)(f.Likes(ctx, f.Finn, finn, 0, 0, 10)), must[app.NotificationPage](t)(f.Notifications(ctx, f.Finn, 0, 0, 10)),
		must[app.UserActivity](t)(f.UserActivity(ctx, f.Finn, f.Mina.ID)), must[[]app.Earlier](t)(f.History(ctx, f.Tomas, own, 0, 10)),
		must[[]app.Person](t)(f.SearchUsers(ctx, f.Finn, "stel", 10)),
	}
	for _, e := range f.hub.take() {
		shown = append(shown, string(e.Frame), string(e.Also))
	}
	for _, value := range shown {
		text := string(must[[]byte](t)(json.Marshal(value)))
		if strings.Contains(text, "Mina") || strings.Contains(text, "mina") {
			t.Errorf("Finn is shown %s", text)
		}
	}
	if found := must[[]app.Person](t)(f.SearchUsers(ctx, f.Finn, "mina", 10)); len(found) != 0 {
		t.Errorf("found by the username: %+v", found)
	}
	if stella := must[parley.Message](t)(f.Message(ctx, f.Finn, finn)); len(stella.Mentions) != 1 || stella.Mentions[0] != "Stella" {
		t.Errorf("mentioned by the alias: %v", stella.Mentions)
	}
}

// TestAMentionDoesNotTellWhoTookAnAliasLater looks for what ties the name that Mina was
// mentioned by to what she writes as Stella: her id beside it, and its place among the
// names mentioned.
func TestAMentionDoesNotTellWhoTookAnAliasLater(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	root := f.post(f.Finn, f.Free, "I like **@Mina** and @Tomas").ID
	f.reply(f.Finn, f.Free, root, "or is it @mina?")
	stands := must[parley.Message](t)(f.Message(ctx, f.Finn, root))
	hers, his := fmt.Sprintf(`data-user-id="%d"`, f.Mina.ID), fmt.Sprintf(`data-user-id="%d"`, f.Tomas.ID)
	if !strings.Contains(stands.ContentHTML, hers+">@Mina<") || len(stands.Mentions) != 2 {
		t.Fatalf("without an alias: %s mentions %v", stands.ContentHTML, stands.Mentions)
	}
	f.alias(f.Mina, "Stella")
	f.hub.take()
	page, _, err := f.Messages(ctx, f.Finn, f.Free.ID, app.MessageQuery{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	shown := append(page, must[[]parley.Message](t)(f.MessagesSince(ctx, f.Finn, f.Free.ID, 0, 10))...)
	shown = append(shown, must[[]parley.Message](t)(f.Replies(ctx, f.Finn, root, 0, 1, 10))...)
	shown = append(shown, must[app.UserActivity](t)(f.UserActivity(ctx, f.Tomas, f.Finn.ID)).RecentMessages...)
	shown = append(shown, must[parley.Message](t)(f.EditMessage(ctx, f.Finn, root, "I like **@Mina**, and @Tomas")))
	for _, m := range shown {
		if strings.Contains(m.ContentHTML, hers) || slices.ContainsFunc(m.Mentions, func(name string) bool { return parley.FoldName(name) == "mina" }) {
			t.Errorf("shown %s, which mentions %v", m.ContentHTML, m.Mentions)
		}
		if m.ID == root && (!strings.Contains(m.ContentHTML, "<strong>@Mina</strong>") || !strings.Contains(m.ContentHTML, his) || len(m.Mentions) != 1) {
			t.Errorf("of the rest is left %s, which mentions %v", m.ContentHTML, m.Mentions)
		}
	}
	for _, e := range f.hub.take() {
		if strings.Contains(string(e.Frame), strings.ReplaceAll(hers, `"`, `\"`)) {
			t.Errorf("told %s", e.Frame)
		}
	}
}

// TestAMentionDoesNotTellWhoGaveAnAliasUp is the other way round.
func TestAMentionDoesNotTellWhoGaveAnAliasUp(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.alias(f.Mina, "Stella")
	id := f.post(f.Finn, f.Free, "I like @Stella").ID
	if err := f.ResetSettings(ctx, f.Mina); err != nil {
		t.Fatal(err)
	}
	if m := must[parley.Message](t)(f.Message(ctx, f.Finn, id)); m.ContentHTML != "<p>I like @Stella</p>" || len(m.Mentions) != 0 {
		t.Errorf("shown %s, which mentions %v", m.ContentHTML, m.Mentions)
	}
	f.alias(f.Mina, "Stella")
	if m := must[parley.Message](t)(f.Message(ctx, f.Finn, id)); len(m.Mentions) != 1 || m.Mentions[0] != "Stella" {
		t.Errorf("known by it again she is not mentioned: %v", m.Mentions)
	}
}

func TestWhoGoesByAnAliasHearsOfTheirUsernameWithoutItBeingShown(t *testing.T) {
	f := openForum(t)
	f.alias(f.Mina, "Stella")
	m := f.post(f.Finn, f.Free, "is @Mina here?")
	if len(m.Mentions) != 0 || strings.Contains(m.ContentHTML, "mention") {
		t.Errorf("shown %v, %s", m.Mentions, m.ContentHTML)
	}
	if got := f.notices(f.Mina); len(got) != 1 || got[0] != (notice{parley.NotifyMention, m.ID}) {
		t.Errorf("Mina is told %v", got)
	}
}

func TestOpenSocketsTellUnderTheNewNameWhoTypes(t *testing.T) {
	f := openForum(t)
	position := f.heads()[parley.ControlChannel]
	f.alias(f.Mina, "Stella")
	rights := must[app.Rights](t)(f.RightsSince(t.Context(), position))
	if rights.Names[f.Mina.ID] != "Stella" || rights.Users[f.Mina.ID] != f.Mina {
		t.Errorf("rights are %+v", rights)
	}
}

func TestSettingsAreCheckedAndReset(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	no, seconds, short, place, nowhere := false, int64(60), int64(4), "bottom-left", "middle"
	f.alias(f.Mina, "Stella")
	set := must[parley.Settings](t)(f.UpdateSettings(ctx, f.Mina, app.SettingsPatch{Sound: &no, DismissSeconds: &seconds, Position: &place, EveryoneMentions: &no}))
	if set.Sound || set.DismissSeconds != 60 || set.Position != place || set.EveryoneMentions || !set.UseAlias || !set.QuickReply {
		t.Errorf("set %+v", set)
	}
	_, err := f.UpdateSettings(ctx, f.Mina, app.SettingsPatch{DismissSeconds: &short})
	wantKind(t, err, parley.Unprocessable)
	_, err = f.UpdateSettings(ctx, f.Mina, app.SettingsPatch{Position: &nowhere})
	wantKind(t, err, parley.Unprocessable)
	if err := f.ResetSettings(ctx, f.Mina); err != nil {
		t.Fatal(err)
	}
	if got := must[parley.Settings](t)(f.Settings(ctx, f.Mina)); got != parley.DefaultSettings() {
		t.Errorf("reset to %+v", got)
	}
}

func TestMentionsByNameAreHeardOnlyByThoseWhoWantThem(t *testing.T) {
	f := openForum(t)
	no := false
	must[parley.Settings](t)(f.UpdateSettings(t.Context(), f.Mina, app.SettingsPatch{DirectMentions: &no}))
	f.post(f.Finn, f.Free, "hello @Mina")
	if got := f.notices(f.Mina); len(got) != 0 {
		t.Errorf("Mina is told %v", got)
	}
	own := f.post(f.Mina, f.Free, "hello")
	reply := f.reply(f.Finn, f.Free, own.ID, "hello @Mina")
	if got := f.notices(f.Mina); len(got) != 1 || got[0] != (notice{parley.NotifyReply, reply.ID}) {
		t.Errorf("Mina is told %v", got)
	}
}

func TestEveryoneIsHeardOnlyByThoseWhoWantIt(t *testing.T) {
	f := openForum(t)
	no := false
	must[parley.Settings](t)(f.UpdateSettings(t.Context(), f.Mina, app.SettingsPatch{EveryoneMentions: &no}))
	f.hub.take()
	m := f.post(f.Ada, f.Free, "hello @everyone")
	if got := f.notices(f.Mina); len(got) != 0 {
		t.Errorf("Mina is told %v", got)
	}
	if got := f.notices(f.Finn); len(got) != 1 || got[0].Message != m.ID {
		t.Errorf("Finn is told %v", got)
	}
	for _, e := range f.hub.take() {
		if frameType(t, e.Frame) == "everyone_mention" {
			if n := decode[parley.SpecialMentionFrame](t, e.Frame).NotificationCount; n != 2 {
				t.Errorf("%d are told of, want Tomas and Finn", n)
			}
		}
	}
}

func TestAMutedThreadNeverCounts(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.post(f.Ada, f.Free, "@Finn")
	own := f.post(f.Finn, f.Free, "mine")
	if err := f.Mute(ctx, f.Finn, f.Free.ID, parley.At(f.Clock.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if got := f.notices(f.Finn); len(got) != 0 {
		t.Errorf("what was unread still is: %v", got)
	}
	if thread := must[parley.Thread](t)(f.Thread(ctx, f.Finn, f.Free.ID)); !thread.IsMuted {
		t.Error("the thread does not show that it is muted")
	}
	f.reply(f.Ada, f.Free, own.ID, "@Finn @everyone")
	must[app.LikeResult](t)(f.Like(ctx, f.Ada, own.ID))
	f.grow(f.Ada, own.ID, "More", "of it")
	if got := f.notices(f.Finn); len(got) != 0 {
		t.Errorf("Finn is told %v", got)
	}
	f.Clock.Pass(time.Hour)
	m := f.post(f.Ada, f.Free, "@Finn")
	if got := f.notices(f.Finn); len(got) != 1 || got[0].Message != m.ID {
		t.Errorf("after an hour Finn is told %v", got)
	}
}

func TestAMuteIsTakenBackAndNeedsAccess(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	if err := f.Mute(ctx, f.Finn, f.Free.ID, 0); err != nil {
		t.Fatal(err)
	}
	if err := f.Unmute(ctx, f.Finn, f.Free.ID); err != nil {
		t.Fatal(err)
	}
	f.post(f.Ada, f.Free, "@Finn")
	if got := f.notices(f.Finn); len(got) != 1 {
		t.Errorf("Finn is told %v", got)
	}
	wantKind(t, f.Mute(ctx, f.Finn, f.Paid.ID, 0), parley.Forbidden)
	wantKind(t, f.Unmute(ctx, f.Finn, f.Private.ID), parley.NotFound)
	wantKind(t, f.Mute(ctx, f.Finn, f.Free.ID, parley.At(f.Clock.Now())), parley.Unprocessable)
}

func TestStatisticsAndActivityAreOfWhatOneMaySee(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.post(f.Ada, f.Paid, "for some")
	f.post(f.Ada, f.Private, "hush")
	stats := must[app.Stats](t)(f.Stats(ctx, f.Finn))
	if stats.TotalThreads != 2 || stats.MainThreads != 1 || stats.SubThreads != 1 || stats.TotalMessages != 2 || stats.RecentMessages24h != 2 || stats.MostActiveThread.Title == "Early access" {
		t.Errorf("Finn's statistics are %+v", stats)
	}
	all := must[app.Stats](t)(f.Stats(ctx, f.Tomas))
	if all.TotalThreads != 4 || all.TotalMessages != 6 || all.MostActiveThread.MessageCount != 2 {
		t.Errorf("Tomas' statistics are %+v", all)
	}
	ada := must[app.UserActivity](t)(f.UserActivity(ctx, f.Finn, f.Ada.ID))
	if ada.User.Username != "Ada" || ada.TotalMessages != 1 || ada.ThreadsCreated != 1 || len(ada.RecentMessages) != 1 || len(ada.CreatedThreads) != 1 {
		t.Errorf("Ada's activity to Finn is %+v", ada)
	}
	_, err := f.UserActivity(ctx, f.Finn, 4711)
	wantKind(t, err, parley.NotFound)
}
