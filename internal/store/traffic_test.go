package store_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/png"
	"log/slog"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley"
	"parley/internal/api"
	"parley/internal/app"
	"parley/internal/auth"
	"parley/internal/storage"
	"parley/internal/store"
	"parley/internal/store/storetest"
	"parley/realtime"
)

// traffic is a community behind its API, and what the database ran for each request.
type traffic struct {
	*testing.T
	store *store.Store
	app   *app.App
	mux   *http.ServeMux
	said  syncBuffer // in the log
	many  int        // how many there are of everything

	ada, tomas, mina, finn                  visitor
	thread, below, there                    storetest.ThreadRef // with everything in it; one of its sub-threads; another one
	messages, tiers, keys, flags, approvals []int64

	notification, upload int64  // of which the last answer told
	olga                 string // her session
	session              string // another one of hers

	mu  sync.Mutex
	ran map[string][]*store.Ran // by operation
}

// visitor is somebody with a session.
type visitor struct {
	parley.Viewer
	token, name string
}

// openTraffic makes a community with so many of everything.
func openTraffic(t *testing.T, dsn string, many int) *traffic {
	t.Helper()
	f := &traffic{T: t, store: openFile(t, dsn, store.Options{}), mux: http.NewServeMux(), many: many, ran: map[string][]*store.Ran{}}
	f.store.Watch(f.note)
	logger := slog.New(slog.NewTextHandler(&f.said, nil))
	f.app = app.New(f.store, app.Options{Logger: logger})
	folder := storage.NewFolder(t.TempDir())
	t.Cleanup(func() { folder.Close() })
	f.app.StoreUploads(folder)
	f.app.Connect(everybody{})
	api.New(f.app, api.Config{Logger: logger}).Register(f.mux)
	f.populate()
	if err := f.app.OfferDemo(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

// everybody is a hub that all are connected to, and that nobody listens to.
type everybody struct{}

func (everybody) Publish(...realtime.Event)                  {}
func (everybody) Notice(...realtime.Head)                    {}
func (everybody) Gossip(string, string, []byte)              {}
func (everybody) OnGossip(string, func(realtime.Gossip))     {}
func (everybody) SendUser(string, realtime.Message)          {}
func (everybody) Each(func(*realtime.Conn) bool)             {}
func (everybody) Connected(string) bool                      { return true }
func (everybody) Control() uint64                            { return 0 }
func (everybody) Position(string) (uint64, bool)             { return 0, false }
func (everybody) Bus() (realtime.BusStatus, <-chan struct{}) { return realtime.BusStatus{}, nil }

// operation is the key of a context's operation.
type operation struct{}

// note keeps what was run for an operation. What was run for none is the background's.
func (f *traffic) note(ctx context.Context, ran []*store.Ran) {
	of, _ := ctx.Value(operation{}).(string)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ran[of] = append(f.ran[of], ran...)
}

// texts returns one of each statement that was run, by text.
func (f *traffic) texts() map[string]*store.Ran {
	f.mu.Lock()
	defer f.mu.Unlock()
	texts := map[string]*store.Ran{}
	for _, all := range f.ran {
		for _, ran := range all {
			texts[ran.Text] = ran
		}
	}
	return texts
}

// visit is a request that has to succeed.
type visit struct {
	operation string
	by        visitor
	path      string // what stands for the parameter in the operation's path, and its query
	body      string
}

// visit makes requests, one after another.
func (f *traffic) visit(visits []visit) {
	f.Helper()
	operations := f.operations()
	for _, v := range visits {
		of, known := operations[v.operation]
		if !known {
			f.Fatalf("there is no operation %s", v.operation)
		}
		f.serve(v, of.method, f.address(v, of.path))
	}
}

var parameter = regexp.MustCompile(`\{\w+\}`)

// address fills in what a path leaves open.
func (f *traffic) address(v visit, path string) string {
	of, query, _ := strings.Cut(v.path, "?")
	switch of {
	case "{upload}":
		of = id(f.upload)
	case "{notification}":
		of = id(f.notification)
	case "{session}":
		of = f.session
	}
	return parameter.ReplaceAllString(path, of) + "?" + query
}

// serve answers a request, which has to succeed.
func (f *traffic) serve(v visit, method, path string) {
	f.Helper()
	w := f.answer(f.Context(), v, method, path)
	if w.Code != http.StatusOK {
		f.Fatalf("%s: %s %s answered %d: %s", v.operation, method, path, w.Code, w.Body)
	}
	f.remember(v, w)
}

// answer answers a request.
func (f *traffic) answer(ctx context.Context, v visit, method, path string) *httptest.ResponseRecorder {
	f.Helper()
	body, kind := strings.NewReader(v.body), "application/json"
	if v.operation == "upload-image" {
		body, kind = picture(f.T)
	}
	r := httptest.NewRequestWithContext(context.WithValue(ctx, operation{}, v.operation), method, path, body)
	if body.Len() > 0 {
		r.Header.Set("Content-Type", kind)
	}
	token := v.by.token
	if v.by.name == "Olga" {
		token = f.olga
	}
	r.AddCookie(&http.Cookie{Name: "session_id", Value: token})
	w := httptest.NewRecorder()
	f.mux.ServeHTTP(w, r)
	return w
}

// remember notes what later visits ask for.
func (f *traffic) remember(v visit, w *httptest.ResponseRecorder) {
	f.Helper()
	switch v.operation {
	case "list-notifications":
		if v.by.name == "Ada" && v.path == "" {
			f.notification = field[[]parley.Notification](f, w.Body.Bytes(), "notifications")[0].ID
		}
	case "upload-image":
		f.upload = field[int64](f, w.Body.Bytes(), "id")
	case "login":
		f.olga = w.Result().Cookies()[0].Value
		sessions := storetest.Read(f.T, f.store, func(s *store.Snapshot) ([]store.Session, error) {
			olga, _, err := s.AccountByName("olga")
			if err != nil {
				return nil, err
			}
			return s.Sessions(olga.ID, 1)
		})
		f.session = sessions[0].PublicID
	}
}

// picture is the body of an upload, with its type.
func picture(t *testing.T) (body *strings.Reader, kind string) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile("file", "joint.png")
	if err == nil {
		err = png.Encode(part, image.NewGray(image.Rect(0, 0, 4, 3)))
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return strings.NewReader(form.String()), w.FormDataContentType()
}

// described is an operation as the OpenAPI document has it.
type described struct {
	method, path string
	query        map[string][]string // the forms of each parameter: its name, or with each value but the usual one
}

// operations returns those of the OpenAPI document, by id.
func (f *traffic) operations() map[string]described {
	f.Helper()
	w := httptest.NewRecorder()
	f.mux.ServeHTTP(w, httptest.NewRequest("GET", "/openapi.json", nil))
	var document struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []describedParameter
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		f.Fatal(err)
	}
	operations := map[string]described{}
	for path, methods := range document.Paths {
		for method, of := range methods {
			d := described{strings.ToUpper(method), path, map[string][]string{}}
			for _, p := range of.Parameters {
				if p.In == "query" {
					d.query[p.Name] = p.forms()
				}
			}
			operations[of.OperationID] = d
		}
	}
	return operations
}

// describedParameter is a parameter as the OpenAPI document has it.
type describedParameter struct {
	Name, In string
	Schema   struct {
		Enum    []string
		Default any
	}
}

// forms are what it has to be given as: each of the values that it may have but the one
// that it has when it is not given, or any.
func (p describedParameter) forms() (forms []string) {
	for _, value := range p.Schema.Enum {
		if value != p.Schema.Default {
			forms = append(forms, p.Name+"="+value)
		}
	}
	if forms == nil {
		forms = []string{p.Name}
	}
	return forms
}

// work does the background work until all jobs are done.
func (f *traffic) work() {
	f.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- f.app.Run(ctx) }()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		due := storetest.Read(f.T, f.store, func(s *store.Snapshot) ([]store.Job, error) { return s.DueJobs(1, "") })
		if len(due) == 0 {
			break
		}
		if time.Now().After(deadline) {
			f.Fatal("waited in vain for the jobs")
		}
	}
	stop()
	if err := <-ended; err != nil {
		f.Error(err)
	}
}

// signIn gives somebody a session.
func (f *traffic) signIn(name string, v parley.Viewer) visitor {
	f.Helper()
	p := visitor{Viewer: v, token: auth.NewToken(), name: name}
	storetest.Update(f.T, f.store, func(tx *store.Tx) error {
		_, err := tx.CreateSession(session(tx, v.ID), auth.HashToken(p.token))
		return err
	})
	return p
}

func session(tx *store.Tx, userID int64) store.Session {
	return store.Session{PublicID: auth.NewPublicID(), UserID: userID, CreatedAt: tx.Now(), LastSeenAt: tx.Now(), ExpiresAt: tx.Now().Add(time.Hour)}
}

// times returns how often each text was run.
func times(ran []*store.Ran) map[string]int {
	n := map[string]int{}
	for _, r := range ran {
		n[line(r.Text)]++
	}
	return n
}

// places are the arguments of a statement, and lists of them.
var places = regexp.MustCompile(`\$\d+(, \$\d+)*`)

// line is a text in one line, whatever the number of its arguments.
func line(text string) string {
	return places.ReplaceAllString(strings.Join(strings.Fields(text), " "), "?")
}

// grown tells which statements were run more often.
func grown(few, many map[string]int) string {
	var told []string
	for _, text := range slices.Sorted(maps.Keys(many)) {
		if many[text] > few[text] {
			told = append(told, fmt.Sprintf("%d → %d: %.300s", few[text], many[text], text))
		}
	}
	return strings.Join(told, "\n")
}
