// Package web serves Parley's user interface: a page made of standard ES
// modules and CSS that are embedded in the binary and run in the browser as
// they are written. There is no build step.
//
// The page is a client like any other: it speaks the public HTTP and WebSocket
// contract and knows nothing of the server's insides.
package web

import (
	"net/http"
	"strings"
)

// Handler serves the page and everything it loads:
//
//	GET /forum           the forum
//	GET /docs            the API reference
//	GET /                redirects to /forum
//	GET /api/forum       redirects to /forum, as old links expect
//	GET /assets/…        modules, styles, icons
//
// The handler needs no configuration and is safe for concurrent use. It sets
// the security headers of SetSecurityHeaders on every answer.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /forum", servePage("index.html"))
	mux.Handle("GET /docs", servePage("docs.html"))
	mux.HandleFunc("GET /assets/{path...}", serveAsset)
	mux.Handle("GET /favicon.ico", http.RedirectHandler(site().base+"/icon.svg", http.StatusFound))
	for _, old := range []string{"GET /{$}", "GET /forum/{$}", "GET /api/forum", "GET /api/forum/{$}"} {
		mux.Handle(old, http.RedirectHandler("/forum", http.StatusFound))
	}
	return withSecurityHeaders(mux)
}

func withSecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		SetSecurityHeaders(w.Header())
		next.ServeHTTP(w, r)
	})
}

// servePage answers with a document. Its text changes with every release and
// names the release's assets, so browsers must ask each time: an unchanged one
// costs an empty 304.
func servePage(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-cache")
		site().files[name].serve(w, r)
	}
}

// serveAsset answers /assets/<version>/<file>, which never changes and is kept
// for a year, and /assets/<file>, which is as it was written and revalidated: the
// address for others who use a module. An asset of another version, asked for by
// a page that a deploy overtook, gets today's file and must not keep it.
func serveAsset(w http.ResponseWriter, r *http.Request) {
	path := r.PathValue("path")
	version, rest, versioned := strings.Cut(path, "/")
	versioned = versioned && isVersion(version)
	if versioned {
		path = rest
	}
	file, ok := site().lean[path]
	if !ok || !versioned {
		file, ok = site().files[path]
	}
	if !ok {
		http.NotFound(w, r)
		return
	}
	if version == site().version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		w.Header().Set("Cache-Control", "no-cache")
	}
	file.serve(w, r)
}
