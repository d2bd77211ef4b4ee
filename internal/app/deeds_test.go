package app_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"parley"
	"parley/internal/app"
)

// crowd does all sorts of things at once, on several servers, by chance.
type crowd struct {
	f       *forum
	servers []*app.App
	people  []parley.Viewer
	picture []byte // that they upload

	mu            sync.Mutex
	done, refused map[string]int // by kind of deed
	posted        []parley.Message
	gone          []int64 // messages that were deleted
}

// possibility is something that somebody may do, by its kind.
type possibility struct {
	kind string
	do   func() error
}

// draw is what chance has chosen for a deed.
type draw struct {
	*rand.Rand
	ctx            context.Context
	app            *app.App
	by, other      parley.Viewer
	author         parley.Viewer // of the message
	thread         int64
	message, there int64 // a message, and the thread that it was posted in
	gone           int64 // a message that was deleted
	text           string
	on             bool
}

func (c *crowd) draw(r *rand.Rand) draw {
	begins := []string{"", "@Ada", "@Mina @Finn", "@team", "@everyone", fmt.Sprintf("![a joint](%s)", parley.UploadURL(1+r.Int64N(60)))}
	d := draw{
		Rand: r, ctx: c.f.t.Context(), app: c.servers[r.IntN(len(c.servers))],
		by: c.people[r.IntN(len(c.people))], other: c.people[r.IntN(len(c.people))],
		thread:  []int64{c.f.Free.ID, c.f.Free.ID, c.f.Sub.ID, c.f.Paid.ID, 5 + r.Int64N(30)}[r.IntN(5)],
		message: 1 + r.Int64N(4), author: c.f.Ada, on: r.IntN(2) == 0,
		text: fmt.Sprintf("%s said %d", begins[r.IntN(len(begins))], r.IntN(1000)),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := len(c.posted); n > 0 {
		m := c.posted[max(0, n-1-r.IntN(20))] // few: much happens to each of them
		d.message, d.there, d.author = m.ID, m.ThreadID, parley.Viewer{ID: m.UserID}
	}
	if n := len(c.gone); n > 0 {
		d.gone = c.gone[max(0, n-1-r.IntN(20))]
	}
	return d
}

// post posts a message, which others may do something with from then on.
func (c *crowd) post(d draw, thread, replyTo int64, text string) error {
	m, err := d.app.PostMessage(d.ctx, d.by, thread, text, replyTo, app.Idempotency{})
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.posted = append(c.posted, m)
	}
	return err
}

// remove deletes a message, which may come back from then on.
func (c *crowd) remove(d draw) error {
	_, err := d.app.DeleteMessage(d.ctx, d.author, d.message)
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.gone = append(c.gone, d.message)
	}
	return err
}

// act does something and notes what came of it: a refusal changes nothing.
func (c *crowd) act(r *rand.Rand) {
	d := c.draw(r)
	deeds := slices.Concat(c.writes(d), c.writes(d), c.takesBack(d), c.listens(d), c.hears(d), c.manages(d), c.moderates(d), c.asksOfEveryone(d), c.administrates(d), c.waits(d))
	deed := deeds[r.IntN(len(deeds))]
	err := deed.do()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.done == nil {
		c.done, c.refused = map[string]int{}, map[string]int{}
	}
	switch {
	case err == nil:
		c.done[deed.kind]++
	case parley.KindOf(err) == parley.Internal:
		c.f.t.Errorf("%s: %v", deed.kind, err)
	default:
		c.refused[deed.kind]++
	}
}

// report tells how often each kind of deed was done, and how often refused.
func (c *crowd) report() {
	c.f.t.Helper()
	done, refused := 0, 0
	kinds := maps.Clone(c.refused)
	maps.Copy(kinds, c.done)
	var told []string
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		done, refused = done+c.done[kind], refused+c.refused[kind]
		told = append(told, fmt.Sprintf("%s %d (%d)", kind, c.done[kind], c.refused[kind]))
	}
	c.f.t.Logf("%d operations of %d kinds, and %d that were refused: %s", done, len(kinds), refused, strings.Join(told, ", "))
	if done < 500 {
		c.f.t.Errorf("only %d operations were not refused", done)
	}
}

// oneOf does something with one of what there is.
func oneOf[T any](d draw, all []T, err error, do func(T) error) error {
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return parley.Errorf(parley.NotFound, "There is none.")
	}
	return do(all[d.IntN(len(all))])
}

func (c *crowd) writes(d draw) []possibility {
	return []possibility{
		{"post", func() error { return c.post(d, d.thread, 0, d.text) }},
		{"reply", func() error { return c.post(d, d.there, d.message, d.text) }},
		{"edit", func() error { return drop(d.app.EditMessage(d.ctx, d.author, d.message, d.text)) }},
		{"upload and show", func() error {
			u, err := d.app.Upload(d.ctx, d.by, c.picture, app.Idempotency{})
			if err != nil {
				return err
			}
			return c.post(d, d.thread, 0, shows(u))
		}},
		{"like", func() error { return drop(d.app.Like(d.ctx, d.by, d.message)) }},
		{"start a thread", func() error {
			in := app.NewThread{Title: "A thread", Content: d.text, TierID: d.Int64N(2) * c.f.Silver.ID, Private: d.IntN(4) == 0}
			return drop(d.app.CreateThread(d.ctx, d.by, in, app.Idempotency{}))
		}},
		{"start a sub-thread", func() error {
			return drop(d.app.CreateSubThread(d.ctx, d.by, d.message, "Why?", d.text, app.Idempotency{}))
		}},
	}
}

func (c *crowd) takesBack(d draw) []possibility {
	move := func(to int64) func() error {
		return func() error { return drop(d.app.MoveMessage(d.ctx, c.f.Tomas, d.message, to)) }
	}
	return []possibility{
		{"delete", func() error { return c.remove(d) }},
		{"restore", func() error { return drop(d.app.RestoreMessage(d.ctx, c.f.Tomas, d.gone)) }},
		{"unlike", func() error { return drop(d.app.Unlike(d.ctx, d.by, d.message)) }},
		{"move", move(d.thread)},
		{"move", move(c.f.Paid.ID)},
		{"move", move(c.f.Paid.ID)},
		{"delete a thread", func() error { return drop(d.app.DeleteThread(d.ctx, d.by, 5+d.Int64N(30))) }},
	}
}

func (c *crowd) listens(d draw) []possibility {
	alias, direct := []string{"", "Chisel", "Mallet", "Plane"}[d.IntN(4)], d.IntN(2) == 0
	return []possibility{
		{"follow", func() error {
			return drop(d.app.Follow(d.ctx, d.by, d.thread, parley.Follow{NewMessage: d.on, Mention: direct}))
		}},
		{"unfollow", func() error { return drop(d.app.Unfollow(d.ctx, d.by, d.thread)) }},
		{"mute", func() error { return d.app.Mute(d.ctx, d.by, d.thread, 0) }},
		{"unmute", func() error { return d.app.Unmute(d.ctx, d.by, d.thread) }},
		{"hear of everyone", func() error {
			return drop(d.app.UpdateSettings(d.ctx, d.by, app.SettingsPatch{EveryoneMentions: &d.on}))
		}},
		{"change settings", func() error {
			return drop(d.app.UpdateSettings(d.ctx, d.by, app.SettingsPatch{DirectMentions: &direct, ShowOnline: &d.on}))
		}},
		{"take an alias", func() error {
			return drop(d.app.UpdateSettings(d.ctx, d.by, app.SettingsPatch{Alias: &alias, UseAlias: &d.on}))
		}},
		{"reset settings", func() error { return d.app.ResetSettings(d.ctx, d.by) }},
	}
}

func (c *crowd) hears(d draw) []possibility {
	// one does something with one of somebody's newest notifications.
	one := func(do func(context.Context, parley.Viewer, int64) (app.ReadResult, error)) error {
		page, err := d.app.Notifications(d.ctx, d.by, 0, 0, 5)
		return oneOf(d, page.Notifications, err, func(n parley.Notification) error { return drop(do(d.ctx, d.by, n.ID)) })
	}
	return []possibility{
		{"mark read", func() error { return drop(d.app.MarkRead(d.ctx, d.by, d.thread, d.message)) }},
		{"read all notifications", func() error { return drop(d.app.ReadAllNotifications(d.ctx, d.by)) }},
		{"read a notification", func() error { return one(d.app.ReadNotification) }},
		{"delete a notification", func() error { return one(d.app.DeleteNotification) }},
	}
}

func (c *crowd) manages(d draw) []possibility {
	title, slow, locked := fmt.Sprint("Joints ", d.IntN(9)), d.Int64N(3), d.IntN(5) == 0
	change := func(patch app.ThreadPatch) func() error {
		return func() error { return drop(d.app.UpdateThread(d.ctx, c.f.Ada, d.thread, patch)) }
	}
	return []possibility{
		{"rename", change(app.ThreadPatch{Title: &title})},
		{"pin", change(app.ThreadPatch{Pinned: &d.on})},
		{"lock", change(app.ThreadPatch{Locked: &locked})},
		{"slow", change(app.ThreadPatch{SlowModeSeconds: &slow})},
		{"make private", change(app.ThreadPatch{Private: &d.on})},
		{"set a tier", func() error { return drop(d.app.SetTier(d.ctx, c.f.Ada, d.thread, d.Int64N(2)*c.f.Silver.ID)) }},
	}
}

func (c *crowd) moderates(d draw) []possibility {
	until := parley.At(c.f.Clock.Now()) + parley.Time((time.Minute * time.Duration(1+d.IntN(5))).Microseconds())
	sanction := app.NewSanction{Reason: "noise", Until: &until}
	unsilence := func() error { return d.app.Unsilence(d.ctx, c.f.Tomas, d.other.ID) }
	action := []parley.FlagAction{parley.FlagKeep, parley.FlagHide, parley.FlagDelete}[d.IntN(3)]
	return []possibility{
		{"flag", func() error {
			return drop(d.app.FlagMessage(d.ctx, d.by, d.message, parley.FlagSpam, "", app.Idempotency{}))
		}},
		{"resolve a flag", func() error {
			flags, err := d.app.Flags(d.ctx, c.f.Ada, true, 0, 5)
			return oneOf(d, flags, err, func(f app.FlagEntry) error { return d.app.ResolveFlag(d.ctx, c.f.Ada, f.ID, action, "") })
		}},
		{"silence", func() error { return d.app.Silence(d.ctx, c.f.Tomas, d.other.ID, app.NewSanction{Reason: "noise"}) }},
		{"unsilence", unsilence},
		{"unsilence", unsilence},
		{"suspend", func() error { return d.app.Suspend(d.ctx, c.f.Ada, d.other.ID, sanction) }},
		{"unsuspend", func() error { return d.app.Unsuspend(d.ctx, c.f.Ada, d.other.ID) }},
	}
}

func (c *crowd) asksOfEveryone(d draw) []possibility {
	limit := d.Int64N(3)
	settle := func(decide func(context.Context, parley.Viewer, int64) error) error {
		pending, err := d.app.PendingEveryone(d.ctx, c.f.Ada, 0, 5)
		return oneOf(d, pending, err, func(p app.PendingEveryone) error { return decide(d.ctx, c.f.Ada, p.ID) })
	}
	return []possibility{
		{"have everyone approved", func() error {
			return drop(d.app.UpdateEveryone(d.ctx, c.f.Ada, app.EveryonePatch{RequireApproval: &d.on}))
		}},
		{"call everyone", func() error {
			d.by = []parley.Viewer{c.f.Ada, c.f.Tomas, c.f.Tomas}[d.IntN(3)]
			return c.post(d, c.f.Free.ID, 0, "@everyone "+d.text)
		}},
		{"approve everyone", func() error { return settle(d.app.ApproveEveryone) }},
		{"reject everyone", func() error { return settle(d.app.RejectEveryone) }},
		{"restrict everyone", func() error {
			return d.app.RestrictEveryone(d.ctx, c.f.Ada, d.other.ID, app.NewRestriction{RateLimit: &limit})
		}},
		{"unrestrict everyone", func() error { return d.app.UnrestrictEveryone(d.ctx, c.f.Ada, d.other.ID) }},
	}
}

func (c *crowd) administrates(d draw) []possibility {
	cents := d.Int64N(3) * 250
	member := app.Member{
		ExternalID: fmt.Sprint("shop", d.IntN(5)), Username: fmt.Sprint("Olga", d.IntN(5)), Role: parley.RoleMember,
		Membership: parley.Membership{AmountCents: cents}, Active: d.IntN(4) > 0, AdjustName: d.on,
	}
	tier := func(do func(app.AdminTier) error) error {
		tiers, err := d.app.Tiers(d.ctx, c.f.Ada)
		return oneOf(d, tiers, err, do)
	}
	letIn := func() error { return drop(d.app.ReactivateUser(d.ctx, c.f.Ada, d.other.ID)) } // or most were out most of the time
	return []possibility{
		{"change what somebody pays", func() error {
			return drop(d.app.UpdateUser(d.ctx, c.f.Ada, d.other.ID, app.UserPatch{AmountCents: &cents}))
		}},
		{"deactivate", func() error { return drop(d.app.DeactivateUser(d.ctx, c.f.Ada, d.other.ID, "")) }},
		{"reactivate", letIn},
		{"reactivate", letIn},
		{"reactivate", letIn},
		{"synchronise a member", func() error { return drop(d.app.SyncMember(d.ctx, c.f.Ada, member)) }},
		{"synchronise members", func() error {
			return drop(d.app.SyncMembers(d.ctx, c.f.Ada, []app.Member{member, {ExternalID: "shop9", Username: "Olga9", Role: parley.RoleMember, Active: d.on}}))
		}},
		{"make a tier", func() error {
			return drop(d.app.CreateTier(d.ctx, c.f.Ada, parley.Tier{Title: "Gold", AmountCents: 100 * (1 + d.Int64N(9))}, app.Idempotency{}))
		}},
		{"change a tier", func() error {
			amount, active := cents+100, true
			return tier(func(t app.AdminTier) error {
				return drop(d.app.UpdateTier(d.ctx, c.f.Ada, t.ID, app.TierPatch{AmountCents: &amount, Active: &active}))
			})
		}},
		{"retire a tier", func() error {
			return tier(func(t app.AdminTier) error { return drop(d.app.DeleteTier(d.ctx, c.f.Ada, t.ID)) })
		}},
	}
}

// waits is what happens by itself.
func (c *crowd) waits(d draw) []possibility {
	return []possibility{
		{"run jobs", func() error { d.app.RunJobs(d.ctx); return nil }},
		{"prune", func() error { return d.app.Prune(d.ctx) }},
		{"let a day pass", func() error { c.f.Clock.Pass(24 * time.Hour); return nil }},
	}
}
