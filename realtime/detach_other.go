//go:build !linux

package realtime

import "net"

// adopt takes no socket: there is no poller for this system.
func adopt(net.Conn, opening, UpgradeConfig) (*Conn, bool) { return nil, false }
