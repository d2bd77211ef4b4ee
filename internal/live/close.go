package live

import (
	"context"
	"errors"

	"parley"
	"parley/realtime"
)

// Why this package ends connections, beside the reasons of package realtime.
// Clients in the field compare code and text.
var (
	// CloseNoAuthentication refuses a client that sent no cookie at all.
	CloseNoAuthentication = realtime.CloseReason{Code: 1008, Reason: "No authentication"}

	// CloseNoSessionID refuses a client that sent cookies, but not the session's.
	CloseNoSessionID = realtime.CloseReason{Code: 1008, Reason: "No session ID"}

	// CloseInvalidSession refuses a cookie that opens no session, or no longer.
	CloseInvalidSession = realtime.CloseReason{Code: 1008, Reason: "Invalid session"}

	// CloseThreadNotFound refuses a thread that is not there, or that is private
	// and hides that it is.
	CloseThreadNotFound = realtime.CloseReason{Code: 1008, Reason: "Thread not found"}

	// CloseAccessDenied refuses a thread that the membership does not include, and
	// ends the sockets of those whom a change shuts out.
	CloseAccessDenied = realtime.CloseReason{Code: 1008, Reason: "Access denied"}

	// CloseTooManyConnections refuses one socket more than a user may have.
	CloseTooManyConnections = realtime.CloseReason{Code: 1008, Reason: "Too many connections"}

	// CloseSessionEnded ends the sockets of a session that is signed out.
	CloseSessionEnded = realtime.CloseReason{Code: 1008, Reason: "Session ended"}

	// CloseUserDeactivated ends the sockets of somebody who was deactivated.
	CloseUserDeactivated = realtime.CloseReason{Code: 1008, Reason: "User deactivated"}

	// CloseUserSuspended ends the sockets of somebody who was suspended.
	CloseUserSuspended = realtime.CloseReason{Code: 1008, Reason: "User suspended"}

	// CloseRateLimit ends a socket that sends too many frames.
	CloseRateLimit = realtime.CloseReason{Code: 1008, Reason: "Rate limit"}

	// CloseMalformed ends a socket that keeps sending what is no JSON object.
	CloseMalformed = realtime.CloseReason{Code: 1008, Reason: "Malformed frames"}

	// CloseInternalError ends a socket whose handshake failed for a reason that is
	// in the log.
	CloseInternalError = realtime.CloseReason{Code: 1011, Reason: "Internal error", Reconnect: true}

	// CloseOverCapacity refuses one socket more than the server holds.
	CloseOverCapacity = realtime.CloseReason{Code: 1013, Reason: "Over capacity", Reconnect: true}

	// CloseTooManyHandshakes refuses one socket more than may be opened in a second.
	CloseTooManyHandshakes = realtime.CloseReason{Code: 1013, Reason: "Too many handshakes", Reconnect: true}

	// CloseUnavailable refuses everybody while the database is away.
	CloseUnavailable = realtime.CloseReason{Code: 1013, Reason: "Temporarily unavailable", Reconnect: true}
)

// refusal returns the close reason for an error of realtime.Hub.Join.
func refusal(err error) realtime.CloseReason {
	switch {
	case errors.Is(err, realtime.ErrTooManyConnections):
		return CloseTooManyConnections
	case errors.Is(err, realtime.ErrOverCapacity):
		return CloseOverCapacity
	case errors.Is(err, realtime.ErrClosed), errors.Is(err, context.Canceled):
		return realtime.CloseGoingAway // the server stops, or the client has left
	case errors.Is(err, context.DeadlineExceeded):
		return CloseUnavailable
	}
	switch parley.KindOf(err) {
	case parley.Unauthenticated:
		return CloseInvalidSession
	case parley.NotFound:
		return CloseThreadNotFound
	case parley.Forbidden:
		return CloseAccessDenied
	case parley.Unavailable:
		return CloseUnavailable
	default:
		return CloseInternalError
	}
}
