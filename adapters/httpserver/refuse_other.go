//go:build !linux

package httpserver

import "net"

// ignoreNewConnections is implemented for Linux only.
func ignoreNewConnections(net.Listener) bool { return false }
