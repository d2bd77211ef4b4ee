// Command testsum runs the test commands it is given and sums them up.
//
//	testsum 'go test -json -race ./...' 'go test -C tools -json ./...'
//
// Each argument is a command, split at spaces, that prints the events of go test
// -json. They run one after the other, all of them whatever the earlier ones
// did. Shown are one line a package as it finishes, the whole output of what
// failed, and at last how many tests there were:
//
//	321 passed, 0 failed, 2 skipped
//
// Subtests count by themselves. A package that fails without a test that failed
// (it does not build, it panics, it runs out of time) counts as one. It exits
// with 1 if anything failed or nothing ran.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: testsum 'go test -json ./...' ['go test …' …]")
		os.Exit(2)
	}
	sum := newSummary(os.Stdout)
	for _, command := range os.Args[1:] {
		run(sum, strings.Fields(command))
	}
	sum.close()
	if !sum.good() {
		os.Exit(1)
	}
}

// run adds the events of one command to the sum. A command that fails without
// telling why in its events counts as a failure by itself.
func run(sum *summary, words []string) {
	before := sum.failed
	if err := stream(sum, words); err != nil && sum.failed == before {
		sum.fail(strings.Join(words, " ") + ": " + err.Error())
	}
}

func stream(sum *summary, words []string) error {
	command := exec.Command(words[0], words[1:]...)
	command.Stderr = os.Stderr
	events, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	return errors.Join(sum.read(events), command.Wait())
}
