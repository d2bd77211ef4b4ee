package app_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/app"
	"parley/internal/storage"
)

// album is a forum that keeps images in a folder.
type album struct {
	*forum
	dir string
}

func openAlbum(t *testing.T) album {
	t.Helper()
	a := album{openForum(t), filepath.Join(t.TempDir(), "uploads")}
	folder := storage.NewFolder(a.dir)
	t.Cleanup(func() { folder.Close() })
	a.StoreUploads(folder)
	return a
}

// drawing is a PNG of this many pixels in a row.
func drawing(t testing.TB, width int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, width, 1))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// upload stores an image of somebody's.
func (a album) upload(v parley.Viewer) parley.Upload {
	a.t.Helper()
	return must[parley.Upload](a.t)(a.Upload(a.t.Context(), v, drawing(a.t, 5), app.Idempotency{}))
}

// seenBy checks who of the four sees an image; the others are told that there is none.
func (a album) seenBy(what string, u parley.Upload, who ...parley.Viewer) {
	a.t.Helper()
	sees := map[int64]bool{}
	for _, v := range who {
		sees[v.ID] = true
	}
	for _, v := range []parley.Viewer{a.Ada, a.Tomas, a.Mina, a.Finn} {
		i, err := a.Image(a.t.Context(), v, u.ID)
		if sees[v.ID] != (err == nil) || err != nil && parley.KindOf(err) != parley.NotFound {
			a.t.Errorf("%s: %v is told %v, want to see it: %t", what, v, err, sees[v.ID])
			continue
		}
		if err == nil {
			a.expectContent(i)
		}
	}
}

func (a album) expectContent(i app.Image) {
	a.t.Helper()
	file, err := a.OpenImage(a.t.Context(), i)
	if err != nil {
		a.t.Fatal(err)
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	if err != nil || i.Type != "image/png" || int64(len(content)) != i.Size || !bytes.HasPrefix(content, []byte("\x89PNG")) {
		a.t.Errorf("%d bytes of %d, %s: %v", len(content), i.Size, i.Type, err)
	}
}

// files returns how many files there are in the folder.
func (a album) files() int {
	a.t.Helper()
	files, err := filepath.Glob(filepath.Join(a.dir, "*", "*"))
	if err != nil {
		a.t.Fatal(err)
	}
	return len(files)
}

func shows(u parley.Upload) string { return fmt.Sprintf("Look: ![a joint](%s)", u.URL) }

func TestAnImageIsSeenByThoseWhoMayReadAMessageThatShowsIt(t *testing.T) {
	a := openAlbum(t)
	ctx := t.Context()
	u := a.upload(a.Mina)
	if u.Width != 5 || u.Height != 1 || u.URL != parley.UploadURL(u.ID) {
		t.Errorf("uploaded %+v", u)
	}
	a.seenBy("not shown yet", u, a.Mina)
	paid := a.post(a.Mina, a.Paid, shows(u))
	if want := `<img src="` + u.URL + `" alt="a joint" width="5" height="1"`; !strings.Contains(paid.ContentHTML, want) {
		t.Errorf("%s lacks %s", paid.ContentHTML, want)
	}
	a.seenBy("in a paid thread", u, a.Ada, a.Tomas, a.Mina)
	free := a.post(a.Mina, a.Free, shows(u))
	a.seenBy("in a free one too", u, a.Ada, a.Tomas, a.Mina, a.Finn)
	must[parley.Message](t)(a.EditMessage(ctx, a.Mina, free.ID, "Never mind."))
	a.seenBy("no longer in the free one", u, a.Ada, a.Tomas, a.Mina)
	must[[]int64](t)(a.DeleteMessage(ctx, a.Mina, paid.ID))
	a.seenBy("in a deleted message", u)
	must[[]int64](t)(a.RestoreMessage(ctx, a.Tomas, paid.ID))
	a.seenBy("in a restored message", u, a.Ada, a.Tomas, a.Mina)
	a.edit(a.Paid, app.ThreadPatch{Private: new(true)})
	a.seenBy("in a private thread", u, a.Ada, a.Tomas)
}

func TestAnImageOfAHiddenMessageIsSeenByItsAuthorAndTheTeam(t *testing.T) {
	a := openAlbum(t)
	u := a.upload(a.Mina)
	m := a.post(a.Mina, a.Free, shows(u))
	a.resolved(a.flag(a.Finn, m.ID), parley.FlagHide)
	a.seenBy("hidden", u, a.Ada, a.Tomas, a.Mina)
}

// Whoever could show the images of others by their number would open those of
// private threads to everybody, themselves among them.
func TestAMessageShowsItsAuthorsImagesAlone(t *testing.T) {
	a := openAlbum(t)
	u := a.upload(a.Tomas)
	a.post(a.Tomas, a.Private, shows(u))
	m := a.post(a.Finn, a.Free, shows(u))
	if want := `<a href="` + u.URL + `" rel="nofollow noopener noreferrer ugc">a joint</a>`; !strings.Contains(m.ContentHTML, want) || strings.Contains(m.ContentHTML, "<img") {
		t.Errorf("Finn's message shows %s", m.ContentHTML)
	}
	a.seenBy("shown by another", u, a.Ada, a.Tomas)
	must[parley.Message](t)(a.EditMessage(t.Context(), a.Finn, m.ID, shows(u)+" again"))
	a.seenBy("edited in by another", u, a.Ada, a.Tomas)
}

func TestFirstMessagesOfThreadsShowImages(t *testing.T) {
	a := openAlbum(t)
	main, sub := a.upload(a.Ada), a.upload(a.Mina)
	thread := must[parley.Thread](t)(a.CreateThread(t.Context(), a.Ada, app.NewThread{Title: "Joints", Content: shows(main)}, app.Idempotency{}))
	a.seenBy("in a new thread", main, a.Ada, a.Tomas, a.Mina, a.Finn)
	a.grow(a.Mina, must[parley.Message](t)(a.PostMessage(t.Context(), a.Mina, thread.ID, "Why?", 0, app.Idempotency{})).ID, "Why?", shows(sub))
	a.seenBy("in a sub-thread", sub, a.Ada, a.Tomas, a.Mina, a.Finn)
}

func TestAnImageThatNoMessageShowsVanishesAfterADay(t *testing.T) {
	a := openAlbum(t)
	used, unused, edited := a.upload(a.Mina), a.upload(a.Mina), a.upload(a.Mina)
	a.post(a.Mina, a.Free, shows(used))
	m := a.post(a.Mina, a.Free, shows(edited))
	a.Clock.Pass(23 * time.Hour)
	must[parley.Message](t)(a.EditMessage(t.Context(), a.Mina, m.ID, "Never mind."))
	a.prunes()
	if n := a.files(); n != 3 {
		t.Errorf("%d files before the day was over", n)
	}
	a.Clock.Pass(2 * time.Hour)
	a.prunes()
	a.seenBy("not shown for a day", unused)
	a.seenBy("not shown for two hours", edited, a.Mina)
	a.seenBy("shown", used, a.Ada, a.Tomas, a.Mina, a.Finn)
	if n := a.files(); n != 2 {
		t.Errorf("%d files are left", n)
	}
}

func TestUploadingAgainWithTheSameKeyStoresNothingAgain(t *testing.T) {
	a := openAlbum(t)
	once := func(width int) (parley.Upload, error) {
		file := drawing(t, width)
		return a.Upload(t.Context(), a.Mina, file, app.Idempotency{Key: "k", Fingerprint: file})
	}
	first := must[parley.Upload](t)(once(5))
	if again := must[parley.Upload](t)(once(5)); again != first || a.files() != 1 {
		t.Errorf("again: %+v, first %+v, %d files", again, first, a.files())
	}
	if _, err := once(6); parley.KindOf(err) != parley.Unprocessable {
		t.Errorf("another image: %v", err)
	}
}

func TestAFullStorageKeepsNothingHalf(t *testing.T) {
	a := openAlbum(t)
	if err := os.WriteFile(a.dir, nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	idem := app.Idempotency{Key: "k", Fingerprint: []byte("f")}
	_, err := a.Upload(t.Context(), a.Mina, drawing(t, 5), idem)
	if parley.KindOf(err) != parley.Unavailable {
		t.Fatalf("stored nowhere: %v", err)
	}
	if err := os.Remove(a.dir); err != nil {
		t.Fatal(err)
	}
	// What was not stored is nobody's to show.
	m := a.post(a.Mina, a.Free, shows(parley.Upload{URL: parley.UploadURL(1)}))
	a.seenBy("not stored", parley.Upload{ID: 1})
	if strings.Contains(m.ContentHTML, "<img") {
		t.Errorf("shows %s", m.ContentHTML)
	}
	u := must[parley.Upload](t)(a.Upload(t.Context(), a.Mina, drawing(t, 5), idem))
	a.seenBy("stored at the second attempt", u, a.Mina)
}

func TestALostFileIsToldApartFromAStorageThatIsAway(t *testing.T) {
	a := openAlbum(t)
	i := must[app.Image](t)(a.Image(t.Context(), a.Mina, a.upload(a.Mina).ID))
	if err := os.RemoveAll(a.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := a.OpenImage(t.Context(), i); parley.KindOf(err) != parley.NotFound {
		t.Errorf("lost: %v", err)
	}
	away := storage.NewFolder(filepath.Join(os.DevNull, "uploads"))
	a.StoreUploads(away)
	if _, err := a.OpenImage(t.Context(), i); parley.KindOf(err) != parley.Unavailable {
		t.Errorf("away: %v", err)
	}
}

func TestNobodyFillsTheStorageWithWhatNobodySees(t *testing.T) {
	a := openAlbum(t)
	shown := a.upload(a.Finn)
	a.post(a.Finn, a.Free, shows(shown))
	for range 100 {
		a.upload(a.Finn)
	}
	_, err := a.Upload(t.Context(), a.Finn, drawing(t, 5), app.Idempotency{})
	if parley.KindOf(err) != parley.RateLimited {
		t.Errorf("the hundred and first: %v", err)
	}
	a.upload(a.Mina)
	a.Clock.Pass(25 * time.Hour)
	a.prunes()
	a.upload(a.Finn)
	if n := a.files(); n != 2 {
		t.Errorf("%d files", n)
	}
}

func TestWhoIsSilencedUploadsNothing(t *testing.T) {
	a := openAlbum(t)
	if err := a.Silence(t.Context(), a.Tomas, a.Finn.ID, app.NewSanction{Reason: "Spam."}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Upload(t.Context(), a.Finn, drawing(t, 5), app.Idempotency{}); parley.KindOf(err) != parley.Forbidden {
		t.Errorf("told %v", err)
	}
}

func TestAForumWithoutAStorageTakesNoImages(t *testing.T) {
	f := openForum(t)
	if _, err := f.Upload(t.Context(), f.Mina, drawing(t, 5), app.Idempotency{}); parley.KindOf(err) != parley.Unavailable {
		t.Errorf("told %v", err)
	}
}

func TestNewMembersQuoteFreelyAndShowAsManyImagesAsLinks(t *testing.T) {
	a := openAlbum(t)
	olga := a.newcomer() // may link once
	first, second := a.upload(olga), a.upload(olga)
	quote := fmt.Sprintf("> Ada [wrote](/forum#thread-%d&message=%d):\n> Welcome.\n\n", a.Free.ID, a.Free.First)
	a.post(olga, a.Free, quote+quote+shows(first))
	_, err := a.PostMessage(t.Context(), olga, a.Free.ID, shows(first)+shows(second), 0, app.Idempotency{})
	if kind := parley.KindOf(err); kind != parley.Forbidden && kind != parley.Invalid {
		t.Errorf("two images: %v", err)
	}
}
