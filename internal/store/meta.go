package store

import (
	"context"
	"crypto/rand"
	"strings"

	"parley"
)

func (s *Snapshot) meta(name string) (string, bool, error) {
	return one(s, scalar[string], `SELECT value FROM meta WHERE name = $1`, name)
}

func (tx *Tx) setMeta(name, value string) error {
	_, err := tx.exec(`INSERT INTO meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// loadGeneration reads the generation; a new database gets one.
func (s *Store) loadGeneration(ctx context.Context) (generation string, err error) {
	_, err = s.Update(ctx, func(tx *Tx) (err error) {
		var found bool
		if generation, found, err = tx.meta("generation"); found || err != nil {
			return err
		}
		generation = strings.ToLower(rand.Text()[:8])
		return tx.setMeta("generation", generation)
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
	return c, nil
}

// SetCommunity stores the community's settings.
func (tx *Tx) SetCommunity(c parley.Community) error {
	for name, value := range map[string]string{
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
