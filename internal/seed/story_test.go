package seed

import (
	"slices"
	"testing"
	"time"
)

// told returns the story as it is embedded.
func told(t *testing.T) []thread {
	t.Helper()
	threads, err := readStories(stories)
	if err != nil {
		t.Fatal(err)
	}
	return threads
}

func TestTheStoryEndsBeforeThePresentAndNotLongBefore(t *testing.T) {
	last := time.Duration(1<<63 - 1)
	for _, th := range told(t) {
		ago := th.ago
		for _, m := range th.messages {
			ago -= m.after
		}
		if ago <= 0 {
			t.Errorf("%s goes on %s into the future", th.name, -ago)
		}
		if th.ago >= founded {
			t.Errorf("%s begins before the community", th.name)
		}
		last = min(last, ago)
	}
	if last > time.Hour {
		t.Errorf("nobody has written for %s: a visitor finds it asleep", last)
	}
}

func TestNobodyLikesTheirOwnMessageOrTwice(t *testing.T) {
	for _, th := range told(t) {
		for i, m := range th.messages {
			if slices.Contains(m.likes, m.author) {
				t.Errorf("%s: %s likes their own message %d", th.name, m.author, i+1)
			}
			if sorted := slices.Compact(slices.Sorted(slices.Values(m.likes))); len(sorted) != len(m.likes) {
				t.Errorf("%s: somebody likes message %d twice", th.name, i+1)
			}
		}
	}
}

func TestAStoryFileThatIsWrongSaysWhere(t *testing.T) {
	for name, text := range map[string]string{
		"a setting there is not": "colour: red\n\n== Ada, 0m\nHello",
		"a message without time": "title: T\n\n== Ada\nHello",
		"a time that is none":    "title: T\n\n== Ada, soon\nHello",
		"a field there is not":   "title: T\n\n== Ada, 0m, loves Mina\nHello",
		"unread without a count": "unread: Mina many\n\n== Ada, 0m\nHello",
	} {
		if _, err := parseThread("test", text); err == nil {
			t.Errorf("%s was read without complaint", name)
		}
	}
}

func TestOfAnEditedMessageTheLastParagraphCameLater(t *testing.T) {
	th, err := parseThread("test", "title: T\n\n== Ada, 1d2h, edited\nOne.\n\nTwo.\n\nEdit: three.")
	if err != nil {
		t.Fatal(err)
	}
	m := th.messages[0]
	if m.draft() != "One.\n\nTwo." || m.content != "One.\n\nTwo.\n\nEdit: three." || m.after != 26*time.Hour {
		t.Errorf("read %+v, at first %q", m, m.draft())
	}
}
