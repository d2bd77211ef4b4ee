package store

import (
	"encoding/json"
	"strconv"
	"strings"

	"parley"
)

// renamed is who goes by another name now than message m mentions them by, each with
// that name. It is read with the message itself: a page of messages stays one statement,
// and a page that is read ahead could not say whom else to ask for.
func (d *dialect) renamed() string {
	return `CASE WHEN m.mentions <> '[]' THEN (SELECT string_agg(mu.id || ' ' || mu.display_name, ',')
		FROM ` + d.mentions + ` JOIN users mu ON mu.id = cast(e.value ->> 'user_id' AS BIGINT)
		WHERE mu.display_name <> e.value ->> 'name') END`
}

// showMentions sets whom a message mentions. Who goes by another name now than they
// were mentioned by is left out, and of the mention in the text only the name stays,
// which the author wrote: with the person's id it would give away the username behind
// an alias, or the alias that somebody has given up.
func showMentions(m *parley.Message, mentions, renamed string) error {
	var all []parley.Mention
	if err := json.Unmarshal([]byte(mentions), &all); err != nil {
		return err
	}
	m.Mentions = make([]string, 0, len(all))
	names := currentNames(renamed)
	for _, mentioned := range all {
		name, changed := names[strconv.FormatInt(mentioned.UserID, 10)]
		if changed && parley.FoldName(name) != parley.FoldName(mentioned.Name) {
			m.ContentHTML = strings.ReplaceAll(m.ContentHTML, mentioned.Link(), mentioned.Plain())
			continue
		}
		m.Mentions = append(m.Mentions, mentioned.Name)
	}
	return nil
}

// currentNames reads what dialect.renamed gave, by ids as they stand there. Names hold
// neither spaces nor commas.
func currentNames(renamed string) map[string]string {
	if renamed == "" {
		return nil
	}
	names := map[string]string{}
	for person := range strings.SplitSeq(renamed, ",") {
		id, name, _ := strings.Cut(person, " ")
		names[id] = name
	}
	return names
}
