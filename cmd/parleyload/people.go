//go:build linux

package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"

	"parley/cmd/parleyload/internal/forum"
)

// signingIn is how many people sign in at once: the server hashes passwords with
// all processors it has, and two requests each keep it busy.
const signingIn = 4

// sign signs n people in, if there are not as many yet.
func (t *target) sign(ctx context.Context, o *options, n int) error {
	if t.hub != nil {
		for len(t.people) < n {
			t.people = append(t.people, t.creator)
		}
		return nil
	}
	if len(t.people) == 0 && o.CookieFile != "" {
		if err := t.readCookies(ctx, o.CookieFile); err != nil {
			return err
		}
	}
	if len(t.people) >= n {
		return nil
	}
	if err := t.signMore(ctx, o, n-len(t.people)); err != nil {
		return err
	}
	if o.CookieFile != "" {
		return t.writeCookies(o.CookieFile)
	}
	return nil
}

// signMore signs n people in: those of the file of users, else new ones.
func (t *target) signMore(ctx context.Context, o *options, n int) error {
	if o.UsersFile == "" {
		crew := strings.ToLower(rand.Text()[:8])
		return t.signAll(n, func(i int) (forum.Session, error) {
			return t.forum.Register(ctx, fmt.Sprintf("load_%s_%d", crew, i), rand.Text())
		})
	}
	users, err := lines(o.UsersFile)
	if err != nil {
		return err
	}
	users = users[min(len(t.people), len(users)):]
	if len(users) < n {
		return fmt.Errorf("%s: %d people more are needed, for at most %d sockets each", o.UsersFile, n-len(users), o.MaxSocketsPerUser)
	}
	return t.signAll(n, func(i int) (forum.Session, error) {
		name, password, _ := strings.Cut(users[i], ",")
		return t.forum.Login(ctx, name, password)
	})
}

// signAll adds n people.
func (t *target) signAll(n int, signIn func(i int) (forum.Session, error)) error {
	people, errs := make([]forum.Session, n), make([]error, n)
	var all sync.WaitGroup
	for worker := range signingIn {
		all.Go(func() {
			for i := worker; i < n && (i < signingIn || errs[i-signingIn] == nil); i += signingIn {
				people[i], errs[i] = signIn(i)
			}
		})
	}
	all.Wait()
	if err := firstError(errs); err != nil {
		return err
	}
	t.people = append(t.people, people...)
	return nil
}

func firstError(errs []error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// readCookies takes sessions from a file, if it is there and they still hold.
func (t *target) readCookies(ctx context.Context, file string) error {
	cookies, err := lines(file)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(cookies) == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	// All were made together, for the same database.
	if err := t.forum.Check(ctx, forum.Session(cookies[0])); err != nil {
		var refused *forum.StatusError
		if errors.As(err, &refused) {
			return nil
		}
		return err
	}
	for _, cookie := range cookies {
		t.people = append(t.people, forum.Session(cookie))
	}
	return nil
}

// writeCookies keeps the sessions for the next run, from others' eyes.
func (t *target) writeCookies(file string) error {
	var text strings.Builder
	for _, session := range t.people {
		fmt.Fprintln(&text, session)
	}
	return os.WriteFile(file, []byte(text.String()), 0o600)
}

// lines returns a file's lines that are not empty.
func lines(file string) (found []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	scanner := bufio.NewScanner(f)
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" {
			found = append(found, line)
		}
	}
	return found, scanner.Err()
}
