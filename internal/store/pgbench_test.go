package store_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"parley"
	"parley/internal/store"
	"parley/internal/store/pgtest"
	"parley/internal/store/storetest"
)

// durable opens the community on a PostgreSQL server that writes to the disk.
func durable(b *testing.B) *storetest.Community {
	b.Helper()
	server := pgtest.Own(b, pgtest.Options{Durable: true})
	return storetest.NewCommunity(b, func(opts store.Options) *store.Store { return openFile(b, server.DSN("postgres"), opts) })
}

// crowd adds people and threads, and returns their ids.
func crowd(b *testing.B, c *storetest.Community, people, threads int) (authors, ids []int64) {
	b.Helper()
	storetest.Update(b, c.Store, func(tx *store.Tx) error {
		authors, ids = nil, nil
		for i := range people {
			v, err := storetest.AddPerson(tx, fmt.Sprint("member_", i), parley.RoleMember, parley.Membership{})
			if err != nil {
				return err
			}
			authors = append(authors, v.ID)
		}
		for i := range threads {
			t, err := storetest.StartThread(tx, store.NewThread{Title: fmt.Sprint("Thread ", i), AuthorID: c.Ada.ID})
			if err != nil {
				return err
			}
			ids = append(ids, t.ID)
		}
		return nil
	})
	return authors, ids
}

// BenchmarkPostgreSQLPost is BenchmarkPost with sixteen clients of PostgreSQL, fsync
// on, over many threads and all in one.
func BenchmarkPostgreSQLPost(b *testing.B) {
	for _, n := range []int{64, 1} {
		b.Run(fmt.Sprintf("threads=%d", n), func(b *testing.B) {
			c := durable(b)
			authors, threads := crowd(b, c, 61, n)
			var next atomic.Int64
			var writing sync.WaitGroup
			b.ResetTimer()
			for range 16 {
				writing.Go(func() {
					for n := next.Add(1); n <= int64(b.N); n = next.Add(1) {
						thread, author := threads[n%int64(len(threads))], authors[n%int64(len(authors))]
						if err := postIn(b.Context(), c.Store, thread, author, n); err != nil {
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

// BenchmarkPostgreSQLFollower measures one look at the log of 10,000 channels, with
// nothing new and with as much as a busy second brings.
func BenchmarkPostgreSQLFollower(b *testing.B) {
	c := durable(b)
	storetest.Update(b, c.Store, func(tx *store.Tx) error {
		for channel := range int64(10_000) {
			tx.Append(parley.MessagePosted{ThreadID: channel + 1, MessageID: 1})
		}
		return nil
	})
	look := func(b *testing.B, cursor uint64) (heads []store.Head, next uint64) {
		err := c.Store.View(b.Context(), func(s *store.Snapshot) (err error) {
			heads, next, err = s.Since(cursor)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
		return heads, next
	}
	_, cursor := look(b, 0)
	b.Run("new=0", func(b *testing.B) {
		for b.Loop() {
			if heads, _ := look(b, cursor); len(heads) != 0 {
				b.Fatalf("%d heads", len(heads))
			}
		}
	})
	for n := range int64(1000) {
		storetest.Update(b, c.Store, func(tx *store.Tx) error {
			tx.Append(parley.MessagePosted{ThreadID: 10*n + 1, MessageID: 2})
			return nil
		})
	}
	b.Run("new=1000", func(b *testing.B) {
		for b.Loop() {
			if heads, _ := look(b, cursor); len(heads) != 1000 {
				b.Fatalf("%d heads", len(heads))
			}
		}
	})
}

// BenchmarkPostgreSQLPage is BenchmarkPage on PostgreSQL.
func BenchmarkPostgreSQLPage(b *testing.B) { page(b, durable(b)) }
