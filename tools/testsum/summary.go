package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// event is a line of go test -json (go doc test2json) or, with ImportPath, of
// go build -json.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Elapsed     float64 // seconds
	Output      string
	FailedBuild string
}

// summary counts tests and shows how they go.
type summary struct {
	out                     io.Writer
	passed, failed, skipped int
	packages                map[string]*packageRun
	builds                  map[string][]string // import path → what the compiler said
}

// packageRun is a package whose tests are under way.
type packageRun struct {
	tests  int
	failed int
	output map[string][]string // test, "" for the package itself → lines
}

func newSummary(out io.Writer) *summary {
	return &summary{out: out, packages: map[string]*packageRun{}, builds: map[string][]string{}}
}

// read adds a stream of events up to its end. Lines that are no events, like what
// go test says of flags, are shown as they are.
func (s *summary) read(events io.Reader) error {
	lines := bufio.NewReader(events) // a Scanner gives up on lines over 64 KiB
	for {
		line, err := lines.ReadBytes('\n')
		var e event
		if len(line) > 0 {
			if json.Unmarshal(line, &e) == nil {
				s.add(e)
			} else {
				fmt.Fprintf(s.out, "%s", line)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *summary) add(e event) {
	if e.ImportPath != "" {
		if e.Action == "build-output" {
			s.builds[e.ImportPath] = append(s.builds[e.ImportPath], e.Output)
		}
		return
	}
	p := s.packages[e.Package]
	if p == nil {
		p = &packageRun{output: map[string][]string{}}
		s.packages[e.Package] = p
	}
	switch {
	case e.Action == "output":
		p.output[e.Test] = append(p.output[e.Test], e.Output)
	case e.Test != "":
		s.endTest(p, e)
	case e.Action == "pass", e.Action == "fail", e.Action == "skip":
		s.endPackage(p, e)
		delete(s.packages, e.Package)
	}
}

// endTest counts a test that ended. The output of one that failed is shown at
// once; that of its subtests came before it.
func (s *summary) endTest(p *packageRun, e event) {
	switch e.Action {
	case "pass":
		s.passed++
	case "skip":
		s.skipped++
	case "fail":
		s.failed++
		p.failed++
		s.show(fmt.Sprintf("--- FAIL: %s %s (%s)", e.Package, e.Test, seconds(e)), p.output[e.Test])
	default:
		return // it starts, pauses or goes on
	}
	p.tests++
	delete(p.output, e.Test)
}

// endPackage shows the line of a package that has tests, and why it failed if no
// test tells.
func (s *summary) endPackage(p *packageRun, e event) {
	status := "ok"
	switch {
	case e.Action == "skip": // no test files
		return
	case e.Action == "fail":
		status = "FAIL"
		if p.failed == 0 {
			s.failed++
			s.show("--- FAIL: "+e.Package, append(s.builds[e.FailedBuild], p.rest()...))
		}
	}
	fmt.Fprintf(s.out, "%-6s%s  %d tests, %s\n", status, e.Package, p.tests, seconds(e))
}

// rest is what a package said itself, and what those tests said that never ended.
func (p *packageRun) rest() []string {
	var lines []string
	for _, test := range slices.Sorted(maps.Keys(p.output)) {
		lines = append(lines, p.output[test]...)
	}
	return lines
}

// fail counts a failure that no event told.
func (s *summary) fail(why string) {
	s.failed++
	s.show("--- FAIL: "+why, nil)
}

// show prints a failure, its output indented.
func (s *summary) show(title string, output []string) {
	fmt.Fprintln(s.out, title)
	text := strings.TrimRight(strings.Join(output, ""), "\n")
	if text != "" {
		fmt.Fprintln(s.out, "    "+strings.ReplaceAll(text, "\n", "\n    "))
	}
}

// good reports whether tests ran and none failed.
func (s *summary) good() bool { return s.failed == 0 && s.passed > 0 }

// close counts packages that began and never ended as failed, and prints the
// closing line.
func (s *summary) close() {
	for name, p := range s.packages {
		s.endPackage(p, event{Action: "fail", Package: name})
	}
	fmt.Fprintf(s.out, "%d passed, %d failed, %d skipped\n", s.passed, s.failed, s.skipped)
}

func seconds(e event) string {
	return time.Duration(e.Elapsed * float64(time.Second)).Round(10 * time.Millisecond).String()
}
