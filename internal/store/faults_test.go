package store_test

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"parley"
	"parley/internal/store"
	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
)

// writeUntilKilled is the argument that makes this test binary a process that
// writes to a database until somebody kills it.
const writeUntilKilled = "write-until-killed"

// quiet keeps migrations out of the tests' output.
var quiet = store.Options{Logger: slog.New(slog.DiscardHandler)}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == writeUntilKilled {
		if err := writeForever(os.Args[2]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(pgtest.Main(m))
}

// writeForever writes messages and prints the id of each that is committed.
func writeForever(file string) error {
	s, err := store.Open(context.Background(), file, quiet)
	if err != nil {
		return err
	}
	for {
		var id int64
		logged, err := s.Update(context.Background(), func(tx *store.Tx) (err error) {
			id, err = tx.InsertMessage(1, 1, 0, storetest.Text("acknowledged"))
			tx.Append(parley.MessagePosted{ThreadID: 1, MessageID: id})
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println(id, logged[0].Seq)
	}
}

func TestWhatWasAcknowledgedSurvivesAKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	c := storetest.NewCommunity(t, func(opts store.Options) *store.Store { return openFile(t, file, opts) })
	process := exec.CommandContext(t.Context(), os.Args[0], writeUntilKilled, file)
	process.Stderr = t.Output()
	out, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var last int64
	var seq uint64
	lines := bufio.NewScanner(out)
	for range 20 {
		if !lines.Scan() {
			t.Fatal("the process ended early")
		}
	}
	if err := process.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for ok := true; ok; ok = lines.Scan() { // what it had written before it died
		if n, _ := fmt.Sscan(lines.Text(), &last, &seq); n != 2 {
			break // cut off
		}
	}
	process.Wait() // says that it was killed

	reopened := openFile(t, file, quiet)
	state := storetest.Found(t, reopened, func(s *store.Snapshot) (store.ThreadState, bool, error) { return s.ThreadState(c.Free.ID) })
	messages := storetest.Read(t, reopened, func(s *store.Snapshot) ([]parley.Message, error) {
		return s.NewestMessages(parley.Viewer{}, c.Free.ID, 0, 1<<20)
	})
	head := storetest.Read(t, reopened, func(s *store.Snapshot) (uint64, error) { return s.Head(parley.ThreadChannel(c.Free.ID)) })
	newest := messages[len(messages)-1].ID
	if newest < last || head < seq {
		t.Errorf("acknowledged were message %d and event %d, kept are %d and %d", last, seq, newest, head)
	}
	if state.MessageCount != int64(len(messages)) || head != uint64(len(messages)-1) {
		t.Errorf("half a change: %d messages counted, %d there, %d events", state.MessageCount, len(messages), head)
	}
}

func TestReopeningKeepsTheGenerationAndEverythingElse(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	first := openFile(t, file, quiet)
	ada := storetest.Write(t, first, func(tx *store.Tx) (parley.Viewer, error) {
		return storetest.AddPerson(tx, "Ada", parley.RoleCreator, parley.Membership{})
	})
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := openFile(t, file, quiet)
	if first.Generation() == "" || second.Generation() != first.Generation() {
		t.Errorf("generations %q and %q, want one", first.Generation(), second.Generation())
	}
	if got := storetest.Found(t, second, func(s *store.Snapshot) (parley.Viewer, bool, error) { return s.Viewer(ada.ID) }); got != ada {
		t.Errorf("got %+v, want %+v", got, ada)
	}
	other := openFile(t, filepath.Join(t.TempDir(), "parley.db"), quiet)
	if other.Generation() == first.Generation() {
		t.Error("two databases have the same generation")
	}
}

func TestAFileCanHaveAnyName(t *testing.T) {
	file := filepath.Join(t.TempDir(), "what? #1 100% ä&b=c.db")
	openFile(t, file, quiet)
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}

// TestWhatCannotBeOpenedSaysWhy opens what is no usable database: the error is
// one line that names the file and what to do, and the file stays as it was.
func TestWhatCannotBeOpenedSaysWhy(t *testing.T) {
	for _, tc := range []struct {
		name    string
		file    string
		prepare func(t *testing.T, file string)
		kind    parley.Kind
		says    string
	}{
		{"a missing folder", "nowhere/parley.db", func(*testing.T, string) {}, parley.Internal, "does not exist: create it"},
		{"no database", "parley.db", writeText, parley.Unavailable, "damaged, or no database"},
		{"a damaged one", "parley.db", damage, parley.Unavailable, "damaged, or no database"},
		{"a folder", "parley.db", func(t *testing.T, file string) { must(t, os.Mkdir(file, 0o700)) }, parley.Unavailable, "cannot be opened"},
		{"one of a newer release", "parley.db", newerSchema(1000), parley.Internal, "newer release"},
		{"one that another process locks", "parley.db", lockFile, parley.Unavailable, "locked by another process"},
		{"another product's address", "mysql://parley", func(*testing.T, string) {}, parley.Internal, "no kind of database called mysql"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel() // a lock is waited for
			file := tc.file
			if !strings.Contains(file, "://") {
				file = filepath.Join(t.TempDir(), tc.file)
			}
			tc.prepare(t, file)
			before, _ := os.ReadFile(file)
			s, err := store.Open(t.Context(), file, quiet)
			if err == nil {
				s.Close()
				t.Fatal("it was opened")
			}
			if parley.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.says) || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
				t.Errorf("kind %v: %v", parley.KindOf(err), err)
			}
			if after, _ := os.ReadFile(file); string(after) != string(before) {
				t.Error("the file was changed")
			}
		})
	}
}

func TestAPasswordInTheAddressOfADatabaseIsNotRepeated(t *testing.T) {
	for _, dsn := range []string{"postgres://parley:hunter2@db.example.org/forum", "postgres://parley:hunter2%zz@db.example.org/forum"} {
		if _, err := store.Open(t.Context(), dsn, quiet); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("refused with: %v", err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func writeText(t *testing.T, file string) {
	must(t, os.WriteFile(file, []byte(strings.Repeat("Dear diary, ", 100)), 0o600))
}

// newDatabase makes a database that nobody uses.
func newDatabase(t *testing.T, file string) {
	t.Helper()
	s, err := store.Open(t.Context(), file, quiet)
	must(t, err)
	must(t, s.Close())
}

// damage overwrites everything but the beginning.
func damage(t *testing.T, file string) {
	newDatabase(t, file)
	content, err := os.ReadFile(file)
	must(t, err)
	for i := 100; i < len(content); i++ {
		content[i] = 0xa5
	}
	must(t, os.WriteFile(file, content, 0o600))
}

// makeReadOnly marks the file as of a format that SQLite may read but not write,
// which no user's rights get around, root's included.
func makeReadOnly(t *testing.T, file string) {
	newDatabase(t, file)
	content, err := os.ReadFile(file)
	must(t, err)
	const writeVersion = 18
	content[writeVersion] = 3
	must(t, os.WriteFile(file, content, 0o600))
}

// newerSchema marks the database as migrated by a later release that says which
// schema the oldest release had that still works with it.
func newerSchema(compatibleFrom int) func(*testing.T, string) {
	return func(t *testing.T, file string) {
		newDatabase(t, file)
		db := raw(t, file)
		for _, statement := range []string{
			`INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`,
			fmt.Sprintf(`UPDATE meta SET value = '%d' WHERE name = 'compatible_from'`, compatibleFrom),
			`PRAGMA wal_checkpoint(TRUNCATE)`,
		} {
			_, err := db.ExecContext(t.Context(), statement)
			must(t, err)
		}
		must(t, db.Close())
	}
}

// raw opens a file beside the store.
func raw(t *testing.T, file string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func lockFile(t *testing.T, file string) {
	newDatabase(t, file)
	conn, err := raw(t, file).Conn(t.Context())
	must(t, err)
	_, err = conn.ExecContext(t.Context(), "BEGIN IMMEDIATE")
	must(t, err)
}

func TestAReadOnlyDatabaseIsReadAndSaysWhyItIsNotWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	makeReadOnly(t, file)
	s := openFile(t, file, quiet)
	_, err := s.Update(t.Context(), func(tx *store.Tx) error { return tx.SetCommunity(parley.Community{Name: "Café"}) })
	if parley.KindOf(err) != parley.Unavailable || !strings.Contains(err.Error(), "cannot be written") {
		t.Errorf("got %v, want Unavailable and why", err)
	}
	if got := storetest.Read(t, s, (*store.Snapshot).Community); got != parley.DefaultCommunity() {
		t.Errorf("read %+v", got)
	}
}

func TestANewerSchemaIsRefusedUnlessItBearsThisRelease(t *testing.T) {
	refused := filepath.Join(t.TempDir(), "parley.db")
	newerSchema(1000)(t, refused)
	if _, err := store.Open(t.Context(), refused, quiet); !errors.Is(err, store.ErrNewerSchema) {
		t.Errorf("got %v, want ErrNewerSchema", err)
	}
	compatible := filepath.Join(t.TempDir(), "parley.db")
	newerSchema(1)(t, compatible)
	s := openFile(t, compatible, quiet)
	storetest.Write(t, s, func(tx *store.Tx) (parley.Viewer, error) {
		return storetest.AddPerson(tx, "Ada", parley.RoleCreator, parley.Membership{})
	})
}
