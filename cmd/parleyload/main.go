//go:build linux

// Command parleyload puts a Parley server under load and checks, event by event and
// socket by socket, that it keeps its promises. See README.md.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitDone     = 0
	exitFailed   = 1 // a promise was broken, or the run did not come to an end
	exitWrongUse = 2
)

const description = `Puts a Parley server on this machine under load, and checks that every durable event reaches every socket, ` +
	`once and in order. The exit code is 1 if one does not.`

// commands is the command line.
type commands struct {
	Post      post      `cmd:"" help:"How long one message takes to reach a viewer while nothing else happens."`
	Idle      idle      `cmd:"" help:"What sockets cost on which nothing happens."`
	Fanout    fanout    `cmd:"" help:"How fast one thread's messages reach many viewers: a closed window of messages on their way."`
	Rate      rate      `cmd:"" help:"How long messages take to reach many viewers of one thread, at a fixed rate."`
	Chat      chat      `cmd:"" help:"Many threads at once: posts a second, and deliveries."`
	Page      page      `cmd:"" help:"How fast the newest messages of a thread are read."`
	Storm     storm     `cmd:"" help:"All sockets drop, miss some events and come back at once."`
	Stuck     stuck     `cmd:"" help:"One reader stops reading: what the others notice."`
	Churn     churn     `cmd:"" help:"Sockets come, go and resume for a long time, while people talk."`
	Handshake handshake `cmd:"" help:"How many sockets a second can be opened."`
	Reference reference `cmd:"" help:"Serve the bare hub that --reference compares with."`
}

// streams is where a command writes.
type streams struct{ out, progress io.Writer }

func main() { os.Exit(run(os.Args[1:], streams{os.Stdout, os.Stderr})) }

// run does what the command line says and returns the exit code.
func run(args []string, to streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	parser, err := kong.New(&c, kong.Name("parleyload"), kong.Description(description),
		kong.ValueFormatter(withDefault), kong.Writers(to.out, to.progress), kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(to))
	if err != nil {
		panic(err) // a wrong tag
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintln(to.progress, "parleyload:", err)
		return exitWrongUse
	}
	if err := command.Run(); err != nil {
		if err != errFaults { // those alone are told already
			fmt.Fprintln(to.progress, "parleyload:", err)
		}
		return exitFailed
	}
	return exitDone
}

// withDefault adds to a flag's help what it is when it is not given.
func withDefault(flag *kong.Value) string {
	help := kong.DefaultHelpValueFormatter(flag)
	if flag.HasDefault && flag.Default != "" {
		help += " [" + flag.Default + "]"
	}
	return help
}
