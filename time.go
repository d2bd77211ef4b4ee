package parley

import (
	"fmt"
	"time"
)

// Time is an instant as the forum keeps it: microseconds since the Unix epoch,
// UTC. Both databases store it as an integer, so that no driver's idea of time
// zones gets between a row and its meaning. The zero value is "never".
type Time int64

// timeLayout always shows microseconds: clients may rely on at least
// milliseconds, which time.RFC3339Nano does not give for whole seconds.
const timeLayout = "2006-01-02T15:04:05.000000Z"

// At converts t, cutting off what is finer than a microsecond.
func At(t time.Time) Time { return Time(t.UnixMicro()) }

// Std returns t as a time.Time in UTC.
func (t Time) Std() time.Time { return time.UnixMicro(int64(t)).UTC() }

// Add returns the instant d later.
func (t Time) Add(d time.Duration) Time { return t + Time(d.Microseconds()) }

// Sub returns the duration from u to t.
func (t Time) Sub(u Time) time.Duration { return time.Duration(t-u) * time.Microsecond }

// String formats t as RFC 3339 in UTC with microseconds.
func (t Time) String() string { return t.Std().Format(timeLayout) }

// MarshalText makes JSON show t as an RFC 3339 string.
func (t Time) MarshalText() ([]byte, error) { return t.Std().AppendFormat(nil, timeLayout), nil }

// UnmarshalText reads any RFC 3339 time.
func (t *Time) UnmarshalText(text []byte) error {
	std, err := time.Parse(time.RFC3339Nano, string(text))
	if err != nil {
		return fmt.Errorf("not an RFC 3339 time: %w", err)
	}
	*t = At(std)
	return nil
}
