package store_test

import (
	"cmp"
	"flag"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"parley"
	"parley/internal/store"
	"parley/internal/store/storetest"
)

var (
	searchDB       = flag.String("search.db", "", "the database that BenchmarkSearch fills, or uses again; default: an SQLite file that it forgets")
	searchMessages = flag.Int("search.messages", 50_000, "messages in it")
)

// language makes messages whose words are as frequent as those of a language: the
// n-th most frequent one stands in a tenth as many as the first tenth.
type language struct {
	words []string
	zipf  *rand.Zipf
}

func newLanguage() *language {
	r := rand.New(rand.NewPCG(1, 2))
	l := &language{zipf: rand.NewZipf(r, 1.1, 8, 49_999)}
	for i := range 50_000 {
		word := ""
		for n := i*7919 + 4; n > 0; n /= 20 { // 7919 is prime: every number another word
			word += string("bcdfghjklmnpqrstvwxz"[n%20]) + string("aeiou"[n%5])
		}
		l.words = append(l.words, word)
	}
	return l
}

func (l *language) message() string {
	words := make([]string, 12)
	for i := range words {
		words[i] = l.words[l.zipf.Uint64()]
	}
	return strings.Join(words, " ")
}

// writeMessages fills a thread, hundreds of messages with a statement.
func writeMessages(b *testing.B, c *storetest.Community, l *language, count int) {
	const each, statements = 250, 40
	for done := 0; done < count; done += each * statements {
		storetest.Update(b, c.Store, func(tx *store.Tx) error {
			for range statements {
				text, args := strings.Builder{}, []any{}
				between := ""
				for i := range each {
					fmt.Fprintf(&text, "%s (%d, %d, $%d, '', '[]', %d)", between, c.Free.ID, c.Mina.ID, i+1, int64(tx.Now())-int64(count-done)*1_000_000)
					args = append(args, l.message())
					between = ","
				}
				if err := tx.Corrupt(`INSERT INTO messages (thread_id, user_id, content, content_html, mentions, created_at) VALUES `+text.String(), args...); err != nil {
					return err
				}
			}
			return nil
		})
	}
}

// BenchmarkSearch asks many messages 200 questions: half of them rare words, a
// quarter phrases, a quarter beginnings of words.
func BenchmarkSearch(b *testing.B) {
	file := cmp.Or(*searchDB, filepath.Join(b.TempDir(), "parley.db"))
	l := newLanguage()
	c := &storetest.Community{Store: openFile(b, file, quiet), Finn: parley.Viewer{ID: 4, Role: parley.RoleMember, Active: true}}
	filled := storetest.Read(b, c.Store, func(s *store.Snapshot) (bool, error) {
		_, found, err := s.User(c.Finn.ID)
		return found, err
	})
	if !filled {
		c = storetest.NewCommunity(b, func(opts store.Options) *store.Store { return openFile(b, file, opts) })
		writeMessages(b, c, l, *searchMessages)
	}
	r := rand.New(rand.NewPCG(3, 4))
	sampled := newLanguage()
	var questions []string
	for i := range 200 {
		switch i % 4 {
		case 0, 1:
			questions = append(questions, l.words[20_000+r.IntN(30_000)])
		case 2:
			words := strings.Fields(sampled.message())
			questions = append(questions, `"`+words[3]+" "+words[4]+`"`)
		case 3:
			word := l.words[500+r.IntN(20_000)]
			questions = append(questions, word[:min(5, len(word)-1)])
		}
	}
	rank := map[string]int{}
	for i, w := range l.words {
		rank[w] = i
	}
	var took, frequent []time.Duration
	for b.Loop() {
		for _, q := range questions {
			began := time.Now()
			storetest.Read(b, c.Store, func(s *store.Snapshot) ([]store.FoundMessage, error) {
				return s.SearchMessages(c.Finn, store.SearchFilter{Terms: parley.ParseSearch(q), Limit: 20})
			})
			took = append(took, time.Since(began))
		}
		for _, q := range l.words[:10] { // each in more than 5 % of the messages
			began := time.Now()
			storetest.Read(b, c.Store, func(s *store.Snapshot) ([]store.FoundMessage, error) {
				return s.SearchMessages(c.Finn, store.SearchFilter{Terms: parley.ParseSearch(q), Limit: 20})
			})
			frequent = append(frequent, time.Since(began))
		}
	}
	for name, all := range map[string][]time.Duration{"": took, "-frequent": frequent} {
		slices.SortFunc(all, cmp.Compare[time.Duration])
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms"+name)
		b.ReportMetric(float64(all[len(all)*95/100].Microseconds())/1000, "p95-ms"+name)
	}
}
