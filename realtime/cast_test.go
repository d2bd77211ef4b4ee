package realtime

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestCastToReachesItsAudienceAsItIsAtThatMoment(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		mina := w.join(visit{user: "mina", value: 500, channels: []string{"f"}})
		finn := w.join(visit{user: "finn", value: 0, channels: []string{"f"}})
		mina.heard()
		finn.heard()
		pays := func(c *Conn) bool { return c.Value().(int) >= 500 }
		news := Message{Lane: Ephemeral, Frame: []byte(`"news"`)}
		w.hub.CastTo("f", news, pays)
		mina.hears(`"news"`)
		finn.hears()
		mina.conn.SetValue(0)
		finn.conn.SetValue(500)
		w.hub.CastTo("f", news, pays)
		w.hub.CastTo("t5", news, pays) // a channel that nobody is joined to
		mina.hears()
		finn.hears(`"news"`)
	})
}

func TestAwaitRightsReturnsWhenTheyAreApplied(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		loser := w.join(tomas)
		l.set(nil, 3*time.Second)
		position := l.ban("tomas") // nobody tells the hub
		done := make(chan error, 1)
		go func() { done <- w.hub.AwaitRights(w.t.Context(), position) }()
		synctest.Wait()
		select {
		case err := <-done:
			t.Errorf("returned before the authority did: %v", err)
		default:
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		loser.isTold(accessDenied)
		if err := w.hub.AwaitRights(w.t.Context(), position); err != nil {
			t.Errorf("once more: %v", err)
		}
	})
}

func TestAwaitRightsEndsWithItsContext(t *testing.T) {
	inGovernedWorld(t, nil, func(w *world, l *ledger) {
		w.join(tomas)
		l.set(errors.New("no database"), 0)
		ctx, cancel := context.WithTimeout(w.t.Context(), time.Minute)
		defer cancel()
		if err := w.hub.AwaitRights(ctx, l.ban("tomas")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
	})
}
