package ledger

// A resume may be refused if more than this is missing; the size leaves a tenth
// for frames that grew since they were sent first.
const (
	resumeEvents = 1000
	resumeBytes  = (1 << 20) / 10 * 9
)

// gap is a range of positions, the ends not included.
type gap struct{ after, before uint64 }

func (g gap) holds(position uint64) bool { return g.after < position && position < g.before }

// Reader is one client's way through a channel. It is used by one goroutine at a time.
type Reader struct {
	channel *Channel
	id      int
	last    uint64 // the position it stands at
	gaps    []gap  // what it passed over
	refused []gap  // what it missed while away, and the server would not send
}

// Join returns a reader that will say where it starts; id names it in faults.
func (c *Channel) Join(id int) Reader {
	c.join()
	return Reader{channel: c, id: id}
}

// Channel returns what it reads.
func (r *Reader) Channel() *Channel { return r.channel }

// Start notes that a new connection starts at a position.
func (r *Reader) Start(position uint64) { r.last = position }

// Resumed notes that a connection which should go on where the last one ended was
// told whether it does, and where else it starts.
func (r *Reader) Resumed(recovered bool, position uint64) {
	if recovered {
		return
	}
	if position > r.last {
		r.refused = append(r.refused, gap{r.last, position + 1})
	}
	r.last = position
}

// Read notes that an event came.
func (r *Reader) Read(position uint64) {
	if position == r.last+1 {
		r.last = position
		return
	}
	r.jump(position)
}

// jump notes an event that is not the next one. Whether what it passed over exists
// is not known yet: another reader may tell.
func (r *Reader) jump(position uint64) {
	switch {
	case position > r.last:
		r.gaps = append(r.gaps, gap{r.last, position})
		r.last = position
	case r.fill(position):
		r.report(Reordered, "%s:%d came after %s:%d", r.channel.name, position, r.channel.name, r.last)
	default:
		r.report(Doubled, "%s:%d came again after %s:%d", r.channel.name, position, r.channel.name, r.last)
	}
}

// fill reports whether a position was passed over before, which it is no more.
func (r *Reader) fill(position uint64) bool {
	for i, g := range r.gaps {
		if g.holds(position) {
			r.gaps[i].before = position
			r.gaps = append(r.gaps, gap{position, g.before})
			return true
		}
	}
	return false
}

// Behind returns whether others got events that are still to come.
func (r *Reader) Behind() bool { return r.last < r.channel.Highest() }

// audit reports what never came.
func (r *Reader) audit() {
	for _, g := range append(r.gaps, gap{r.last, r.channel.Highest() + 1}) {
		if missing := r.channel.within(g); len(missing) > 0 {
			r.report(Lost, "%d events between %s:%d and %s:%d never came; the first is %s of message %d at %d", len(missing),
				r.channel.name, g.after, r.channel.name, g.before, missing[0].Kind, missing[0].Message, missing[0].Position)
		}
	}
	for _, g := range r.refused {
		missing := r.channel.within(g)
		if bytes := size(missing); len(missing) > 0 && len(missing) <= resumeEvents && bytes <= resumeBytes {
			r.report(Unrecovered, "%d events, %d bytes, after %s:%d could have been sent", len(missing), bytes, r.channel.name, g.after)
		}
	}
}

func size(events []Event) (bytes int) {
	for _, e := range events {
		bytes += e.Size
	}
	return bytes
}

func (r *Reader) report(kind Kind, format string, args ...any) {
	r.channel.ledger.Report(kind, r.id, format, args...)
}
