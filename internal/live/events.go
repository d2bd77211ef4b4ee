package live

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"parley"
	"parley/internal/live/wire"
	"parley/realtime"
)

// serveEvents streams to the request what a socket would get, or answers why not. It
// returns when the stream has ended.
func (l *Live) serveEvents(w http.ResponseWriter, r *http.Request, threadID int64) {
	switch {
	case r.Method != http.MethodGet: // a mux takes HEAD for GET
		w.Header().Set("Allow", http.MethodGet)
		l.config.Metrics.Refused(RefusedHandshake)
		problem(w, http.StatusMethodNotAllowed, "This address streams events: ask for it with GET.")
		return
	case !l.checkOrigin(r), foreign(r):
		l.config.Metrics.Refused(RefusedOrigin)
		problem(w, http.StatusForbidden, "Pages of this origin may not connect here.")
		return
	case l.serving.Err() != nil:
		refuseEvents(w, realtime.CloseGoingAway)
		return
	}
	shareWith(w.Header(), r)
	s := newSocket(l, threadID, wire.LastEventID(r))
	stays := func() bool { return true }
	err := realtime.Events(w, r, realtime.EventsConfig{OnClose: s.closed}, func(conn *realtime.Conn) {
		stays = context.AfterFunc(l.serving, func() { conn.Close(realtime.CloseGoingAway) })
		l.enter(r, s, conn)
	})
	stays()
	var refused realtime.Refused
	switch {
	case errors.As(err, &refused):
		refuseEvents(w, refused.CloseReason)
	case err != nil:
		l.log.ErrorContext(r.Context(), "event stream not begun", "error", err)
		problem(w, http.StatusInternalServerError, "Something went wrong on our side. Try again in a moment.")
	}
}

// foreign reports whether a page of another site asks, though it shows no Origin, as
// one does that names the address as a picture's: it could read nothing, but use up
// the connections of the person signed in.
func foreign(r *http.Request) bool {
	site := r.Header.Get("Sec-Fetch-Site")
	return r.Header.Get("Origin") == "" && (site == "cross-site" || site == "same-site")
}

// shareWith lets the page read along that was allowed to by its Origin: unlike those
// of WebSockets, browsers keep these answers from pages of other origins.
func shareWith(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

// refusedAnswer is what somebody who gets no event stream is told instead.
type refusedAnswer struct {
	status int
	detail string
	again  time.Duration // when to ask again; 0: not unless something changes
}

var unauthenticated = refusedAnswer{status: http.StatusUnauthorized, detail: parley.ErrNotSignedIn.Message}

var refusedAnswers = map[realtime.CloseReason]refusedAnswer{
	CloseNoAuthentication: unauthenticated,
	CloseNoSessionID:      unauthenticated,
	CloseInvalidSession:   unauthenticated,
	CloseSessionEnded:     unauthenticated,
	CloseUserDeactivated:  unauthenticated,
	CloseUserSuspended:    unauthenticated,

	CloseThreadNotFound:     {status: http.StatusNotFound, detail: parley.ErrThreadNotFound.Message},
	CloseAccessDenied:       {status: http.StatusForbidden, detail: parley.ErrAccessDenied.Message},
	CloseTooManyConnections: {http.StatusTooManyRequests, "You have too many connections open. Close a tab, then try again.", 10 * time.Second},
	CloseOverCapacity:       {http.StatusServiceUnavailable, "The server cannot take more connections now. Try again in a moment.", 5 * time.Second},
	CloseTooManyHandshakes:  {http.StatusServiceUnavailable, "Too many connections are opened right now. Try again in a moment.", 5 * time.Second},
	CloseInternalError:      {http.StatusInternalServerError, "Something went wrong on our side. Try again in a moment.", 5 * time.Second},
}

// unavailable answers whatever passes by itself.
var unavailable = refusedAnswer{http.StatusServiceUnavailable, "This cannot be served right now. Try again in a moment.", 2 * time.Second}

func refuseEvents(w http.ResponseWriter, reason realtime.CloseReason) {
	answer, known := refusedAnswers[reason]
	if !known {
		answer = unavailable
	}
	if answer.again > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(answer.again.Seconds())))
	}
	problem(w, answer.status, answer.detail)
}

// EndStreams ends all event streams, and those that begin from now on, so that a
// server which waits for its requests to end need not wait for them. Their clients
// come back and go on where they were. WebSockets, which no server waits for, stay.
func (l *Live) EndStreams() { l.endStreams() }
