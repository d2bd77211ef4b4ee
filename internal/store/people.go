package store

import (
	"database/sql"
	"strings"

	"parley"
)

// MentionedUsers returns the active people who are known by these names, by folded
// name, and the ids of those whose usernames they are though they go by an alias:
// they are meant, but nothing may show it.
func (s *Snapshot) MentionedUsers(names []string) (people map[string]parley.Mention, behind []int64, err error) {
	people = make(map[string]parley.Mention, len(names))
	if len(names) == 0 {
		return people, nil, nil
	}
	folded := make([]string, len(names))
	for i, name := range names {
		folded[i] = parley.FoldName(name)
	}
	var args arguments
	found, err := list(s, func(row scanner) (m parley.Mention, err error) {
		err = row.Scan(&m.UserID, &m.Name)
		return m, err
	}, `SELECT id, display_name FROM users WHERE display_fold IN `+in(&args, folded)+` AND `+s.active(&args, ""), args...)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range found {
		people[parley.FoldName(m.Name)] = m
	}
	args = nil
	behind, err = list(s, scalar[int64], `SELECT id FROM users
		WHERE uses_alias = 1 AND alias IS NOT NULL AND username_fold IN `+in(&args, folded)+` AND `+s.active(&args, "")+` ORDER BY id`, args...)
	return people, behind, err
}

// SearchUsers returns up to limit active people whose folded display names hold
// part, those that begin with it first.
func (s *Snapshot) SearchUsers(part string, limit int) ([]parley.Author, error) {
	pattern := escapeLike(part)
	args := arguments{"%" + pattern + "%", pattern + "%", limit}
	return list(s, func(row scanner) (parley.Author, error) {
		var by author
		err := row.Scan(by.columns()...)
		return by.shown(), err
	}, `SELECT id, display_name, role, amount_cents, source FROM users
		WHERE `+s.active(&args, "")+` AND display_fold LIKE $1 ESCAPE '\'
		ORDER BY CASE WHEN display_fold LIKE $2 ESCAPE '\' THEN 0 ELSE 1 END, display_fold LIMIT $3`, args...)
}

// CountMentioned returns how many people other than one a mention of the creator or
// the team in a thread notifies.
func (s *Snapshot) CountMentioned(special parley.SpecialMention, threadID, except int64) (int64, error) {
	args := arguments{except, string(special), threadID, s.now}
	n, _, err := one(s, scalar[int64], `SELECT count(*) FROM users WHERE `+s.active(&args, "")+` AND id <> $1 AND role = $2
		AND id NOT IN (SELECT user_id FROM thread_mutes WHERE thread_id = $3 AND until > $4)`, args...)
	return n, err
}

// RecipientQuery chooses the people who may have to hear of a message.
type RecipientQuery struct {
	ThreadID  int64
	Followers bool                    // those who follow the thread
	Named     []int64                 // and these; unknown ids are passed over
	Specials  []parley.SpecialMention // of the creator and the team
	After     int64                   // only ids after this one
	Limit     int
}

// Recipients returns those people in the order of their ids. Why a message concerns
// them is left for the caller to set.
func (s *Snapshot) Recipients(q RecipientQuery) ([]parley.Recipient, error) {
	args := arguments{q.ThreadID, q.After}
	return list(s, scanRecipient, `SELECT u.id, u.role, u.amount_cents, `+s.active(&args, "u.")+`, f.new_message, f.mention, f.reply,
		coalesce(us.direct_mentions, 1), mu.user_id IS NOT NULL
		FROM (`+s.candidates(q, &args)+`) c JOIN users u ON u.id = c.id
		LEFT JOIN user_settings us ON us.user_id = u.id
		LEFT JOIN thread_mutes mu ON mu.thread_id = cast($1 AS BIGINT) AND mu.user_id = u.id AND mu.until > `+args.add(s.now)+`
		LEFT JOIN follows f ON f.thread_id = cast($1 AS BIGINT) AND f.user_id = u.id ORDER BY u.id`, args...)
}

// candidates selects the next ids after $2, those of thread $1 among them. The
// limit stands here, where each set is read in order: outside of it every batch
// would read all that are left.
func (s *Snapshot) candidates(q RecipientQuery, args *arguments) string {
	return s.sets(q, args) + ` ORDER BY id LIMIT ` + args.add(q.Limit)
}

func (s *Snapshot) sets(q RecipientQuery, args *arguments) string {
	sets := []string{`SELECT id FROM users WHERE id > $2 AND id IN ` + in(args, append([]int64{0}, q.Named...))}
	if q.Followers {
		sets = append(sets, `SELECT user_id FROM follows WHERE thread_id = cast($1 AS BIGINT) AND user_id > $2`)
	}
	for _, special := range q.Specials {
		sets = append(sets, `SELECT id FROM users WHERE id > $2 AND role = `+args.add(string(special)))
	}
	return strings.Join(sets, " UNION ")
}

func scanRecipient(row scanner) (r parley.Recipient, err error) {
	var newMessage, mention, reply sql.Null[bool]
	err = row.Scan(&r.Viewer.ID, &r.Viewer.Role, &r.Viewer.AmountCents, &r.Viewer.Active, &newMessage, &mention, &reply,
		&r.AllowsDirect, &r.Muted)
	if newMessage.Valid {
		r.Follow = &parley.Follow{NewMessage: newMessage.V, Mention: mention.V, Reply: reply.V}
	}
	return r, err
}
