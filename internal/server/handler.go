package server

import (
	"compress/gzip"
	"net/http"

	"github.com/klauspost/compress/gzhttp"

	"parley"
	"parley/internal/web"
)

// Handler returns all that is served, with what every request goes through, from
// the outside in.
func (s *Server) Handler() http.Handler {
	h := s.withFarewell(s.withOriginCheck(s.routes()))
	h = withSecurityHeaders(h)
	h = s.withAccessLog(h)
	h = withRequestID(h)
	return s.withPeer(h)
}

// withFarewell has clients, proxies above all, end their connections after the
// answer while the server is about to stop: otherwise a request could cross the end
// of its connection, and nobody would know whether it was carried out.
func (s *Server) withFarewell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.draining.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Server) routes() http.Handler {
	forum := http.NewServeMux()
	s.api.Register(forum)
	s.live.Register(forum)
	zipped := compressed(forum)

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", s.healthz)
	mux.HandleFunc("GET /readyz", s.readyz)
	mux.Handle("/api/", zipped)
	mux.Handle("/openapi.json", zipped)
	// What an answer says of an account stands beside what a request chose:
	// compressed together, the size would tell one from the other (BREACH).
	mux.Handle("/api/auth/", forum)
	// Images are compressed as they are, and large.
	mux.Handle(parley.UploadsPath, forum)
	mux.Handle(parley.UploadsPath+"/", forum)
	// Connections, not answers: what is written has to leave at once. They are found at
	// the first look.
	mux.Handle("/api/forum/ws/", forum)
	mux.Handle("/api/forum/events/", forum)
	s.live.Register(mux)
	mux.Handle("/", web.Handler())
	return mux
}

const (
	zipFrom   = 1400 // bytes: what fits into one packet gains nothing
	zipJitter = 32   // bytes at most, at random: a threat to BREACH in what members write beside each other
)

func compressed(h http.Handler) http.Handler {
	wrap, err := gzhttp.NewWrapper(
		gzhttp.MinSize(zipFrom), gzhttp.CompressionLevel(gzip.BestSpeed), gzhttp.RandomJitter(zipJitter, 0, false))
	if err != nil {
		panic(err) // of constants
	}
	return wrap(h)
}

func withSecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		web.SetSecurityHeaders(w.Header())
		next.ServeHTTP(w, r)
	})
}
