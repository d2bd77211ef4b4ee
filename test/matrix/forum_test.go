package matrix

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/internal/api"
	"parley/internal/app"
	"parley/internal/storage"
	"parley/internal/store"
	"parley/internal/store/pgtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

var quiet = slog.New(slog.DiscardHandler)

// forum is a forum on a database, and what the model knows of it.
type forum struct {
	*world
	t       *testing.T
	store   *store.Store
	app     *app.App
	handler http.Handler
	cells   *atomic.Int64 // compared
}

// start makes a forum that answers requests, on a database, until the test ends.
func start(t *testing.T, dsn string, w *world, cells *atomic.Int64) *forum {
	t.Helper()
	db, err := store.Open(context.Background(), dsn, store.Options{Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	a := app.New(db, app.Options{Logger: quiet})
	album := storage.NewFolder(w.album)
	t.Cleanup(func() { album.Close() })
	a.StoreUploads(album)
	mux := http.NewServeMux()
	api.New(a, api.Config{Logger: quiet}).Register(mux)
	return &forum{world: w, t: t, store: db, app: a, handler: mux, cells: cells}
}

// answer is what somebody was answered.
type answer struct {
	f      *forum
	by     *person
	what   string
	status int
	body   []byte
}

// call sends a request, and looks through whatever it is answered for words that
// the person may not read.
func (f *forum) call(p *person, method, path, body string) answer {
	f.t.Helper()
	request := httptest.NewRequestWithContext(f.t.Context(), method, path, strings.NewReader(body))
	switch {
	case strings.HasPrefix(body, "--"):
		request.Header.Set("Content-Type", "multipart/form-data; boundary="+boundary)
	case body != "":
		request.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		request.AddCookie(&http.Cookie{Name: "session_id", Value: p.token})
	}
	response := httptest.NewRecorder()
	f.handler.ServeHTTP(response, request)
	what := p.name + ": " + method + " " + path
	f.search(p, what, response.Body.Bytes())
	return answer{f, p, what, response.Code, response.Body.Bytes()}
}

func (f *forum) get(p *person, path string, args ...any) answer {
	f.t.Helper()
	return f.call(p, "GET", fmt.Sprintf(path, args...), "")
}

// decode reads a successful answer.
func decode[T any](a answer) (value T) {
	a.f.t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	if err := decoder.Decode(&value); err != nil || a.status != http.StatusOK {
		a.f.t.Fatalf("%s: %d %s", a.what, a.status, a.body)
	}
	return value
}

// equal compares one cell of the matrix.
func equal[T comparable](f *forum, got, want T, what string, args ...any) {
	f.t.Helper()
	f.cells.Add(1)
	if got != want {
		f.t.Errorf("%s: got %v, the model says %v", fmt.Sprintf(what, args...), got, want)
	}
}

// aWord is a word that stands in one title or text alone.
var aWord = regexp.MustCompile(`zq[0-9]+x`)

// search looks for words that somebody may not read.
func (f *forum) search(p *person, what string, text []byte) {
	f.t.Helper()
	for _, word := range aWord.FindAll(text, -1) {
		if may := f.words[string(word)]; may != nil && !may(p) {
			f.t.Errorf("%s shows %s, which %s may not read: %.300s", what, word, p.name, text)
		}
	}
}

// await asks again and again until something is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !so(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}
