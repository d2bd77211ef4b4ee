package store_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

func benchCommunity(b *testing.B) *storetest.Community {
	b.Helper()
	return storetest.NewCommunity(b, func(opts store.Options) *store.Store {
		return openFile(b, filepath.Join(b.TempDir(), "parley.db"), opts)
	})
}

// BenchmarkPost measures what a post writes: row, counters, follow, idempotency
// key, event and job, committed with synchronous=FULL.
func BenchmarkPost(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			c := benchCommunity(b)
			var next atomic.Int64
			var writing sync.WaitGroup
			b.ResetTimer()
			for range writers {
				writing.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						if err := post(b.Context(), c, n); err != nil {
							b.Error(err)
						}
					}
				})
			}
			writing.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
		})
	}
}

func post(ctx context.Context, c *storetest.Community, n int64) error {
	return postIn(ctx, c.Store, c.Free.ID, c.Mina.ID, n)
}

// postIn does what the use case does.
func postIn(ctx context.Context, s *store.Store, thread, author, n int64) error {
	key := fmt.Sprint("key ", n)
	_, err := s.UpdateIn(ctx, thread, func(tx *store.Tx) error {
		err := tx.Ahead(func(s *store.Snapshot) {
			s.Viewer(author)
			s.Repeated(author, key, []byte(key))
			s.ThreadState(thread)
			s.AnyListeners(thread, author)
			s.Follows(thread, author)
			s.NextMessageID()
		})
		if err != nil {
			return err
		}
		if _, _, err := tx.Viewer(author); err != nil {
			return err
		}
		if _, _, err := tx.Repeated(author, key, []byte(key)); err != nil {
			return err
		}
		if _, _, err := tx.ThreadState(thread); err != nil {
			return err
		}
		if _, err := tx.AnyListeners(thread, author); err != nil {
			return err
		}
		follows, err := tx.Follows(thread, author)
		if err != nil {
			return err
		}
		id, err := tx.InsertMessage(thread, author, 0, storetest.Text("It does what it says on the tin, and then some."))
		if err != nil {
			return err
		}
		if !follows {
			if err := tx.FollowUnlessFollowing(thread, author, parley.Follow{Mention: true, Reply: true}); err != nil {
				return err
			}
		}
		tx.Append(parley.MessagePosted{ThreadID: thread, MessageID: id})
		return tx.Remember(author, key, []byte(key), id)
	})
	return err
}

// BenchmarkPage measures the newest 50 messages of a thread of 2,000.
func BenchmarkPage(b *testing.B) { page(b, benchCommunity(b)) }

func page(b *testing.B, c *storetest.Community) {
	storetest.Update(b, c.Store, func(tx *store.Tx) error {
		for range 2000 {
			if _, err := tx.InsertMessage(c.Free.ID, c.Mina.ID, c.Free.First, storetest.Text("It does what it says on the tin.")); err != nil {
				return err
			}
		}
		return nil
	})
	b.ResetTimer()
	for b.Loop() {
		messages := storetest.Read(b, c.Store, func(s *store.Snapshot) ([]parley.Message, error) {
			return s.NewestMessages(c.Finn, c.Free.ID, 0, 50)
		})
		if len(messages) != 50 {
			b.Fatalf("%d messages", len(messages))
		}
	}
}

// BenchmarkBareCommit is what the database itself does in the same minute: a row of
// the size of a message, alone in a transaction or with others.
func BenchmarkBareCommit(b *testing.B) {
	for _, rows := range []int{1, 32} {
		b.Run(fmt.Sprintf("rows=%d", rows), func(b *testing.B) {
			db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_txlock=immediate")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			if _, err := db.ExecContext(b.Context(), `CREATE TABLE rows (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT`); err != nil {
				b.Fatal(err)
			}
			text := strings.Repeat("x", 200)
			for b.Loop() {
				if err := insertRows(db, rows, text); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

func insertRows(db *sql.DB, rows int, text string) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for range rows {
		if _, err := tx.Exec(`INSERT INTO rows (text) VALUES ($1)`, text); err != nil {
			return err
		}
	}
	return tx.Commit()
}
