package realtime

import "fmt"

// Mode says what a hub does with its bus. It may be changed at any time, also to another one on each
// of several hubs: where an event comes from makes no difference to a channel.
type Mode uint32

const (
	// ModeLocal leaves the bus alone. Other hubs find this one's events in the log.
	ModeLocal Mode = iota
	// ModeDual delivers this hub's events to its own connections at once, and to the other hubs
	// through the bus.
	ModeDual
	// ModeRedis has events that were published here come back through the bus before they are
	// delivered here too: what the bus does shows at once. An event that has not come back after a
	// moment is read from the log; and while the bus is not well, the hub does as in ModeDual.
	ModeRedis
)

var modeNames = [...]string{"local", "dual", "redis"}

func (m Mode) String() string { return modeNames[m] }

// ParseMode reads what String returns.
func ParseMode(name string) (Mode, error) {
	for m, known := range modeNames {
		if name == known {
			return Mode(m), nil
		}
	}
	return ModeLocal, fmt.Errorf("realtime: %q is no mode of the bus: local, dual or redis", name)
}
