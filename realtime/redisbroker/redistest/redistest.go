// Package redistest starts Redis servers for tests: private ones, which a test may
// kill, freeze and start again.
package redistest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	// patience is how long a server may take to answer.
	patience = 30 * time.Second
	// attempts is how often another free port is tried: between finding one and listening
	// on it somebody else may take it.
	attempts = 10
)

// Server is a redis-server of a test's own, on a port of 127.0.0.1. Its methods may be
// called concurrently.
type Server struct {
	t      testing.TB
	folder string
	port   int
	secure bool // it speaks TLS alone
	args   []string

	mu      sync.Mutex
	process *process // nil while it is not running
}

// process is one run of the program.
type process struct {
	command *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{} // closed when it has ended
}

// Start starts a server that lives until the test ends. args are further arguments, like
// "--requirepass", "secret". Where there is no redis-server the test fails and says what
// to install.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(&Server{t: t, folder: t.TempDir(), args: args})
}

// StartTLS starts a server that speaks TLS alone; args name its certificates.
func StartTLS(t testing.TB, args ...string) *Server {
	t.Helper()
	return start(&Server{t: t, folder: t.TempDir(), secure: true, args: args})
}

func start(s *Server) *Server {
	t := s.t
	t.Helper()
	t.Cleanup(s.Kill)
	var err error
	for range attempts {
		if s.port, err = freePort(); err != nil {
			break
		}
		if err = s.start(); err == nil {
			return s
		}
	}
	t.Fatal(err)
	return nil
}

// Address is the server's host and port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL is the server's address as clients are given it.
func (s *Server) URL() string {
	if s.secure {
		return "rediss://" + s.Address()
	}
	return "redis://" + s.Address()
}

// Kill ends the server as a crash does. It does nothing if it is not running.
func (s *Server) Kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		return
	}
	s.process.command.Process.Kill()
	<-s.process.ended
	s.process = nil
}

// Restart starts a server that was killed again, on the same port. It has forgotten all.
func (s *Server) Restart() {
	s.t.Helper()
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
}

// Freeze stops the server's process, as a machine that hangs does: connections stay, and
// nothing is answered.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.process == nil {
		s.t.Fatal("redistest: the server is not running")
	}
	if err := s.process.command.Process.Signal(signal); err != nil {
		s.t.Fatal(err)
	}
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// start starts the process and waits until it answers.
func (s *Server) start() error {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return errors.New("redistest: there is no redis-server: install Debian's package redis-server (make test does, as root)")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	p := &process{ended: make(chan struct{})}
	port := []string{"--port", strconv.Itoa(s.port)}
	if s.secure {
		port = []string{"--port", "0", "--tls-port", strconv.Itoa(s.port)}
	}
	p.command = exec.Command(program, slices.Concat(port, []string{
		"--bind", "127.0.0.1", "--dir", s.folder,
		"--save", "", "--appendonly", "no", "--daemonize", "no",
	}, s.args)...)
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if err := p.command.Start(); err != nil {
		return fmt.Errorf("redistest: %w", err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // killed, as a rule
	}()
	s.process = p
	return s.await(p)
}

// await waits until the server listens.
func (s *Server) await(p *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	retry := time.NewTicker(5 * time.Millisecond)
	defer retry.Stop()
	for {
		select {
		case <-p.ended:
			s.process = nil
			return fmt.Errorf("redistest: redis-server ended: %s", p.output.Bytes())
		case <-ctx.Done():
			return errors.New("redistest: redis-server does not answer")
		case <-retry.C:
		}
		if s.answers(ctx) {
			return nil
		}
	}
}

// answers asks the server for anything: what it says, a refusal too, says that it runs.
func (s *Server) answers(ctx context.Context) bool {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.Address())
	if err != nil {
		return false
	}
	defer conn.Close()
	if s.secure {
		return true // it would not say a word in plain text
	}
	_ = conn.SetDeadline(time.Now().Add(time.Second))
	answer := make([]byte, 1)
	_, err = conn.Write([]byte("PING\r\n"))
	if err == nil {
		_, err = conn.Read(answer)
	}
	return err == nil && (answer[0] == '+' || answer[0] == '-')
}
