package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"parley/realtime"
)

const (
	// readyPatience is how long the database may take to answer.
	readyPatience = 2 * time.Second
	// followerPatience is how long ago the hub's last look at the log may be:
	// ten of its rounds.
	followerPatience = 5 * time.Second
)

// health is the answer to probes: "ok", or what is wrong, of each part.
type health struct {
	Status string            `json:"status"`
	Parts  map[string]string `json:"parts,omitempty"`
}

// healthz answers while the process serves.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, health{Status: "ok"})
}

// readyz tells whether requests should be sent here: not to a server that is about
// to stop, although it still answers them.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	h := health{Status: "ok", Parts: map[string]string{"database": s.databaseHealth(r.Context()), "log_follower": s.followerHealth()}}
	if s.draining.Load() {
		h.Parts["server"] = "stopping"
	}
	for _, part := range h.Parts {
		if part != "ok" {
			h.Status = "unavailable"
		}
	}
	if s.shared {
		// Told, but no reason to go elsewhere: without Redis the forum works, and all
		// replicas would be away at once.
		h.Parts["bus"] = s.busHealth()
	}
	writeHealth(w, h)
}

func (s *Server) databaseHealth(ctx context.Context) string {
	ctx, cancel := context.WithTimeout(ctx, readyPatience)
	defer cancel()
	if err := s.app.Ready(ctx); err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) { // who asked has left
			s.logger.WarnContext(ctx, "database does not answer", "error", err)
		}
		return "does not answer"
	}
	return "ok"
}

func (s *Server) busHealth() string {
	switch status, _ := s.hub.Bus(); {
	case status.Mode == realtime.ModeLocal:
		return "not used"
	case status.Degraded:
		return "degraded"
	default:
		return "ok"
	}
}

func (s *Server) followerHealth() string {
	switch last := s.hub.LastSync(); {
	case last.IsZero():
		return "not started"
	case time.Since(last) > followerPatience:
		return "behind since " + last.UTC().Format(time.RFC3339)
	default:
		return "ok"
	}
}

func writeHealth(w http.ResponseWriter, h health) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if h.Status != "ok" {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(h)
}
