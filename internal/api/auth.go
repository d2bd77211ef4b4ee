package api

import (
	"context"
	"net/http"
	"time"

	"parley"
	"parley/internal/app"
)

// staffAmount is the tier amount shown for the creator and the team, who may see
// everything.
const staffAmount = 999_999_999

type (
	registration struct {
		Body struct {
			Username string `json:"username" doc:"2 to 32 letters (A–Z), digits or underscores." example:"mina"`
			Password string `json:"password" doc:"At least 10 characters." format:"password"`
			Email    string `json:"email,omitempty"`
		} `nameHint:"Registration"`
	}
	credentials struct {
		Body struct {
			Username string `json:"username" doc:"The username, or the e-mail address."`
			Password string `json:"password" format:"password"`
		} `nameHint:"Credentials"`
	}
	demoChoice struct {
		Body struct {
			Username string `json:"username"`
		} `nameHint:"DemoChoice"`
	}
	passwordChange struct {
		Body struct {
			Old string `json:"old_password" format:"password"`
			New string `json:"new_password" doc:"At least 10 characters." format:"password"`
		} `nameHint:"PasswordChange"`
	}
	sessionPath struct {
		PublicID string `path:"public_id" doc:"From the list of sessions."`
	}

	// Self is a person as shown to themselves.
	Self struct {
		ID                int64              `json:"id"`
		Username          string             `json:"username"`
		DisplayName       string             `json:"display_name"`
		Role              parley.Role        `json:"role" enum:"creator,team,member"`
		UserRole          parley.DisplayRole `json:"user_role" enum:"Creator,Team,Patron,Supporter,Member"`
		UserBadgeColor    string             `json:"user_badge_color"`
		CurrentTierAmount int64              `json:"current_tier_amount" doc:"Cents per month; 999999999 for the creator and the team."`
	}
	// SignedIn answers that somebody signed in.
	SignedIn struct {
		User Self `json:"user"`
	}
	// Me tells who is asking.
	Me struct {
		User        Self            `json:"user"`
		Permissions app.Permissions `json:"permissions"`
		Silence     *app.Sanction   `json:"silence" doc:"Why, and until when, they may write nothing that others see; null: they may."`
	}
	// SignInOptions tells strangers how they can sign in.
	SignInOptions struct {
		Registration   parley.Registration   `json:"registration" enum:"open,invite,closed" doc:"open: strangers register. invite, closed: they are refused; who runs the community makes accounts."`
		ThreadCreation parley.ThreadCreation `json:"thread_creation" enum:"creator,team,members"`
		Community      string                `json:"community" doc:"Its name."`
		Demo           []app.DemoPerson      `json:"demo" doc:"People one can sign in as with a click; none outside of a demo."`
	}
	// Sessions lists the devices somebody is signed in on.
	Sessions struct {
		Sessions []app.SessionInfo `json:"sessions"`
	}

	// signedIn is an answer that comes with the session's cookie.
	signedIn struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
		Body      SignedIn
	}
	// signedOut is an answer that takes the session's cookie away.
	signedOut struct {
		SetCookie http.Cookie `header:"Set-Cookie"`
		Body      Done
	}
)

func (a *API) register(ctx context.Context, in *registration) (*signedIn, error) {
	return a.signIn(ctx)(a.app.Register(ctx, app.NewAccount{
		Username: in.Body.Username, Password: in.Body.Password, Email: in.Body.Email,
	}, exchangeOf(ctx).client))
}

func (a *API) login(ctx context.Context, in *credentials) (*signedIn, error) {
	return a.signIn(ctx)(a.app.Login(ctx, in.Body.Username, in.Body.Password, exchangeOf(ctx).client))
}

func (a *API) demoLogin(ctx context.Context, in *demoChoice) (*signedIn, error) {
	return a.signIn(ctx)(a.app.DemoLogin(ctx, in.Body.Username, exchangeOf(ctx).client))
}

// signIn answers a sign-in with the cookie that keeps it.
func (a *API) signIn(ctx context.Context) func(app.SignIn, error) (*signedIn, error) {
	return func(s app.SignIn, err error) (*signedIn, error) {
		if err != nil {
			return nil, err
		}
		return &signedIn{a.sessionCookie(exchangeOf(ctx), s.Token), SignedIn{selfOf(s.User)}}, nil
	}
}

func (a *API) signInOptions(ctx context.Context, _ *struct{}) (*answer[SignInOptions], error) {
	community, err := a.app.Community(ctx)
	if err != nil {
		return nil, err
	}
	demo, err := a.app.DemoPeople(ctx)
	if demo == nil {
		demo = []app.DemoPerson{}
	}
	return reply(SignInOptions{community.Registration, community.ThreadCreation, community.Name, demo}, err)
}

// logout takes the cookie away also when its session is over already, or the
// browser would keep showing it.
func (a *API) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	x := exchangeOf(ctx)
	p, err := a.app.Authenticate(ctx, x.token)
	if err == nil {
		err = a.app.Logout(ctx, p)
	}
	if err != nil && parley.KindOf(err) != parley.Unauthenticated {
		return nil, err
	}
	cookie := a.sessionCookie(x, "")
	cookie.MaxAge = -1
	return &signedOut{cookie, did("Signed out")}, nil
}

func (a *API) me(ctx context.Context, _ *struct{}) (*answer[Me], error) {
	p := principalOf(ctx)
	permissions, err := a.app.Permissions(ctx, p.User.Viewer())
	return reply(Me{selfOf(p.User), permissions, p.Silence}, err)
}

func (a *API) listSessions(ctx context.Context, _ *struct{}) (*answer[Sessions], error) {
	sessions, err := a.app.Sessions(ctx, principalOf(ctx))
	return reply(Sessions{sessions}, err)
}

func (a *API) endSession(ctx context.Context, in *sessionPath) (*answer[Done], error) {
	return reply(did("Signed out there"), a.app.EndSession(ctx, principalOf(ctx), in.PublicID))
}

func (a *API) changePassword(ctx context.Context, in *passwordChange) (*answer[Done], error) {
	err := a.app.ChangePassword(ctx, principalOf(ctx), in.Body.Old, in.Body.New)
	return reply(did("Password changed; your other devices are signed out"), err)
}

func selfOf(u parley.User) Self {
	author := u.Author()
	self := Self{
		ID: u.ID, Username: u.Username, DisplayName: author.Name, Role: u.Role,
		UserRole: author.Role, UserBadgeColor: author.BadgeColor, CurrentTierAmount: u.Membership.AmountCents,
	}
	if u.Role.Staff() {
		self.CurrentTierAmount = staffAmount
	}
	return self
}

// Sessions slide: their end is put off when they are used, which is noted once an
// hour, and the cookie's with it.
const (
	cookieLifetime = 30 * 24 * time.Hour
	cookieRenewal  = time.Hour
)

// sessionCookie carries the token that opens a session.
func (a *API) sessionCookie(x *exchange, token string) http.Cookie {
	return http.Cookie{
		Name: a.cookie, Value: token, Path: "/", MaxAge: int(cookieLifetime.Seconds()),
		HttpOnly: true, Secure: x.secure, SameSite: http.SameSiteLaxMode,
	}
}

// renewCookie puts off when the browser forgets a session that was just noted as
// used.
func (a *API) renewCookie(w http.ResponseWriter, x *exchange) {
	if x.keyed {
		return
	}
	if time.Since(x.principal.Session.LastSeenAt.Std()) >= cookieRenewal {
		cookie := a.sessionCookie(x, x.token)
		http.SetCookie(w, &cookie)
	}
}
