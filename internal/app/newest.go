package app

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"parley"
	"parley/internal/store"
	"parley/realtime"
)

const (
	// freshness is how long a page is kept at most: what is set right by hand, or by
	// parley doctor, has no event that would tell of it.
	freshness = 10 * time.Second
	// maxKept bounds the text that is kept, in bytes.
	maxKept = 16 << 20
)

// newestPages keeps the newest messages of threads for those who open a thread that
// others have just opened: reading them is most of what a page costs.
//
// A page is as of one position of its thread's channel, and one of the control
// channel. Whatever changes what it shows is an event in one of the two: what happens
// to messages in the first, what people are called and what they are in the second.
// Who finds both where they were would read the same again. That is asked of the
// database, in the snapshot that the answer belongs to: nobody hears of something by
// an event that a page does not show yet.
type newestPages struct {
	mu    sync.Mutex
	size  int
	pages map[pageKey]*newestPage
}

type pageKey struct {
	threadID int64
	limit    int
}

// newestPage is one of them, as it is for everybody. It does not change.
type newestPage struct {
	pageKey
	at       pageState
	messages []parley.Message
	liked    []int64 // those of the messages that somebody likes
	personal bool    // something is hidden: not everybody sees the same
}

// pageState is the positions of the channels that tell of what a page shows.
type pageState struct{ thread, control uint64 }

func readPageState(s *store.Snapshot, threadID int64) (pageState, error) {
	heads, err := headsOf(s, parley.ThreadChannel(threadID), parley.ControlChannel)
	if err != nil {
		return pageState{}, err
	}
	return pageState{thread: heads[0].Seq, control: heads[1].Seq}, nil
}

// of returns what is kept, nil if nothing is.
func (n *newestPages) of(key pageKey) *newestPage {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.pages[key]
}

// keep keeps a page in the place of an older one.
func (n *newestPages) keep(p *newestPage) {
	n.mu.Lock()
	defer n.mu.Unlock()
	old := n.pages[p.pageKey]
	if old != nil && (old.at.thread > p.at.thread || old.at.control > p.at.control) {
		return
	}
	n.size += p.size() - old.size()
	if n.size > maxKept || n.pages == nil {
		n.pages, n.size = map[pageKey]*newestPage{}, p.size()
	}
	n.pages[p.pageKey] = p
}

func (n *newestPages) forget(context.Context) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.pages, n.size = nil, 0
}

// size is about how many bytes a page takes.
func (p *newestPage) size() (bytes int) {
	if p == nil {
		return 0
	}
	for _, m := range p.messages {
		bytes += len(m.Content) + len(m.ContentHTML) + 1000 // for all that is small
	}
	return bytes
}

// readNewestPage reads a page as v sees it, and what of it is the same for all.
func readNewestPage(s *store.Snapshot, v parley.Viewer, key pageKey, at pageState) ([]parley.Message, *newestPage, error) {
	messages, err := s.NewestMessages(v, key.threadID, 0, key.limit)
	if err != nil {
		return nil, nil, err
	}
	p := &newestPage{pageKey: key, at: at}
	if p.personal, err = s.HiddenAmongNewest(key.threadID, key.limit); err == nil && !p.personal {
		p.share(messages)
	}
	return messages, p, err
}

// share takes over what somebody was shown of a page of which no message is hidden.
func (p *newestPage) share(messages []parley.Message) {
	for _, m := range messages {
		if m.ReplyToID != nil && (m.ReplyToMessage == nil || m.ReplyToMessage.IsHidden) {
			p.personal = true // what it answers may be there for others, or not
			return
		}
	}
	p.messages = slices.Clone(messages)
	for _, m := range messages {
		if m.LikeCount > 0 {
			p.liked = append(p.liked, m.ID)
		}
	}
}

// shown is the page as v sees it.
func (p *newestPage) shown(s *store.Snapshot, v parley.Viewer) ([]parley.Message, error) {
	if p.personal {
		return s.NewestMessages(v, p.threadID, 0, p.limit)
	}
	liked, err := s.LikedAmong(v.ID, p.liked)
	if err != nil {
		return nil, err
	}
	messages := slices.Clone(p.messages)
	for i := range messages {
		messages[i].UserHasLiked = liked[messages[i].ID]
	}
	return messages, nil
}

// opening is somebody who opens a thread: what they want, and what they are shown.
type opening struct {
	pageKey
	viewer parley.Viewer
	marks  bool        // what they are shown is read by a person
	kept   *newestPage // what was kept; nil: nothing

	at       pageState
	messages []parley.Message
	page     *newestPage // of these messages
	unread   int64       // notifications
}

// errStale says that what was kept is not what is there any more.
var errStale = errors.New("the thread or its people have changed")

// names names what read reads, see store.Store.ViewAhead.
func (o *opening) names(s *store.Snapshot) {
	s.ThreadState(o.threadID)
	_, _ = readPageState(s, o.threadID)
	_ = o.readPage(s)
	if o.marks {
		s.UnreadNotifications(o.viewer, o.threadID)
	}
}

func (o *opening) read(s *store.Snapshot) error {
	_, err := readable(s, o.viewer, o.threadID)
	if err != nil {
		return err
	}
	if o.at, err = readPageState(s, o.threadID); err != nil {
		return err
	}
	if o.kept != nil && o.kept.at != o.at {
		return errStale
	}
	if err := o.readPage(s); err != nil || !o.marks {
		return err
	}
	o.unread, err = s.UnreadNotifications(o.viewer, o.threadID)
	return err
}

// readPage reads the messages, as far as they were not kept.
func (o *opening) readPage(s *store.Snapshot) (err error) {
	if o.page = o.kept; o.page == nil {
		o.messages, o.page, err = readNewestPage(s, o.viewer, o.pageKey, o.at)
	} else {
		o.messages, err = o.page.shown(s, o.viewer)
	}
	return err
}

// keptPage returns what was kept; nil if nothing was, or if the hub has heard of more
// since, which spares the database being asked in vain.
func (a *App) keptPage(key pageKey) *newestPage {
	kept, hub := a.newest.of(key), a.hub.Load()
	if kept == nil || hub == nil {
		return kept
	}
	heard, _ := (*hub).Position(string(parley.ThreadChannel(key.threadID)))
	if heard > kept.at.thread || (*hub).Control() > kept.at.control {
		return nil
	}
	return kept
}

// openNewest is Messages for the newest page.
func (a *App) openNewest(ctx context.Context, v parley.Viewer, threadID int64, q MessageQuery) ([]parley.Message, string, error) {
	o := opening{pageKey: pageKey{threadID, q.Limit}, viewer: v, marks: q.MarkRead}
	o.kept = a.keptPage(o.pageKey)
	err := a.store.ViewAhead(ctx, o.names, o.read)
	if errors.Is(err, errStale) {
		o.kept = nil
		err = a.store.ViewAhead(ctx, o.names, o.read)
	}
	if err != nil {
		return nil, "", err
	}
	if o.kept == nil {
		a.newest.keep(o.page)
	}
	if o.marks {
		a.countView(threadID)
	}
	if o.unread > 0 && len(o.messages) > 0 {
		a.noteOpened(ctx, v, threadID, o.messages[len(o.messages)-1].ID)
	}
	return o.messages, a.eventID(realtime.Head{Channel: string(parley.ThreadChannel(threadID)), Seq: o.at.thread}), nil
}
