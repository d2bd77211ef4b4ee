package store_test

import (
	_ "embed"
	"maps"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"parley/internal/store"
	"parley/internal/store/storetest"
)

// onEachDatabase runs a test with a database to open.
func onEachDatabase(t *testing.T, test func(t *testing.T, dsn func() string)) {
	t.Run("SQLite", func(t *testing.T) {
		test(t, func() string { return filepath.Join(t.TempDir(), "parley.db") })
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		test(t, func() string { return storetest.NewPostgres(t) })
	})
}

// streams are served by package live, and begin with what other operations read.
var streams = map[string]bool{"stream-thread": true, "stream-forum": true}

// grows are the operations that change several things at once, each of which has to
// have an event of its own: who hears of one may not know of another. An event is two
// statements. The numbers bound how many more run for each one more of everything.
var grows = map[string]int{
	"delete-message":          2,  // each sub-thread that quotes it
	"restore-message":         2,  // each sub-thread that quotes it
	"resolve-flag":            2,  // each sub-thread that quotes a message that is hidden
	"move-message":            6,  // each reply and each sub-thread; what a reply answers is read, and who likes it
	"set-thread-tier":         8,  // each sub-thread, which becomes closed to some
	"update-thread":           8,  // each sub-thread, which becomes closed to some
	"delete-thread-hierarchy": 10, // each sub-thread, with what its events name
}

func TestNoRouteRunsMoreStatementsInALargerCommunity(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, dsn func() string) {
		small, large := openTraffic(t, dsn(), 4), openTraffic(t, dsn(), 30)
		for _, f := range []*traffic{small, large} {
			f.visit(f.visits())
		}
		for operation := range small.operations() {
			few, many := small.ran[operation], large.ran[operation]
			switch more := len(many) - len(few); {
			case streams[operation]:
			case len(few) == 0 || len(many) == 0:
				t.Errorf("%s is new: visit it", operation)
			case more > grows[operation]*(large.many-small.many), more < 0:
				t.Errorf("%s runs %d statements where there are %d of everything, and %d where there are %d:\n%s",
					operation, len(few), small.many, len(many), large.many, grown(times(few), times(many)))
			case more == 0 && grows[operation] > 0:
				t.Errorf("%s does not grow any more", operation)
			}
		}
	})
}

// TestEveryParameterIsGivenInSomeVisit has those who give an operation another parameter
// visit it with that, too: it may find other rows, in another way.
func TestEveryParameterIsGivenInSomeVisit(t *testing.T) {
	f := openTraffic(t, filepath.Join(t.TempDir(), "parley.db"), 4)
	operations, given := f.operations(), map[string]bool{}
	for _, v := range f.visits() {
		_, query, _ := strings.Cut(v.path, "?")
		parameters, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range parameters {
			if _, known := operations[v.operation].query[name]; !known {
				t.Errorf("%s has no parameter %s: it is ignored", v.operation, name)
			}
			given[v.operation+" "+name], given[v.operation+" "+name+"="+values[0]] = true, true
		}
	}
	for operation, of := range operations {
		for _, form := range slices.Concat(slices.Collect(maps.Values(of.query))...) {
			if !given[operation+" "+form] && !streams[operation] {
				t.Errorf("%s is never visited with %s", operation, form)
			}
		}
	}
}

// limited knows the statements that give as many rows as they are asked for: those of
// a page, or of ids that are given.
var limited = regexp.MustCompile(`LIMIT (\$\d+|1\b)|\w*id IN \(\$`)

// wholes are the other ones. What they give is few by its nature, or is what a change
// is about.
var wholes = map[string]string{
	"FROM tiers ORDER BY amount_cents":              "creators make few tiers",
	"WITH RECURSIVE below":                          "the replies that are deleted, hidden or moved with what they answer",
	"m.deleted_with = $1":                           "the replies that are restored with what they answer",
	"t.parent_thread_id = cast":                     "the sub-threads that change with their thread",
	"SELECT user_id FROM follows WHERE thread_id":   "the audience of one event, ids alone",
	"SELECT DISTINCT user_id FROM notifications":    "those whose counts a change moves, ids alone",
	"GROUP BY n.user_id, n.thread_id":               "the counts of at most 256 people, by thread",
	"FROM threads t JOIN thread_access a ON a.thre": "threads that are given, 256 at a time",
}

func TestEveryListIsBounded(t *testing.T) {
	f := openTraffic(t, filepath.Join(t.TempDir(), "parley.db"), 30)
	f.visit(f.visits())
	told := map[string]bool{}
	for operation, all := range f.ran {
		for _, ran := range all {
			text := line(ran.Text)
			if operation != "" && ran.Rows >= f.many/2 && !limited.MatchString(ran.Text) && !whole(ran.Text) && !told[text] {
				told[text] = true
				t.Errorf("%s gave %d rows: %s", operation, ran.Rows, text)
			}
		}
	}
}

func whole(text string) bool {
	for part := range wholes {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// TestEveryStatementOfARouteHasItsIndex looks at what the routes and the jobs run, in
// all the forms that their parameters give it; TestNoStatementReadsAWholeTable has
// what the rest of the background runs, too.
func TestEveryStatementOfARouteHasItsIndex(t *testing.T) {
	onEachDatabase(t, func(t *testing.T, dsn func() string) {
		address := dsn()
		f := openTraffic(t, address, 4)
		f.visit(f.visits())
		f.work()
		if strings.HasPrefix(address, "postgres:") {
			enlarge(t, address)
		}
		for text, ran := range f.texts() {
			steps, err := f.store.Scans(t.Context(), ran)
			if err != nil {
				t.Fatalf("%v of %s", err, line(text))
			}
			for _, step := range steps {
				t.Errorf("%s\nof %s", step, line(text))
			}
		}
	})
}

// large fills the tables that grow with a community. PostgreSQL plans by how much there
// is; SQLite, which nobody tells, takes whatever index there is.
//
//go:embed testdata/large.sql
var large string

// enlarge fills a database on PostgreSQL, and checks that no table was left out.
func enlarge(t *testing.T, dsn string) {
	t.Helper()
	db, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close(t.Context())
	if _, err := db.PgConn().Exec(t.Context(), large).ReadAll(); err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(t.Context(), `SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples < 10000`)
	if err != nil {
		t.Fatal(err)
	}
	few, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.Sort(few)
	if diff := cmp.Diff(store.SmallTables(), few); err != nil || diff != "" {
		t.Fatalf("%v, tables with few rows (-want +got):\n%s", err, diff)
	}
}
