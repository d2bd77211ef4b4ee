package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"parley"
	"parley/internal/names"
	"parley/internal/store"
)

// Member is a person as the app knows them that Parley stands beside.
type Member struct {
	ExternalID string // the app's own id
	Username   string
	Role       parley.Role
	Membership parley.Membership
	Active     bool
	// AdjustName has a username that is taken, or not allowed here, replaced instead of
	// refused: members keep the name they have, new ones get one that is like it.
	AdjustName bool
}

// Outcome says what came of synchronising a member.
type Outcome string

const (
	MemberCreated   Outcome = "created"
	MemberUpdated   Outcome = "updated"
	MemberUnchanged Outcome = "unchanged"
	MemberFailed    Outcome = "failed"
)

// SyncedMember is what came of synchronising a member.
type SyncedMember struct {
	Outcome Outcome
	User    AdminUser // as it is now; zero if that failed
	Err     error     // why it failed
}

// SyncMember makes a person what the app says of them, or makes an account of them
// without a password. Open sockets follow at once.
func (a *App) SyncMember(ctx context.Context, v parley.Viewer, m Member) (SyncedMember, error) {
	synced, err := a.syncTogether(ctx, v, []Member{m})
	if err != nil {
		return SyncedMember{}, err
	}
	return synced[0], synced[0].Err
}

// memberBatch is how many members are synchronised in one transaction: on SQLite
// everybody else's writes wait for so many, about 10 ms.
const memberBatch = 50

// SyncMembers is SyncMember for many, in order. Each has a result; what is wrong with
// one of them does not keep the others from being synchronised. The error is why
// nothing was done at all.
func (a *App) SyncMembers(ctx context.Context, v parley.Viewer, members []Member) ([]SyncedMember, error) {
	// Nobody learns from results who there is that may not make any.
	if err := a.inspect(ctx, v, func(*store.Snapshot) error { return nil }); err != nil {
		return nil, err
	}
	synced := make([]SyncedMember, 0, len(members))
	for len(synced) < len(members) {
		batch := members[len(synced):min(len(synced)+memberBatch, len(members))]
		done, err := a.syncTogether(ctx, v, batch)
		if kind := parley.KindOf(err); err != nil && (kind == parley.Internal || kind == parley.Conflict) && ctx.Err() == nil {
			done, err = a.syncSingly(ctx, v, batch), nil
		}
		if err != nil && len(synced) == 0 {
			return nil, err
		}
		if err != nil { // a database that went away, a key that was revoked: it will not go better with the rest
			for len(synced) < len(members) {
				synced = append(synced, SyncedMember{Outcome: MemberFailed, Err: err})
			}
			break
		}
		synced = append(synced, done...)
	}
	return synced, nil
}

// syncSingly synchronises members in transactions of their own, to find out with which
// of them it does not work.
func (a *App) syncSingly(ctx context.Context, v parley.Viewer, members []Member) (synced []SyncedMember) {
	for i := range members {
		done, err := a.syncTogether(ctx, v, members[i:i+1])
		if err != nil {
			done = []SyncedMember{{Outcome: MemberFailed, Err: err}}
		}
		synced = append(synced, done...)
	}
	return synced
}

// syncAttempts is how often members are synchronised anew because somebody took a
// name or an external id that was free a moment before.
const syncAttempts = 3

// syncTogether synchronises members in one transaction.
func (a *App) syncTogether(ctx context.Context, v parley.Viewer, members []Member) (synced []SyncedMember, err error) {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.ExternalID
	}
	for range syncAttempts {
		err = a.administrate(ctx, v, func(tx *store.Tx, v parley.Viewer) error {
			synced = make([]SyncedMember, len(members))
			if err := tx.HoldMembers(ids); err != nil {
				return err
			}
			for i, m := range members {
				if err := m.sync(tx, v.ID, &synced[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if parley.KindOf(err) != parley.Conflict {
			break
		}
	}
	if err != nil {
		return nil, err
	}
	return synced, nil
}

// sync makes somebody what the app says of them. What is wrong with m is told in s;
// then nothing was written, and the transaction may go on.
func (m Member) sync(tx *store.Tx, actor int64, s *SyncedMember) error {
	old, found, err := tx.UserByExternalID(m.ExternalID)
	if err != nil {
		return err
	}
	u, err := m.checked(tx, old)
	if err != nil {
		*s = SyncedMember{Outcome: MemberFailed, Err: err}
		var wrong *parley.Error
		if errors.As(err, &wrong) && wrong.Err == nil {
			return nil
		}
		return err
	}
	switch {
	case !found:
		s.Outcome = MemberCreated
		u.ID, err = createMember(tx, actor, u)
		u.CreatedAt = tx.Now()
	case u == old:
		s.Outcome = MemberUnchanged
	default:
		s.Outcome = MemberUpdated
		err = changeMember(tx, actor, old, u)
	}
	s.User = adminUser(u, tx.Now())
	return err
}

// checked returns what somebody is to become, whose zero value is nobody yet, or what
// is wrong with that.
func (m Member) checked(tx *store.Tx, old parley.User) (u parley.User, err error) {
	u = old
	if u.Username, err = m.username(&tx.Snapshot, old); err != nil {
		return u, err
	}
	if u.DisplayName == old.Username { // no alias is in use
		u.DisplayName = u.Username
	}
	u.Active = m.Active
	source := m.Membership.Source
	patch := UserPatch{Role: &m.Role, AmountCents: &m.Membership.AmountCents, TierID: &m.Membership.TierID, Source: &source, ExternalID: &m.ExternalID}
	if u, err = patch.apply(&tx.Snapshot, u); err != nil {
		return u, err
	}
	if m.ExternalID == "" {
		return u, parley.InvalidField("external_id", "is missing")
	}
	if old.ID != 0 && old.Role == parley.RoleCreator && old.Active && (u.Role != parley.RoleCreator || !u.Active) {
		return u, keepCreator(tx, u.ID)
	}
	return u, nil
}

// createMember makes an account without a password.
func createMember(tx *store.Tx, actor int64, u parley.User) (int64, error) {
	id, err := tx.CreateUser(store.Account{User: u})
	if err != nil {
		return 0, fmt.Errorf("member %s: %w", u.ExternalID, err)
	}
	return id, tx.Audit(actor, parley.ActUserCreated, id, nil, auditedUser(u))
}

// changeMember stores what somebody has become.
func changeMember(tx *store.Tx, actor int64, old, u parley.User) error {
	switch {
	case old.Active && !u.Active:
		if err := deactivate(tx, actor, old, ""); err != nil {
			return err
		}
	case !old.Active && u.Active:
		if err := reactivate(tx, actor, old); err != nil {
			return err
		}
	}
	old.Active, old.DisplayName = u.Active, u.DisplayName // stored, and told, by now
	return updateUser(tx, actor, old, u)
}

// username returns the name that somebody is to have, or why they cannot have the one
// that the app gave them.
func (m Member) username(s *store.Snapshot, old parley.User) (string, error) {
	if m.Username == old.Username {
		return old.Username, nil
	}
	err := parley.CheckUsername(m.Username)
	if err == nil {
		err = free(s, m.Username, old.ID)
	}
	switch kind := parley.KindOf(err); {
	case err == nil:
		return m.Username, nil
	case !m.AdjustName || kind != parley.Conflict && kind != parley.Unprocessable:
		return "", err
	case old.ID != 0:
		return old.Username, nil
	default:
		return similarName(s, m.Username)
	}
}

// free says what keeps somebody (0: somebody new) from having a username, and what the
// app's operators can do about it: nobody becomes somebody else by choosing a name.
func free(s *store.Snapshot, username string, userID int64) error {
	holder, taken, err := s.NameHolder(username, userID)
	switch {
	case err != nil || !taken:
		return err
	case parley.FoldName(holder.Username) != parley.FoldName(username):
		return parley.Errorf(parley.Conflict, "The username %s looks like the alias of the account %d: send another one, or let it be adjusted (adjust_username).", username, holder.ID)
	case holder.ExternalID != "":
		return parley.Errorf(parley.Conflict, "The account %d (external id %s) has the username %s: send another one, or let it be adjusted (adjust_username).", holder.ID, holder.ExternalID, username)
	default:
		return parley.Errorf(parley.Conflict, "The account %d has the username %s, and no external id. If that is the same person, give the account this one (PATCH /api/admin/users/%d); if not, send another username, or let it be adjusted (adjust_username).", holder.ID, username, holder.ID)
	}
}

// similarName returns a username like one that cannot be had, which is free.
func similarName(s *store.Snapshot, wish string) (string, error) {
	for _, name := range names.Similar(wish) {
		if parley.CheckUsername(name) != nil {
			continue
		}
		_, taken, err := s.NameHolder(name, 0)
		if err != nil || !taken {
			return name, err
		}
	}
	return "", parley.Errorf(parley.Conflict, "The username %s and those like it are taken: send another one.", wish)
}

// maxExternalID is the length of an external id at most, in bytes.
const maxExternalID = 200

func checkExternalID(id string) error {
	strange := func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }
	if len(id) > maxExternalID || !utf8.ValidString(id) || strings.ContainsFunc(id, strange) {
		return parley.InvalidField("external_id", "must have at most %d bytes, without spaces and control characters", maxExternalID)
	}
	return nil
}
