package config

import (
	"bufio"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

// Options make kong read settings from the environment and from the file of a
// kong.ConfigFlag too. lookup is os.LookupEnv.
func Options(lookup func(string) (string, bool)) []kong.Option {
	return []kong.Option{
		kong.DefaultEnvars("PARLEY"),
		kong.Configuration(func(r io.Reader) (kong.Resolver, error) {
			settings, err := parse(r)
			return file{settings, lookup}, err
		}),
	}
}

// file is a configuration file: lines of the form
//
//	name = value
//
// where name is a flag's without its dashes. A name that may be given more than
// once may stand on several lines. Empty lines and those that start with # say
// nothing.
type file struct {
	settings map[string][]string
	lookup   func(string) (string, bool)
}

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
			return nil, fmt.Errorf("line %d of the configuration file is not of the form name = value", number)
		}
		settings[name] = append(settings[name], strings.TrimSpace(value))
	}
	return settings, lines.Err()
}

// Validate refuses names that no command has: a setting that is misspelt must
// not pass for one that is not set.
func (f file) Validate(app *kong.Application) error {
	known := map[string]*kong.Flag{}
	err := kong.Visit(app, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			known[flag.Name] = flag
		}
		return next(nil)
	})
	if err != nil {
		return err
	}
	for name, values := range f.settings {
		switch flag, ok := known[name]; {
		case !ok:
			return fmt.Errorf("the configuration file sets %q, which is no flag", name)
		case len(values) > 1 && !repeatable(flag):
			return fmt.Errorf("the configuration file sets %q more than once", name)
		}
	}
	return nil
}

// Resolve returns the file's value of a flag, nil if it has none or if the
// environment, which outweighs it, has one.
func (f file) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	values, ok := f.settings[flag.Name]
	if !ok || slices.ContainsFunc(flag.Envs, func(name string) bool { _, set := f.lookup(name); return set }) {
		return nil, nil
	}
	if repeatable(flag) {
		return strings.Join(values, string(flag.Tag.Sep)), nil
	}
	return values[0], nil
}

func repeatable(flag *kong.Flag) bool { return flag.Target.Kind() == reflect.Slice }
