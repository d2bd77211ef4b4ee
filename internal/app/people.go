package app

import (
	"context"
	"strings"
	"unicode/utf8"

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
	fold := parley.FoldName(q)
	people := []Person{}
	if fold == "" || !utf8.ValidString(fold) || strings.ContainsRune(fold, 0) {
		return people, nil
	}
	for _, p := range specialPeople {
		may := p.special == parley.MentionCreator || v.Staff()
		if may && utf8.RuneCountInString(fold) >= 2 && strings.HasPrefix(string(p.special), fold) && len(people) < limit {
			people = append(people, Person{string(p.special), string(p.special), p.role, p.color})
		}
	}
	err := a.store.View(ctx, func(s *store.Snapshot) error {
		found, err := s.SearchUsers(fold, limit-len(people))
		for _, u := range found {
			people = append(people, Person{u.Name, u.Name, string(u.Role), u.BadgeColor})
		}
		return err
	})
	return people, err
}
