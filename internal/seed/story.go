package seed

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed story/*.md
var stories embed.FS

// thread is one conversation of the story, as its file tells it:
//
//	title: Which iron for a beginner?
//	ago: 3d4h
//	followers: Mina Finn
//
//	== Finn, 0m, #question, likes Ada
//	Markdown, to the next line that begins with ==.
//
//	== Ada, 12m, re question, edited
//	…
//
// Further settings are from (file#label of the message a sub-thread grows out
// of), tier (a title), unread (Mina 3: her last three), pinned, locked and
// private (yes). A message tells its author, how long after the one before it was
// written, the label that others refer to it by, which one it answers and who
// likes it. Of an edited one the last paragraph came later.
type thread struct {
	name      string // of its file
	title     string
	from      string
	tier      string
	ago       time.Duration
	pinned    bool
	locked    bool
	private   bool
	followers []string
	unread    map[string]int // by person
	messages  []message
}

type message struct {
	author  string
	after   time.Duration
	label   string
	replyTo string
	likes   []string
	edited  bool
	content string
}

// readStories reads all threads, in the order of their files.
func readStories(files fs.FS) ([]thread, error) {
	names, err := fs.Glob(files, "story/*.md")
	if err != nil {
		return nil, err
	}
	threads := make([]thread, len(names))
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		name = strings.TrimSuffix(strings.TrimPrefix(name, "story/"), ".md")
		if threads[i], err = parseThread(name, string(text)); err != nil {
			return nil, fmt.Errorf("story %s: %w", name, err)
		}
	}
	return threads, nil
}

func parseThread(name, text string) (thread, error) {
	t := thread{name: name, unread: map[string]int{}}
	header, rest, _ := strings.Cut(text, "\n== ")
	for line := range strings.Lines(header) {
		key, value, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if !ok {
			continue
		}
		if err := t.set(key, value); err != nil {
			return t, fmt.Errorf("%s: %w", line, err)
		}
	}
	for part := range strings.SplitSeq(rest, "\n== ") {
		m, err := parseMessage(part)
		if err != nil {
			return t, err
		}
		t.messages = append(t.messages, m)
	}
	return t, nil
}

func (t *thread) set(key, value string) (err error) {
	switch key {
	case "title":
		t.title = value
	case "from":
		t.from = value
	case "tier":
		t.tier = value
	case "ago":
		t.ago, err = parseDuration(value)
	case "pinned":
		t.pinned = value == "yes"
	case "locked":
		t.locked = value == "yes"
	case "private":
		t.private = value == "yes"
	case "followers":
		t.followers = strings.Fields(value)
	case "unread":
		err = t.setUnread(value)
	default:
		err = fmt.Errorf("no such setting")
	}
	return err
}

func (t *thread) setUnread(value string) (err error) {
	for part := range strings.SplitSeq(value, ", ") {
		person, count, _ := strings.Cut(part, " ")
		if t.unread[person], err = strconv.Atoi(count); err != nil {
			return err
		}
	}
	return nil
}

func parseMessage(part string) (m message, err error) {
	line, content, _ := strings.Cut(part, "\n")
	fields := strings.Split(line, ", ")
	if len(fields) < 2 {
		return m, fmt.Errorf("message %q: author and time are missing", line)
	}
	m = message{author: fields[0], content: strings.TrimSpace(content)}
	if m.after, err = parseDuration(fields[1]); err != nil {
		return m, err
	}
	for _, field := range fields[2:] {
		word, value, _ := strings.Cut(field, " ")
		switch {
		case strings.HasPrefix(word, "#"):
			m.label = word[1:]
		case word == "re":
			m.replyTo = value
		case word == "likes":
			m.likes = strings.Fields(value)
		case word == "edited":
			m.edited = true
		default:
			return m, fmt.Errorf("message %q: what is %q?", line, field)
		}
	}
	return m, nil
}

// parseDuration is time.ParseDuration with days before the hours: 3d4h.
func parseDuration(text string) (time.Duration, error) {
	days, rest, found := strings.Cut(text, "d")
	if !found {
		return time.ParseDuration(text)
	}
	n, err := strconv.Atoi(days)
	if err != nil || rest == "" {
		return time.Duration(n) * 24 * time.Hour, err
	}
	more, err := time.ParseDuration(rest)
	return time.Duration(n)*24*time.Hour + more, err
}

// draft is what an edited message said at first.
func (m message) draft() string {
	if i := strings.LastIndex(m.content, "\n\n"); m.edited && i > 0 {
		return m.content[:i]
	}
	return m.content
}

// lastRead is the index of the last message that somebody read, -1 if none.
func (t thread) lastRead(person string) int { return len(t.messages) - 1 - t.unread[person] }

// inOrder sorts what happens by its time; what happens at once stays in order.
func inOrder(acts []act) []act {
	slices.SortStableFunc(acts, func(a, b act) int { return int(b.ago - a.ago) })
	return acts
}
