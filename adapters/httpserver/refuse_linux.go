package httpserver

import (
	"net"
	"syscall"
)

// dropSYN is a packet filter for a listening socket (socket(7), SO_ATTACH_FILTER). It drops
// packets that request a new connection and passes those that complete a handshake.
var dropSYN = []syscall.SockFilter{
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 13}, // the TCP flags (RFC 9293, 3.1)
	{Code: syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K, K: 0x12},
	{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: 0x02}, // SYN without ACK
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0xffff},
}

// ignoreNewConnections makes the kernel drop requests for new connections and reports
// whether that succeeded. Their clients try again after a second and are refused if the
// listener is closed by then. Connections that are established can still be accepted;
// closing the listener at once would reset them and lose their requests.
func ignoreNewConnections(listener net.Listener) bool {
	conn, ok := listener.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := conn.SyscallConn()
	if err != nil {
		return false
	}
	attached := false
	err = raw.Control(func(fd uintptr) {
		attached = syscall.AttachLsf(int(fd), dropSYN) == nil //nolint:staticcheck // Its replacement in x/net/bpf cannot attach a filter.
	})
	return err == nil && attached
}
