package pgtest

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// shared is the server that most tests of a process use, each with a database of
// its own.
var shared struct {
	mu        sync.Mutex
	server    *Server
	failed    error
	templates map[string]error // those made, and what went wrong with them
}

var databases atomic.Int64

// Main runs a package's tests and then ends the server that they shared. It is for
// TestMain: goleak.VerifyTestMain(pgtest.Main(m)).
func Main(m *testing.M) interface{ Run() int } { return tests{m} }

type tests struct{ m *testing.M }

func (t tests) Run() int {
	code := t.m.Run()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		if err := shared.server.Remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
		shared.server = nil
	}
	return code
}

// Shared returns the server that the tests of this process share. It starts with
// the first test that asks, and ends with Main. Tests must not stop it.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil && shared.failed == nil {
		shared.server, shared.failed = New(Options{})
	}
	if shared.failed != nil {
		t.Fatal(shared.failed)
	}
	return shared.server
}

// Own returns a server for one test to stop, kill and restart.
func Own(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Database returns the address of an empty database on the shared server, which is
// dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	return create(t, Shared(t), "template1")
}

// Clone is Database, but a copy of one that fill filled: the first one to ask for a
// name has it filled.
func Clone(t testing.TB, name string, fill func(dsn string) error) string {
	t.Helper()
	s := Shared(t)
	shared.mu.Lock()
	err, done := shared.templates[name]
	if !done {
		if err = s.Exec("postgres", "CREATE DATABASE "+name); err == nil {
			err = fill(s.DSN(name))
		}
		if shared.templates == nil {
			shared.templates = map[string]error{}
		}
		shared.templates[name] = err
	}
	shared.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	return create(t, s, name)
}

func create(t testing.TB, s *Server, template string) string {
	t.Helper()
	name := fmt.Sprint("test_", databases.Add(1))
	if err := s.Exec("postgres", fmt.Sprintf("CREATE DATABASE %s TEMPLATE %s STRATEGY FILE_COPY", name, template)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// With force: a test that failed may have left connections.
		err := s.Exec("postgres", fmt.Sprintf("DROP DATABASE %s WITH (FORCE)", name))
		if err != nil && !strings.Contains(err.Error(), "does not exist") {
			t.Error(err)
		}
	})
	return s.DSN(name)
}
