package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"parley"
)

// How many log-ins may fail. Many people share an address (an office, a mobile
// network); few mistype ten passwords. So an account is open to some 1,450
// guesses a day, from however many addresses, and one address to some 8,700.
const (
	addressBurst, addressEvery = 30, 10 * time.Second
	accountBurst, accountEvery = 10, time.Minute
)

// Attempts limits failed log-ins, by the address they come from and by the
// account they try. An attempt counts from its beginning and no longer once it is
// forgotten, so that a thousand guesses sent at once are not all begun before
// the first has failed.
type Attempts struct {
	Limiter Limiter // counts for all replicas that share it
}

// NewAttempts returns Attempts that are counted in this process.
func NewAttempts() Attempts { return Attempts{Limiter: NewMemoryLimiter()} }

// Attempt is a log-in that was begun.
type Attempt struct {
	limiter Limiter
	limits  []Limit
}

// Begin counts an attempt from an address ("192.0.2.1", "2001:db8::1"; with or
// without a port) at an account, by the name that was typed: whether there is
// such an account must not show in what is refused. The error is a
// parley.RateLimited that says when to try again.
func (a Attempts) Begin(ctx context.Context, address, account string) (Attempt, error) {
	limits := []Limit{
		{Key: "address:" + network(address), Burst: addressBurst, Every: addressEvery},
		{Key: "account:" + digest(parley.FoldName(account)), Burst: accountBurst, Every: accountEvery},
	}
	wait, err := a.Limiter.Take(ctx, limits...)
	if err != nil {
		return Attempt{}, fmt.Errorf("auth: count a log-in: %w", err)
	}
	if wait > 0 {
		refused := parley.Errorf(parley.RateLimited, "Too many log-ins have failed: try again in %s.", inWords(wait))
		refused.RetryAfter = wait
		return Attempt{}, refused
	}
	return Attempt{a.Limiter, limits}, nil
}

// WrongKey counts an API key from an address that is none. The error is a
// parley.RateLimited when there were too many. Right keys are not counted, and go on
// working beside it: a program that was forgotten somewhere with an old key must not
// shut out another one at its address, or the people there.
func (a Attempts) WrongKey(ctx context.Context, address string) error {
	wait, err := a.Limiter.Take(ctx, Limit{Key: "keys:" + network(address), Burst: addressBurst, Every: addressEvery})
	if err != nil {
		return fmt.Errorf("auth: count a wrong key: %w", err)
	}
	if wait > 0 {
		refused := parley.Errorf(parley.RateLimited, "Too many wrong API keys came from this address: try again in %s.", inWords(wait))
		refused.RetryAfter = wait
		return refused
	}
	return nil
}

// Forget takes the attempt back from the count of failed ones: it succeeded, or came to
// no comparison. If the limiter is out of reach it stays counted, which does no harm.
func (a Attempt) Forget(ctx context.Context) { _ = a.limiter.GiveBack(ctx, a.limits...) }

// network is what one customer of a provider has: an IPv4 address, or a /64 of
// IPv6, of which every host has 2⁶⁴ to try from.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		withPort, err := netip.ParseAddrPort(address)
		if err != nil {
			return digest(address)
		}
		ip = withPort.Addr()
	}
	ip = ip.Unmap().WithZone("")
	if ip.Is4() {
		return ip.String()
	}
	prefix, _ := ip.Prefix(64) // every IPv6 address has one
	return prefix.String()
}

// digest makes a key of fixed length out of whatever was typed, which may be
// anything, a password in the wrong field too.
func digest(typed string) string {
	sum := sha256.Sum256([]byte(typed))
	return hex.EncodeToString(sum[:16])
}

// inWords tells a wait in whole seconds, rounded up.
func inWords(wait time.Duration) string {
	seconds := int64((wait + time.Second - 1) / time.Second)
	if seconds == 1 {
		return "a second"
	}
	return fmt.Sprintf("%d seconds", seconds)
}
