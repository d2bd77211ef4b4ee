package store

import (
	"cmp"
	"html"
	"slices"
	"strings"

	"parley"
)

// searching is how a database finds words: in the texts of messages, and in the
// titles of threads.
type searching interface {
	// query words terms as the database wants them.
	query(terms []parley.SearchTerm) string
	// matches returns the table and the condition of rows m of a kind that match
	// the query at a placeholder, their id, and how well they do, see relevance.
	matches(kind searched, query string) (from, where, id, score string)
	// relevance is what a score says: more is better.
	relevance(score float64) float64
	// among is the condition that the id of what matches is one of those of hits.
	among(args *arguments, id string, hits []int64) string
	// snippet returns what shows the words found in row x of a kind, between the
	// marks.
	snippet(kind searched, query string) string
}

// searched is what is searched in.
type searched struct{ table, column string }

var (
	inMessages = searched{"messages", "content"}
	inThreads  = searched{"threads", "title"}
)

// The marks around what was found, until the rest is escaped.
const markOn, markOff = "\x01", "\x02"

// SearchFilter chooses what is searched.
type SearchFilter struct {
	Terms []parley.SearchTerm
	Kind  parley.ThreadType // of the thread; empty: both
	Limit int
}

// searchDepth is how many of the newest that match are ranked. Words that stand in
// much are found where they stand last.
const searchDepth = 300

// hit is something that was found.
type hit struct {
	id    int64
	score float64
	at    parley.Time
}

// FoundMessage is a message that was found.
type FoundMessage struct {
	ID             int64
	ContentPreview string // its first 200 characters
	Username       string // display name
	ThreadID       int64
	ThreadTitle    string
	CreatedAt      parley.Time
	SnippetHTML    string // escaped, with mark elements around what was found
}

// SearchMessages returns messages that v may see and all terms stand in, the best
// and newest first.
func (s *Snapshot) SearchMessages(v parley.Viewer, f SearchFilter) ([]FoundMessage, error) {
	return search(s, v, f, inMessages, "m.thread_id", `SELECT m.id, substr(m.content, 1, 200), u.display_name, m.thread_id, t.title, m.created_at, `,
		` JOIN messages m ON m.id = %id JOIN threads t ON t.id = m.thread_id JOIN users u ON u.id = m.user_id`,
		func(row scanner) (m FoundMessage, err error) {
			err = row.Scan(&m.ID, &m.ContentPreview, &m.Username, &m.ThreadID, &m.ThreadTitle, &m.CreatedAt, &m.SnippetHTML)
			m.SnippetHTML = markedHTML(m.SnippetHTML)
			return m, err
		}, func(m FoundMessage) int64 { return m.ID })
}

// FoundThread is a thread that was found by its title.
type FoundThread struct {
	ID           int64
	Title        string
	Username     string // display name of its author
	ThreadType   parley.ThreadType
	MessageCount int64
	CreatedAt    parley.Time
	SnippetHTML  string
}

// SearchThreads returns threads that v may see and all terms stand in the titles of,
// the best and newest first.
func (s *Snapshot) SearchThreads(v parley.Viewer, f SearchFilter) ([]FoundThread, error) {
	return search(s, v, f, inThreads, "m.id", `SELECT m.id, m.title, u.display_name, m.parent_thread_id IS NOT NULL, m.message_count, m.created_at, `,
		` JOIN threads m ON m.id = %id JOIN users u ON u.id = m.user_id`,
		func(row scanner) (t FoundThread, err error) {
			var sub bool
			err = row.Scan(&t.ID, &t.Title, &t.Username, &sub, &t.MessageCount, &t.CreatedAt, &t.SnippetHTML)
			if t.ThreadType = parley.MainThread; sub {
				t.ThreadType = parley.SubThread
			}
			t.SnippetHTML = markedHTML(t.SnippetHTML)
			return t, err
		}, func(t FoundThread) int64 { return t.ID })
}

// search ranks the newest that match and reads the best of them.
func search[T any](s *Snapshot, v parley.Viewer, f SearchFilter, kind searched, thread, columns, joins string, scan func(scanner) (T, error), idOf func(T) int64) ([]T, error) {
	if len(f.Terms) == 0 {
		return []T{}, nil
	}
	hits, err := s.hits(v, f, kind, thread)
	if err != nil || len(hits) == 0 {
		return []T{}, err
	}
	ids := make([]int64, len(hits))
	order := map[int64]int{}
	for i, h := range hits {
		ids[i], order[h.id] = h.id, i
	}
	args := arguments{s.dialect.search.query(f.Terms)}
	from, where, id, _ := s.dialect.search.matches(kind, "$1")
	// The plus keeps SQLite from looking each of them up with a search of its own.
	text := columns + s.dialect.search.snippet(kind, "$1") + ` FROM ` + from + strings.ReplaceAll(joins, "%id", "+"+id) +
		` WHERE ` + where + ` AND ` + s.dialect.search.among(&args, id, ids)
	found, err := list(s, scan, text, args...)
	slices.SortFunc(found, func(a, b T) int { return cmp.Compare(order[idOf(a)], order[idOf(b)]) })
	return found, err
}

// hits returns the best of the newest that match and v may see.
func (s *Snapshot) hits(v parley.Viewer, f SearchFilter, kind searched, thread string) ([]hit, error) {
	args := arguments{s.dialect.search.query(f.Terms)}
	from, where, id, score := s.dialect.search.matches(kind, "$1")
	there := `m.deleted_at IS NULL`
	if kind == inMessages {
		there = args.shown("m", v)
	}
	text := `SELECT m.id, ` + score + `, m.created_at FROM ` + from + ` JOIN ` + kind.table + ` m ON m.id = ` + id + ` AND ` + there + `
		JOIN threads t ON t.id = ` + thread + ` AND t.deleted_at IS NULL JOIN thread_access a ON a.thread_id = t.id
		WHERE ` + where + ` AND ` + accessible(&args, v)
	switch f.Kind {
	case parley.MainThread:
		text += ` AND t.parent_thread_id IS NULL`
	case parley.SubThread:
		text += ` AND t.parent_thread_id IS NOT NULL`
	}
	hits, err := list(s, func(row scanner) (h hit, err error) {
		err = row.Scan(&h.id, &h.score, &h.at)
		h.score = s.dialect.search.relevance(h.score)
		return h, err
	}, text+` ORDER BY `+id+` DESC LIMIT `+args.add(searchDepth), args...)
	rank(hits, s.now)
	return hits[:min(len(hits), f.Limit)], err
}

// rank sorts by relevance and recency: what is a month old has lost half of what
// being new is worth, which is half of what the best match is worth.
func rank(hits []hit, now parley.Time) {
	best := 0.0
	for _, h := range hits {
		best = max(best, h.score)
	}
	worth := func(h hit) float64 {
		months := now.Sub(h.at).Hours() / (24 * 30)
		relevance := 0.0
		if best > 0 {
			relevance = h.score / best
		}
		return relevance + 0.5/(1+max(months, 0))
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Or(cmp.Compare(worth(b), worth(a)), cmp.Compare(b.id, a.id)) })
}

// markedHTML escapes a snippet and makes its marks elements. A message may hold the
// marks itself: they are balanced whatever it holds.
func markedHTML(snippet string) string {
	var b strings.Builder
	open := false
	for _, r := range snippet {
		switch mark := string(r); {
		case mark == markOn && !open:
			b.WriteString("<mark>")
			open = true
		case mark == markOff && open:
			b.WriteString("</mark>")
			open = false
		case mark != markOn && mark != markOff:
			b.WriteString(html.EscapeString(mark))
		}
	}
	if open {
		b.WriteString("</mark>")
	}
	return b.String()
}

// fts5 searches with SQLite's FTS5.
type fts5 struct{}

func (fts5) query(terms []parley.SearchTerm) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		parts[i] = `"` + strings.Join(t.Words, " ") + `"` // words hold no quotation marks
		if t.Prefix {
			parts[i] += "*"
		}
	}
	return strings.Join(parts, " ")
}

func (fts5) matches(kind searched, query string) (from, where, id, score string) {
	index := strings.TrimSuffix(kind.table, "s") + "_search"
	found := `length(highlight(` + index + `, 0, char(1), '')) - length(m.` + kind.column + `)` // a mark for each
	return index, index + ` MATCH ` + query, index + `.rowid`, `(` + found + `) / (0.25 + 0.75 * length(m.` + kind.column + `) / 300)`
}

// relevance is BM25 (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009;
// k1 1.2, b 0.75) without the rarity of words: whatever is found holds all of them. A
// text of 300 characters is taken for one of middle length. FTS5's own bm25 counts
// how rare a word is by reading everything that it stands in, half a second for one
// in each twentieth of 1,000,000 messages.
func (fts5) relevance(score float64) float64 { return score / (score + 1.2) }

// among reads on where the newest of them is, as hits did: a search for each of them
// would begin anew as often.
func (fts5) among(args *arguments, id string, hits []int64) string {
	return id + ` BETWEEN ` + args.add(slices.Min(hits)) + ` AND ` + args.add(slices.Max(hits)) + ` AND +` + id + ` IN ` + in(args, hits)
}

func (fts5) snippet(kind searched, _ string) string {
	return `snippet(` + strings.TrimSuffix(kind.table, "s") + `_search, 0, char(1), char(2), '…', 24)`
}

// tsvector searches with PostgreSQL's full text search.
type tsvector struct{}

func (tsvector) query(terms []parley.SearchTerm) string {
	parts := make([]string, len(terms))
	for i, t := range terms {
		quoted := make([]string, len(t.Words)) // words hold no apostrophes
		for j, w := range t.Words {
			quoted[j] = `'` + w + `'`
		}
		parts[i] = strings.Join(quoted, " <-> ")
		if t.Prefix {
			parts[i] += ":*"
		}
	}
	return strings.Join(parts, " & ")
}

func (tsvector) matches(kind searched, query string) (from, where, id, score string) {
	return kind.table + ` x`, `x.deleted_at IS NULL AND x.search @@ to_tsquery('english', ` + query + `)`, `x.id`,
		`ts_rank_cd(x.search, to_tsquery('english', ` + query + `))`
}

func (tsvector) relevance(score float64) float64 { return score }

func (tsvector) among(args *arguments, id string, hits []int64) string {
	return id + ` IN ` + in(args, hits)
}

func (tsvector) snippet(kind searched, query string) string {
	return `ts_headline('english', x.` + kind.column + `, to_tsquery('english', ` + query +
		`), 'StartSel=` + markOn + `, StopSel=` + markOff + `, MaxWords=24, MinWords=8')`
}
