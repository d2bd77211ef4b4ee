//go:build !linux

package server

import "syscall"

// bindPeers leaves it to the system when to give up peers that acknowledge nothing.
func bindPeers(_, _ string, _ syscall.RawConn) error { return nil }
