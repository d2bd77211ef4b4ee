package api_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"parley/internal/api"
)

// TestEveryRouteStandsInTheListOfRoutesWithItsTest compares docs/contract.md with
// the table of routes and with the tests that there are.
func TestEveryRouteStandsInTheListOfRoutesWithItsTest(t *testing.T) {
	listed := listedRoutes(t)
	tests := testNames(t)
	for _, r := range api.Routes() {
		route := r.Method + " " + r.Path
		if test := listed[route]; !tests[test] {
			t.Errorf("docs/contract.md gives %q as the test of %s: there is none of this name", test, route)
		}
		delete(listed, route)
	}
	for route, test := range listed { // those that are not in the table: sockets, or missing
		if test != "not there yet" && !tests[test] {
			t.Errorf("docs/contract.md gives %q as the test of %s, which is no route", test, route)
		}
	}
}

var listedRoute = regexp.MustCompile("(?m)^\\| `([A-Z]+ [^`]+)` \\| (.+) \\|$")

// listedRoutes returns the tests that docs/contract.md gives, by route.
func listedRoutes(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, row := range listedRoute.FindAllStringSubmatch(string(page), -1) {
		listed[row[1]] = row[2]
	}
	return listed
}

var listedCase = regexp.MustCompile("(?m)^\\| [^|`]+ \\| (Test\\w+) \\|$")

// TestEveryEdgeCaseHasATestOfTheNameListed looks for the tests that docs/contract.md
// gives.
func TestEveryEdgeCaseHasATestOfTheNameListed(t *testing.T) {
	page, err := os.ReadFile("../../docs/contract.md")
	if err != nil {
		t.Fatal(err)
	}
	tests, cases := testNames(t), listedCase.FindAllStringSubmatch(string(page), -1)
	for _, c := range cases {
		if !tests[c[1]] {
			t.Errorf("there is no test of the name %s", c[1])
		}
	}
	if len(cases) < 19 {
		t.Errorf("only %d edge cases are listed", len(cases))
	}
}

var testFunction = regexp.MustCompile(`(?m)^func (Test\w+)\(`)

// testNames returns the names of the tests that can stand in the list.
func testNames(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "../app/*_test.go", "../live/*_test.go", "../../test/*_test.go", "../../test/matrix/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range testFunction.FindAllStringSubmatch(string(source), -1) {
				names[strings.TrimSpace(name[1])] = true
			}
		}
	}
	return names
}
