package main

import (
	"context"
	"fmt"

	"parley/internal/app"
)

type migrateCommand struct{}

// Run opens the database, which migrates it.
func (migrateCommand) Run(e *environment) error {
	return e.withApp(context.Background(), func(*app.App) error {
		fmt.Printf("%s has this release's schema.\n", e.database())
		return nil
	})
}
