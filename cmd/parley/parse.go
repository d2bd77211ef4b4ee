package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"parley"
	"parley/internal/config"
)

// parse reads arguments, environment and configuration file, and returns what to do.
func parse(line *commandLine, args []string) (command, error) {
	parser, err := config.NewParser("parley", line, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	parser.LongDescription = "A real-time forum for membership communities."
	rest, err := parser.ParseArgs(args)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("%q is one argument too many", rest[0])
	}
	if err == nil {
		err = line.Validate()
	}
	if err != nil {
		return nil, err
	}
	chosen := parser.Active
	for chosen.Active != nil {
		chosen = chosen.Active
	}
	return line.command(chosen.Name), nil
}

// oneLine puts an error into one line, the sentence for a person first and alone
// if there is one.
func oneLine(err error) string {
	var known *parley.Error
	if errors.As(err, &known) {
		prefix, _, _ := strings.Cut(err.Error(), known.Error())
		return prefix + known.Message
	}
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' }), "; ")
}
