package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"parley/internal/store"
	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
	"parley/realtime/redisbroker/redistest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"parley": main})
}

// TestCommandLine runs the scripts in testdata against the real program. Beside
// testscript's own commands they have:
//
//	await URL      waits until URL answers 200
//	signal NAME    sends HUP or TERM to what runs in the background
//	lock FILE      keeps the database's writing lock to the script's end
//	newer FILE     makes the database one of a later release
//	postgres       starts a PostgreSQL server, and sets $DB to a database on it
//	redis          starts a Redis that asks for a password, and sets $REDIS to its host and port
//	onlyline FILE  fails unless the output has exactly one line
//
// $FREE and $FREE2 are addresses to listen on, $TAKEN is one in use.
func TestCommandLine(t *testing.T) {
	defer goleak.VerifyNone(t)
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			taken, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Defer(func() { taken.Close() })
			env.Setenv("TAKEN", taken.Addr().String())
			for _, name := range []string{"FREE", "FREE2"} {
				free, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return err
				}
				env.Setenv(name, free.Addr().String())
				free.Close()
			}
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await, "signal": send, "lock": lock, "newer": newer, "onlyline": onlyLine, "postgres": postgres,
			"redis": func(ts *testscript.TestScript, _ bool, _ []string) {
				ts.Setenv("REDIS", redistest.Start(t, "--requirepass", "secret").Address())
			},
		},
	})
}

func await(ts *testscript.TestScript, _ bool, args []string) {
	deadline := time.Now().Add(20 * time.Second)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		response, err := client.Get(args[0])
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("it answers %s", response.Status)
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s: %v", args[0], err)
		}
		time.Sleep(20 * time.Millisecond) // another process: there is nothing to wait for but its port
	}
}

func send(ts *testscript.TestScript, _ bool, args []string) {
	signal, ok := map[string]os.Signal{"HUP": syscall.SIGHUP, "TERM": syscall.SIGTERM}[args[0]]
	if !ok {
		ts.Fatalf("there is no signal %s", args[0])
	}
	for _, command := range ts.BackgroundCmds() {
		ts.Check(command.Process.Signal(signal))
	}
}

// lock holds a transaction open on another connection.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	s, err := store.Open(context.Background(), ts.MkAbs(args[0]), store.Options{})
	ts.Check(err)
	locked, release, ended := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		_, err := s.Update(context.Background(), func(*store.Tx) error {
			close(locked)
			<-release
			return nil
		})
		ended <- err
	}()
	<-locked
	ts.Defer(func() {
		close(release)
		ts.Check(<-ended)
		ts.Check(s.Close())
	})
}

func newer(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(storetest.MakeNewer(context.Background(), ts.MkAbs(args[0])))
}

func onlyLine(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	if lines := strings.Count(text, "\n"); lines != 1 {
		ts.Fatalf("%d lines, want one:\n%s", lines, text)
	}
}

func postgres(ts *testscript.TestScript, _ bool, _ []string) {
	server, err := pgtest.New(pgtest.Options{})
	ts.Check(err)
	ts.Defer(func() { ts.Check(server.Remove()) })
	ts.Setenv("DB", server.DSN("postgres"))
	ts.Setenv("MISSING_DB", server.DSN("nowhere"))
	ts.Setenv("REFUSED_DB", strings.Replace(server.DSN("postgres"), pgtest.Password, "swordfish", 1))
}
