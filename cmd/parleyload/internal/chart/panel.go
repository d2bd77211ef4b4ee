package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// panel is one plot: lines in a rectangle with axes.
type panel struct {
	title                  string
	lines                  [][]Point
	logarithmic            bool // the vertical axis
	minX, maxX, minY, maxY float64
	ticksX                 []tick
}

// tick is a place on an axis with its label.
type tick struct {
	at    float64
	label string
}

// fit finds the range of the points; false if there are none.
func (p *panel) fit() bool {
	p.minX, p.minY = math.Inf(1), math.Inf(1)
	p.maxX, p.maxY = math.Inf(-1), math.Inf(-1)
	for _, line := range p.lines {
		for _, point := range line {
			p.minX, p.maxX = min(p.minX, point.X), max(p.maxX, point.X)
			p.minY, p.maxY = min(p.minY, point.Y), max(p.maxY, point.Y)
		}
	}
	if p.minX > p.maxX {
		return false
	}
	if p.logarithmic {
		p.minY = math.Pow(10, math.Floor(math.Log10(max(p.minY, 1e-3))))
		p.maxY = math.Pow(10, math.Ceil(math.Log10(max(p.maxY, 2e-3))))
	} else {
		p.maxY *= 1.05
	}
	// A range without extent has no scale.
	p.maxX, p.maxY = max(p.maxX, p.minX+1e-9), max(p.maxY, p.minY+1e-9)
	return true
}

func (p *panel) draw(svg *strings.Builder, x int) {
	fmt.Fprintf(svg, `<g transform="translate(%d %d)">`+"\n", x, top)
	fmt.Fprintf(svg, `<rect width="%d" height="%d" fill="none" stroke="#888888"/>`+"\n", plotWidth, plotHeight)
	fmt.Fprintf(svg, `<text x="%d" y="%d" text-anchor="middle">%s</text>`+"\n", plotWidth/2, plotHeight+40, p.title)
	for _, t := range p.ticksX {
		at := p.x(t.at)
		fmt.Fprintf(svg, `<path d="M%.1f 0V%d" stroke="#dddddd"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			at, plotHeight, at, plotHeight+18, t.label)
	}
	for _, t := range p.ticksY() {
		at := p.y(t.at)
		fmt.Fprintf(svg, `<path d="M0 %.1fH%d" stroke="#dddddd"/><text x="-8" y="%.1f" text-anchor="end">%s</text>`+"\n",
			at, plotWidth, at+4, t.label)
	}
	for i, line := range p.lines {
		if len(line) > 0 {
			fmt.Fprintf(svg, `<polyline fill="none" stroke="%s" stroke-width="1.5" points="%s"/>`+"\n", colour(i), p.points(line))
		}
	}
	svg.WriteString("</g>\n")
}

func (p *panel) points(line []Point) string {
	var places []string
	for _, point := range line {
		places = append(places, fmt.Sprintf("%.1f,%.1f", p.x(point.X), p.y(point.Y)))
	}
	return strings.Join(places, " ")
}

func (p *panel) x(v float64) float64 { return plotWidth * (v - p.minX) / (p.maxX - p.minX) }

func (p *panel) y(v float64) float64 {
	low, high := p.minY, p.maxY
	if p.logarithmic {
		low, high, v = math.Log10(low), math.Log10(high), math.Log10(max(v, low))
	}
	return plotHeight * (1 - (v-low)/(high-low))
}

func (p *panel) ticksY() (ticks []tick) {
	if !p.logarithmic {
		return round(p.minY, p.maxY)
	}
	for decade := p.minY; decade <= p.maxY*1.001; decade *= 10 {
		for _, step := range []float64{1, 2, 5} {
			if v := decade * step; v <= p.maxY*1.001 {
				ticks = append(ticks, tick{v, short(v)})
			}
		}
	}
	return ticks
}

// round returns about five round numbers of a range.
func round(low, high float64) (ticks []tick) {
	step := math.Pow(10, math.Floor(math.Log10((high-low)/2)))
	for _, times := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*times) <= 6 {
			step *= times
			break
		}
	}
	for n := math.Ceil(low / step); n*step <= high; n++ {
		ticks = append(ticks, tick{n * step, short(n * step)})
	}
	return ticks
}

// short writes a number as briefly as people do.
func short(v float64) string {
	switch {
	case v >= 1e6:
		return strconv.FormatFloat(v/1e6, 'g', 4, 64) + " M"
	case v >= 1e4:
		return strconv.FormatFloat(v/1e3, 'g', 4, 64) + " k"
	default:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
}
