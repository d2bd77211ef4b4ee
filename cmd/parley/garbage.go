package main

import (
	"os"
	"runtime/debug"
)

// garbage is how much the heap may grow before it is collected, in percent of what
// lives. A forum's heap is small, a few megabytes and half a kilobyte a socket: with
// Go's own 100 a busy server collects many times a second, which was an eighth of
// what a message costs and a fifth of what a handshake does.
const garbage = 300

// collectSeldom sets that, unless GOGC says something else.
func collectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbage)
	}
}
