package store

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"

	"parley"
)

func (s *Snapshot) meta(name string) (string, bool, error) {
	return one(s, scalar[string], `SELECT value FROM meta WHERE name = $1`, name)
}

func (tx *Tx) setMeta(name, value string) error {
	return tx.write(`INSERT INTO meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
}

// loadGeneration reads the generation; a new database gets one. Of several servers
// that start together the first one names it.
func (s *Store) loadGeneration(ctx context.Context) (generation string, err error) {
	found := false
	err = s.View(ctx, func(s *Snapshot) error {
		generation, found, err = s.meta("generation")
		return err
	})
	if found || err != nil {
		return generation, err
	}
	_, err = s.Update(ctx, func(tx *Tx) (err error) {
		err = tx.write(`INSERT INTO meta (name, value) VALUES ('generation', $1) ON CONFLICT DO NOTHING`, strings.ToLower(rand.Text()[:8]))
		if err != nil {
			return err
		}
		generation, _, err = tx.meta("generation")
		return err
	})
	return generation, err
}

// Community reads the community's settings, the defaults where none are stored.
func (s *Snapshot) Community() (parley.Community, error) {
	c := parley.DefaultCommunity()
	for name, field := range map[string]*string{
		"community.name":            &c.Name,
		"community.thread_creation": (*string)(&c.ThreadCreation),
		"community.registration":    (*string)(&c.Registration),
	} {
		value, found, err := s.meta(name)
		if err != nil {
			return c, err
		}
		if found {
			*field = value
		}
	}
	var err error
	c.NewMembers, err = s.NewMembers()
	return c, err
}

// NewMembers reads how new members are limited.
func (s *Snapshot) NewMembers() (parley.NewMembers, error) {
	limits := parley.DefaultCommunity().NewMembers
	text, found, err := s.meta("community.new_members")
	if err != nil || !found {
		return limits, err
	}
	return limits, json.Unmarshal([]byte(text), &limits)
}

// SetCommunity stores the community's settings.
func (tx *Tx) SetCommunity(c parley.Community) error {
	if err := tx.Alone(); err != nil {
		return err
	}
	newMembers, err := json.Marshal(c.NewMembers)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"community.new_members":     string(newMembers),
		"community.name":            c.Name,
		"community.thread_creation": string(c.ThreadCreation),
		"community.registration":    string(c.Registration),
	} {
		if err := tx.setMeta(name, value); err != nil {
			return err
		}
	}
	return nil
}

// BusMode reads the community's bus mode, "" where nobody has chosen one.
func (s *Snapshot) BusMode() (parley.BusMode, error) {
	mode, _, err := s.meta("bus.mode")
	return parley.BusMode(mode), err
}

// SetBusMode stores the community's bus mode.
func (tx *Tx) SetBusMode(mode parley.BusMode) error { return tx.setMeta("bus.mode", string(mode)) }
