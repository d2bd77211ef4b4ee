package realtime

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// CloseReason says why a connection ended. Code and Reason are what the peer reads in the close
// frame; Reconnect tells logs, metrics and the application whether the client is expected to come
// back by itself.
//
// Applications keep a catalogue of their own beside the one below and hand its members to
// [Conn.Close] and [Event.Final].
type CloseReason struct {
	Code      int    // RFC 6455, section 7.4; 1005 and 1006 never travel
	Reason    string // shown to the peer, cut to 123 bytes
	Reconnect bool
}

// The reasons this package itself closes connections for.
var (
	// CloseGoingAway ends every connection when the hub stops.
	CloseGoingAway = CloseReason{1001, "Server is going away", true}

	// CloseRestored ends every connection when the log's generation changes: event ids given out
	// before mean nothing now.
	CloseRestored = CloseReason{1001, "Event log was restored", true}

	// CloseProtocolError answers frames that break RFC 6455: reserved bits or opcodes, missing
	// masks, stray continuations, bad close frames.
	CloseProtocolError = CloseReason{1002, "Protocol error", false}

	// CloseUnsupported answers a binary message.
	CloseUnsupported = CloseReason{1003, "Text messages only", false}

	// CloseInvalidText answers text or a close reason that is not UTF-8.
	CloseInvalidText = CloseReason{1007, "Invalid UTF-8", false}

	// CloseTooBig answers a message longer than UpgradeConfig.ReadLimit.
	CloseTooBig = CloseReason{1009, "Message too big", false}

	// CloseTooSlow ends a connection whose queue overflowed or that took nothing for ten seconds.
	// It resumes where it stopped.
	CloseTooSlow = CloseReason{1013, "Too slow", true}

	// CloseInterrupted ends a connection that could not be brought up to date: the log failed, or
	// no longer reaches back to where it stands.
	CloseInterrupted = CloseReason{1013, "Stream interrupted", true}

	// CloseLost is reported to OnClose when the peer vanished without a close frame. It never
	// travels.
	CloseLost = CloseReason{1006, "Connection lost", true}

	// CloseUnresponsive is reported to OnClose when nothing, not even a pong, came for two
	// heartbeat intervals. It never travels.
	CloseUnresponsive = CloseReason{1006, "No answer to pings", true}
)

const (
	codeNoStatus = 1005 // the peer closed without a code
	codeLost     = 1006

	maxReason = ws.MaxControlFramePayloadSize - 2
)

// frame encodes the close frame for r, nil if r is one that never travels.
func (r CloseReason) frame() []byte {
	switch r.Code {
	case codeLost:
		return nil
	case codeNoStatus:
		return encode(ws.OpClose, nil)
	}
	reason := r.Reason
	if len(reason) > maxReason {
		cut := maxReason
		for cut > 0 && !utf8.RuneStart(reason[cut]) {
			cut--
		}
		reason = reason[:cut]
	}
	payload := binary.BigEndian.AppendUint16(nil, uint16(r.Code))
	return encode(ws.OpClose, append(payload, reason...))
}

// parseClose reads the payload of a peer's close frame. ok is false when it breaks the protocol;
// then the reason is what to answer.
func parseClose(payload []byte) (reason CloseReason, ok bool) {
	if len(payload) == 0 {
		return CloseReason{Code: codeNoStatus}, true
	}
	if len(payload) == 1 {
		return CloseProtocolError, false
	}
	code := int(binary.BigEndian.Uint16(payload))
	if !mayTravel(code) {
		return CloseProtocolError, false
	}
	if !utf8.Valid(payload[2:]) {
		return CloseInvalidText, false
	}
	return CloseReason{Code: code, Reason: string(payload[2:])}, true
}

// mayTravel reports whether a peer may send the code. gobwas' own check is not used: it refuses the
// registered codes 1012 to 1014 and lets 5000 and above pass.
func mayTravel(code int) bool {
	switch {
	case code >= 1000 && code <= 1003, code >= 1007 && code <= 1014:
		return true
	default:
		return code >= 3000 && code <= 4999
	}
}
