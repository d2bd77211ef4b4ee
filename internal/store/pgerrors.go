package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"parley"
)

// retryServer is how long clients are asked to wait for a database server that
// cannot be reached, or has too much to do: it restarts in about that time.
const retryServer = 2 * time.Second

// code returns PostgreSQL's code for an error, empty if it is none of the server's.
func code(err error) string {
	var failure *pgconn.PgError
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

// inTheWay reports whether a transaction failed only because of others that ran at
// the same time. Some of them took a name or removed a row after it had looked
// whether it was free or there: it will find that when it looks again.
func inTheWay(err error) bool {
	switch code(err) {
	case "40001", "40P01", // serialization_failure, deadlock_detected
		"23505", "23503", "23502": // unique_violation, foreign_key_violation, not_null_violation
		return true
	}
	return false
}

// unreachable reports whether err means that the server is not there, or that the
// connection to it was lost.
func unreachable(err error) bool {
	if err == nil {
		return false
	}
	switch c := code(err); {
	case c == "57P01", c == "57P02", c == "57P03": // shut down, crashed, starting up
		return true
	case c == "53300": // too many connections
		return true
	case c != "":
		return strings.HasPrefix(c, "08")
	}
	var network net.Error
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) ||
		errors.As(err, &network) || errors.As(err, new(*pgconn.ConnectError)) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed")
}

// lostConnection reports whether err means that a connection was lost that had been
// there, and with it what was under way: on another one it may be done. It does not
// where the server kept silent for too long, or nobody knows what became of it.
func lostConnection(err error) bool {
	return unreachable(err) && !errors.As(err, new(*pgconn.ConnectError)) && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, errUnknown)
}

// withoutTLS reports whether a server was there, and each attempt failed because it has no
// TLS, or none that the address trusts. The driver has no type for the first.
func withoutTLS(err error) bool {
	for attempt := range strings.SplitSeq(reason(err), "; ") {
		if !strings.Contains(attempt, "refused TLS") && !strings.Contains(attempt, "failed to verify certificate") {
			return false
		}
	}
	return true
}

// atStart tells whoever starts the program why it did not reach the database: there are no
// requests yet that could be made again.
func atStart(err error) error {
	says := ""
	switch {
	case !unreachable(err) || code(err) != "":
		return err
	case withoutTLS(err):
		says = "The database cannot be reached by TLS as its address asks for it (%s): check sslmode and sslrootcert there (--db)."
	default:
		says = "The database cannot be reached (%s): start it, or check its address (--db)."
	}
	return &parley.Error{Kind: parley.Unavailable, Message: fmt.Sprintf(says, reason(err)), RetryAfter: retryServer, Err: err}
}

// closed reports whether err comes from using the pool after close.
func (e *postgresEngine) closed(err error) bool { return strings.Contains(err.Error(), "closed pool") }

// explain tells what a person can do about the failures that are not the
// program's.
func (e *postgresEngine) explain(err error) error {
	var known *parley.Error
	if err == nil || errors.As(err, &known) || errors.Is(err, context.Canceled) {
		return err
	}
	unavailable := func(wait time.Duration, message string) error {
		return &parley.Error{Kind: parley.Unavailable, Message: message, RetryAfter: wait, Err: err}
	}
	switch c := code(err); {
	case c == "57014", c == "55P03", errors.Is(err, context.DeadlineExceeded):
		return unavailable(retryServer, "The database took too long: try again shortly.")
	case inTheWay(err):
		return unavailable(retryServer, "The database is very busy: try again shortly.")
	case c == "53300":
		return unavailable(retryServer, "The database has no connection left: allow it more (max_connections), or this server fewer (pool_max_conns).")
	case unreachable(err):
		return unavailable(retryServer, "The database cannot be reached: try again shortly.")
	case c == "28P01", c == "28000":
		return unavailable(retryWrites, "The database refused the user or the password: check its address (--db), and where passwords are kept (PGPASSWORD, ~/.pgpass).")
	case c == "3D000":
		return unavailable(retryWrites, "There is no such database: create it (createdb), or name another one with --db.")
	case c == "53100":
		return unavailable(retryWrites, "The database's disk is full: free some space, then try again.")
	case c == "53200":
		return unavailable(retryWrites, "The database is out of memory: try again shortly.")
	case c == "25006":
		return unavailable(retryWrites, "The database cannot be written: it is a standby, or set to be read only.")
	case c == "58030", strings.HasPrefix(c, "XX"):
		return unavailable(retryWrites, "The database's disk failed: see its log.")
	case c == "22021", c == "22P05":
		return &parley.Error{Kind: parley.Invalid, Message: "The text has characters in it that cannot be stored.", Err: err}
	case c == "42501":
		return &parley.Error{Kind: parley.Unavailable, Message: "The database's user may not do this there: make it the owner of the database.", Err: err, RetryAfter: retryWrites}
	default:
		return err
	}
}
