package test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"
)

// busWatch notes when replicas say that the bus fails them, and when no longer.
type busWatch struct {
	began, ended time.Time // of what makes it fail
	stop         context.CancelFunc
	watching     sync.WaitGroup

	mu     sync.Mutex
	first  time.Time // when the first one said so
	normal time.Time // when the last one said that it is well again
}

// watchBus asks the replicas, until finish is called, how the bus does.
func watchBus(t *testing.T, replicas []*program) *busWatch {
	ctx, stop := context.WithCancel(t.Context())
	w := &busWatch{began: time.Now(), stop: stop}
	t.Cleanup(w.finish)
	for _, p := range replicas {
		w.watching.Go(func() { w.ask(ctx, p.URL) })
	}
	return w
}

func (w *busWatch) ask(ctx context.Context, url string) {
	const pause = 20 * time.Millisecond
	degraded := false
	for ticks := time.NewTicker(pause); ; {
		select {
		case <-ctx.Done():
			ticks.Stop()
			return
		case <-ticks.C:
		}
		if is, known := busDegraded(ctx, url); known && is != degraded {
			degraded = is
			w.note(is)
		}
	}
}

func (w *busWatch) note(degraded bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case !degraded:
		w.normal = time.Now()
	case w.first.IsZero():
		w.first = time.Now()
	}
}

// mended says that what made the bus fail is over.
func (w *busWatch) mended() { w.ended = time.Now() }

func (w *busWatch) finish() {
	w.stop()
	w.watching.Wait()
}

// times returns how long after it began the first replica noticed, 0 if none did, and
// how long after its end the last one was well again.
func (w *busWatch) times() (noticed, normal time.Duration) {
	if w.first.IsZero() {
		return 0, 0
	}
	return w.first.Sub(w.began), max(0, w.normal.Sub(w.ended))
}

// busDegraded asks a replica; known is false if it does not answer.
func busDegraded(ctx context.Context, url string) (degraded, known bool) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/readyz", nil)
	if err != nil {
		return false, false
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return false, false
	}
	defer res.Body.Close()
	var health struct{ Parts map[string]string }
	err = json.NewDecoder(res.Body).Decode(&health)
	return health.Parts["bus"] == "degraded", err == nil
}
