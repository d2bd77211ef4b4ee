//go:build !linux

// Command parleyload puts a Parley server under load. It needs Linux: epoll for
// thousands of sockets on few goroutines, /proc to see what the server uses.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "parleyload runs on Linux only")
	os.Exit(1)
}
