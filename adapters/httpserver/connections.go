package httpserver

import (
	"container/list"
	"net"
	"net/http"
	"sync"
)

// maxConnections bounds the open connections. One over plain HTTP needs about 22 KiB between its
// requests (measured with 9,000), so 5,000 need about 110 MiB.
const maxConnections = 5000

// connectionLimit returns maxConnections, or half of the files that the process can open if that is
// less: the store needs some, too.
func connectionLimit() int {
	if files, known := maxOpenFiles(); known {
		return int(min(files/2, maxConnections))
	}
	return maxConnections
}

// connections bounds the open connections of a server. Past the bound, a new one is accepted, so
// that health checks get in, and the one that has waited longest for a request is closed.
// Otherwise, idle clients could use up the memory, or the files that the store needs. Those with a
// request are not closed; places bounds them.
type connections struct {
	max int

	mutex sync.Mutex
	open  int
	// waiting are the connections without a request, the oldest first, and at their elements.
	waiting *list.List
	at      map[net.Conn]*list.Element
}

func newConnections(limit int) *connections {
	return &connections{max: limit, waiting: list.New(), at: map[net.Conn]*list.Element{}}
}

// changed is the ConnState of a http.Server.
func (c *connections) changed(conn net.Conn, state http.ConnState) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if element := c.at[conn]; element != nil {
		c.waiting.Remove(element)
		delete(c.at, conn)
	}
	switch state {
	case http.StateNew:
		c.open++
		c.at[conn] = c.waiting.PushBack(conn)
		if c.open > c.max {
			c.closeOldest()
		}
	case http.StateIdle:
		c.at[conn] = c.waiting.PushBack(conn)
	case http.StateClosed, http.StateHijacked:
		c.open--
	case http.StateActive:
	}
}

// closeOldest closes the connection that has waited longest. At least the new one waits. The
// server then reports that it is closed.
func (c *connections) closeOldest() {
	conn := c.waiting.Remove(c.waiting.Front()).(net.Conn)
	delete(c.at, conn)
	go func() { _ = conn.Close() }() // With TLS, it waits until a last message is sent.
}
