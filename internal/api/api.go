package api

import (
	"log/slog"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"parley/internal/app"
)

// Config adjusts the API. The zero value is right behind plain HTTP on a
// developer's machine.
type Config struct {
	// CookieName names the session cookie; empty means session_id.
	CookieName string
	// Secure reports whether a request came by HTTPS, be it through a trusted
	// proxy: then the cookie is set for HTTPS alone. Nil looks at the
	// connection.
	Secure func(*http.Request) bool
	// PostsPerMinute bounds how many messages a member posts in a minute; 0
	// bounds nothing. The creator and the team are never limited.
	PostsPerMinute int
	// PostLimit counts the posts; nil counts those of this process.
	PostLimit PostLimit
	// UploadLimit counts the images that a member uploads, as many a minute as
	// messages; nil counts those of this process.
	UploadLimit PostLimit
	// MaxUpload is the size of an uploaded file at most, in bytes; 0 means
	// DefaultMaxUpload.
	MaxUpload int64
	// Typing is told who types; nil means that nobody hears of it.
	Typing Typing
	// Version is the version of the program, for the OpenAPI document.
	Version string
	// Logger is told of failures that are ours; nil means slog.Default().
	Logger *slog.Logger
}

// API answers the routes under /api. Its methods may be called concurrently.
type API struct {
	app    *app.App
	cookie string
	secure func(*http.Request) bool
	limit  PostLimit
	typing Typing
	log    *slog.Logger
	spec   *huma.OpenAPI

	uploadLimit PostLimit
	maxUpload   int64
	gate        gate
}

// New makes the API of a forum.
func New(a *app.App, cfg Config) *API {
	api := &API{
		app: a, cookie: cfg.CookieName, secure: cfg.Secure, limit: cfg.PostLimit, typing: cfg.Typing, log: cfg.Logger, spec: document(cfg),
		uploadLimit: cfg.UploadLimit, maxUpload: cfg.MaxUpload,
	}
	if api.cookie == "" {
		api.cookie = "session_id"
	}
	if api.secure == nil {
		api.secure = func(r *http.Request) bool { return r.TLS != nil }
	}
	if api.limit == nil {
		api.limit = newLocalLimit(cfg.PostsPerMinute)
	}
	if api.uploadLimit == nil {
		api.uploadLimit = newLocalLimit(cfg.PostsPerMinute)
	}
	if api.maxUpload == 0 {
		api.maxUpload = DefaultMaxUpload
	}
	if api.typing == nil {
		api.typing = unheard{}
	}
	if api.log == nil {
		api.log = slog.Default()
	}
	return api
}

// SetPostsPerMinute changes the limit of Config.PostsPerMinute while requests are
// answered.
func (a *API) SetPostsPerMinute(posts int) {
	a.limit.SetPerMinute(posts)
	a.uploadLimit.SetPerMinute(posts)
}

// Register puts the API's routes on mux, and the refusal of all that is unknown
// under /api/. The other packages' routes under /api may be registered before
// or after. A request's RemoteAddr must be the client's address by then: whoever
// runs behind a proxy puts it right before mux.
func (a *API) Register(mux *http.ServeMux) {
	config := huma.Config{OpenAPI: a.spec, Formats: huma.DefaultFormats, DefaultFormat: "application/json"}
	config.AllowAdditionalPropertiesByDefault = true // clients in the field send more than we ask for
	api := huma.NewAPI(config, adapter{api: a, mux: mux})
	for _, r := range a.routes() {
		r.register(a, api)
	}
	a.registerUploads(mux)
	describeStreams(a.spec)
	describeUploads(a.spec)
	showNulls(a.spec.Components.Schemas)
	mux.HandleFunc("GET /openapi.json", serveDocument(a.spec))
	mux.HandleFunc("GET /api/forum", toForumPage)
	mux.HandleFunc("GET /api/forum/{$}", toForumPage)
	mux.HandleFunc(unknownRoutes, refuseUnknown(mux))
}

// toForumPage sends readers of old links to the page. Browsers carry the
// fragment along, which names the thread and the message.
func toForumPage(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/forum", http.StatusFound)
}

// adapter puts huma's operations on a ServeMux, with what every request to them
// goes through first.
type adapter struct {
	api *API
	mux *http.ServeMux
}

// Handle implements huma.Adapter.
func (a adapter) Handle(op *huma.Operation, serve func(huma.Context)) {
	a.mux.HandleFunc(op.Method+" "+op.Path, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		r, err := a.api.receive(w, r, op)
		if err != nil {
			writeProblem(w, a.api.problem(r.Context(), err))
			return
		}
		serve(humago.NewContext(op, r, w))
	})
}

// ServeHTTP implements huma.Adapter.
func (a adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.mux.ServeHTTP(w, r) }
