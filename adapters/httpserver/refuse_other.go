//go:build !linux

package httpserver

import "net"

// ignoreNewConnections can only be had on Linux.
func ignoreNewConnections(net.Listener) bool { return false }
