package application

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"time"

	"example.com/healthcare/domain"
)

// groupCommit writes the items of many callers in few writes. All items that arrive during
// one write are written together by the next one.
type groupCommit[T any] struct {
	// write writes all of the items, or none.
	write func(context.Context, []T) error
	// size returns how much an item adds to the size of a group (see maxGroupSize).
	size func(T) int

	mutex   sync.Mutex
	waiting []waitingItem[T]
	// writing is true while a goroutine runs writeGroups.
	writing bool
	// stats has no Waiting and no Limit.
	stats QueueStats
}

// waitingItem is an item that is not written yet. Its caller waits for the result.
type waitingItem[T any] struct {
	// ctx is the context of the caller.
	ctx     context.Context
	item    T
	written chan error
}

const (
	// maxGroupSize bounds a group, so that many callers or long lists do not make one write
	// slow.
	maxGroupSize = 128
	// maxWaiting bounds the queue of a store that is too slow.
	maxWaiting = 4096
	// maxQueueWait bounds the time in the queue. Each group in front of an item can wait for a
	// lock or a connection, so their waits would add up.
	maxQueueWait = time.Second
	// groupTimeout bounds a write, for a store that does not answer.
	groupTimeout = 10 * time.Second
)

// commit returns once the item is written, with the error of the write. The error is
// Unavailable if ctx ends before that, if the item has waited for maxQueueWait and is not
// written, or immediately if maxWaiting items are waiting.
func (g *groupCommit[T]) commit(ctx context.Context, item T) error {
	waiting := waitingItem[T]{ctx, item, make(chan error, 1)}
	g.mutex.Lock()
	if len(g.waiting) >= maxWaiting {
		g.stats.Refused++
		g.mutex.Unlock()
		return domain.ErrBusy("audit queue full", time.Second)
	}
	g.waiting = append(g.waiting, waiting)
	if !g.writing {
		g.writing = true
		go g.writeGroups()
	}
	g.mutex.Unlock()
	timeout := time.NewTimer(maxQueueWait)
	defer timeout.Stop()
	select {
	case err := <-waiting.written:
		return err
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	case <-timeout.C:
	}
	if g.withdraw(waiting) {
		return domain.ErrBusy("audit queue slow", time.Second)
	}
	select { // The item is being written.
	case err := <-waiting.written:
		return err
	case <-ctx.Done():
		return domain.ErrUnavailable(ctx.Err())
	}
}

// withdraw removes an item from the queue. It returns false if the item is being written.
func (g *groupCommit[T]) withdraw(item waitingItem[T]) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	at := slices.IndexFunc(g.waiting, func(waiting waitingItem[T]) bool { return waiting.written == item.written })
	if at < 0 {
		return false
	}
	// nextGroup has returned a part of the array, so it cannot be changed.
	g.waiting = slices.Concat(g.waiting[:at], g.waiting[at+1:])
	g.stats.Failed++
	return true
}

// writeGroups writes one group after the other until no item is waiting.
func (g *groupCommit[T]) writeGroups() {
	for group := g.nextGroup(); len(group) > 0; group = g.nextGroup() {
		items := make([]T, len(group))
		for i, waiting := range group {
			items[i] = waiting.item
		}
		// The write is a part of the first caller's trace, but the end of that caller's context
		// must not end a write that others wait for.
		err := g.writeGroup(context.WithoutCancel(group[0].ctx), items)
		g.count(len(items), err)
		for _, waiting := range group {
			waiting.written <- err
		}
	}
}

// nextGroup removes the next group from the queue. If it is empty, writeGroups ends, and the
// next caller starts a new one.
func (g *groupCommit[T]) nextGroup() []waitingItem[T] {
	// Yield, so that callers that are about to arrive join this group.
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

func (g *groupCommit[T]) writeGroup(background context.Context, items []T) (err error) {
	ctx, cancel := context.WithTimeout(background, groupTimeout)
	defer cancel()
	defer func() { // A panic on this goroutine would end the process.
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("group commit: panic with a %T", thrown)
		}
	}()
	return g.write(ctx, items)
}
