//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"time"
)

// watch writes a line about the stage once a second until the function it returns
// is called.
func (s *stage) watch(w io.Writer) (stop func()) {
	if s.Quiet {
		return func() {}
	}
	stopping, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		line := newLine(w)
		defer line.end()
		for before := s.mark(); ; {
			select {
			case <-tick.C:
				now := s.mark()
				line.write(s.progress(before, now))
				before = now
			case <-stopping:
				return
			}
		}
	}()
	return func() { close(stopping); <-gone }
}

// progress tells what happened between two moments.
func (s *stage) progress(before, now mark) string {
	seconds := now.at.Sub(before.at).Seconds()
	deliveries := float64(now.totals.Delivered-before.totals.Delivered) / seconds
	posts := float64(now.posted-before.posted) / seconds
	phase := ""
	if p := s.phase.Load(); p != nil {
		phase = *p
	}
	return fmt.Sprintf("%s: %s, %d of %d sockets, %s, %s, %d faults", s.target.name, phase,
		now.totals.Present, s.crowd.sockets, number(&deliveries, "deliveries/s"), number(&posts, "posts/s"), s.ledger.Count())
}

// line is a line that is written again and again: over itself at a terminal, else
// below.
type line struct {
	w        io.Writer
	terminal bool
}

func newLine(w io.Writer) *line {
	l := &line{w: w}
	if f, ok := w.(*os.File); ok {
		info, err := f.Stat()
		l.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return l
}

func (l *line) write(text string) {
	if l.terminal {
		fmt.Fprintf(l.w, "\r\x1b[K%s", text)
	} else {
		fmt.Fprintln(l.w, text)
	}
}

// end makes room for what follows.
func (l *line) end() {
	if l.terminal {
		fmt.Fprint(l.w, "\r\x1b[K")
	}
}
