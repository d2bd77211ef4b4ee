package parley_test

import (
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// listed is what go list tells of a package of this module.
type listed struct {
	ImportPath   string
	Dir          string
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// within reports whether an import path is one of the roots or below one. The
// root package "parley" has nothing below it.
func within(path string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return path == root || root != "parley" && strings.HasPrefix(path, root+"/")
	})
}

func ours(path string) bool { return path == "parley" || strings.HasPrefix(path, "parley/") }

// standard reports whether a package is of the standard library: only there has
// the first element of a path no dot.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !ours(path)
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,GoFiles,Imports,TestImports,XTestImports", "./...").Output()
	if err != nil {
		t.Fatal("go list: ", err)
	}
	var all []listed
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// layers are our components from the top down, each with what lies below it in the
// tree. A component imports from the layers below its own.
var layers = [][]string{
	{"parley/cmd", "parley/test"},
	{"parley/internal/server"},
	{"parley/internal/metrics"},
	{"parley/internal/api", "parley/internal/live", "parley/internal/web", "parley/internal/seed"},
	{"parley/internal/app"},
	{"parley/internal/store", "parley/internal/auth", "parley/internal/markdown", "parley/internal/config", "parley/internal/picture", "parley/internal/preview", "parley/internal/storage"},
	{"parley", "parley/realtime", "parley/internal/names"},
}

// place returns the component that a package belongs to and how deep it lies, or
// -1 if it has no place.
func place(path string) (component string, layer int) {
	for layer, components := range layers {
		for _, component := range components {
			if within(path, component) {
				return component, layer
			}
		}
	}
	return "", -1
}

func TestImportsPointOneWay(t *testing.T) {
	for _, p := range packages(t) {
		component, layer := place(p.ImportPath)
		if layer < 0 {
			t.Errorf("%s has no place in the layers: give it one", p.ImportPath)
		}
		for _, imported := range p.Imports {
			if other, below := place(imported); ours(imported) && other != component && below <= layer {
				t.Errorf("%s imports %s, which is not below it: layers that know each other can only be understood together", p.ImportPath, imported)
			}
		}
	}
}

// importRules say who alone may import something, or what somebody may not.
var importRules = []struct {
	because string
	applies func(importer string) bool
	forbids func(imported string) bool
	tests   bool // the rule holds for tests too
}{
	{
		because: "the domain stands on the standard library alone, so that everything else can stand on it",
		applies: func(importer string) bool { return importer == "parley" },
		forbids: func(imported string) bool { return !standard(imported) },
	},
	{
		because: "realtime is a package for any Go program: it knows nothing of forums",
		applies: func(importer string) bool { return within(importer, "parley/realtime") },
		forbids: func(imported string) bool { return ours(imported) && !within(imported, "parley/realtime") },
		tests:   true,
	},
	{
		because: "a load generator that shares code with the server shares its mistakes: it knows the public interface alone",
		applies: func(importer string) bool { return within(importer, "parley/cmd/parleyload") },
		forbids: func(imported string) bool { return ours(imported) && !within(imported, "parley/cmd/parleyload") },
	},
	{
		because: "realtime needs the standard library and one WebSocket library",
		applies: func(importer string) bool { return importer == "parley/realtime" },
		forbids: func(imported string) bool {
			return !standard(imported) && !ours(imported) && !within(imported, "github.com/gobwas/ws")
		},
	},
	{
		because: "connections are the business of app, live, metrics, server and cmd; the rest works without them",
		applies: func(importer string) bool {
			return !within(importer, "parley/realtime", "parley/internal/app", "parley/internal/live", "parley/internal/metrics", "parley/internal/server", "parley/cmd", "parley/test")
		},
		forbids: func(imported string) bool { return within(imported, "parley/realtime") },
	},
	{
		because: "what a person may see and do is decided in app: nothing that answers people reads the database by itself",
		applies: func(importer string) bool {
			return within(importer, "parley/internal/api", "parley/internal/live", "parley/internal/web")
		},
		forbids: func(imported string) bool { return within(imported, "parley/internal/store") },
	},
	{
		because: "another database is another dialect in store, and nothing else",
		applies: func(importer string) bool { return !within(importer, "parley/internal/store") },
		forbids: func(imported string) bool {
			return within(imported, "database/sql", "modernc.org/sqlite", "github.com/jackc/pgx", "github.com/pressly/goose")
		},
	},
	{
		because: "a checker that shares code with what it checks shares its mistakes: parleyload knows the public API alone",
		applies: func(importer string) bool { return within(importer, "parley/cmd/parleyload") },
		forbids: func(imported string) bool {
			return ours(imported) && !within(imported, "parley/cmd/parleyload")
		},
	},
	{
		because: "what is measured outlives what it is measured with: one package knows Prometheus",
		applies: func(importer string) bool { return !within(importer, "parley/internal/metrics") },
		forbids: func(imported string) bool { return within(imported, "github.com/prometheus") },
	},
	{
		because: "the bus has traps that one package knows; the others see a Broker",
		applies: func(importer string) bool { return !within(importer, "parley/realtime/redisbroker") },
		forbids: func(imported string) bool { return within(imported, "github.com/redis/rueidis") },
	},
}

func TestImportRules(t *testing.T) {
	for _, p := range packages(t) {
		for _, rule := range importRules {
			if !rule.applies(p.ImportPath) {
				continue
			}
			imports := p.Imports
			if rule.tests {
				imports = slices.Concat(imports, p.TestImports, p.XTestImports)
			}
			for _, imported := range imports {
				if rule.forbids(imported) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imported, rule.because)
				}
			}
		}
	}
}

// sourceRules say where alone something may stand in the source.
var sourceRules = []struct {
	because string
	only    string
	finds   func(ast.Node) bool
}{
	{
		because: "what configures Parley is seen in one place: the environment is read in cmd and passed on",
		only:    "parley/cmd",
		finds:   readsEnvironment,
	},
	{
		because: "SQL stands in store alone, where both dialects are tested",
		only:    "parley/internal/store",
		finds:   isSQL,
	},
}

func TestSourceRules(t *testing.T) {
	for _, p := range packages(t) {
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			for _, rule := range sourceRules {
				if within(p.ImportPath, rule.only) {
					continue
				}
				ast.Inspect(file, func(n ast.Node) bool {
					if rule.finds(n) {
						t.Errorf("%s: %s", files.Position(n.Pos()), rule.because)
					}
					return true
				})
			}
		}
	}
}

func readsEnvironment(n ast.Node) bool {
	selector, ok := n.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	of, ok := selector.X.(*ast.Ident)
	return ok && of.Name == "os" && slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, selector.Sel.Name)
}

// sqlStatement knows SQL by its capitals: "Select a thread from the list" is none.
var sqlStatement = regexp.MustCompile(`(?s)^\s*(SELECT\s.*\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|(CREATE|DROP|ALTER)\s+(TABLE|INDEX)\s)`)

func isSQL(n ast.Node) bool {
	literal, ok := n.(*ast.BasicLit)
	if !ok || literal.Kind != token.STRING {
		return false
	}
	text, err := strconv.Unquote(literal.Value)
	return err == nil && sqlStatement.MatchString(text)
}
