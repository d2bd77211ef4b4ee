// Package chart draws two plots side by side as SVG, by hand: how latencies are
// distributed, and how throughput went.
package chart

import (
	"fmt"
	"html"
	"math"
	"os"
	"strings"
	"time"

	"parley/cmd/parleyload/internal/histogram"
)

// Drawing is a picture of one or more series. It shows no plot that no series has
// anything for.
type Drawing struct {
	Title  string
	Series []Series
}

// Series is what was measured of one thing.
type Series struct {
	Name       string
	Latency    histogram.Histogram
	Throughput []Point
}

// Point is a throughput Y, per second, at second X.
type Point struct{ X, Y float64 }

// Measures of the picture, in pixels.
const (
	plotWidth, plotHeight = 420, 260
	left, top, below      = 76, 64, 50
	panelWidth            = left + plotWidth + 24
	height                = top + plotHeight + below
)

// colours are told apart by people who do not see red or green.
var colours = []string{"#0b62a4", "#d55e00", "#009e73", "#7b3294"}

// WriteFile writes the picture to a file.
func (d *Drawing) WriteFile(name string) error {
	return os.WriteFile(name, []byte(d.SVG()), 0o644)
}

// SVG returns the picture.
func (d *Drawing) SVG() string {
	var panels []*panel
	if p := d.latencies(); p != nil {
		panels = append(panels, p)
	}
	if p := d.throughputs(); p != nil {
		panels = append(panels, p)
	}
	var svg strings.Builder
	width := panelWidth * max(len(panels), 1)
	fmt.Fprintf(&svg, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n",
		width, height, width, height)
	fmt.Fprintf(&svg, `<rect width="%d" height="%d" fill="#ffffff"/>`+"\n", width, height)
	fmt.Fprintf(&svg, `<text x="%d" y="24" font-size="15" font-weight="bold">%s</text>`+"\n", left, html.EscapeString(d.Title))
	for i, s := range d.Series {
		fmt.Fprintf(&svg, `<text x="%d" y="46" fill="%s">● %s</text>`+"\n", left+110*i, colour(i), html.EscapeString(s.Name))
	}
	for i, p := range panels {
		p.draw(&svg, i*panelWidth+left)
	}
	svg.WriteString("</svg>\n")
	return svg.String()
}

func colour(i int) string { return colours[i%len(colours)] }

// percentiles are marked in the plot of latencies. Each step to the right is as
// wide as the last, and says as much about the rarer tenth that is left.
var percentiles = []float64{0.5, 0.9, 0.99, 0.999, 0.9999}

// tail places a share of the latencies on the horizontal axis.
func tail(q float64) float64 { return -math.Log10(1 - q) }

// latencies plots what share of deliveries took no longer than what.
func (d *Drawing) latencies() *panel {
	p := &panel{title: "delivery latency by percentile, ms", logarithmic: true}
	for i := range d.Series {
		p.lines = append(p.lines, quantiles(&d.Series[i].Latency))
	}
	if !p.fit() {
		return nil
	}
	p.minX, p.maxX = 0, tail(percentiles[len(percentiles)-1])
	for _, q := range percentiles {
		p.ticksX = append(p.ticksX, tick{tail(q), fmt.Sprintf("%g", 100*q)})
	}
	return p
}

// quantiles samples a distribution as far as there is enough to tell.
func quantiles(h *histogram.Histogram) (line []Point) {
	if h.Count() == 0 {
		return nil
	}
	furthest := min(tail(percentiles[len(percentiles)-1]), math.Log10(float64(h.Count())))
	const steps = 120
	for i := range steps + 1 {
		x := furthest * float64(i) / steps
		at := h.Quantile(1 - math.Pow(10, -x))
		line = append(line, Point{x, float64(at) / float64(time.Millisecond)})
	}
	return line
}

// throughputs plots deliveries a second over time.
func (d *Drawing) throughputs() *panel {
	p := &panel{title: "deliveries per second, over seconds"}
	for _, s := range d.Series {
		p.lines = append(p.lines, s.Throughput)
	}
	if !p.fit() {
		return nil
	}
	p.minX, p.minY = 0, 0
	p.ticksX = round(p.minX, p.maxX)
	return p
}
