package realtime

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
)

// inWorldWithoutALog runs a test with a hub that was given no Log.
func inWorldWithoutALog(t *testing.T, test func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		w := &world{t: t, log: &probeLog{MemoryLog: NewMemoryLog("unused")}, dial: dialStream(t)}
		w.hub = New(Config{Logger: slog.New(slog.NewTextHandler(&said, nil))})
		if strings.Count(said.String(), "at most once") != 1 {
			t.Errorf("the log says %q", said.String())
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- w.hub.Run(ctx) }()
		synctest.Wait()
		test(w)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestAHubWithoutALogNumbersWhatIsPublishedItself(t *testing.T) {
	inWorldWithoutALog(t, func(w *world) {
		g := w.hub.currentGeneration()
		say := func(text string) { w.hub.Publish(Event{Channel: "t5", Frame: []byte(`{"text":"` + text + `"}`)}) }
		say("before")
		p := w.join(tomas)
		say("a")
		p.hears(fresh(g+".t5:1"), frame("a", g+".t5:2"))
		p.vanish()
		say("b")
		again := w.join(back(g + ".t5:2"))
		say("c")
		again.hears(recovered(g+".t5:2"), frame("b", g+".t5:3"), frame("c", g+".t5:4"))
		another := w.join(back("anothers.t5:2")) // after a restart
		another.hears(fresh(g + ".t5:4"))
	})
}

func TestAHubWithoutALogKeepsABoundedPast(t *testing.T) {
	inWorldWithoutALog(t, func(w *world) {
		for range 5 * ownKept {
			w.hub.Publish(Event{Channel: "t5", Frame: []byte(`{}`)})
		}
		if kept := len(w.hub.own.channels["t5"].renders); kept < ownKept || kept > 2*ownKept {
			t.Errorf("%d events kept", kept)
		}
		w.join(back(w.hub.currentGeneration() + ".t5:4000")).admitted()
	})
}

func TestABrokerNeedsALog(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("hubs that share no log share a broker")
		}
	}()
	New(Config{Broker: NewMemoryBus().Broker()})
}
