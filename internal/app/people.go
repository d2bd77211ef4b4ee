package app

import (
	"context"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parley"
	"parley/internal/store"
)

// Person is somebody, or several, who can be mentioned.
type Person struct {
	Username    string `json:"username"`
	DisplayName string `json:"display_name"`
	Role        string `json:"role" enum:"Creator,Team,Patron,Supporter,Member,Everyone"`
	BadgeColor  string `json:"badge_color"`
}

// specialPeople are the special mentions as the search shows them.
var specialPeople = []struct {
	special parley.SpecialMention
	role    string
	color   string
}{
	{parley.MentionEveryone, "Everyone", "#ef4444"},
	{parley.MentionCreator, "Creator", "#f59e0b"},
	{parley.MentionTeam, "Team", "#3b82f6"},
}

// SearchUsers returns the people whose names match q, those that begin with it
// first; before them the special mentions that v may use and q begins. What is no
// text is in nobody's name.
func (a *App) SearchUsers(ctx context.Context, v parley.Viewer, q string, limit int) ([]Person, error) {
	fold := parley.FoldName(norm.NFC.String(q)) // as names are kept
	people := []Person{}
	if fold == "" || !utf8.ValidString(fold) || strings.ContainsRune(fold, 0) {
		return people, nil
	}
	err := a.viewNow(ctx, v, func(s *store.Snapshot, v parley.Viewer) error {
		specials, err := searchSpecials(s, v, fold)
		if err != nil {
			return err
		}
		people = specials[:min(len(specials), limit)]
		found, err := s.SearchUsers(fold, limit-len(people))
		for _, u := range found {
			people = append(people, Person{u.Name, u.Name, string(u.Role), u.BadgeColor})
		}
		return err
	})
	return people, err
}

// searchSpecials returns the special mentions that v may use now and that begin with
// some text, of which one letter is too little.
func searchSpecials(s *store.Snapshot, v parley.Viewer, text string) ([]Person, error) {
	people := []Person{}
	for _, p := range specialPeople {
		if utf8.RuneCountInString(text) < 2 || !strings.HasPrefix(string(p.special), text) {
			continue
		}
		may, err := mayMention(s, v, p.special)
		if err != nil {
			return nil, err
		}
		if may {
			people = append(people, Person{string(p.special), string(p.special), p.role, p.color})
		}
	}
	return people, nil
}

func mayMention(s *store.Snapshot, v parley.Viewer, special parley.SpecialMention) (bool, error) {
	switch special {
	case parley.MentionEveryone:
		return canUseEveryone(s, v)
	case parley.MentionTeam:
		return v.Staff(), nil
	default:
		return true, nil
	}
}
