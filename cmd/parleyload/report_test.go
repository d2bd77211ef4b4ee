//go:build linux

package main

import (
	"math"
	"strings"
	"testing"

	"parley/cmd/parleyload/internal/ledger"
)

func TestFiguresAreMediansAndRatios(t *testing.T) {
	run := func(target string, value float64) *result {
		r := &result{Target: target}
		r.add("deliveries", "/s", value)
		return r
	}
	o := outcome{Runs: []*result{
		run(referenceName, 400), run(serverName, 100), run(referenceName, 500), run(serverName, 900), run(referenceName, 200), run(serverName, 300),
	}}
	o.Runs[1].add("posts", "/s", 7)
	o.summarise()
	if len(o.Medians) != 2 {
		t.Fatalf("there are %d figures, want 2", len(o.Medians))
	}
	m := o.Medians[0]
	if *m.Server != 300 || *m.Reference != 400 || *m.Ratio != 0.75 {
		t.Errorf("server %v, reference %v, ratio %v; want 300, 400, 0.75", *m.Server, *m.Reference, *m.Ratio)
	}
	if posts := o.Medians[1]; *posts.Server != 7 || posts.Reference != nil || posts.Ratio != nil {
		t.Errorf("a figure of one target alone is %+v", posts)
	}
	if got := *middle([]float64{4, 1}); got != 2.5 {
		t.Errorf("the median of 4 and 1 is %v", got)
	}
}

func TestNumbersAreShownAsPeopleReadThem(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "20": 20, "0.850": 0.85, "12.3": 12.34, "1.00": 1.0001, "123": 123.4, "450,000": 450000.2, "1,234,567": 1234567, "-1,000": -1000,
	} {
		if got := number(&v, ""); got != want {
			t.Errorf("%v is shown as %q, want %q", v, got, want)
		}
	}
	v := 3.5
	if got := number(&v, "ms"); got != "3.50 ms" {
		t.Errorf("with its unit it is %q", got)
	}
	if got := number(nil, "ms"); got != "-" {
		t.Errorf("what was not measured is %q", got)
	}
}

func TestTheReportTellsTheFirstFaults(t *testing.T) {
	r := &result{Target: serverName, FaultCounts: map[ledger.Kind]int{ledger.Lost: 30}, Notes: []string{"it rained"}}
	for i := range 30 {
		r.Faults = append(r.Faults, ledger.Fault{Kind: ledger.Lost, Reader: i, Text: "gone"})
	}
	o := outcome{Scenario: "rate", Runs: []*result{r}}
	var printed strings.Builder
	o.print(&printed)
	for _, want := range []string{"server: it rained", "server: 30 FAULTS", "lost: reader 9: gone", "and 20 more"} {
		if !strings.Contains(printed.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, printed.String())
		}
	}
	if strings.Contains(printed.String(), "reader 10") {
		t.Error("it says more than the first ten")
	}
}

func TestMemoryThatGrowsHasASlope(t *testing.T) {
	var m trend
	for second := range 100 {
		m.add(float64(second), 1000+max(0, 50-float64(second))*90+2*float64(second)) // falls while it warms up
	}
	slope, mean := m.line()
	if math.Abs(slope-2) > 1e-6 || math.Abs(mean-1149) > 1e-6 {
		t.Errorf("slope %v, mean %v; want 2, 1149", slope, mean)
	}
	var short trend
	short.add(0, 5)
	if slope, mean := short.line(); slope != 0 || mean != 0 {
		t.Errorf("one look makes a slope of %v and a mean of %v", slope, mean)
	}
}
