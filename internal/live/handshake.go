package live

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"parley/realtime"
)

// checkOrigin reports whether the page that opens the socket may: a page of this
// host or of a configured origin, or no browser at all. Without this, any page
// that a member visits could open a socket with their cookie and read along:
// browsers let scripts open sockets to every host.
func (l *Live) checkOrigin(r *http.Request) bool {
	for _, origin := range r.Header.Values("Origin") {
		if !sameHost(origin, r.Host) && (l.config.AllowOrigin == nil || !l.config.AllowOrigin(origin)) {
			return false
		}
	}
	return true
}

func sameHost(origin, host string) bool {
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, host)
}

// checkHandshake returns the status and the sentence to answer a request with that
// is no WebSocket handshake, 0 if it is one.
func checkHandshake(r *http.Request) (status int, detail string) {
	switch {
	case r.Method != http.MethodGet, !r.ProtoAtLeast(1, 1) || r.ProtoMajor > 1,
		!hasToken(r.Header, "Upgrade", "websocket"), !hasToken(r.Header, "Connection", "upgrade"):
		return http.StatusUpgradeRequired, "This address speaks WebSocket: connect with a WebSocket client."
	case r.Header.Get("Sec-WebSocket-Version") != "13":
		return http.StatusUpgradeRequired, "Only version 13 of the WebSocket protocol is spoken here."
	case len(r.Header.Get("Sec-WebSocket-Key")) != 24: // base64 of 16 bytes
		return http.StatusBadRequest, "The header Sec-WebSocket-Key must hold 16 bytes in base64."
	}
	return 0, ""
}

// hasToken reports whether a header's comma-separated list holds token.
func hasToken(h http.Header, name, token string) bool {
	for _, value := range h.Values(name) {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

// token returns the session cookie, or why there is none.
func (l *Live) token(r *http.Request) (token string, refused realtime.CloseReason) {
	cookie, err := r.Cookie(l.config.CookieName)
	switch {
	case err == nil && cookie.Value != "":
		return cookie.Value, realtime.CloseReason{}
	case r.Header.Get("Cookie") != "":
		return "", CloseNoSessionID
	default:
		return "", CloseNoAuthentication
	}
}

// problem answers with an error as the API does, RFC 9457.
func problem(w http.ResponseWriter, status int, detail string) {
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Cache-Control", "no-store")
	if status == http.StatusUpgradeRequired {
		h.Set("Upgrade", "websocket")
		h.Set("Connection", "Upgrade")
		h.Set("Sec-WebSocket-Version", "13")
	}
	w.WriteHeader(status)
	// A client that is gone needs no answer.
	_ = json.NewEncoder(w).Encode(map[string]any{
		"status": status, "title": http.StatusText(status), "detail": detail,
	})
}
