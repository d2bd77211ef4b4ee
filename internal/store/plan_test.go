package store

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"parley"
)

// noted runs statements and keeps the plans of all that read or change rows.
type noted struct {
	querier
	plans map[string][]string // by statement
}

func (n noted) queue(ctx context.Context, s *statement) error {
	n.plans[s.text] = nil
	err := n.querier.queue(ctx, &statement{text: "EXPLAIN QUERY PLAN " + s.text, args: s.args, row: func(row scanner) error {
		var id, parent, unused int64
		var detail string
		err := row.Scan(&id, &parent, &unused, &detail)
		n.plans[s.text] = append(n.plans[s.text], detail)
		return err
	}})
	if err != nil {
		return err
	}
	return n.querier.queue(ctx, s)
}

// plansOf returns the plans of the store's statements.
func plansOf(t *testing.T) map[string][]string {
	t.Helper()
	s := openStore(t)
	n := noted{plans: map[string][]string{}}
	_, err := s.Update(t.Context(), func(tx *Tx) error {
		n.querier = tx.q
		tx.q = n
		for _, run := range statements() {
			if err := run(tx); err != nil {
				return err
			}
		}
		_, err := tx.log()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n.plans
}

// TestNoStatementReadsAWholeTable runs every statement that a request or the
// background work runs and looks at how SQLite finds its rows: whoever scans
// messages, notifications, events or users is slow in a large community.
func TestNoStatementReadsAWholeTable(t *testing.T) {
	plans := plansOf(t)
	if len(plans) < 60 {
		t.Errorf("only %d statements were looked at", len(plans))
	}
	for text, plan := range plans {
		if strings.HasPrefix(text, "INSERT") {
			continue // its plan lists checks of foreign keys that are never run
		}
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN ") && !endsEarly(step, text) && !mayScan(text) {
				t.Errorf("%s\nin %s\nof %s", step, strings.Join(plan, "; "), strings.Join(strings.Fields(text), " "))
			}
		}
	}
}

// TestPagesAreReadInOrder fails where SQLite would sort all there is to give a
// page of it.
func TestPagesAreReadInOrder(t *testing.T) {
	for text, plan := range plansOf(t) {
		sorts := strings.Contains(strings.Join(plan, "; "), "USE TEMP B-TREE FOR ORDER BY")
		if sorts && strings.Contains(text, "LIMIT") && !fewToSort.MatchString(text) {
			t.Errorf("%s\nof %s", strings.Join(plan, "; "), strings.Join(strings.Fields(text), " "))
		}
	}
}

// fewToSort are pages of few: the likes of one message, the threads that grew
// out of one, those that one person follows, the tiers, and the recipients in a page of them, and one person's sessions. The busiest thread
// is looked for among all; an index would be written with every message.
var fewToSort = regexp.MustCompile(`FROM everyone_uses e|FROM sessions s|t\.message_count DESC|FROM likes l|FROM follows f CROSS JOIN|t\.parent_message_id = cast|FROM tiers|\) c JOIN users`)

// TestIDsDoNotChangeThePlan: SQLite estimates a comparison with a bound 0 or 1 in
// another way than with other numbers, and plans a statement anew whenever that
// changes from one execution to the next. With the creator as user 1 that made
// reading a thread ten times slower (0.6 ms instead of 0.06). A cast hides the
// value; it matters for statements that take long to plan.
func TestIDsDoNotChangeThePlan(t *testing.T) {
	bare := regexp.MustCompile(`[._]id = \$\d`)
	for text := range plansOf(t) {
		if strings.HasPrefix(text, "SELECT") && strings.Contains(text, "JOIN") && bare.MatchString(text) {
			t.Errorf("compared without a cast: %s", strings.Join(strings.Fields(text), " "))
		}
	}
}

// bounded are the scans that end early or are small: the list of threads in its
// order, as far as a page goes (for somebody who has read nearly all that is far, and
// costs little: see ownThreads); the keys, which are few; what a recursion or a subquery
// found, or a statement brings along; the tiers, and who is restricted; the calls, of which so many are kept; the
// replicas; the mentions in one message; and the indexes of words, which only look so.
var bounded = regexp.MustCompile(`^SCAN (CONSTANT ROW|t USING INDEX threads_in_list|k USING INDEX api_keys_in_use|below|b|c|e VIRTUAL TABLE|recent|message_search|thread_search|tiers|w|everyone_restrictions|calls|replicas|sqlite_sequence|\(subquery-\d+\)|\d+-ROW VALUES CLAUSE)\b`)

// endsEarly reports whether a scan is one of those. Who follows few threads does not find
// them in the list of all.
func endsEarly(step, text string) bool {
	return bounded.MatchString(step) && !walksList(step, text)
}

// walksList reports whether a step of a plan reads the list of threads in its order to
// find what somebody follows: however few that is, it ends with the last thread.
func walksList(step, text string) bool {
	return strings.Contains(step, "threads_in_list") && strings.Contains(text, "FROM follows f")
}

// mayScan reports whether a statement has to look at all users: those that find
// a part of a name, and those that count or reach everyone; or at all threads: the
// statistics.
func mayScan(text string) bool {
	for _, part := range []string{"_fold LIKE", "count(*) FROM users", "count(t.parent_thread_id)", "t.message_count DESC"} {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}

// statements runs the store's operations, so that each of their statements is
// run once.
func statements() []func(*Tx) error {
	v := parley.Viewer{ID: 1, Role: parley.RoleMember, AmountCents: 500, Active: true}
	staff := parley.Viewer{ID: 1, Role: parley.RoleTeam, Active: true}
	return []func(*Tx) error{
		seedForPlans,
		func(tx *Tx) error { return readThreads(tx, v) },
		func(tx *Tx) error { return readThreads(tx, staff) },
		func(tx *Tx) error { return readMessages(tx, v) },
		func(tx *Tx) error { return readMessages(tx, staff) },
		func(tx *Tx) error { return readNotifications(tx, v) },
		func(tx *Tx) error { return readPeople(tx) },
		func(tx *Tx) error { return changeMessages(tx) },
		func(tx *Tx) error { return changeNotifications(tx, v) },
		func(tx *Tx) error { return callEveryone(tx, v) },
		func(tx *Tx) error { return keepUploads(tx) },
		func(tx *Tx) error { return housekeeping(tx) },
		func(tx *Tx) error { return administrate(tx) },
		func(tx *Tx) error { return keepKeysAndMembers(tx) },
		func(tx *Tx) error { return moderateEveryone(tx) },
		func(tx *Tx) error { return moderate(tx) },
		func(tx *Tx) error { return readStanding(tx, v) },
		func(tx *Tx) error { return readStanding(tx, staff) },
	}
}

func seedForPlans(tx *Tx) error {
	id, err := tx.CreateUser(Account{User: parley.User{Username: "Ada", Role: parley.RoleCreator, Active: true}})
	if err != nil {
		return err
	}
	if id, err = tx.InsertThread(NewThread{Title: "Welcome", AuthorID: id}); err != nil {
		return err
	}
	if _, err = tx.InsertMessage(id, 1, 0, Text{Content: "hello"}); err != nil {
		return err
	}
	return tx.Follow(id, 1, parley.Follow{Mention: true})
}

// all returns the first error of some results.
func all(results ...any) error {
	for _, r := range results {
		if err, ok := r.(error); ok && err != nil {
			return err
		}
	}
	return nil
}

func only[T any](_ T, err error) error          { return err }
func found[T, F any](_ T, _ F, err error) error { return err }
func readThreads(tx *Tx, v parley.Viewer) error {
	return all(
		only(tx.Threads(v, ThreadFilter{Limit: 20})),
		only(tx.Threads(v, ThreadFilter{Limit: 20, Following: true, Kind: parley.MainThread})), only(tx.Threads(v, ThreadFilter{Limit: 20, Following: true, Unread: true})),
		only(tx.Threads(v, ThreadFilter{Limit: 20, Unread: true, Kind: parley.SubThread})),
		only(tx.Threads(v, ThreadFilter{Limit: 20, Source: 1})),
		found(tx.Thread(v, 1)), found(tx.ThreadState(1)), only(tx.SubThreadStates(1)), only(tx.SubThreadsOf([]int64{1, 2})), only(tx.CountSubThreads(v, 1)),
		only(tx.ThreadTitle(1)), only(tx.Followers(1)), found(tx.Tier(1)), only(tx.TierTitle(500)), only(tx.Community()),
	)
}

func readMessages(tx *Tx, v parley.Viewer) error {
	return all(
		only(tx.NewestMessages(v, 1, 0, 50)), only(tx.NewestMessages(v, 1, 9, 50)), only(tx.MessagesAfter(v, 1, 0, 50)),
		only(tx.Replies(v, 1, 0, 50, 0)), found(tx.Message(v, 1)), only(tx.MessagesByID(v, []int64{1, 2, 3})),
		found(tx.MessageState(1)), found(tx.DeletedMessage(1)), only(tx.History(1, 0, 50)), only(tx.LikersOf([]int64{1, 2}, 100)),
		only(tx.NewestMessageID(v, 1)), only(tx.RepliedTo(1)), found(tx.ReplyCount(1)), only(tx.LastPosted(1, 1)), only(tx.PostsSince(1, 1, 9)), only(tx.Likes(1, 0, 20, 0)),
	)
}

func readNotifications(tx *Tx, v parley.Viewer) error {
	return all(
		only(tx.Notifications(v, 0, 20, 0)), only(tx.Notifications(v, 9, 20, 0)), found(tx.Notification(v, 1)),
		only(tx.CountNotifications(v)), only(tx.UnreadNotifications(v, 0)), only(tx.UnreadNotifications(v, 1)),
		only(tx.UnreadersOf([]int64{1, 2})), tx.CallsClosed([]ThreadState{{ID: 1}, {ID: 2}}), tx.Recount([]int64{1, 2}, 1, 0), found(tx.RecountsSince(1)), only(tx.PruneRecounts(1)), only(tx.NotifiedOf([]int64{1, 2})), only(tx.CountVersion(1)),
		only(tx.MentionedBy(1)), only(tx.ToldOf(1, []int64{1, 2})), tx.Retell(1, Told{UserID: 1, Kind: parley.NotifyReply}), only(tx.Edits(1)),
	)
}

func readPeople(tx *Tx) error {
	_, _, _, err := tx.SessionByToken([]byte("hash"))
	return all(
		err, only(tx.Sessions(1, 9)), only(tx.SessionsOf([]int64{1, 2})), only(tx.AccessTo([]int64{1, 2})), found(tx.User(1)), only(tx.UsersOf([]int64{1, 2})), found(tx.Viewer(1)),
		found(tx.AccountByName("ada")), found(tx.AccountByName("ada@example.org")), only(tx.UsersByRole(parley.RoleCreator)),
		only(tx.Users(UserFilter{Limit: 9})), only(tx.Users(UserFilter{Part: "a", Role: parley.RoleTeam, Before: 9, Limit: 9})),
		only(tx.CountUsersOf(UserFilter{Part: "a", Role: parley.RoleTeam})), tx.SetEmail(1, "ada@example.org"),
		mentioned(tx), only(tx.Settings(1)), only(tx.AliasTaken("Ada", 1)), only(tx.Muted(1, 1)),
		only(tx.CountMentioned(parley.MentionTeam, 1, 1)), only(tx.CountCalled(ThreadState{ID: 1}, 1)),
		only(tx.Recipients(RecipientQuery{ThreadID: 1, Followers: true, Named: []int64{1}, Specials: []parley.SpecialMention{parley.MentionTeam}, Limit: 9})),
	)
}

func callEveryone(tx *Tx, v parley.Viewer) error {
	called := tx.AddCall(ThreadState{ID: 1}, 1, 1, false)
	c, made, err := tx.CallOf(1)
	if !made {
		return all(called, err, errors.New("the call was not made"))
	}
	_, _, _, err = tx.CallFacts(c.ID)
	v.ID = 2
	if _, createErr := tx.CreateUser(Account{User: parley.User{Username: "Finn", Role: parley.RoleMember, Active: true}}); createErr != nil {
		return createErr
	}
	return all(
		called, err, only(tx.Reached(1, 1)), only(tx.Exceptions(c)), only(tx.UnreadNotifications(v, 0)), only(tx.UnreadNotifications(v, 1)),
		only(tx.Notifications(v, 0, 20, 0)), found(tx.Notification(v, c.ID)), only(tx.UnreadOf([]int64{1, 2}, []int64{1}, nil)),
		only(tx.ReadThread(v, 1, 1)), only(tx.DeleteNotification(2, c.ID)), tx.WithdrawCall(1), only(tx.PruneCalls()),
		only(tx.NotifiedOf([]int64{1})), only(tx.UnreadersOf([]int64{1})), tx.CallsClosed([]ThreadState{{ID: 1}}), tx.hearMentions(1, 1, false), tx.hearMentions(1, 1, true), tx.deafenNewFollower(1, 2),
	)
}

func mentioned(tx *Tx) error {
	_, _, err := tx.MentionedUsers([]string{"Ada", "Mina"})
	return err
}

func readStanding(tx *Tx, v parley.Viewer) error {
	_, _, err := tx.CountBy(v, 1)
	words := SearchFilter{Terms: parley.ParseSearch("hello"), Limit: 9}
	return all(
		err, only(tx.SearchMessages(v, words)), only(tx.SearchThreads(v, words)), only(tx.ThreadsBy(v, 1, 9)), only(tx.MessagesBy(v, 1, 9)), only(tx.Totals(v)), only(tx.CountSince(v, 1)), found(tx.Busiest(v)),
		tx.SetSettings(1, parley.DefaultSettings()), only(tx.fillSkeletons()), tx.Mute(1, 1, 0), tx.Unmute(1, 1), tx.PruneMutes(),
	)
}

func changeMessages(tx *Tx) error {
	reply, err := tx.InsertMessage(1, 1, 1, Text{Content: "reply"})
	return all(
		err, tx.EditMessage(MessageState{ID: reply}, 1, Text{Content: "edited"}),
		only(tx.AddLike(1, 1)), only(tx.RemoveLike(1, 1)),
		tx.Follow(1, 1, parley.Follow{}), tx.Unfollow(1, 1), tx.MoveReadPosition(1, 1, reply), tx.AddViews(map[int64]int64{1: 1}),
		only(tx.DeleteMessages(MessageState{ID: reply, ThreadID: 1, ReplyToID: 1}, 1)),
		only(tx.RestoreMessages(MessageState{ID: reply, ThreadID: 1, ReplyToID: 1})),
		tx.SetThread(ThreadState{ID: 1}), tx.DeleteThread(ThreadState{ID: 1, ParentMessageID: 1}),
	)
}

func changeNotifications(tx *Tx, v parley.Viewer) error {
	return all(
		only(tx.Notify(NewNotification{UserID: 1, Kind: parley.NotifyMention, SenderID: 1, ThreadID: 1, MessageID: 1})),
		only(tx.ReadThread(v, 1, 1)), only(tx.ReadNotification(v, 1)), only(tx.ReadNotification(v, 0)), only(tx.DeleteNotification(1, 1)),
	)
}

func keepUploads(tx *Tx) error {
	id, err := tx.InsertUpload(Upload{UserID: 1})
	return all(
		err, only(tx.UploadStored(id)), found(tx.Upload(id)), only(tx.UploadsOf(1, []int64{id})), only(tx.CountUnusedUploads(1)),
		tx.ShowUploads(1, 1, []int64{id}), only(tx.MessagesShowing(id, 0, 9)), tx.keepUploads([]int64{1, 2}), only(tx.ReleaseUploads()),
		tx.ShowUploads(1, 1, nil), only(tx.RetireUploads(0)), only(tx.RetiredUploads(0)), tx.DeleteUpload(id),
	)
}

func administrate(tx *Tx) error {
	return all(
		only(tx.Tiers()), tx.SetTier(parley.Tier{ID: 1}), only(tx.TierInUse(1)), tx.DeleteTier(1), only(tx.ThreadsOfTier(1, 0, 9)),
		tx.Audit(1, parley.ActTierCreated, 1, nil, 1), only(tx.AuditLog(AuditFilter{Limit: 9})),
		only(tx.AuditLog(AuditFilter{ActorID: 1, Limit: 9})), only(tx.AuditLog(AuditFilter{Action: parley.ActTierCreated, Before: 9, Limit: 9})),
		only(tx.AuditLog(AuditFilter{InForum: true, Limit: 9})), only(tx.AuditLog(AuditFilter{KeyID: 1, Limit: 9})),
	)
}

func keepKeysAndMembers(tx *Tx) error {
	return all(
		only(tx.CreateKey(parley.APIKey{PublicID: "id", MadeBy: parley.PersonRef{ID: 1}}, []byte("hash"))), found(tx.KeyByHash([]byte("hash"))),
		found(tx.Key(1)), only(tx.Keys(9)), tx.TouchKey(1, 1), found(tx.RevokeKey(1)),
		found(tx.UserByExternalID("7")), found(tx.NameHolder("Ada", 1)), tx.SetUsername(1, "Ada"), tx.SetExternalID(1, "7"), tx.HoldMembers([]string{"7"}),
	)
}

func moderate(tx *Tx) error {
	message := MessageState{ID: 1, ThreadID: 1, ReplyToID: 1}
	return all(
		tx.HideMessage(message, 1), tx.ShowMessage(message), tx.Withdraw([]int64{1, 2}, parley.NoticeHidden),
		below(tx), tx.MoveMessages(message, []Touched{{ID: 1}}, nil, 1),
		only(tx.AddFlag(NewFlag{MessageID: 1, UserID: 1})), only(tx.OpenFlagsBy(1)), only(tx.OpenFlagsOf(1)), found(tx.Flag(1)),
		only(tx.Flags(true, 0, 9)), only(tx.Flags(false, 9, 9)), tx.ResolveFlags(1, 1, parley.FlagKeep, ""),
		tx.SetSilence(1, parley.Sanction{}), tx.SetSuspension(1, parley.Sanction{}),
	)
}

func below(tx *Tx) error {
	_, _, err := tx.Below(1)
	return err
}

func moderateEveryone(tx *Tx) error {
	return all(
		only(tx.EveryoneSettings()), tx.SetEveryoneSettings(parley.DefaultEveryoneSettings()), only(tx.NthEveryoneUse(1, 3, 1)), only(tx.LastEveryoneUse()),
		tx.UseEveryone(1, 1, 1, 1), tx.PruneEveryoneUses(1), tx.AwaitApproval(1, 1), only(tx.PendingApprovals(0, 9)), found(tx.PendingApproval(1)),
		only(tx.SettlePending(1)), tx.Restrict(parley.EveryoneRestriction{UserID: 1, By: 1}), only(tx.Restriction(1)), only(tx.Restrictions(9)),
		tx.NoteViolation(1), tx.Unrestrict(1), only(tx.UsesByUser(1, 9)), only(tx.UsesByDay(1)),
	)
}

func housekeeping(tx *Tx) error {
	tx.Append(parley.MessagePosted{ThreadID: 1, MessageID: 1})
	_, next, err := tx.Since(1)
	if err == nil {
		_, _, err = tx.Since(next - 1)
	}
	if err == nil {
		_, _, err = tx.ActivitySince(next - 1)
	}
	return all(
		err, only(tx.Head("t1")), only(tx.Events("t1", 0, 100)), only(tx.Stretches([]Stretch{{"t1", 0, 100}})), only(tx.Extents([]parley.Channel{"t1"})), only(tx.PruneEvents()),
		only(tx.DueJobs(10, "")), tx.AddJob("notify", 1), only(tx.TakeJob(1)), tx.PostponeJob(1, 0, ""),
		only(tx.TakeChore("prune", 0, 0)), found(tx.Chore("prune")), tx.EndChore("prune", 0, ""),
		only(tx.DueJobsOf("preview", 10)), only(tx.LeaseJob(1, 0)), only(tx.EndJob(1)), found(tx.LinkedPage("a")), only(tx.AskPage("a", 1)),
		tx.KeepPage("a", parley.Preview{}, 1), tx.ForgetPage("a"), tx.ShowPreview(1, ""), tx.PrunePages(),
		tx.Remember(1, "key", []byte("print"), 1), tx.PruneIdempotencyKeys(),
		only(tx.CreateSession(Session{PublicID: "id", UserID: 1}, []byte("hash"))), tx.TouchSession(1, 0, 0),
		only(tx.DeleteSession(1, "id")), only(tx.DeleteSessions(1, 0)), only(tx.ExpireSessions()),
		tx.SetRights(1, parley.RoleTeam, parley.Membership{}), tx.SetActive(1, true), tx.SetPasswordHash(1, "hash"), tx.ReplacePasswordHash(1, "hash", "new"),
	)
}
