package store

import (
	"path/filepath"
	"testing"

	"parley"
)

func TestNamesThatAnOlderReleaseWroteAreComparedOnceTheDatabaseIsOpened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "parley.db")
	s, err := Open(t.Context(), file, Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Update(t.Context(), func(tx *Tx) error {
		if _, err := tx.CreateUser(Account{User: parley.User{Username: "Tomas", Role: parley.RoleTeam, Active: true}}); err != nil {
			return err
		}
		_, err := tx.exec(`UPDATE users SET username_skeleton = NULL`)
		return err
	})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	if s, err = Open(t.Context(), file, Options{}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	err = s.View(t.Context(), func(s *Snapshot) error {
		taken, err := s.AliasTaken("T0mas", 0)
		if err == nil && !taken {
			t.Error("T0mas is free beside Tomas")
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
