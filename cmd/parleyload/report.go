//go:build linux

package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"parley/cmd/parleyload/internal/chart"
)

// shownFaults is how many faults of a run are printed.
const shownFaults = 10

// print writes the outcome for people.
func (o *outcome) print(w io.Writer) {
	fmt.Fprintf(w, "\n%s on %s\n\n", o.Scenario, o.Machine)
	table := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, strings.Join(o.columns("figure", "server", "reference", "ratio"), "\t")+"\t")
	for _, m := range o.Medians {
		row := o.columns(m.Name, number(m.Server, m.Unit), number(m.Reference, m.Unit), number(m.Ratio, ""))
		fmt.Fprintln(table, strings.Join(row, "\t")+"\t")
	}
	table.Flush()
	fmt.Fprintln(w)
	for _, r := range o.Runs {
		r.print(w)
	}
}

// columns leaves out those of targets that were not measured.
func (o *outcome) columns(name, server, reference, ratio string) []string {
	columns := []string{name}
	if o.has(serverName) {
		columns = append(columns, server)
	}
	if o.has(referenceName) {
		columns = append(columns, reference)
	}
	if len(columns) == 3 {
		columns = append(columns, ratio)
	}
	return columns
}

func (o *outcome) has(target string) bool {
	for _, r := range o.Runs {
		if r.Target == target {
			return true
		}
	}
	return false
}

// print tells what is noteworthy of a run, and what went wrong in it.
func (r *result) print(w io.Writer) {
	for _, note := range r.Notes {
		fmt.Fprintf(w, "%s: %s\n", r.Target, note)
	}
	total := 0
	for _, n := range r.FaultCounts {
		total += n
	}
	if total == 0 {
		fmt.Fprintf(w, "%s: every event came, once and in order\n", r.Target)
		return
	}
	fmt.Fprintf(w, "%s: %d FAULTS\n", r.Target, total)
	for i, f := range r.Faults {
		if i == shownFaults {
			fmt.Fprintf(w, "  and %d more\n", total-shownFaults)
			break
		}
		fmt.Fprintf(w, "  %s\n", f)
	}
}

// number shows three digits, or all before the point; a whole number as it is.
func number(v *float64, unit string) string {
	if v == nil {
		return "-"
	}
	decimals := 0
	if size := math.Abs(*v); size < 100 && size != math.Trunc(size) {
		decimals = min(max(2-int(math.Floor(math.Log10(size))), 0), 4)
	}
	text := strconv.FormatFloat(*v, 'f', decimals, 64)
	if decimals == 0 {
		text = grouped(text)
	}
	return strings.TrimSpace(text + " " + unit)
}

// grouped puts commas between thousands.
func grouped(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// plot draws latencies and throughput of each target.
func (o *outcome) plot(file string) error {
	drawing := chart.Drawing{Title: o.Scenario + " on " + o.Machine}
	for _, name := range []string{serverName, referenceName} {
		series := chart.Series{Name: name}
		for _, r := range o.Runs {
			if r.Target != name {
				continue
			}
			series.Latency.Add(&r.latency)
			series.Throughput = nil // of the last run
			for _, s := range r.Samples {
				series.Throughput = append(series.Throughput, chart.Point{X: s.At, Y: s.Deliveries})
			}
		}
		if series.Latency.Count() > 0 || len(series.Throughput) > 0 {
			drawing.Series = append(drawing.Series, series)
		}
	}
	return drawing.WriteFile(file)
}
