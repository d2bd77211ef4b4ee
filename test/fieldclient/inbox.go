package fieldclient

import (
	"context"
	"fmt"
	"sync"
)

// inbox keeps the frames of a script, over all its sockets.
type inbox struct {
	mu      sync.Mutex
	frames  []Object
	passed  int // how many Await has passed
	arrived chan struct{}
}

func newInbox() *inbox { return &inbox{arrived: make(chan struct{})} }

func (b *inbox) add(frame Object) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.frames = append(b.frames, frame)
	close(b.arrived)
	b.arrived = make(chan struct{})
}

// Await returns the next frame of a type, passing over others. Each call looks on
// where the one before stopped.
func (b *inbox) Await(ctx context.Context, kind string) (Object, error) {
	for {
		frame, arrived := b.next(kind)
		if frame != nil {
			return frame, nil
		}
		select {
		case <-arrived:
		case <-ctx.Done():
			return nil, fmt.Errorf("no %s came: %w", kind, ctx.Err())
		}
	}
}

func (b *inbox) next(kind string) (Object, <-chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.passed < len(b.frames) {
		frame := b.frames[b.passed]
		b.passed++
		if frame.Text("type") == kind {
			return frame, nil
		}
	}
	return nil, b.arrived
}
