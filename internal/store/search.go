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
	// prepare readies the transaction of a snapshot for a search.
	prepare(*Snapshot) error
	// query words terms as the database wants them.
	query(terms []parley.SearchTerm) string
	// matches returns what rows m of a kind that match the query at a placeholder are
	// selected from, the condition that they do, their id, and what was found in them.
	matches(kind searched, query string) (from, where, id, found string)
	// newest is the order by id in which to look for what is newest of what matches.
	newest(id string, terms []parley.SearchTerm) string
	// relevance is how well a row matches by what was found in it: more is better.
	relevance(found, query string) string
	// among is the condition that the id of what matches is one of those of hits.
	among(args *arguments, id string, hits []int64) string
	// snippet returns what shows the words found in row m of a kind, between the
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
		` JOIN threads t ON t.id = m.thread_id JOIN users u ON u.id = m.user_id`,
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
		` JOIN users u ON u.id = m.user_id`,
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
	text := columns + s.dialect.search.snippet(kind, "$1") + ` FROM ` + from + joins +
		` WHERE ` + where + ` AND ` + s.dialect.search.among(&args, id, ids)
	found, err := list(s, scan, text, args...)
	slices.SortFunc(found, func(a, b T) int { return cmp.Compare(order[idOf(a)], order[idOf(b)]) })
	return found, err
}

// hits returns the best of the newest that match and v may see. Whether v may see a
// thread is asked for each row that matches: databases that could begin with the
// threads would, and read all that stands in them.
func (s *Snapshot) hits(v parley.Viewer, f SearchFilter, kind searched, thread string) ([]hit, error) {
	if err := s.dialect.search.prepare(s); err != nil {
		return nil, err
	}
	args := arguments{s.dialect.search.query(f.Terms)}
	from, where, id, found := s.dialect.search.matches(kind, "$1")
	if kind == inMessages {
		where += ` AND ` + args.shown("m", v)
	}
	where += ` AND (SELECT ` + accessible(&args, v) + ` FROM threads t JOIN thread_access a ON a.thread_id = t.id WHERE t.id = ` + thread + ` AND t.deleted_at IS NULL`
	switch f.Kind {
	case parley.MainThread:
		where += ` AND t.parent_thread_id IS NULL`
	case parley.SubThread:
		where += ` AND t.parent_thread_id IS NOT NULL`
	}
	hits, err := list(s, func(row scanner) (h hit, err error) {
		err = row.Scan(&h.id, &h.at, &h.score)
		return h, err
	}, `SELECT m.id, m.created_at, `+s.dialect.search.relevance("m.found", "$1")+` FROM (SELECT m.id, m.created_at, `+found+` AS found FROM `+from+
		` WHERE `+where+`) ORDER BY `+s.dialect.search.newest(id, f.Terms)+` DESC LIMIT `+args.add(searchDepth)+`) AS m`, args...)
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

func (fts5) prepare(*Snapshot) error { return nil }

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

func (fts5) matches(kind searched, query string) (from, where, id, found string) {
	index := strings.TrimSuffix(kind.table, "s") + "_search"
	// The plus keeps SQLite from searching anew for each row: it begins with the index.
	from = index + ` JOIN ` + kind.table + ` m ON m.id = +` + index + `.rowid AND m.deleted_at IS NULL`
	marks := `length(highlight(` + index + `, 0, char(1), '')) - length(m.` + kind.column + `)` // one for each
	return from, index + ` MATCH ` + query, index + `.rowid`, `(` + marks + `) / (0.25 + 0.75 * length(m.` + kind.column + `) / 300)`
}

func (fts5) newest(id string, _ []parley.SearchTerm) string { return id }

// relevance is BM25 (Robertson, Zaragoza: The Probabilistic Relevance Framework, 2009;
// k1 1.2, b 0.75) without the rarity of words: whatever is found holds all of them. A
// text of 300 characters is taken for one of middle length. FTS5's own bm25 counts
// how rare a word is by reading everything that it stands in, half a second for one
// in each twentieth of 1,000,000 messages.
func (fts5) relevance(found, _ string) string { return found + ` / (` + found + ` + 1.2)` }

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

// prepare has each search planned by its words. A plan that holds for all would look up
// all that a frequent word stands in.
func (tsvector) prepare(s *Snapshot) error {
	return s.q.queue(s.ctx, &statement{text: `SET LOCAL plan_cache_mode = force_custom_plan`})
}

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

func (tsvector) matches(kind searched, query string) (from, where, id, found string) {
	return kind.table + ` m`, `m.deleted_at IS NULL AND m.search @@ to_tsquery('english', ` + query + `)`, `m.id`, `m.search`
}

// newest lets the planner choose between the index of words and reading back from the
// newest row, which is best for what stands in much. How rare a phrase is it cannot
// know, and has to take the index: the plus hides that the id has one.
func (tsvector) newest(id string, terms []parley.SearchTerm) string {
	if slices.ContainsFunc(terms, func(t parley.SearchTerm) bool { return len(t.Words) > 1 }) {
		return "+" + id
	}
	return id
}

func (tsvector) relevance(found, query string) string {
	return `ts_rank_cd(` + found + `, to_tsquery('english', ` + query + `))`
}

func (tsvector) among(args *arguments, id string, hits []int64) string {
	return id + ` IN ` + in(args, hits)
}

func (tsvector) snippet(kind searched, query string) string {
	return `ts_headline('english', m.` + kind.column + `, to_tsquery('english', ` + query +
		`), 'StartSel=` + markOn + `, StopSel=` + markOff + `, MaxWords=24, MinWords=8')`
}
