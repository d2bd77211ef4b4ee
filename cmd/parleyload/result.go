//go:build linux

package main

import (
	"encoding/json"
	"os"
	"slices"
	"time"

	"parley/cmd/parleyload/internal/histogram"
	"parley/cmd/parleyload/internal/ledger"
)

// figure is one number that was measured.
type figure struct {
	Name  string  `json:"name"`
	Unit  string  `json:"unit"`
	Value float64 `json:"value"`
}

// result is what one run of a scenario on one target came to.
type result struct {
	Target      string              `json:"target"`
	Figures     []figure            `json:"figures"`
	Notes       []string            `json:"notes,omitempty"`
	Faults      []ledger.Fault      `json:"faults"` // the first ones
	FaultCounts map[ledger.Kind]int `json:"fault_counts"`
	Latency     []bucket            `json:"delivery_latency,omitempty"`
	Samples     []sample            `json:"samples,omitempty"`

	latency histogram.Histogram
}

// bucket is a part of a distribution, in milliseconds.
type bucket struct {
	Below float64 `json:"below_ms"`
	Count uint64  `json:"count"`
}

func (r *result) add(name, unit string, value float64) {
	r.Figures = append(r.Figures, figure{name, unit, value})
}

// addQuantiles adds the figures of a distribution, if there is any.
func (r *result) addQuantiles(name string, h *histogram.Histogram) {
	if h.Count() == 0 {
		return
	}
	r.add(name+" p50", "ms", milliseconds(h.Quantile(0.5)))
	r.add(name+" p90", "ms", milliseconds(h.Quantile(0.9)))
	r.add(name+" p99", "ms", milliseconds(h.Quantile(0.99)))
	r.add(name+" max", "ms", milliseconds(h.Max()))
}

// outcome is all runs of a scenario.
type outcome struct {
	Scenario string    `json:"scenario"`
	Settings any       `json:"settings"`
	Machine  string    `json:"machine"`
	Began    time.Time `json:"began"`
	Medians  []median  `json:"medians"`
	Runs     []*result `json:"runs"`
}

// median is a figure over all runs of each target.
type median struct {
	Name      string   `json:"name"`
	Unit      string   `json:"unit"`
	Server    *float64 `json:"server"`
	Reference *float64 `json:"reference"`
	Ratio     *float64 `json:"ratio"` // server / reference
}

// summarise fills in the medians, in the order in which figures came first.
func (o *outcome) summarise() {
	values := map[figure]map[string][]float64{} // by name and unit, by target
	var order []figure
	for _, r := range o.Runs {
		for _, f := range r.Figures {
			key := figure{Name: f.Name, Unit: f.Unit}
			if values[key] == nil {
				values[key] = map[string][]float64{}
				order = append(order, key)
			}
			values[key][r.Target] = append(values[key][r.Target], f.Value)
		}
	}
	for _, key := range order {
		m := median{Name: key.Name, Unit: key.Unit, Server: middle(values[key][serverName]), Reference: middle(values[key][referenceName])}
		if m.Server != nil && m.Reference != nil && *m.Reference != 0 {
			ratio := *m.Server / *m.Reference
			m.Ratio = &ratio
		}
		o.Medians = append(o.Medians, m)
	}
}

// middle returns the median, nil of none.
func middle(values []float64) *float64 {
	if len(values) == 0 {
		return nil
	}
	sorted := slices.Sorted(slices.Values(values))
	m := (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
	return &m
}

// faults returns how many there were in all runs.
func (o *outcome) faults() (n int) {
	for _, r := range o.Runs {
		for _, count := range r.FaultCounts {
			n += count
		}
	}
	return n
}

// writeJSON writes everything to a file.
func (o *outcome) writeJSON(file string) error {
	for _, r := range o.Runs {
		for _, b := range r.latency.Buckets() {
			r.Latency = append(r.Latency, bucket{milliseconds(b.Below), b.Count})
		}
	}
	text, err := json.MarshalIndent(o, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
