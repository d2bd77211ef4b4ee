//go:build linux

package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

// TestMain makes the test binary serve the reference hub when it is started for that,
// as the program itself does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "reference" {
		os.Exit(run(os.Args[1:], streams{os.Stdout, os.Stderr}))
	}
	goleak.VerifyTestMain(m)
}

// outcomeOf runs a command, expecting an exit code, and returns what it wrote as
// JSON and what it printed.
func outcomeOf(t *testing.T, exit int, args ...string) (outcome, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "out.json")
	var printed, progress strings.Builder
	if got := run(append(args, "--json="+file), streams{&printed, &progress}); got != exit {
		t.Fatalf("%v exits with %d, want %d:\n%s%s", args, got, exit, printed.String(), progress.String())
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var o outcome
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatal(err)
	}
	return o, printed.String()
}

// small is each scenario in a second or two, with the figures it must come to.
var small = []struct {
	name    string
	args    []string
	figures []string
}{
	{"post", []string{"--count=20", "--pause=1ms"}, []string{"post to event p50", "post answered p99"}},
	{"idle", []string{"--sockets=20", "--threads=4", "--hold=100ms", "--settle=100ms"}, []string{"memory per socket", "sockets at the end"}},
	{"idle", []string{"--sockets=20", "--global", "--hold=100ms", "--settle=100ms"}, []string{"sockets at the end"}},
	{"fanout", []string{"--sockets=20", "--window=4", "--warmup=100ms", "--duration=1s"}, []string{"deliveries", "delivery p99", "cpu per delivery"}},
	{"rate", []string{"--sockets=20", "--rate=50", "--warmup=100ms", "--duration=1s"}, []string{"deliveries", "delivery max"}},
	{"chat", []string{"--sockets=20", "--threads=5", "--rate=100", "--warmup=100ms", "--duration=1s"}, []string{"posts", "post answered p50"}},
	{"page", []string{"--readers=4", "--messages=3", "--warmup=100ms", "--duration=1s"}, []string{"pages", "page answered p50"}},
	{"storm", []string{"--sockets=20", "--threads=3", "--events=10"}, []string{"all caught up", "events replayed", "resumed"}},
	{"stuck", []string{"--sockets=20", "--rate=50", "--warmup=100ms", "--duration=1s"}, []string{"without p99", "with p99"}},
	{"churn", []string{"--sockets=20", "--threads=3", "--turnover=0.5", "--away=200ms", "--duration=2s"}, []string{"left or dropped", "resumed"}},
	{"handshake", []string{"--open=8", "--threads=2", "--warmup=100ms", "--duration=1s"}, []string{"handshakes", "handshake p50"}},
}

func TestEveryScenarioRunsAgainstTheReference(t *testing.T) {
	for _, c := range small {
		t.Run(c.name, func(t *testing.T) {
			plot := filepath.Join(t.TempDir(), "plot.svg")
			args := append([]string{c.name, "--url=", "--reference", "--quiet", "--plot=" + plot}, c.args...)
			o, printed := outcomeOf(t, exitDone, args...)
			for _, name := range c.figures {
				if m := find(o, name); m == nil || m.Reference == nil {
					t.Errorf("there is no figure %q: %s", name, printed)
				}
			}
			checkDrawing(t, plot)
		})
	}
}

func find(o outcome, name string) *median {
	for _, m := range o.Medians {
		if m.Name == name {
			return &m
		}
	}
	return nil
}

func checkDrawing(t *testing.T, file string) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for d := xml.NewDecoder(f); ; {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

func TestWrongUseIsToldWithExitCode2(t *testing.T) {
	for want, args := range map[string][]string{
		"specify one command": {},
		"Unknown command":     {"dance"},
		"one argument too":    {"idle", "now"},
		"unknown flag":        {"idle", "--tables=4"},
		"without --url":       {"idle", "--url="},
		"no weapon":           {"idle", "--url=http://192.0.2.1:80"},
		"must be like http":   {"idle", "--url=https://127.0.0.1:8443"},
		"must be at least 1":  {"idle", "--shards=0"},
		"at most 1000":        {"storm", "--events=1001"},
		"more than 0":         {"churn", "--turnover=0"},
		"no --reference":      {"everyone", "--reference"},
		"1 to 95":             {"everyone", "--count=96"},
		"more than that":      {"everyone", "--members=10", "--sockets=10"},
	} {
		var printed, told strings.Builder
		if got := run(args, streams{&printed, &told}); got != exitWrongUse || !strings.Contains(told.String(), want) {
			t.Errorf("%v exits with %d and says %q, want 2 and %q", args, got, told.String(), want)
		}
	}
}

func TestAServerThatDoesNotAnswerIsToldWithExitCode1(t *testing.T) {
	var printed, told strings.Builder
	got := run([]string{"post", "--url=http://127.0.0.1:1", "--pid=1", "--quiet"}, streams{&printed, &told})
	if got != exitFailed || !strings.Contains(told.String(), "connection refused") {
		t.Errorf("it exits with %d and says %q", got, told.String())
	}
}

func TestMoreSocketsThanFilesIsTold(t *testing.T) {
	var printed, told strings.Builder
	got := run([]string{"idle", "--url=", "--reference", "--quiet", "--sockets=10000000"}, streams{&printed, &told})
	if got != exitFailed || !strings.Contains(told.String(), "ulimit -n") {
		t.Errorf("it exits with %d and says %q", got, told.String())
	}
}
