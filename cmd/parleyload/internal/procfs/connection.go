//go:build linux

package procfs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Layout of the kernel's struct inet_diag_req_v2 and inet_diag_msg.
const (
	diagRequestSize = 56
	diagSourcePort  = 8 // both ports and both addresses are in network order
	diagTargetPort  = 10
	diagSource      = 12
	diagTarget      = 28
	diagCookie      = 48
	diagState       = 1 // of the answer
)

// Established reports whether the end of a TCP connection at local, connected to
// remote, is open. Asking for one connection costs microseconds however many there
// are; /proc/net/tcp would list them all.
func Established(local, remote netip.AddrPort) (bool, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_INET_DIAG)
	if err != nil {
		return false, fmt.Errorf("ask for a connection: %w", err)
	}
	defer unix.Close(fd)
	if err := unix.Sendto(fd, diagRequest(local, remote), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return false, fmt.Errorf("ask for a connection: %w", err)
	}
	var answer [1024]byte
	n, _, err := unix.Recvfrom(fd, answer[:], 0)
	if err != nil {
		return false, fmt.Errorf("ask for a connection: %w", err)
	}
	return parseDiag(answer[:n])
}

func diagRequest(local, remote netip.AddrPort) []byte {
	request := make([]byte, unix.SizeofNlMsghdr+diagRequestSize)
	header := (*unix.NlMsghdr)(unsafe.Pointer(&request[0]))
	*header = unix.NlMsghdr{Len: uint32(len(request)), Type: unix.SOCK_DIAG_BY_FAMILY, Flags: unix.NLM_F_REQUEST}
	body := request[unix.SizeofNlMsghdr:]
	body[0], body[1] = unix.AF_INET, unix.IPPROTO_TCP
	binary.NativeEndian.PutUint32(body[4:], 1<<32-1) // in whatever state
	binary.BigEndian.PutUint16(body[diagSourcePort:], local.Port())
	binary.BigEndian.PutUint16(body[diagTargetPort:], remote.Port())
	copy(body[diagSource:], local.Addr().AsSlice())
	copy(body[diagTarget:], remote.Addr().AsSlice())
	binary.NativeEndian.PutUint64(body[diagCookie:], 1<<64-1) // any
	return request
}

func parseDiag(answer []byte) (open bool, err error) {
	messages, err := syscall.ParseNetlinkMessage(answer)
	if err != nil || len(messages) == 0 {
		return false, fmt.Errorf("answer about a connection: %w", errors.Join(err, unix.EBADMSG))
	}
	first := messages[0]
	if first.Header.Type != unix.NLMSG_ERROR {
		const established = 1
		return len(first.Data) > diagState && first.Data[diagState] == established, nil
	}
	code := syscall.Errno(-int32(binary.NativeEndian.Uint32(first.Data)))
	if errors.Is(code, unix.ENOENT) {
		return false, nil
	}
	return false, fmt.Errorf("ask for a connection: %w", code)
}
