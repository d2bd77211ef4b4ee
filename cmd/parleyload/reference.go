//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"

	"parley/cmd/parleyload/internal/hub"
)

// reference serves the bare hub.
type reference struct {
	Addr       string `long:"addr" default:"127.0.0.1:9300" value-name:"HOST:PORT" description:"Where, on this machine."`
	FrameBytes int    `long:"frame-bytes" default:"300" value-name:"N" description:"Size of a frame."`
	UntilEOF   bool   `long:"until-eof" hidden:"yes" description:"End with the standard input."`
}

// Validate refuses an address that is not of this machine.
func (r *reference) Validate() error {
	_, err := loopback("http://" + r.Addr)
	return err
}

// Run serves until it is interrupted.
func (r *reference) Run(ctx context.Context, to streams) error {
	address, err := loopback("http://" + r.Addr)
	if err != nil {
		return err
	}
	h, err := hub.New(hub.Config{Addr: address, Shards: runtime.GOMAXPROCS(0), FrameBytes: r.FrameBytes})
	if err != nil {
		return err
	}
	fmt.Fprintf(to.out, "http://%s\n", h.Addr())
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.UntilEOF {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // however it ends
			cancel()
		}()
	}
	<-ctx.Done()
	h.Close()
	return nil
}
