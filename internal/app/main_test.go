package app_test

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"

	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(onEachDatabase{m}) }

// newDatabase returns the address of an empty database for one test: of SQLite in
// the first round of all tests, of PostgreSQL in the second.
var newDatabase func(testing.TB) string

// onEachDatabase runs all tests once for each database.
type onEachDatabase struct{ m *testing.M }

func (o onEachDatabase) Run() int {
	newDatabase = storetest.NewSQLite
	if code := o.m.Run(); code != 0 {
		return code
	}
	fmt.Println("and on PostgreSQL:")
	newDatabase = storetest.NewPostgres
	return pgtest.Main(o.m).Run()
}
