package store_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley"
	"parley/realtime"
)

// These tests have every statement fail that the database runs for somebody, one after
// the other: whoever asked gets the right answer all the same, or is told of the failure.

// fault has a statement fail of those that are run for a context, and all that follow it
// if it lasts.
type fault struct {
	at, ran int
	lasts   bool
}

var errFault = errors.New("this statement fails")

// faultKey is the key of a context's fault.
type faultKey struct{}

func failing(ctx context.Context) error {
	f, _ := ctx.Value(faultKey{}).(*fault)
	if f == nil {
		return nil
	}
	f.ran++
	if f.ran == f.at || f.lasts && f.ran > f.at {
		return errFault
	}
	return nil
}

// sweep calls ask with each statement failing that it has run, alone and with those after
// it. Where there are many they are much alike, and some of them will do.
func sweep(ctx context.Context, ask func(context.Context, fault)) {
	for _, lasts := range []bool{false, true} {
		for at := 1; ; at += 1 + at/16 {
			f := &fault{at: at, lasts: lasts}
			ask(context.WithValue(ctx, faultKey{}, f), *f)
			if f.ran < at {
				break
			}
		}
	}
}

func openFaults(t *testing.T) *traffic {
	t.Helper()
	f := openTraffic(t, filepath.Join(t.TempDir(), "parley.db"), 4)
	f.store.Break(failing)
	return f
}

// asked calls look with all requests that visits make.
func (f *traffic) asked(visits []visit, look func(v visit, method, path string)) {
	f.Helper()
	operations := f.operations()
	for _, v := range visits {
		of := operations[v.operation]
		look(v, of.method, f.address(v, of.path))
	}
}

func TestNoReaderTakesAFailureForAnAnswer(t *testing.T) {
	f := openFaults(t)
	f.asked(slices.Concat(f.reads(f.ada), f.reads(f.mina), f.looks()), func(v visit, method, path string) {
		right := f.answer(t.Context(), v, method, path)
		sweep(t.Context(), func(ctx context.Context, of fault) {
			if w := f.answer(ctx, v, method, path); w.Code < http.StatusInternalServerError && w.Body.String() != right.Body.String() {
				t.Errorf("%s with %+v: answered %d: %s", v.operation, of, w.Code, w.Body)
			}
		})
	})
	f.panicked()
}

func TestNoChangeThatFailsPanics(t *testing.T) {
	f := openFaults(t)
	// Signing in, which hashes passwords, would take longer than all others together.
	visits := slices.Concat(f.ownChanges(), f.writes(), f.moderates(), f.administrates(), f.removes())
	f.asked(visits, func(v visit, method, path string) {
		sweep(t.Context(), func(ctx context.Context, _ fault) { f.answer(ctx, v, method, path) })
	})
	sweep(t.Context(), func(ctx context.Context, _ fault) { f.app.Settle(ctx) })
	f.panicked()
}

// panicked tells of a panic that became an error.
func (f *traffic) panicked() {
	f.Helper()
	for said := range strings.Lines(f.said.String()) {
		if strings.Contains(said, "panic") {
			f.Error(said)
		}
	}
}

func TestNoHubTakesAFailureForAnAnswer(t *testing.T) {
	f := openFaults(t)
	thread := parley.ThreadChannel(f.thread.ID)
	for name, read := range map[string]func(context.Context) (any, error){
		"the log": func(ctx context.Context) (any, error) {
			channels := []parley.Channel{thread, parley.ForumChannel, parley.UserChannel(f.mina.ID)}
			wants := make([]realtime.Want, len(channels))
			for i, c := range channels {
				wants[i] = realtime.Want{Channel: string(c), Limit: 1000}
			}
			pages, err := f.app.Log().Read(ctx, wants)
			shown := []string{}
			for _, p := range pages {
				for _, e := range p.Events {
					shown = append(shown, fmt.Sprintf("%s:%d %s", p.Channel, e.Seq, e.Frame))
				}
			}
			return shown, err
		},
		"what is new": func(ctx context.Context) (any, error) {
			heads, next, err := f.app.Log().Since(ctx, 1)
			slices.SortFunc(heads, func(a, b realtime.Head) int { return strings.Compare(a.Channel, b.Channel) })
			return []any{heads, next}, err
		},
		"rights": func(ctx context.Context) (any, error) { return f.app.RightsSince(ctx, 0) },
		"all rights": func(ctx context.Context) (any, error) {
			r, err := f.app.RightsSince(ctx, 0)
			if err == nil {
				err = f.app.AllRights(ctx, &r, []int64{f.ada.ID, f.mina.ID}, []int64{f.thread.ID, f.below.ID})
			}
			return r, err
		},
		"an admission": func(ctx context.Context) (any, error) { return f.app.Admit(ctx, f.mina.token, f.thread.ID) },
		"a greeting":   func(ctx context.Context) (any, error) { return f.app.Greeting(ctx, f.mina.Viewer) },
		"activity":     func(ctx context.Context) (any, error) { return f.app.ActivitySince(ctx, 1) },
		"counts":       func(ctx context.Context) (any, error) { return f.app.NotificationCount(ctx, f.mina.Viewer) },
	} {
		right, err := read(t.Context())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		sweep(t.Context(), func(ctx context.Context, of fault) {
			if got, err := read(ctx); err == nil && !reflect.DeepEqual(got, right) || err != nil && !errors.Is(err, errFault) {
				t.Errorf("%s with %+v: %v and %+v", name, of, err, got)
			}
		})
	}
}
