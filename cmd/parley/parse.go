package main

import (
	"errors"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"parley"
	"parley/internal/config"
)

// parse reads arguments, environment and configuration file.
func parse(line *commandLine, args []string) (*kong.Context, error) {
	options := append(config.Options(os.LookupEnv),
		kong.Name("parley"),
		kong.Description("A real-time forum for membership communities."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
	)
	parser, err := kong.New(line, options...)
	if err != nil {
		return nil, err
	}
	return parser.Parse(args)
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
