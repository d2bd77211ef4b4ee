package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"
)

// elements parses a picture and counts its elements by name.
func elements(t *testing.T, svg string) map[string]int {
	t.Helper()
	counts := map[string]int{}
	for d := xml.NewDecoder(strings.NewReader(svg)); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return counts
		}
		if err != nil {
			t.Fatalf("%v in:\n%s", err, svg)
		}
		if start, ok := token.(xml.StartElement); ok {
			counts[start.Name.Local]++
			check(t, start)
		}
	}
}

// check looks for numbers that no browser draws, and for lines that leave the plot.
func check(t *testing.T, e xml.StartElement) {
	t.Helper()
	for _, a := range e.Attr {
		if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") {
			t.Errorf("<%s %s=%q>", e.Name.Local, a.Name.Local, a.Value)
		}
		if a.Name.Local != "points" {
			continue
		}
		for place := range strings.FieldsSeq(a.Value) {
			x, y, _ := strings.Cut(place, ",")
			if !within(x, plotWidth) || !within(y, plotHeight) {
				t.Errorf("point %s is outside of the plot", place)
			}
		}
	}
}

func within(text string, limit float64) bool {
	v, err := strconv.ParseFloat(text, 64)
	return err == nil && v >= -0.05 && v <= limit+0.05
}

func series(name string, latencies, points int) Series {
	random := rand.New(rand.NewPCG(5, 6))
	s := Series{Name: name}
	for range latencies {
		s.Latency.Record(time.Duration(random.ExpFloat64() * float64(4*time.Millisecond)))
	}
	for i := range points {
		s.Throughput = append(s.Throughput, Point{float64(i) / 10, 400_000 * random.Float64()})
	}
	return s
}

func TestPicturesAreWellFormedWhateverIsDrawn(t *testing.T) {
	for _, c := range []struct {
		name  string
		d     Drawing
		lines int
	}{
		{"two series", Drawing{"fanout", []Series{series("server", 100_000, 100), series("reference", 5000, 80)}}, 4},
		{"names that are markup", Drawing{`<&"`, []Series{series(`a<b>&"c"`, 100, 10)}}, 2},
		{"nothing", Drawing{}, 0},
		{"a series without anything", Drawing{"", []Series{{Name: "server"}}}, 0},
		{"one point", Drawing{"", []Series{{Throughput: []Point{{1, 5}}}}}, 1},
		{"all zero", Drawing{"", []Series{{Throughput: []Point{{0, 0}, {1, 0}}}}}, 1},
		{"one latency", Drawing{"", []Series{series("", 1, 0)}}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := elements(t, c.d.SVG())["polyline"]; got != c.lines {
				t.Errorf("%d lines are drawn, want %d", got, c.lines)
			}
		})
	}
}

func TestTicksAreRoundAndFew(t *testing.T) {
	for _, high := range []float64{0.003, 1, 7, 10, 99, 12_345, 1e6, 3.3e8} {
		ticks := round(0, high)
		if len(ticks) < 3 || len(ticks) > 7 {
			t.Errorf("0 to %g has %d ticks: %v", high, len(ticks), ticks)
		}
	}
	if got := round(0, 12)[1].label; got != "2" {
		t.Errorf("the second tick of 0 to 12 is %s", got)
	}
	for v, want := range map[float64]string{0.5: "0.5", 250_000: "250 k", 1_500_000: "1.5 M", 9000: "9000"} {
		if got := short(v); got != want {
			t.Errorf("%g is labelled %s, want %s", v, got, want)
		}
	}
}
