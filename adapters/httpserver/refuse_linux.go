package httpserver

import (
	"net"
	"syscall"
)

// onlyHandshakes is a filter of what a listening socket gets, in the language of
// socket(7), SO_ATTACH_FILTER: it drops the packets that ask for a new connection,
// and lets pass those that complete one.
var onlyHandshakes = []syscall.SockFilter{
	{Code: syscall.BPF_LD | syscall.BPF_B | syscall.BPF_ABS, K: 13}, // the flags of TCP (RFC 9293, 3.1)
	{Code: syscall.BPF_ALU | syscall.BPF_AND | syscall.BPF_K, K: 0x12},
	{Code: syscall.BPF_JMP | syscall.BPF_JEQ | syscall.BPF_K, Jf: 1, K: 0x02}, // SYN without ACK
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0},
	{Code: syscall.BPF_RET | syscall.BPF_K, K: 0xffff},
}

// ignoreNewConnections makes the kernel ignore those that want to connect, and
// reports whether it could. They try again a second later and are refused, if the
// listener is closed by then. Those that have connected are still accepted: closing
// the listener would cut them off, with the requests that they have sent.
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
		attached = syscall.AttachLsf(int(fd), onlyHandshakes) == nil //nolint:staticcheck // What is to be used in its place makes programs, and attaches none.
	})
	return err == nil && attached
}
