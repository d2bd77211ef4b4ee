//go:build linux

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"time"

	"parley/cmd/parleyload/internal/forum"
	"parley/cmd/parleyload/internal/procfs"
)

// target is what is put under load: the server, or the reference hub.
type target struct {
	name    string
	address netip.AddrPort // where its streams are
	forum   *forum.Client
	admin   *forum.Client // nil without an admin address
	pid     int           // 0 if unknown
	creator forum.Session
	people  []forum.Session
	hub     *exec.Cmd // the reference hub, nil for a server
}

// The targets' names.
const (
	serverName    = "server"
	referenceName = "reference"
)

// connections is how many requests may be under way at once without a new connection.
const connections = 64

// openServer returns the server that the options name.
func openServer(ctx context.Context, o *options) (*target, error) {
	address, err := loopback(o.URL)
	if err != nil {
		return nil, err
	}
	t := &target{name: serverName, address: address, forum: forum.NewClient(o.URL, connections), pid: o.PID}
	if o.WatchURL != "" {
		if t.address, err = loopback(o.WatchURL); err != nil {
			return nil, err
		}
	}
	if o.AdminURL != "" {
		t.admin = forum.NewClient(o.AdminURL, 1)
	}
	if t.pid == 0 {
		// Another user's process is not found: then there are no figures of memory and processor.
		if t.pid, err = procfs.Listener(address.Port()); err != nil && !errors.Is(err, procfs.ErrNobody) {
			return t, err
		}
	}
	name, password, found := strings.Cut(o.Creator, ":")
	if found {
		t.creator, err = t.forum.Login(ctx, name, password)
	} else {
		t.creator, err = t.forum.DemoLogin(ctx, name)
	}
	if err != nil {
		return t, fmt.Errorf("%w (see --url and --creator)", err)
	}
	return t, nil
}

// openReference starts a reference hub in a process of its own.
func openReference(ctx context.Context, o *options) (*target, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	hub := exec.CommandContext(ctx, self, "reference", "--addr=127.0.0.1:0", "--until-eof", fmt.Sprintf("--frame-bytes=%d", o.FrameBytes))
	hub.Stderr = os.Stderr
	// The pipe ends with this process, however that ends: the hub never outlives it.
	if _, err := hub.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := hub.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := hub.Start(); err != nil {
		return nil, fmt.Errorf("start the reference hub: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start the reference hub: %w", err), hub.Wait())
	}
	base := strings.TrimSpace(line)
	address, err := loopback(base)
	if err != nil {
		return nil, err
	}
	client := forum.NewClient(base, connections)
	t := &target{name: referenceName, address: address, forum: client, admin: client, pid: hub.Process.Pid, hub: hub}
	t.creator, err = client.Login(ctx, "anybody", "")
	return t, err
}

// close ends what was started for the target.
func (t *target) close() {
	t.forum.Close()
	if t.admin != nil {
		t.admin.Close()
	}
	if t.hub != nil {
		_ = t.hub.Process.Kill()
		_ = t.hub.Wait() // killed, as it says
	}
}

// collectGarbage asks the target to. Whether it did, shows in its memory.
func (t *target) collectGarbage(ctx context.Context) {
	if t.admin != nil {
		for range 2 { // what finalizers held goes with the second
			_, _ = t.admin.Get(ctx, "/debug/pprof/heap?gc=1")
		}
	}
}

// goroutines returns how many the target runs, 0 if it does not tell.
func (t *target) goroutines(ctx context.Context) (n int) {
	if t.admin == nil {
		return 0
	}
	t.forum.Close() // the target has a goroutine for each idle connection
	profile, err := t.admin.Get(ctx, "/debug/pprof/goroutine?debug=1")
	if err != nil {
		return 0
	}
	_, _ = fmt.Sscanf(profile, "goroutine profile: total %d", &n)
	return n
}

// counter returns a metric of the target that has no labels; ok is false if it does not tell.
func (t *target) counter(ctx context.Context, name string) (value float64, ok bool) {
	if t.admin == nil {
		return 0, false
	}
	text, err := t.admin.Get(ctx, "/metrics")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(text) {
		if figure, found := strings.CutPrefix(line, name+" "); found {
			value, err = strconv.ParseFloat(strings.TrimSpace(figure), 64)
			return value, err == nil
		}
	}
	return 0, false
}

// cpu returns the processor time the target has used, 0 if that is not known.
func (t *target) cpu() time.Duration {
	if t.pid == 0 {
		return 0
	}
	spent, _ := procfs.CPU(t.pid) // a target that died tells otherwise
	return spent
}

// rss returns the target's memory now, in bytes, 0 if that is not known.
func (t *target) rss() int64 {
	if t.pid == 0 {
		return 0
	}
	bytes, _ := procfs.RSS(t.pid)
	return bytes
}

// machine tells what figures were measured on.
func machine() string {
	return fmt.Sprintf("%d processors, %s %s/%s", runtime.NumCPU(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
