package main

import (
	"os"
	"runtime/debug"
)

// garbage is how much the heap may grow before it is collected, in percent of what
// lives. A forum's heap is small, a few megabytes and half a kilobyte a socket: with
// Go's own 100 a busy server collects many times a second. Four times that saved an
// eighth of what a message costs and a fifth of a handshake; twice as much is most of
// it, and takes no more than ten megabytes.
const garbage = 200

// collectSeldom sets that, unless GOGC says something else.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
