package store

import "encoding/json"

// DemoPerson is somebody of a demo community whom anybody may sign in as.
type DemoPerson struct {
	UserID int64  `json:"user"`
	About  string `json:"about"` // in a few words
}

// DemoPeople returns whom anybody may sign in as. A database that was not filled
// as a demo has none.
func (s *Snapshot) DemoPeople() (people []DemoPerson, err error) {
	text, found, err := s.meta("demo.people")
	if found && err == nil {
		err = json.Unmarshal([]byte(text), &people)
	}
	return people, err
}

// SetDemoPeople marks the database as a demo.
func (tx *Tx) SetDemoPeople(people []DemoPerson) error {
	text, err := json.Marshal(people)
	if err != nil {
		return err
	}
	return tx.setMeta("demo.people", string(text))
}
