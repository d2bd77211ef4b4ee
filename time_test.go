package parley_test

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"

	"parley"
)

func TestATimeReadsAsRFC3339InUTCWithMicroseconds(t *testing.T) {
	berlin := time.FixedZone("", 2*60*60)
	for _, tc := range []struct {
		at   time.Time
		want string
	}{
		{time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC), `"2026-03-01T09:00:00.000000Z"`},
		{time.Date(2026, 7, 1, 9, 0, 0, 123_456_789, berlin), `"2026-07-01T07:00:00.123456Z"`},
		{time.Unix(0, 0), `"1970-01-01T00:00:00.000000Z"`},
	} {
		got, err := json.Marshal(parley.At(tc.at))
		if err != nil || string(got) != tc.want {
			t.Errorf("%v: %s, %v; want %s", tc.at, got, err, tc.want)
		}
		if quoted := `"` + parley.At(tc.at).String() + `"`; quoted != tc.want {
			t.Errorf("%v as text: %s", tc.at, quoted)
		}
	}
}

func TestATimeIsReadInAnyZoneAndPrecision(t *testing.T) {
	want := parley.At(time.Date(2026, 3, 1, 9, 0, 0, 500_000_000, time.UTC))
	for _, text := range []string{`"2026-03-01T09:00:00.5Z"`, `"2026-03-01T10:00:00.500+01:00"`, `"2026-03-01T09:00:00.500000Z"`} {
		var got parley.Time
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{`"yesterday"`, `"2026-03-01"`, `""`, `17`} {
		var got parley.Time
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s was read as %v", text, got)
		}
	}
}

func TestATimeSurvivesJSONAndArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := parley.Time(rapid.Int64Range(0, 4_000_000_000_000_000).Draw(t, "at")) // until the year 2096
		text, err := json.Marshal(at)
		if err != nil {
			t.Fatal(err)
		}
		var back parley.Time
		if err := json.Unmarshal(text, &back); err != nil || back != at {
			t.Fatalf("%d came back as %d, %v", at, back, err)
		}
		d := time.Duration(rapid.Int64Range(-1e12, 1e12).Draw(t, "microseconds")) * time.Microsecond
		if got := at.Add(d).Sub(at); got != d {
			t.Fatalf("%v later is %v later", d, got)
		}
		if got := parley.At(at.Std()); got != at {
			t.Fatalf("%d is %d by the standard library", at, got)
		}
	})
}
