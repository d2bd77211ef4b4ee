// Package test tells stories across the whole program: the real binary on a
// real database, real sockets, real browsers.
package test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must happen. It says nothing about
// how long it should take: machines are shared.
const patience = 60 * time.Second

// buildOnce builds the program, with the race detector like the test itself.
var buildOnce = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "parley-test-")
	if err != nil {
		return "", err
	}
	binary := filepath.Join(dir, "parley")
	args := []string{"build", "-o", binary}
	if raceEnabled {
		args = append(args, "-race")
	}
	out, err := exec.Command("go", append(args, "parley/cmd/parley")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return binary, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if binary, err := buildOnce(); err == nil {
		os.RemoveAll(filepath.Dir(binary))
	}
	os.Exit(code)
}

// program is a running parley serve.
type program struct {
	t    *testing.T
	URL  string
	addr string
	args []string
	cmd  *exec.Cmd
	log  *lockedBuffer
	done chan struct{} // closed when the process has ended
}

// serve starts parley serve on a database and a free port, with more arguments.
// It is killed when the test ends.
func serve(t *testing.T, db string, args ...string) *program {
	t.Helper()
	addr := freeAddress(t)
	p := &program{
		t: t, addr: addr, URL: "http://" + addr,
		args: append([]string{"serve", "--db", db, "--addr", addr, "--admin-addr", ""}, args...),
		log:  &lockedBuffer{},
	}
	p.start()
	t.Cleanup(func() {
		p.kill()
		for _, fault := range []string{" level=ERROR ", "DATA RACE"} {
			for _, line := range p.log.lines(fault) {
				t.Errorf("the program's own fault: %s", line)
			}
		}
		if t.Failed() {
			// Not so much that what failed is lost in it.
			t.Logf("the program's log:\n%s", p.log.tail(3000))
		}
	})
	return p
}

// start runs the program and returns when it answers.
func (p *program) start() {
	p.t.Helper()
	binary, err := buildOnce()
	if err != nil {
		p.t.Fatal(err)
	}
	p.cmd = exec.Command(binary, p.args...)
	p.cmd.Stdout, p.cmd.Stderr = p.log, p.log
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.done = make(chan struct{})
	go func() {
		p.cmd.Wait()
		close(p.done)
	}()
	eventually(p.t, "the program answers", func() bool {
		select {
		case <-p.done:
			p.t.Fatalf("the program ended: %v\n%s", p.cmd.ProcessState, p.log.tail(8000))
		default:
		}
		res, err := http.Get(p.URL + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}

// kill ends the program as a crash does: it gets no chance to do anything.
func (p *program) kill() { p.end(syscall.SIGKILL) }

// stop asks the program to end and returns its exit code.
func (p *program) stop() int {
	p.end(syscall.SIGTERM)
	return p.cmd.ProcessState.ExitCode()
}

func (p *program) end(signal os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		p.cmd.Process.Kill()
		p.t.Fatalf("the program did not end on %v", signal)
	}
}

// run runs the program with arguments until it ends and returns its output.
func run(t *testing.T, stdin string, args ...string) string {
	t.Helper()
	binary, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("parley %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// eventually polls until cond holds.
func eventually(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !cond(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// freeAddress returns a loopback address with a port nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// lockedBuffer collects the output of a process.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// lines returns those lines that hold some text.
func (l *lockedBuffer) lines(with string) (found []string) {
	for line := range strings.Lines(l.tail(math.MaxInt)) {
		if strings.Contains(line, with) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found
}

// tail returns the last n bytes.
func (l *lockedBuffer) tail(n int) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.b.Bytes()
	return string(b[max(0, len(b)-n):])
}
