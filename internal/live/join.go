package live

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"parley/internal/app"
	"parley/internal/live/wire"
	"parley/realtime"
)

// serve makes a socket of the request and joins it to a stream, or tells why not.
// It returns when the client has all it missed.
func (l *Live) serve(w http.ResponseWriter, r *http.Request, threadID int64) {
	if !l.checkOrigin(r) {
		l.config.Metrics.Refused(RefusedOrigin)
		problem(w, http.StatusForbidden, "Pages of this origin may not connect here.")
		return
	}
	if status, detail := checkHandshake(r); status != 0 {
		l.config.Metrics.Refused(RefusedHandshake)
		problem(w, status, detail)
		return
	}
	s := newSocket(l, threadID, wire.LastEventID(r))
	conn, err := realtime.Upgrade(w, r, realtime.UpgradeConfig{OnMessage: s.receive, OnClose: s.closed, Hold: true})
	if err != nil {
		l.log.DebugContext(r.Context(), "socket not upgraded", "error", err)
		return
	}
	l.enter(r, s, conn)
}

// enter joins conn to the stream that a request asks for, or closes it.
func (l *Live) enter(r *http.Request, s *socket, conn *realtime.Conn) {
	token, refused := l.token(r)
	switch most := l.config.Limits.Sockets; {
	case !l.handshakes.allow(clientAddress(r), time.Now()):
		s.refuse(conn, CloseTooManyHandshakes)
	case most > 0 && l.hub.Stats().Connections >= most:
		s.refuse(conn, CloseOverCapacity)
	case token == "":
		s.refuse(conn, refused)
	case s.threadID == noThread:
		s.refuse(conn, CloseThreadNotFound)
	default:
		l.join(r, s, conn, token)
	}
}

// join joins conn to the stream that the session's owner asks for, or closes it.
func (l *Live) join(r *http.Request, s *socket, conn *realtime.Conn, token string) {
	try := attempt{clientAddress(r), sha256.Sum256([]byte(token)), s.threadID}
	if reason, known := l.refusals.lookup(try, time.Now()); known {
		s.refuse(conn, reason)
		return
	}
	err := l.follow(r, s, conn, token)
	if err == nil {
		s.joined(conn)
		return
	}
	reason := refusal(err)
	l.refusals.remember(try, reason, time.Now())
	if reason == CloseInternalError || reason == CloseUnavailable {
		l.log.ErrorContext(r.Context(), "socket not joined", "thread", s.threadID, "error", err)
	}
	s.refuse(conn, reason)
}

// follow makes conn a connection of the hub and brings it up to date.
func (l *Live) follow(r *http.Request, s *socket, conn *realtime.Conn, token string) error {
	var adm *app.Admission
	return l.hub.Join(r.Context(), conn, realtime.JoinRequest{
		LastEventID: wire.LastEventID(r),
		Admit: func(ctx context.Context) (admission realtime.Admission, err error) {
			if adm, admission, err = l.admit(ctx, token, s.threadID, wire.LastEventID(r)); err == nil {
				err = s.place.take(ctx, l.config, admission.User)
			}
			return admission, err
		},
		Greet: func(g realtime.Greeting) []realtime.Message {
			greeting := []realtime.Message{{Frame: encode(connected(adm, s.threadID, g))}}
			if s.threadID == globalStream {
				greeting = append(greeting, l.state(r.Context(), s, conn)...)
				greeting = append(greeting, l.busTrouble()...)
			}
			s.open(g.Recovered)
			return append(greeting, l.draining.greet(conn)...)
		},
	})
}

// admit decides whether the session that token opens may follow the stream.
func (l *Live) admit(ctx context.Context, token string, threadID int64, lastEventID string) (*app.Admission, realtime.Admission, error) {
	adm, known := l.app.Recognise(token, threadID, lastEventID)
	if !known {
		var err error
		if adm, err = l.ask(ctx, token, threadID); err != nil {
			return nil, realtime.Admission{}, err
		}
	}
	user := adm.Principal.User
	return adm, realtime.Admission{
		User: userKey(user.ID),
		Value: app.Seat{
			Viewer: user.Viewer(), SessionID: adm.Principal.Session.ID, Name: user.Author().Name,
			ThreadID: threadID, Access: adm.Access, Unseen: adm.Principal.Unseen,
		},
		Channels:  adm.Heads,
		Authority: adm.Control,
	}, nil
}

// ask has the app look in the database.
func (l *Live) ask(ctx context.Context, token string, threadID int64) (*app.Admission, error) {
	ctx, cancel := context.WithTimeout(ctx, l.config.Limits.Admit)
	defer cancel()
	adm, err := l.app.Admit(ctx, token, threadID)
	if late := ctx.Err(); err != nil && late != nil {
		err = fmt.Errorf("%w: %w", late, err) // drivers call an interrupted read by other names
	}
	return adm, err
}

// state returns what the global stream shows of a person beside events. It is read
// when the connection is in the hub, not in the snapshot it was admitted in: what
// changes after that read is sent to it like to all others, so nothing falls
// between.
func (l *Live) state(ctx context.Context, s *socket, conn *realtime.Conn) []realtime.Message {
	ctx, cancel := context.WithTimeout(ctx, l.config.Limits.Admit)
	defer cancel()
	greeting, err := l.app.Greeting(ctx, conn.Value().(app.Seat).Viewer)
	if err != nil {
		if !errors.Is(ctx.Err(), context.Canceled) { // the client has left, or the server stops
			l.log.WarnContext(ctx, "socket not greeted", "error", err)
		}
		s.refuse(conn, CloseUnavailable)
		return nil
	}
	state := []realtime.Message{countMessage(greeting.Count)}
	if greeting.Restricted != nil {
		state = append(state, realtime.Message{Frame: encode(greeting.Restricted)})
	}
	if greeting.Silenced != nil {
		state = append(state, realtime.Message{Frame: encode(greeting.Silenced)})
	}
	return state
}
