package main

import (
	"context"
	"errors"
	"fmt"

	"parley/internal/app"
	"parley/internal/seed"
	"parley/internal/store"
)

type seedCommand struct{}

// Run fills an empty database.
func (seedCommand) Run(e *environment) error {
	if err := fill(context.Background(), e); err != nil {
		return err
	}
	fmt.Printf("%s holds the demo community: parley serve --demo --db %[1]s lets anybody sign in as its people.\n", e.database())
	return nil
}

// fill tells the demo's story to an empty database. The store runs on the story's
// own clock, which ends at the present.
func fill(ctx context.Context, e *environment) error {
	clock := seed.NewClock()
	s, err := store.Open(ctx, e.line.DB, store.Options{Now: clock.Now, Logger: e.logger, Patience: e.line.DBWait})
	if err != nil {
		return err
	}
	err = seed.Fill(ctx, app.New(s, app.Options{Logger: e.logger}), clock)
	return e.inDatabase(errors.Join(err, s.Close()))
}

// fillIfEmpty is fill, content with a database that has people already.
func fillIfEmpty(ctx context.Context, e *environment) error {
	err := fill(ctx, e)
	if errors.Is(err, app.ErrNotEmpty) {
		return nil
	}
	return err
}
