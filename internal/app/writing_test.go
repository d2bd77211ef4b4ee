package app_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parley"
	"parley/internal/app"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestInALockedThreadOnlyTheCreatorWrites(t *testing.T) {
	f := openForum(t)
	yes := true
	f.edit(f.Free, app.ThreadPatch{Locked: &yes})
	for _, v := range []parley.Viewer{f.Tomas, f.Mina, f.Finn} {
		_, err := f.PostMessage(t.Context(), v, f.Free.ID, "hello", 0, app.Idempotency{})
		wantKind(t, err, parley.Forbidden)
		_, err = f.PostMessage(t.Context(), v, f.Free.ID, "hello", f.Free.First, app.Idempotency{})
		wantKind(t, err, parley.Forbidden)
	}
	f.post(f.Ada, f.Free, "the last word")
}

func TestSlowModeMakesMembersWait(t *testing.T) {
	f := openForum(t)
	slow := int64(30)
	f.edit(f.Free, app.ThreadPatch{SlowModeSeconds: &slow})
	post := func(v parley.Viewer) error {
		return drop(f.PostMessage(t.Context(), v, f.Free.ID, "hello", 0, app.Idempotency{}))
	}
	if err := post(f.Finn); err != nil {
		t.Fatal(err)
	}
	f.Clock.Pass(10500 * time.Millisecond)
	var wait *parley.Error
	if err := post(f.Finn); !errors.As(err, &wait) || wait.Kind != parley.RateLimited || wait.RetryAfter != 19500*time.Millisecond || !strings.Contains(wait.Message, "in 20 seconds") {
		t.Errorf("got %v, want to wait 19.5 s", err)
	}
	for _, v := range []parley.Viewer{f.Mina, f.Tomas, f.Tomas, f.Ada, f.Ada} { // for herself, and the team
		if err := post(v); err != nil {
			t.Errorf("%s: %v", v.Role, err)
		}
	}
	f.Clock.Pass(19500 * time.Millisecond)
	if err := post(f.Finn); err != nil {
		t.Errorf("after the pause: %v", err)
	}
	tooSlow := int64(parley.MaxSlowMode + 1)
	wantKind(t, drop(f.UpdateThread(t.Context(), f.Ada, f.Free.ID, app.ThreadPatch{SlowModeSeconds: &tooSlow})), parley.Unprocessable)
}

// TestSlowModeRefusesWithoutATrace tells the rest of that story: who sets it is logged,
// what is refused tells nobody and counts nowhere, and what is sent again is answered.
func TestSlowModeRefusesWithoutATrace(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	f.tells("slowed down", func() error {
		return drop(f.UpdateThread(ctx, f.Tomas, f.Free.ID, app.ThreadPatch{SlowModeSeconds: ptr(int64(30))}))
	}, parley.ThreadUpdated{ThreadID: f.Free.ID}, parley.ThreadsChanged{ThreadIDs: []int64{f.Free.ID}})
	f.logged(parley.ActThreadUpdated)
	key := app.Idempotency{Key: "once", Fingerprint: []byte("the same")}
	post := func(idem app.Idempotency) (parley.Message, error) {
		return f.PostMessage(ctx, f.Finn, f.Free.ID, "hello", 0, idem)
	}
	first := must[parley.Message](t)(post(key))
	before := f.thread(f.Finn, f.Free.ID)
	f.tells("too soon", func() error {
		wantKind(t, drop(post(app.Idempotency{})), parley.RateLimited)
		return nil
	})
	f.tells("sent again", func() error {
		if again := must[parley.Message](t)(post(key)); again.ID != first.ID {
			t.Errorf("answered with message %d, want %d", again.ID, first.ID)
		}
		return nil
	})
	if now := f.thread(f.Finn, f.Free.ID); now.MessageCount != before.MessageCount || now.LastMessageAt != before.LastMessageAt || now.SlowModeSeconds != 30 {
		t.Errorf("the thread was %+v, is %+v", before, now)
	}
}

func TestAReplyAnswersAMessageOfItsThread(t *testing.T) {
	f := openForum(t)
	reply := f.reply(f.Finn, f.Free, f.Free.First, "hello Ada")
	if reply.ReplyToMessage == nil || reply.ReplyToMessage.Username != "Ada" || reply.ReplyToMessage.Content != "Welcome" {
		t.Errorf("it shows %+v", reply.ReplyToMessage)
	}
	gone := f.post(f.Finn, f.Free, "gone")
	must[[]int64](t)(f.DeleteMessage(t.Context(), f.Finn, gone.ID))
	for name, to := range map[string]int64{"in another thread": f.Paid.First, "deleted": gone.ID, "nowhere": 1 << 40} {
		_, err := f.PostMessage(t.Context(), f.Finn, f.Free.ID, "hello", to, app.Idempotency{})
		if parley.KindOf(err) != parley.NotFound {
			t.Errorf("to a message %s: %v", name, err)
		}
	}
}

func TestAMessageIsRenderedAndItsAuthorFollows(t *testing.T) {
	f := openForum(t)
	m := f.post(f.Finn, f.Free, "**Hi** @mina, mail me at finn@ada.org\r\n")
	if m.Content != "**Hi** @mina, mail me at finn@ada.org" || !cmp.Equal(m.Mentions, []string{"Mina"}) {
		t.Errorf("content %q, mentions %q", m.Content, m.Mentions)
	}
	for _, want := range []string{"<strong>Hi</strong>", fmt.Sprintf(`<span class="mention" data-user-id="%d">@`, f.Mina.ID)} {
		if !strings.Contains(m.ContentHTML, want) {
			t.Errorf("%s\nhas no %s", m.ContentHTML, want)
		}
	}
	thread := must[parley.Thread](t)(f.Thread(t.Context(), f.Finn, f.Free.ID))
	if !thread.IsFollowing || thread.FollowerCount != 1 || thread.MessageCount != 2 || thread.LastMessageAt != m.CreatedAt {
		t.Errorf("the thread: %+v", thread)
	}
	for _, content := range []string{"", " \n", strings.Repeat("x", parley.MaxContent+1), "\x00"} {
		wantKind(t, drop(f.PostMessage(t.Context(), f.Finn, f.Free.ID, content, 0, app.Idempotency{})), parley.Unprocessable)
	}
}

func TestOnlyTheTeamCallsMany(t *testing.T) {
	f := openForum(t)
	post := func(v parley.Viewer, content string) error {
		return drop(f.PostMessage(t.Context(), v, f.Free.ID, content, 0, app.Idempotency{}))
	}
	for _, content := range []string{"@everyone look", "hi @Team"} {
		wantKind(t, post(f.Mina, content), parley.Forbidden)
		if err := post(f.Tomas, content); err != nil {
			t.Errorf("Tomas: %v", err)
		}
	}
	for _, content := range []string{"@creator help", "`@everyone` is a word"} {
		if err := post(f.Finn, content); err != nil {
			t.Errorf("Finn %q: %v", content, err)
		}
	}
	own := f.post(f.Finn, f.Free, "hello")
	wantKind(t, drop(f.EditMessage(t.Context(), f.Finn, own.ID, "hello @everyone")), parley.Forbidden)
	wantKind(t, drop(f.CreateSubThread(t.Context(), f.Finn, own.ID, "Look", "@team", app.Idempotency{})), parley.Forbidden)
}

func TestAnEditKeepsWhatItsAuthorMayStillMention(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	call := f.post(f.Tomas, f.Free, "@team at nine")
	edited := must[parley.Message](t)(f.EditMessage(ctx, f.Tomas, call.ID, "@team at ten"))
	if edited.Content != "@team at ten" || !edited.IsEdited || edited.EditedAt == nil {
		t.Errorf("got %+v", edited)
	}
	if err := f.SetRights(ctx, "Tomas", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	wantKind(t, drop(f.EditMessage(ctx, f.Tomas, call.ID, "@team at eleven")), parley.Forbidden)
	must[parley.Message](t)(f.EditMessage(ctx, f.Tomas, call.ID, "at eleven"))
}

func TestADeletionTakesTheRepliesAndReturnsTheirIDs(t *testing.T) {
	f := openForum(t)
	root := f.reply(f.Finn, f.Free, f.Free.First, "root")
	left := f.reply(f.Mina, f.Free, root.ID, "left")
	below := f.reply(f.Ada, f.Free, left.ID, "below")
	wantKind(t, drop(f.DeleteMessage(t.Context(), f.Mina, root.ID)), parley.Forbidden)
	got := must[[]int64](t)(f.DeleteMessage(t.Context(), f.Tomas, root.ID))
	if diff := cmp.Diff([]int64{root.ID, left.ID, below.ID}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, id := range got {
		wantKind(t, drop(f.Message(t.Context(), f.Ada, id)), parley.NotFound)
		wantKind(t, drop(f.Like(t.Context(), f.Ada, id)), parley.NotFound)
		wantKind(t, drop(f.EditMessage(t.Context(), f.Finn, id, "still here")), parley.NotFound)
		wantKind(t, drop(f.DeleteMessage(t.Context(), f.Tomas, id)), parley.NotFound)
	}
}

// TestTheSameRequestCreatesOnce sends requests with an idempotency key many
// times at once.
func TestTheSameRequestCreatesOnce(t *testing.T) {
	f := openForum(t)
	ctx := t.Context()
	for name, create := range map[string]func(app.Idempotency) (int64, error){
		"message": func(idem app.Idempotency) (int64, error) {
			m, err := f.PostMessage(ctx, f.Ada, f.Free.ID, "hello", 0, idem)
			return m.ID, err
		},
		"thread": func(idem app.Idempotency) (int64, error) {
			t, err := f.CreateThread(ctx, f.Ada, app.NewThread{Title: "New", Content: "hello"}, idem)
			return t.ID, err
		},
		"sub-thread": func(idem app.Idempotency) (int64, error) {
			t, err := f.CreateSubThread(ctx, f.Ada, f.Free.First, "New", "hello", idem)
			return t.ID, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			idem := app.Idempotency{Key: "key of " + name, Fingerprint: []byte("request")}
			before := f.rows()
			var ids sync.Map
			var sending sync.WaitGroup
			for range 10 {
				sending.Go(func() {
					id, err := create(idem)
					if err != nil {
						t.Error(err)
					}
					ids.Store(id, true)
				})
			}
			sending.Wait()
			var different int
			ids.Range(func(any, any) bool { different++; return true })
			if made := f.rows() - before; different != 1 || made != 1 {
				t.Errorf("%d answers, %d messages made; want one", different, made)
			}
			_, err := create(app.Idempotency{Key: idem.Key, Fingerprint: []byte("another request")})
			wantKind(t, err, parley.Unprocessable)
			if id, err := create(app.Idempotency{Key: "another key", Fingerprint: []byte(name)}); err != nil {
				t.Error(err)
			} else if _, same := ids.Load(id); same {
				t.Error("another key gave the first result")
			}
			f.Clock.Pass(24 * time.Hour)
			if id, err := create(idem); err != nil {
				t.Error(err)
			} else if _, same := ids.Load(id); same {
				t.Error("after a day the key still gives the first result")
			}
		})
	}
}

// rows returns how many messages there are, by their ids, which only grow.
func (f *forum) rows() (n int64) {
	f.t.Helper()
	threads, _, err := f.Threads(f.t.Context(), f.Ada, everything)
	if err != nil {
		f.t.Fatal(err)
	}
	for _, t := range threads {
		n += t.MessageCount
	}
	return n
}

func TestARepeatedRequestIsAnsweredUnderTheAccessOfNow(t *testing.T) {
	f := openForum(t)
	idem := app.Idempotency{Key: "key", Fingerprint: []byte("request")}
	mina := f.Mina
	post := func() (parley.Message, error) {
		return f.PostMessage(t.Context(), mina, f.Paid.ID, "hello", 0, idem)
	}
	first := must[parley.Message](t)(post())
	must[parley.Message](t)(f.EditMessage(t.Context(), f.Mina, first.ID, "hello!"))
	if again := must[parley.Message](t)(post()); again.ID != first.ID || again.Content != "hello!" {
		t.Errorf("answered with %+v, want the message as it is now", again)
	}
	if err := f.SetRights(t.Context(), "Mina", parley.RoleMember, parley.Membership{}); err != nil {
		t.Fatal(err)
	}
	mina.AmountCents = 0
	_, err := post()
	wantKind(t, err, parley.Forbidden)
}

func TestManyLikeAtOnceAndEachCounts(t *testing.T) {
	f := openForum(t)
	var liking sync.WaitGroup
	for _, v := range []parley.Viewer{f.Tomas, f.Mina, f.Finn} {
		for range 5 { // impatiently
			liking.Go(func() {
				if _, err := f.Like(t.Context(), v, f.Free.First); err != nil {
					t.Error(err)
				}
			})
		}
	}
	liking.Wait()
	page := must[app.LikePage](t)(f.Likes(t.Context(), f.Finn, f.Free.First, 0, 0, 20))
	if page.TotalLikes != 3 || len(page.Likes) != 3 || !page.UserHasLiked {
		t.Errorf("got %+v, want three likes", page)
	}
	if got := len(f.notices(f.Ada)); got != 3 {
		t.Errorf("Ada has %d notifications, want one for each liker", got)
	}
	again := must[app.LikeResult](t)(f.Like(t.Context(), f.Finn, f.Free.First))
	if want := (app.LikeResult{LikeCount: 3, UserHasLiked: true}); again != want {
		t.Errorf("liked again: %+v, want %+v", again, want)
	}
	back := must[app.LikeResult](t)(f.Unlike(t.Context(), f.Finn, f.Free.First))
	if want := (app.LikeResult{Changed: true, LikeCount: 2}); back != want {
		t.Errorf("taken back: %+v, want %+v", back, want)
	}
	wantKind(t, drop(f.Like(t.Context(), f.Ada, f.Free.First)), parley.Invalid)
}

func TestFollowingWarnsOfNoise(t *testing.T) {
	f := openForum(t)
	loud, calm := parley.Follow{NewMessage: true}, parley.Follow{Mention: true}
	follow := func(id int64, wishes parley.Follow) app.FollowResult {
		return must[app.FollowResult](t)(f.Follow(t.Context(), f.Finn, id, wishes))
	}
	if got, want := follow(f.Free.ID, loud), (app.FollowResult{Following: true, FollowerCount: 1}); got != want {
		t.Errorf("a quiet thread: %+v, want %+v", got, want)
	}
	for range parley.FollowWarningMessages {
		f.Post(t, f.Mina, f.Free, "noise")
		f.Post(t, f.Mina, f.Sub, "noise")
	}
	if got := follow(f.Free.ID, loud); !strings.Contains(got.Warning, "11 messages") || got.FollowerCount != 1 {
		t.Errorf("a busy thread: %+v", got)
	}
	if got := follow(f.Free.ID, calm); got.Warning != "" {
		t.Errorf("without new messages: %+v", got)
	}
	if got := follow(f.Sub.ID, loud); got.Warning != "" {
		t.Errorf("a sub-thread: %+v", got)
	}
	got := must[app.FollowResult](t)(f.Unfollow(t.Context(), f.Finn, f.Free.ID))
	if got != (app.FollowResult{}) {
		t.Errorf("no longer: %+v", got)
	}
}

func TestOpeningAPageCountsAView(t *testing.T) {
	f := openForum(t)
	for _, q := range []app.MessageQuery{
		{Limit: 10, MarkRead: true}, {Limit: 10, MarkRead: true}, // these count
		{Limit: 10}, {Limit: 10, MarkRead: true, Before: 99}, {Limit: 10, MarkRead: true, After: 1},
	} {
		if _, _, err := f.Messages(t.Context(), f.Finn, f.Free.ID, q); err != nil {
			t.Fatal(err)
		}
	}
	f.Settle(t.Context())
	if got := must[parley.Thread](t)(f.Thread(t.Context(), f.Finn, f.Free.ID)); got.ViewCount != 2 || got.LastReadMessageID != nil {
		t.Errorf("%d views, read up to %v; want 2 and nothing", got.ViewCount, got.LastReadMessageID)
	}
}

func TestOneSearchFindsPeopleAndThoseWhoMayBeCalled(t *testing.T) {
	f := openForum(t)
	find := func(v parley.Viewer, q string, limit int) (names []string) {
		for _, p := range must[[]app.Person](t)(f.SearchUsers(t.Context(), v, q, limit)) {
			names = append(names, p.Username)
		}
		return names
	}
	storetest.Update(t, f.Store, func(tx *store.Tx) error {
		_, err := storetest.AddPerson(tx, "Teamwork", parley.RoleMember, parley.Membership{})
		return err
	})
	for _, tc := range []struct {
		who   parley.Viewer
		q     string
		limit int
		want  []string
	}{
		{f.Ada, "te", 10, []string{"team", "Teamwork"}},
		{f.Finn, "TE", 10, []string{"Teamwork"}},
		{f.Finn, "cre", 10, []string{"creator"}},
		{f.Tomas, "ever", 10, []string{"everyone"}},
		{f.Ada, "e", 10, []string{"Teamwork"}},
		{f.Ada, "te", 1, []string{"team"}},
		{f.Finn, "in", 10, []string{"Finn", "Mina"}},
		{f.Finn, " mi ", 10, []string{"Mina"}},
		{f.Finn, " ", 10, nil},
		{f.Finn, "\x00", 10, nil}, // in SQLite the pattern would end there, and match everybody
		{f.Finn, "mi\x00", 10, nil},
		{f.Finn, "\xff", 10, nil},
	} {
		if diff := cmp.Diff(tc.want, find(tc.who, tc.q, tc.limit)); diff != "" {
			t.Errorf("%s looks for %q (-want +got):\n%s", tc.who.Role, tc.q, diff)
		}
	}
}
