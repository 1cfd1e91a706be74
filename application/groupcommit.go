package application

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

// groupCommit writes what many callers bring with few writes: all that came while one
// write was under way share the next.
type groupCommit[T any] struct {
	// write writes items, all or none.
	write func(context.Context, []T) error
	// size is how much of a write's room an item takes.
	size func(T) int

	mutex   sync.Mutex
	waiting []waiter[T]
	// writing is set while a goroutine writes what waits.
	writing bool
}

// waiter is an item whose caller waits for it to be written.
type waiter[T any] struct {
	item    T
	written chan error
}

const (
	// maxGroupSize bounds one write, so that a crowd, or long lists, do not make it
	// long.
	maxGroupSize = 128
	// maxWaiting bounds what waits, for a store that is too slow.
	maxWaiting = 4096
	// groupTimeout ends a write to a store that does not answer.
	groupTimeout = 10 * time.Second
)

// do returns once item is written. The error is that of the write; it is Unavailable
// when ctx ends first, or at once when too many wait.
func (g *groupCommit[T]) do(ctx context.Context, item T) error {
	mine := waiter[T]{item, make(chan error, 1)}
	g.mutex.Lock()
	if len(g.waiting) >= maxWaiting {
		g.mutex.Unlock()
		return domain.ErrBusy("audit queue full", time.Second)
	}
	g.waiting = append(g.waiting, mine)
	if !g.writing {
		g.writing = true
		// The first caller's context must not end a write that others wait for.
		go g.writeAll(context.WithoutCancel(ctx))
	}
	g.mutex.Unlock()
	select {
	case err := <-mine.written:
		return err
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	}
}

// writeAll writes group after group until nothing waits.
func (g *groupCommit[T]) writeAll(background context.Context) {
	for group := g.next(); len(group) > 0; group = g.next() {
		items := make([]T, len(group))
		for i, waiter := range group {
			items[i] = waiter.item
		}
		err := g.writeOne(background, items)
		for _, waiter := range group {
			waiter.written <- err
		}
	}
}

// next takes the next group. When it is empty, the next caller starts a new writeAll.
func (g *groupCommit[T]) next() []waiter[T] {
	// Yield, so that callers that are about to come join this group.
	runtime.Gosched()
	g.mutex.Lock()
	defer g.mutex.Unlock()
	count, size := 0, 0
	for count < len(g.waiting) && (count == 0 || size < maxGroupSize) {
		size += g.size(g.waiting[count].item)
		count++
	}
	group := g.waiting[:count]
	if g.waiting = g.waiting[count:]; len(g.waiting) == 0 {
		g.waiting = nil
	}
	g.writing = count > 0
	return group
}

func (g *groupCommit[T]) writeOne(background context.Context, items []T) (err error) {
	ctx, cancel := context.WithTimeout(background, groupTimeout)
	defer cancel()
	defer func() { // On this goroutine a panic would end the process.
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("group commit: panic with a %T", thrown)
		}
	}()
	return g.write(ctx, items)
}
