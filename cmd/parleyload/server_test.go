//go:build linux

package main

import (
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ada may make threads on the server that startServer starts; Mina and Finn are
// members.
const (
	creator = "Ada:correct horse battery"
	members = "Mina,correct horse battery\nFinn,correct horse battery\n"
)

// startServer builds and starts the real server, on an empty database but for its
// people, and returns its address.
func startServer(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "parley")
	args := append([]string{"build", "-o", binary}, raceFlag()...)
	if out, err := exec.CommandContext(t.Context(), "go", append(args, "parley/cmd/parley")...).CombinedOutput(); err != nil {
		t.Fatalf("build the server: %v\n%s", err, out)
	}
	addUser(t, binary, "Ada", "creator")
	addUser(t, binary, "Mina", "member")
	addUser(t, binary, "Finn", "member")
	addr := freeAddress(t)
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	server := exec.CommandContext(context.WithoutCancel(t.Context()), binary, "serve", "--addr", addr, "--admin-addr", "")
	server.Dir, server.Stdout, server.Stderr = dir, log, log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(syscall.SIGTERM)
		if err := server.Wait(); err != nil {
			text, _ := os.ReadFile(log.Name())
			t.Errorf("the server ends with %v:\n%s", err, text)
		}
	})
	awaitReady(t, "http://"+addr)
	return "http://" + addr
}

// addUser makes an account in the database of the folder that the binary is in.
func addUser(t *testing.T, binary, name, role string) {
	t.Helper()
	add := exec.CommandContext(t.Context(), binary, "user", "add", name, "--role", role, "--password-stdin")
	add.Dir, add.Stdin = filepath.Dir(binary), strings.NewReader("correct horse battery\n")
	if out, err := add.CombinedOutput(); err != nil {
		t.Fatalf("add %s: %v\n%s", name, err, out)
	}
}

// raceFlag makes the server share what was compiled for this test.
func raceFlag() []string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, setting := range info.Settings {
			if setting.Key == "-race" && setting.Value == "true" {
				return []string{"-race"}
			}
		}
	}
	return nil
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func awaitReady(t *testing.T, base string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				http.DefaultClient.CloseIdleConnections()
				return
			}
		}
		if pause(ctx, sampling) != nil {
			t.Fatalf("the server is not ready within a minute: %v", err)
		}
	}
}

func TestEveryScenarioRunsAgainstTheServer(t *testing.T) {
	base := startServer(t)
	cookies := filepath.Join(t.TempDir(), "cookies")
	for _, c := range small {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{c.name, "--url=" + base, "--admin-url=", "--creator=" + creator, "--cookie-file=" + cookies, "--quiet"}, c.args...)
			o, printed := outcomeOf(t, exitDone, args...)
			for _, name := range c.figures {
				if m := find(o, name); m == nil || m.Server == nil {
					t.Errorf("there is no figure %q: %s", name, printed)
				}
			}
		})
	}
	t.Run("everyone", func(t *testing.T) { testEveryone(t, base, cookies) })
	t.Run("everyone, with much unread", func(t *testing.T) { testManyUnread(t, base) })
	t.Run("people of a file watch", func(t *testing.T) { testUsersFile(t, base) })
}

func testUsersFile(t *testing.T, base string) {
	users := filepath.Join(t.TempDir(), "users")
	if err := os.WriteFile(users, []byte(members), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"rate", "--url=" + base, "--admin-url=", "--creator=" + creator, "--users-file=" + users, "--quiet",
		"--max-sockets-per-user=20", "--warmup=0s", "--duration=200ms",
	}
	outcomeOf(t, exitDone, append(args, "--sockets=40")...)
	var printed, told strings.Builder
	if got := run(append(args, "--sockets=41"), streams{&printed, &told}); got != exitFailed || !strings.Contains(told.String(), "1 people more") {
		t.Errorf("with one socket too many it exits with %d and says %q", got, told.String())
	}
}
