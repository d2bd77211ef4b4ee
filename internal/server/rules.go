package server

import (
	"net/http"
	"net/netip"
	"strings"

	"parley"
	"parley/internal/auth"
	"parley/internal/config"
)

// rules are the settings that requests are judged by. They are replaced as a
// whole when the configuration is reloaded.
type rules struct {
	trustedProxies []netip.Prefix
	origins        map[string]bool
	crossOrigin    *http.CrossOriginProtection
}

func (s *Server) setRules(cfg config.Serve) error {
	next := &rules{
		trustedProxies: cfg.TrustedProxies,
		origins:        map[string]bool{},
		crossOrigin:    http.NewCrossOriginProtection(),
	}
	for _, origin := range cfg.Origins {
		next.origins[string(origin)] = true
		if err := next.crossOrigin.AddTrustedOrigin(string(origin)); err != nil {
			return err
		}
	}
	s.rules.Store(next)
	return nil
}

// allowsOrigin reports whether pages of a configured origin make a request. It is
// for WebSockets: to http.CrossOriginProtection they are harmless GETs, while
// browsers send cookies with them and let any page read the answers.
func (s *Server) allowsOrigin(origin string) bool {
	return s.rules.Load().origins[strings.ToLower(origin)]
}

// withOriginCheck refuses requests by which a page of somebody else would change
// something in the name of the person signed in. An API key is nothing that a browser
// sends unasked, and outweighs the cookie.
func (s *Server) withOriginCheck(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, keyed := auth.Bearer(r.Header.Get("Authorization")); keyed {
			next.ServeHTTP(w, r)
			return
		}
		if err := s.rules.Load().crossOrigin.Check(r); err != nil {
			s.api.WriteError(w, r, parley.Errorf(parley.Forbidden, "This request came from a page of another site, which may not act for you here."))
			return
		}
		next.ServeHTTP(w, r)
	})
}
