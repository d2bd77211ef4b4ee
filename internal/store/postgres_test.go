package store_test

import (
	"testing"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

func TestPostgreSQL(t *testing.T) {
	storetest.Run(t, func(t *testing.T, opts store.Options) *store.Store {
		return openFile(t, storetest.NewPostgres(t), opts)
	})
}
