package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"parley"
	"parley/internal/app"
)

// maxMembersBody is the size of a request with many members at most, in bytes: 2 KB for
// each of a thousand.
const maxMembersBody = 2 << 20

type (
	// MemberState is what another app says of a member.
	MemberState struct {
		Username       string      `json:"username" doc:"2 to 32 letters (A–Z), digits or underscores; free." example:"mina"`
		Role           parley.Role `json:"role" enum:"creator,team,member"`
		AmountCents    number      `json:"amount_cents" doc:"Of the membership, per month; 0: none."`
		TierID         number      `json:"tier_id,omitempty" doc:"Absent, null or 0: none."`
		Source         string      `json:"source,omitempty" maxLength:"32" doc:"Where they pay: patreon, kofi, manual, …"`
		IsActive       bool        `json:"is_active" doc:"False takes all access, and ends sessions and sockets."`
		AdjustUsername bool        `json:"adjust_username,omitempty" doc:"Do not refuse a username that is taken or not allowed: a member keeps the name they have, a new one gets one that is like it. The answer tells which."`
	}
	memberPut struct {
		ExternalID string      `path:"external_id" minLength:"1" maxLength:"200" doc:"The app's own id of the member."`
		Body       MemberState `nameHint:"MemberState"`
	}
	membersPost struct {
		Body struct {
			Members []memberItem `json:"members" minItems:"1" maxItems:"1000"`
		} `nameHint:"MembersState"`
	}

	// SyncedMember answers that a member was synchronised.
	SyncedMember struct {
		Done
		Outcome app.Outcome   `json:"outcome" enum:"created,updated,unchanged"`
		User    app.AdminUser `json:"user" doc:"As it is now."`
	}
	// SyncedMembers answers that members were synchronised.
	SyncedMembers struct {
		Success   bool           `json:"success" doc:"Whether none failed."`
		Message   string         `json:"message"`
		Created   int            `json:"created"`
		Updated   int            `json:"updated"`
		Unchanged int            `json:"unchanged"`
		Failed    int            `json:"failed"`
		Results   []MemberResult `json:"results" nullable:"false" doc:"One for each member, in the order they were sent."`
	}
	// MemberResult is what came of one of several members.
	MemberResult struct {
		ExternalID string      `json:"external_id" doc:"Empty where none could be read."`
		Outcome    app.Outcome `json:"outcome" enum:"created,updated,unchanged,failed"`
		UserID     *int64      `json:"user_id" doc:"Null: failed."`
		Username   *string     `json:"username" doc:"As it is now; null: failed."`
		Error      *Problem    `json:"error" doc:"What the route for one member would have answered; null: nothing. With status 500 or 503 send the member again, with another one correct it first."`
	}
)

// member returns what the app says; null, which other fields take for absent, is no
// amount.
func (m MemberState) member(externalID string) (app.Member, error) {
	if !m.AmountCents.given {
		return app.Member{}, parley.InvalidField("amount_cents", "%s", notInteger)
	}
	return app.Member{
		ExternalID: externalID, Username: m.Username, Role: m.Role, Active: m.IsActive, AdjustName: m.AdjustUsername,
		Membership: parley.Membership{AmountCents: m.AmountCents.value, TierID: m.TierID.value, Source: m.Source},
	}, nil
}

func (a *API) syncMember(ctx context.Context, in *memberPut) (*answer[SyncedMember], error) {
	member, err := in.Body.member(in.ExternalID)
	if err != nil {
		return nil, err
	}
	synced, err := a.app.SyncMember(ctx, viewerOf(ctx), member)
	return reply(SyncedMember{did("The member is as you say"), synced.Outcome, synced.User}, err)
}

func (a *API) syncMembers(ctx context.Context, in *membersPost) (*answer[SyncedMembers], error) {
	results := make([]MemberResult, len(in.Body.Members))
	var sound []app.Member
	var places []int // of the sound ones among all
	for i, item := range in.Body.Members {
		m, problem := a.readMember(item)
		member, err := m.member(m.ExternalID)
		if problem == nil && err != nil {
			problem = a.problem(ctx, err)
		}
		results[i] = MemberResult{ExternalID: m.ExternalID, Outcome: app.MemberFailed, Error: problem}
		if problem == nil {
			sound, places = append(sound, member), append(places, i)
		}
	}
	synced, err := a.app.SyncMembers(ctx, viewerOf(ctx), sound)
	if err != nil {
		return nil, err
	}
	for i, s := range synced {
		r := &results[places[i]]
		r.Outcome = s.Outcome
		if s.Err != nil {
			r.Error = a.problem(ctx, s.Err)
		} else {
			r.UserID, r.Username = &s.User.ID, &s.User.Username
		}
	}
	return reply(sumUp(results), nil)
}

func sumUp(results []MemberResult) SyncedMembers {
	sum := SyncedMembers{Results: results}
	for _, r := range results {
		switch r.Outcome {
		case app.MemberCreated:
			sum.Created++
		case app.MemberUpdated:
			sum.Updated++
		case app.MemberUnchanged:
			sum.Unchanged++
		default:
			sum.Failed++
		}
	}
	sum.Success, sum.Message = sum.Failed == 0, "All members are as you say"
	if !sum.Success {
		sum.Message = fmt.Sprintf("%d of %d members failed: their errors say why. Correct them and send those again; the others are done", sum.Failed, len(results))
	}
	return sum
}

// BulkMember is one of several members.
type BulkMember struct {
	ExternalID string `json:"external_id" minLength:"1" maxLength:"200" doc:"The app's own id of the member."`
	MemberState
}

// memberItem is a BulkMember as it came. What is wrong with it is found out when all
// are read: it must not keep the others from being synchronised.
type memberItem struct{ raw json.RawMessage }

// UnmarshalJSON takes whatever stands there.
func (i *memberItem) UnmarshalJSON(raw []byte) error {
	i.raw = bytes.Clone(raw)
	return nil
}

// Schema implements huma.SchemaProvider: it describes the member, and lets anything pass.
func (memberItem) Schema(registry huma.Registry) *huma.Schema {
	return &huma.Schema{AnyOf: []*huma.Schema{registry.Schema(reflect.TypeFor[BulkMember](), true, "BulkMember"), {}}}
}

// readMember reads one of several members as the route for one would.
func (a *API) readMember(item memberItem) (m BulkMember, problem *Problem) {
	var value any
	if err := json.Unmarshal(item.raw, &value); err != nil {
		return m, invalid(http.StatusUnprocessableEntity, "", []error{err})
	}
	if object, ok := value.(map[string]any); ok {
		m.ExternalID, _ = object["external_id"].(string) // told even if something else is wrong
	}
	at := huma.NewPathBuffer(nil, 0)
	at.Push("body")
	var found huma.ValidateResult
	huma.Validate(a.spec.Components.Schemas, &huma.Schema{Ref: "#/components/schemas/BulkMember"}, at, huma.ModeWriteToServer, value, &found)
	if len(found.Errors) == 0 {
		found.Errors = m.decode(item.raw, at)
	}
	if len(found.Errors) > 0 {
		return m, invalid(http.StatusUnprocessableEntity, "", found.Errors)
	}
	return m, nil
}

// decode reads a member whose fields have the right types, and returns what is wrong
// with its numbers.
func (m *BulkMember) decode(raw json.RawMessage, at *huma.PathBuffer) (wrong []error) {
	if err := json.Unmarshal(raw, m); err != nil {
		return []error{err}
	}
	for name, n := range map[string]*number{"amount_cents": &m.AmountCents, "tier_id": &m.TierID} {
		at.Push(name)
		wrong = append(wrong, n.Resolve(nil, at)...)
		at.Pop()
	}
	return wrong
}
