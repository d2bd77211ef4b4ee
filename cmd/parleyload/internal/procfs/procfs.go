//go:build linux

// Package procfs asks Linux what a process of this machine uses, and which process
// listens at a port.
package procfs

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// CPU returns the processor time a process has used since it started, to the
// nanosecond: the ticks of /proc/<pid>/stat are too coarse for a second's load.
func CPU(pid int) (time.Duration, error) {
	const schedClock = 2 // CPUCLOCK_SCHED of the kernel's posix-timers.h
	var spent unix.Timespec
	if err := unix.ClockGettime(int32(^pid)<<3|schedClock, &spent); err != nil {
		return 0, fmt.Errorf("processor time of process %d: %w", pid, err)
	}
	return time.Duration(spent.Nano()), nil
}

// RSS returns the memory of a process that is resident now, in bytes.
func RSS(pid int) (int64, error) {
	status, err := os.Open(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, fmt.Errorf("memory of process %d: %w", pid, err)
	}
	defer status.Close()
	for lines := bufio.NewScanner(status); lines.Scan(); {
		if value, found := strings.CutPrefix(lines.Text(), "VmRSS:"); found {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
			return kib << 10, err
		}
	}
	return 0, fmt.Errorf("memory of process %d: it has none any more", pid)
}

// ErrNobody means that no process that may be looked at listens at a port.
var ErrNobody = errors.New("no process of one's own listens there")

// Listener returns the process that listens at a TCP port of this machine.
func Listener(port uint16) (pid int, err error) {
	sockets := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		if err := listening(table, port, sockets); err != nil {
			return 0, err
		}
	}
	owners, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err
	}
	for _, path := range owners {
		if target, err := os.Readlink(path); err == nil && sockets[target] {
			return strconv.Atoi(strings.Split(path, "/")[2])
		}
	}
	return 0, fmt.Errorf("port %d: %w", port, ErrNobody)
}

// listening adds the sockets of a table that listen at port, as they are called
// in /proc/<pid>/fd.
func listening(table string, port uint16, sockets map[string]bool) error {
	const (
		local  = 1
		state  = 3
		inode  = 9
		listen = "0A"
	)
	f, err := os.Open(table)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) { // a kernel without IPv6
			return nil
		}
		return err
	}
	defer f.Close()
	suffix := fmt.Sprintf(":%04X", port)
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) > inode && fields[state] == listen && strings.HasSuffix(fields[local], suffix) {
			sockets["socket:["+fields[inode]+"]"] = true
		}
	}
	return lines.Err()
}
