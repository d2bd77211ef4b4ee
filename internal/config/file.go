package config

import (
	"bufio"
	"io"
	"os"
	"reflect"
	"strings"

	"github.com/jessevdk/go-flags"
)

// NewParser returns what reads a command line into the fields of line, which have the
// tags of package flags; what the arguments do not set comes from the environment, or
// else from the file that --config names. lookup is os.LookupEnv.
func NewParser(program string, line any, lookup func(string) (string, bool)) (*flags.Parser, error) {
	p := flags.NewNamedParser(program, flags.HelpFlag|flags.PassDoubleDash|flags.AllowBoolValues)
	file := &fileFlag{func(name string) error { return readFile(p, name) }}
	if _, err := p.AddGroup("Configuration", "", file); err != nil { // before all that take their defaults from it
		return nil, err
	}
	if _, err := p.AddGroup("Settings", "", line); err != nil {
		return nil, err
	}
	for _, option := range options(p.Command) {
		switch option.EnvDefaultKey {
		case "":
			option.EnvDefaultKey = "PARLEY_" + strings.ToUpper(strings.ReplaceAll(option.LongName, "-", "_"))
		case "-":
			option.EnvDefaultKey = ""
		}
		if value, set := lookup(option.EnvDefaultKey); set && unsaid(option, value) {
			return nil, wrong("%s is empty: set it to true or false, or not at all", option.EnvDefaultKey)
		}
	}
	return p, nil
}

// fileFlag reads settings from a file.
type fileFlag struct {
	Config func(name string) error `long:"config" value-name:"FILE" description:"Read settings from a file of lines name = value; the names are those of the flags. Flags and the environment outweigh it."`
}

// unsaid reports whether a value leaves open what it sets: package flags would take it
// for true.
func unsaid(option *flags.Option, value string) bool {
	return value == "" && option.Field().Type.Kind() == reflect.Bool
}

// options returns those of a command and of all below it.
func options(c *flags.Command) (all []*flags.Option) {
	for groups := []*flags.Group{c.Group}; len(groups) > 0; groups = groups[1:] {
		all = append(all, groups[0].Options()...)
		groups = append(groups, groups[0].Groups()...)
	}
	for _, sub := range c.Commands() {
		all = append(all, options(sub)...)
	}
	return all
}

// readFile makes what a file sets the defaults of a parser's options. It refuses names
// that no command has: a setting that is misspelt must not pass for one that is not set.
func readFile(p *flags.Parser, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return wrong("--config: %v", err)
	}
	defer f.Close()
	settings, err := parse(f)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for _, option := range options(p.Command) {
		known[option.LongName] = true
		values, ok := settings[option.LongName]
		if !ok {
			continue
		}
		if len(values) > 1 && option.Field().Type.Kind() != reflect.Slice {
			return wrong("the configuration file sets %q more than once", option.LongName)
		}
		if unsaid(option, values[0]) {
			return wrong("the configuration file sets %q to nothing: give true or false", option.LongName)
		}
		option.Default = values
	}
	for name := range settings {
		if !known[name] {
			return wrong("the configuration file sets %q, which is no flag", name)
		}
	}
	return nil
}

// parse reads a configuration file: lines of the form
//
//	name = value
//
// where name is a flag's without its dashes. A name that may be given more than
// once may stand on several lines. Empty lines and those that start with # say
// nothing.
func parse(r io.Reader) (map[string][]string, error) {
	settings := map[string][]string{}
	lines := bufio.NewScanner(r)
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			return nil, wrong("line %d of the configuration file is not of the form name = value", number)
		}
		settings[name] = append(settings[name], strings.TrimSpace(value))
	}
	return settings, lines.Err()
}
