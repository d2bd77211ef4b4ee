package metrics

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"testing"

	"parley/realtime"
)

// reasonsIn reads the text of every close reason that the sources of a package
// declare.
func reasonsIn(t *testing.T, folder string) (reasons []string) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no sources in %s: %v", folder, err)
	}
	for _, name := range names {
		if matched, _ := filepath.Match("*_test.go", filepath.Base(name)); matched {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if d, ok := declaration.(*ast.GenDecl); ok && d.Tok == token.VAR {
				ast.Inspect(d, func(n ast.Node) bool {
					if text, ok := reasonOf(n); ok {
						reasons = append(reasons, text)
					}
					return true
				})
			}
		}
	}
	return reasons
}

// reasonOf returns the text of CloseReason{1008, "text", …}, its fields named or not.
func reasonOf(n ast.Node) (text string, ok bool) {
	literal, ok := n.(*ast.CompositeLit)
	if !ok || !isCloseReason(literal.Type) {
		return "", false
	}
	for _, field := range literal.Elts {
		if pair, named := field.(*ast.KeyValueExpr); named {
			field = pair.Value
		}
		if value, ok := field.(*ast.BasicLit); ok && value.Kind == token.STRING {
			text, err := strconv.Unquote(value.Value)
			return text, err == nil
		}
	}
	return "", false
}

func isCloseReason(expression ast.Expr) bool {
	if selector, ok := expression.(*ast.SelectorExpr); ok {
		expression = selector.Sel
	}
	name, ok := expression.(*ast.Ident)
	return ok && name.Name == "CloseReason"
}

func TestEveryReasonThatTheProgramClosesForIsCountedUnderItsName(t *testing.T) {
	known := map[string]bool{}
	for reason := range closings {
		known[reason.Reason] = true
	}
	found := 0
	for _, folder := range []string{"../../realtime", "../live", "../app"} {
		for _, text := range reasonsIn(t, folder) {
			found++
			if !known[text] {
				t.Errorf("%q of %s is not among the reasons: add it", text, folder)
			}
		}
	}
	if found != len(closings) {
		t.Errorf("the sources declare %d reasons, %d are counted", found, len(closings))
	}
}

func TestWhatClientsCloseWithMakesNoSeriesOfItsOwn(t *testing.T) {
	for _, test := range []struct {
		closed       realtime.CloseReason
		code, reason string
	}{
		{realtime.CloseTooSlow, "1013", "Too slow"},
		{realtime.CloseReason{Code: 1000}, "1000", "Client left"},
		{realtime.CloseReason{Code: 1001, Reason: "page is left, 8f3a"}, "1001", "Client left"},
		{realtime.CloseReason{Code: 1005}, "1005", "Client left"},
		{realtime.CloseReason{Code: 1008, Reason: "made up"}, "other", "other"},
		{realtime.CloseReason{Code: 4711, Reason: "Too slow"}, "other", "other"},
		{realtime.CloseReason{Code: 3000}, "other", "other"},
	} {
		if code, reason := closeLabels(test.closed); code != test.code || reason != test.reason {
			t.Errorf("%d %q is counted under %s %q", test.closed.Code, test.closed.Reason, code, reason)
		}
	}
}

func TestEveryKindOfChannelHasItsStreamAndAudience(t *testing.T) {
	for channel, want := range map[string][2]string{
		"t5": {"forum_threads", "all"}, "f": {"forum_global", "all"}, "u7": {"forum_global", "user"},
	} {
		if g := groups[Group(channel)]; g.stream != want[0] || g.audience != want[1] {
			t.Errorf("%s is counted under %v", channel, g)
		}
	}
}
