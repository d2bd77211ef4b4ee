// Parley is a real-time forum for membership communities: one binary, one
// database, nothing else to install.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/jessevdk/go-flags"

	"parley"
	"parley/internal/config"
)

// commandLine is everything that parley can be told.
type commandLine struct {
	DB     string        `long:"db" default:"parley.db" value-name:"FILE" description:"The database: an SQLite file, made if it is not there, or postgres://USER@HOST/NAME. A password is best kept in PGPASSWORD or ~/.pgpass."`
	DBWait time.Duration `long:"db-wait" default:"30s" value-name:"DURATION" description:"How long to wait, when starting, for a database server that cannot be reached."`
	config.Log

	Serve   serveCommand   `command:"serve" description:"Run the forum." long-description:"SIGTERM and SIGINT send the sockets elsewhere over the time of --drain, finish the requests under way and end with exit code 0; a second one ends at once. Ctrl-C at a terminal waits for the sockets a second at most. SIGHUP reads the configuration anew; settings marked (*) change at once, others with the next start."`
	Migrate migrateCommand `command:"migrate" description:"Bring the database to this release's schema, as serve does by itself."`
	User    userCommand    `command:"user" description:"Add and change people's accounts, also while the forum runs."`
	Doctor  doctorCommand  `command:"doctor" description:"Look whether what the database keeps agrees with itself." long-description:"Counts everything anew that the database keeps a count of, looks at the index of words and the numbers of the event log, and says what differs. It may run while the forum does. The exit code is 1 if something differs and is not set right."`
	Seed    seedCommand    `command:"seed" description:"Fill an empty database with the demo community."`
}

// command is what parley can be asked to do.
type command interface{ Run(e *environment) error }

// command returns the command of a name.
func (c *commandLine) command(name string) command {
	return map[string]command{
		"serve": &c.Serve, "migrate": c.Migrate, "doctor": c.Doctor, "seed": c.Seed,
		"add": c.User.Add, "passwd": c.User.Passwd, "set": c.User.Set, "deactivate": c.User.Deactivate,
	}[name]
}

// Validate says what is wrong with settings that are each well-formed. An empty name
// SQLite would take for a database that nobody keeps.
func (c *commandLine) Validate() error {
	if c.DB == "" {
		return errors.New("--db names no file")
	}
	if c.DBWait < 0 {
		return fmt.Errorf("--db-wait must be 0 (not at all) or more, not %s", c.DBWait)
	}
	return c.Serve.Validate()
}

// Exit codes beside 0.
const (
	exitFailed   = 1
	exitWrongUse = 2
)

func main() {
	collectSeldom()
	os.Exit(run(os.Args[1:]))
}

// run does what the arguments say. What goes wrong is said in one line.
func run(args []string) (exit int) {
	var line commandLine
	command, err := parse(&line, args)
	if help := (*flags.Error)(nil); errors.As(err, &help) && help.Type == flags.ErrHelp {
		fmt.Println(help.Message)
		return 0
	}
	exit = exitWrongUse
	if err == nil {
		exit = exitFailed
		err = command.Run(newEnvironment(args, &line))
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "parley:", oneLine(err))
	if parley.KindOf(err) == parley.Unprocessable {
		return exitWrongUse
	}
	return exit
}
