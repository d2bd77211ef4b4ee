//go:build linux

// Command parleyload puts a Parley server under load and checks, event by event and
// socket by socket, that it keeps its promises. See README.md.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/jessevdk/go-flags"
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
	Post      post      `command:"post" description:"How long one message takes to reach a viewer while nothing else happens."`
	Idle      idle      `command:"idle" description:"What sockets cost on which nothing happens."`
	Fanout    fanout    `command:"fanout" description:"How fast one thread's messages reach many viewers: a closed window of messages on their way."`
	Rate      rate      `command:"rate" description:"How long messages take to reach many viewers of one thread, at a fixed rate."`
	Chat      chat      `command:"chat" description:"Many threads at once: posts a second, and deliveries."`
	Page      page      `command:"page" description:"How fast the newest messages of a thread are read."`
	Storm     storm     `command:"storm" description:"All sockets drop, miss some events and come back at once."`
	Stuck     stuck     `command:"stuck" description:"One reader stops reading: what the others notice."`
	Churn     churn     `command:"churn" description:"Sockets come, go and resume for a long time, while people talk."`
	Everyone  everyone  `command:"everyone" description:"Everyone is called in a large community: what the author waits for, and all who are connected."`
	Handshake handshake `command:"handshake" description:"How many sockets a second can be opened."`
	Reference reference `command:"reference" description:"Serve the bare hub that --reference compares with."`
}

// streams is where a command writes.
type streams struct{ out, progress io.Writer }

func main() { os.Exit(run(os.Args[1:], streams{os.Stdout, os.Stderr})) }

// run does what the command line says and returns the exit code.
func run(args []string, to streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command, err := parse(args)
	if help := (*flags.Error)(nil); errors.As(err, &help) && help.Type == flags.ErrHelp {
		fmt.Fprintln(to.out, help.Message)
		return exitDone
	}
	if err != nil {
		fmt.Fprintln(to.progress, "parleyload:", err)
		return exitWrongUse
	}
	if err := command.Run(ctx, to); err != nil {
		if err != errFaults { // those alone are told already
			fmt.Fprintln(to.progress, "parleyload:", err)
		}
		return exitFailed
	}
	return exitDone
}

// command is one of commands.
type command interface {
	Validate() error
	Run(ctx context.Context, to streams) error
}

// parse returns the command that the arguments ask for.
func parse(args []string) (command, error) {
	var c commands
	parser := flags.NewNamedParser("parleyload", flags.HelpFlag|flags.PassDoubleDash|flags.AllowBoolValues)
	parser.LongDescription = description
	if _, err := parser.AddGroup("Settings", "", &c); err != nil {
		return nil, err
	}
	rest, err := parser.ParseArgs(args)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%q is one argument too many", rest[0])
	}
	if err != nil {
		return nil, err
	}
	chosen := map[string]command{
		"post": &c.Post, "idle": &c.Idle, "fanout": &c.Fanout, "rate": &c.Rate, "chat": &c.Chat, "page": &c.Page,
		"storm": &c.Storm, "stuck": &c.Stuck, "churn": &c.Churn, "everyone": &c.Everyone, "handshake": &c.Handshake, "reference": &c.Reference,
	}[parser.Active.Name]
	return chosen, chosen.Validate()
}
