package live

import "time"

// pace lets each typist pass once within a pause. It remembers those who passed
// lately, and nobody else.
type pace struct {
	pause time.Duration
	last  map[typist]time.Time
	order []typist // of last, the first to be forgotten first
}

// allow reports whether a typist may pass, and counts it if so.
func (p *pace) allow(who typist, now time.Time) bool {
	for len(p.order) > 0 && now.Sub(p.last[p.order[0]]) >= p.pause {
		delete(p.last, p.order[0])
		p.order = p.order[1:]
	}
	if _, lately := p.last[who]; lately {
		return false
	}
	p.last[who] = now
	p.order = append(p.order, who)
	return true
}
