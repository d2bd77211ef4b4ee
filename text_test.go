package parley_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"parley"
)

func TestTitles(t *testing.T) {
	for _, tc := range []struct{ name, title, want string }{
		{"as it is", "Season two", "Season two"},
		{"without surrounding space", "  Season two \t", "Season two"},
		{"on one line", "Season\r\n two", "Season two"},
		{"200 characters, not bytes", strings.Repeat("ж", 200), strings.Repeat("ж", 200)},
		{"one character", "!", "!"},
		{"people joined to a family", "👩‍👧", "👩‍👧"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parley.CheckTitle(tc.title)
			if err != nil || got != tc.want {
				t.Errorf("got %q, %v; want %q", got, err, tc.want)
			}
		})
	}
}

func TestTitlesThatAreRefused(t *testing.T) {
	for name, title := range map[string]string{
		"empty": "", "only space": " \t\n ", "201 characters": strings.Repeat("ж", 201), "NUL": "a\x00b", "not UTF-8": "a\xffb",
		"joiners alone": "\u200b \u200d", "a turn alone": "\u202e", "a blank letter": "\u3164", "an empty pattern of dots": "\u2800",
	} {
		t.Run(name, func(t *testing.T) {
			refusedField(t, "body.title", func() error { _, err := parley.CheckTitle(title); return err })
		})
	}
}

func TestContents(t *testing.T) {
	for _, tc := range []struct{ name, content, want string }{
		{"as it is", "Hello *all*", "Hello *all*"},
		{"with one kind of line ends", "one\r\ntwo\r\n", "one\ntwo"},
		{"without space behind", "Hello  \n\t\n", "Hello"},
		{"without empty lines before", "\r\n\nHello", "Hello"},
		{"with the indentation of its first line", "\n    code\n", "    code"},
		{"10,000 characters, not bytes", strings.Repeat("ж", 10_000), strings.Repeat("ж", 10_000)},
		{"space around does not count", strings.Repeat("ж", 10_000) + "\n\n", strings.Repeat("ж", 10_000)},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parley.CheckContent(tc.content)
			if err != nil || got != tc.want {
				t.Errorf("got %.40q, %v; want %.40q", got, err, tc.want)
			}
		})
	}
}

func TestContentsThatAreRefused(t *testing.T) {
	for name, content := range map[string]string{
		"empty": "", "joiners alone": "\u200b\n\u200d", "only space": " \t\r\n ", "10,001 characters": strings.Repeat("a", 10_001), "NUL": "a\x00b", "not UTF-8": "a\xc3(",
	} {
		t.Run(name, func(t *testing.T) {
			refusedField(t, "body.content", func() error { _, err := parley.CheckContent(content); return err })
		})
	}
}

// refusedField checks that an error names the field that is wrong.
func refusedField(t *testing.T, location string, check func() error) {
	t.Helper()
	e, ok := check().(*parley.Error)
	if !ok || e.Kind != parley.Unprocessable || len(e.Fields) != 1 || e.Fields[0].Location != location || e.Fields[0].Message == "" {
		t.Errorf("got %#v, want an unprocessable %s", e, location)
	}
}

func TestCheckedContentPassesUnchanged(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		once, err := parley.CheckContent(rapid.String().Draw(t, "content"))
		if err != nil {
			return
		}
		if twice, err := parley.CheckContent(once); err != nil || twice != once {
			t.Fatalf("%q became %q, %v", once, twice, err)
		}
	})
}

func TestAnExcerptIsCountedInCharacters(t *testing.T) {
	for _, tc := range []struct {
		text string
		n    int
		want string
	}{
		{"", 3, ""},
		{"abc", 3, "abc"},
		{"abcd", 3, "abc"},
		{"жёлтый", 3, "жёл"},
		{"🌻🌻🌻🌻", 2, "🌻🌻"},
		{"abc", 0, ""},
	} {
		if got := parley.Excerpt(tc.text, tc.n); got != tc.want {
			t.Errorf("Excerpt(%q, %d) = %q, want %q", tc.text, tc.n, got, tc.want)
		}
	}
}

func TestAnExcerptIsABeginningAndNeverCutsACharacter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, n := rapid.String().Draw(t, "text"), rapid.IntRange(0, 20).Draw(t, "n")
		got := parley.Excerpt(text, n)
		if !strings.HasPrefix(text, got) || utf8.RuneCountInString(got) != min(n, utf8.RuneCountInString(text)) || !utf8.ValidString(got) {
			t.Fatalf("Excerpt(%q, %d) = %q", text, n, got)
		}
	})
}

func TestSpecialMentionsMeanPeopleOfTheirRole(t *testing.T) {
	for _, tc := range []struct {
		special parley.SpecialMention
		means   []parley.Role
	}{
		{parley.MentionEveryone, []parley.Role{parley.RoleCreator, parley.RoleTeam, parley.RoleMember}},
		{parley.MentionCreator, []parley.Role{parley.RoleCreator}},
		{parley.MentionTeam, []parley.Role{parley.RoleTeam}},
	} {
		means := map[parley.Role]bool{}
		for _, role := range tc.means {
			means[role] = true
		}
		for _, role := range []parley.Role{parley.RoleCreator, parley.RoleTeam, parley.RoleMember} {
			if got := tc.special.Means(role); got != means[role] {
				t.Errorf("@%s means a %s: %v, want %v", tc.special, role, got, means[role])
			}
		}
	}
}
