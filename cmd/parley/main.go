// Parley is a real-time forum for membership communities: one binary, one
// database, nothing else to install.
package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"parley"
	"parley/internal/config"
)

// commandLine is everything that parley can be told.
type commandLine struct {
	Config kong.ConfigFlag `placeholder:"FILE" help:"Read settings from a file of lines name = value; the names are those of the flags. Flags and the environment outweigh it."`
	DB     string          `default:"parley.db" placeholder:"FILE" help:"The database: an SQLite file, made if it is not there, or postgres://USER@HOST/NAME. A password is best kept in PGPASSWORD or ~/.pgpass."`
	DBWait time.Duration   `name:"db-wait" default:"30s" placeholder:"DURATION" help:"How long to wait, when starting, for a database server that cannot be reached."`
	config.Log

	Serve   serveCommand   `cmd:"" help:"Run the forum."`
	Migrate migrateCommand `cmd:"" help:"Bring the database to this release's schema, as serve does by itself."`
	User    userCommand    `cmd:"" help:"Add and change people's accounts, also while the forum runs."`
	Doctor  doctorCommand  `cmd:"" help:"Look whether what the database keeps agrees with itself."`
	Seed    seedCommand    `cmd:"" help:"Fill an empty database with the demo community."`
}

// Validate refuses what SQLite would take for a database that nobody keeps.
func (c *commandLine) Validate() error {
	if c.DB == "" {
		return errors.New("--db names no file")
	}
	return nil
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
	if err == nil {
		err = command.Run(newEnvironment(args, &line))
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "parley:", oneLine(err))
	if misuse := (*kong.ParseError)(nil); errors.As(err, &misuse) || parley.KindOf(err) == parley.Unprocessable {
		return exitWrongUse
	}
	return exitFailed
}
