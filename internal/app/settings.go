package app

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/text/unicode/norm"

	"parley"
	"parley/internal/names"
	"parley/internal/store"
)

// Settings returns what v set for themselves.
func (a *App) Settings(ctx context.Context, v parley.Viewer) (settings parley.Settings, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		settings, err = s.Settings(v.ID)
		return err
	})
	return settings, err
}

// SettingsPatch is what somebody wants to set for themselves; nil leaves a field.
type SettingsPatch struct {
	Alias              *string // empty: none
	UseAlias           *bool
	QuickReply         *bool
	QuickReplyMentions *bool
	QuickReplyReplies  *bool
	DismissSeconds     *int64
	Sound              *bool
	Position           *string
	ShowOnline         *bool
	DirectMentions     *bool
	EveryoneMentions   *bool
}

// UpdateSettings changes what v set for themselves.
func (a *App) UpdateSettings(ctx context.Context, v parley.Viewer, patch SettingsPatch) (parley.Settings, error) {
	return a.setSettings(ctx, v, func(tx *store.Tx, old parley.Settings) (parley.Settings, error) {
		s := old
		set(&s.UseAlias, patch.UseAlias)
		set(&s.QuickReply, patch.QuickReply)
		set(&s.QuickReplyMentions, patch.QuickReplyMentions)
		set(&s.QuickReplyReplies, patch.QuickReplyReplies)
		set(&s.DismissSeconds, patch.DismissSeconds)
		set(&s.Sound, patch.Sound)
		set(&s.Position, patch.Position)
		set(&s.ShowOnline, patch.ShowOnline)
		set(&s.DirectMentions, patch.DirectMentions)
		set(&s.EveryoneMentions, patch.EveryoneMentions)
		var err error
		if patch.Alias != nil {
			if err := tx.Alone(); err != nil { // of two who want one name at once, one gets it
				return s, err
			}
			if s.DisplayAlias, err = chosenAlias(&tx.Snapshot, v.ID, old.DisplayAlias, *patch.Alias); err != nil {
				return s, err
			}
		}
		s.UseAlias = s.UseAlias && s.DisplayAlias != nil
		return s, parley.CheckSettings(s)
	})
}

// ResetSettings makes v's settings what they were when v came.
func (a *App) ResetSettings(ctx context.Context, v parley.Viewer) error {
	_, err := a.setSettings(ctx, v, func(*store.Tx, parley.Settings) (parley.Settings, error) {
		return parley.DefaultSettings(), nil
	})
	return err
}

func (a *App) setSettings(ctx context.Context, v parley.Viewer, change func(*store.Tx, parley.Settings) (parley.Settings, error)) (settings parley.Settings, err error) {
	err = a.changeOwn(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		old, err := tx.Settings(v.ID)
		if err != nil {
			return err
		}
		if settings, err = change(tx, old); err != nil {
			return err
		}
		if shownAlias(old) != shownAlias(settings) {
			if err := checkSilence(&tx.Snapshot, v); err != nil { // others see it
				return err
			}
			tx.Append(parley.UserRightsChanged{UserID: v.ID}) // open sockets tell under this name who types
		}
		return tx.SetSettings(v.ID, settings)
	})
	return settings, err
}

// shownAlias returns the alias that others see, empty if none.
func shownAlias(s parley.Settings) string {
	if !s.UseAlias || s.DisplayAlias == nil {
		return ""
	}
	return *s.DisplayAlias
}

// chosenAlias returns the alias as it is kept, nil for none, or why somebody cannot
// have it. An unchanged one always passes.
func chosenAlias(s *store.Snapshot, userID int64, old *string, alias string) (*string, error) {
	alias = norm.NFC.String(alias)
	if alias == "" {
		return nil, nil
	}
	if old != nil && *old == alias {
		return old, nil
	}
	if err := parley.CheckAlias(alias); err != nil {
		return nil, err
	}
	taken, err := aliasTaken(s, userID, alias)
	if err == nil && taken {
		err = parley.Errorf(parley.Invalid, "The name %s is taken, or looks like one that is: choose another one.", alias)
	}
	return &alias, err
}

func aliasTaken(s *store.Snapshot, userID int64, alias string) (bool, error) {
	skeleton := names.Skeleton(alias)
	if slices.ContainsFunc(parley.ReservedNames(), func(name string) bool { return names.Skeleton(name) == skeleton }) {
		return true, nil
	}
	return s.AliasTaken(alias, userID)
}

// AliasFree tells whether v can have an alias, and in a sentence why not.
func (a *App) AliasFree(ctx context.Context, v parley.Viewer, alias string) (free bool, message string, err error) {
	err = a.store.View(ctx, func(s *store.Snapshot) error {
		old, err := s.Settings(v.ID)
		if err == nil {
			_, err = chosenAlias(s, v.ID, old.DisplayAlias, alias)
		}
		return err
	})
	var why *parley.Error
	switch {
	case errors.As(err, &why) && (why.Kind == parley.Invalid || why.Kind == parley.Unprocessable):
		return false, why.Message, nil
	case err == nil && alias == "":
		return false, "Choose a name first.", nil
	default:
		return err == nil, "This name is free.", err
	}
}

// Mute keeps notifications of a thread from v until a time (0: for ever), and reads
// those that there are: what is muted never counts.
func (a *App) Mute(ctx context.Context, v parley.Viewer, threadID int64, until parley.Time) error {
	_, err := a.readNotifications(ctx, v, threadID, func(tx *store.Tx, v parley.Viewer) (int64, error) {
		if _, err := readable(&tx.Snapshot, v, threadID); err != nil {
			return 0, err
		}
		if until != 0 && until <= tx.Now() {
			return 0, parley.InvalidField("until", "must be in the future")
		}
		if err := tx.Mute(threadID, v.ID, until); err != nil {
			return 0, err
		}
		return tx.ReadThread(v, threadID, 0)
	})
	return err
}

// Unmute lets v hear of a thread again.
func (a *App) Unmute(ctx context.Context, v parley.Viewer, threadID int64) error {
	return a.changeOwn(ctx, v.ID, func(tx *store.Tx, v parley.Viewer) error {
		if _, err := readable(&tx.Snapshot, v, threadID); err != nil {
			return err
		}
		return tx.Unmute(threadID, v.ID)
	})
}
