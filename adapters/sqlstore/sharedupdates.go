package sqlstore

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// sharedUpdates lets Updates that wait for each other share one transaction, for an engine
// that allows one writer at a time. A commit, which ends when the data is on the disk, takes
// longer than most Updates.
//
// The Updates take turns, in the order of their arrival. Each one runs in the open
// transaction, within a savepoint, and hands the transaction on to the next one. The last one
// commits it. All of them return only then, also those that failed: the reason can be a change
// of another one.
//
// The turn is free (taken is false) or belongs to one Update, which begins a transaction or
// gets the open one. That Update hands both on to the next one (handOn), or ends the
// transaction and then leaves the turn (end).
type sharedUpdates struct {
	store *Store
	// maxWait is how long an Update waits for its turn.
	maxWait time.Duration
	// maxShareTime is the age at which a transaction is committed.
	maxShareTime time.Duration

	mutex sync.Mutex
	// taken is true while an Update has its turn.
	taken bool
	// line are the Updates that wait for their turn. They get the open transaction, or nil.
	line []chan *sharedTx
	// closed says that no further Update can wait for its turn.
	closed bool

	waits waitCounts
	// commits counts the transactions that were committed, and committed their members.
	commits, committed atomic.Uint64
}

const (
	// maxMembers bounds the Updates of one transaction.
	maxMembers = 64
	// maxShareTime bounds the time for which an Update waits for others to join its
	// transaction.
	maxShareTime = 20 * time.Millisecond
	// giveWay is how long the database stays unlocked after a full transaction, so that
	// another process can write, too.
	giveWay = time.Millisecond / 2
)

// sharedTx is a transaction that Updates share. Only the Update whose turn it is uses it.
type sharedTx struct {
	*transaction
	begun   time.Time
	members int
	// undone says that the only member has failed. Its changes have no savepoint.
	undone bool
	// indexing says that the transaction only notes rows for the search indexes.
	indexing bool
	// ended is closed when the transaction has ended, with the error err.
	ended chan struct{}
	err   error
}

// shareLoss is the error of the Update that ended the transaction. It would fail again.
type shareLoss struct{ error }

// errShareLost makes the other Updates run again.
var errShareLost = &databaseError{kind: Collision, text: "the failure of one Update ended the transaction that it shared with others"}

// update runs fn as Store.tryUpdate does, in a transaction that other Updates can share. It
// returns after the end of the transaction.
func (u *sharedUpdates) update(ctx context.Context, fn func(ports.Tx) error) error {
	arrived := time.Now()
	shared, err := u.takeTurn(ctx)
	if err != nil {
		return err
	}
	shared, err = u.runTurn(ctx, arrived, shared, fn)
	if shared == nil {
		return err
	}
	_, span := ports.StartSpan(ctx, ports.WaitSpan, "wait for commit")
	hasEnded := shared.wait(ctx)
	span.End(nil)
	if loss, ok := errors.AsType[shareLoss](err); ok {
		return loss.error
	}
	switch {
	case !hasEnded && err == nil:
		return domain.ErrOutcomeUnknown(&databaseError{Unavailable, "outcome of COMMIT unknown: context ended: " + ctx.Err().Error(), ctx.Err()})
	case !hasEnded:
		return domain.ErrUnavailable(ctx.Err())
	case err != nil && domain.IsOutcomeUnknown(shared.err):
		return domain.ErrUnavailable(shared.err) // It is known that this Update has changed nothing.
	case shared.err != nil:
		return shared.err
	}
	return err
}

// wait waits for the end of the transaction. Like commit, it returns false soon after the end
// of ctx.
func (t *sharedTx) wait(ctx context.Context) bool {
	select {
	case <-t.ended:
		return true
	case <-ctx.Done():
	}
	select {
	case <-t.ended:
		return true
	case <-time.After(commitGrace):
		return false
	}
}

// runTurn runs fn in the open transaction. If that is nil, it begins one.
func (u *sharedUpdates) runTurn(ctx context.Context, arrived time.Time, open *sharedTx, fn func(ports.Tx) error) (shared *sharedTx, err error) {
	shared = open
	defer func() { u.endTurn(ctx, shared) }() // It also runs when fn panics.
	if shared == nil {
		begun, err := u.store.begin(ctx, arrived)
		if err != nil {
			return nil, err
		}
		shared = &sharedTx{transaction: begun, begun: time.Now(), ended: make(chan struct{})}
	}
	return shared, shared.runMember(ctx, u.store, fn)
}

// runMember runs fn as the next member of the transaction. If it fails or panics, its changes
// are undone.
func (t *sharedTx) runMember(ctx context.Context, s *Store, fn func(ports.Tx) error) (err error) {
	t.members++
	member := transaction{querier: &querier{engine: t.engine, statements: t.statements, tx: t.tx}}
	if t.members == 1 {
		t.undone = true
		err = s.run(ctx, &member, fn)
		t.undone = err != nil
		t.wrote = member.wrote
		return err
	}
	// An error of a statement that was interrupted, or ran out of space, can end the whole
	// transaction (SQLite, "Transaction"), and with it what earlier members have done.
	member.uninterrupted = true
	background := context.WithoutCancel(ctx)
	if t.members == 2 {
		if err := t.beginIndexing(background); err != nil {
			t.err = errShareLost
			return err
		}
	}
	if _, err := t.tx.ExecContext(background, `SAVEPOINT member`); err != nil {
		t.err = errShareLost
		return err
	}
	end := `ROLLBACK TO member; RELEASE member`
	defer func() {
		if _, endErr := t.tx.ExecContext(background, end); endErr != nil {
			t.err = errShareLost
			// A refusal, such as a Conflict, can be due to a change that is lost now.
			if kind := domain.KindOf(err); err != nil && (kind == domain.Unavailable || kind == domain.Internal) {
				err = shareLoss{err}
			}
		}
	}()
	if err = s.run(ctx, &member, fn); err == nil {
		end = `RELEASE member`
		t.wrote = t.wrote || member.wrote
	}
	return err
}

// takeTurn waits for the turn of an Update, which endTurn must end. It returns the open
// transaction, or nil if there is none. After maxWait it fails with Unavailable.
func (u *sharedUpdates) takeTurn(ctx context.Context) (*sharedTx, error) {
	u.mutex.Lock()
	if u.closed {
		u.mutex.Unlock()
		return nil, domain.ErrUnavailable(errClosed)
	}
	if !u.taken {
		u.taken = true
		u.mutex.Unlock()
		return nil, nil
	}
	turn := make(chan *sharedTx, 1)
	u.line = append(u.line, turn)
	u.mutex.Unlock()
	_, span := ports.StartSpan(ctx, ports.WaitSpan, "wait for transaction")
	end := u.waits.begin()
	open, err := u.awaitTurn(ctx, turn)
	end(err)
	span.End(err)
	return open, err
}

// awaitTurn waits for a turn that is in the line.
func (u *sharedUpdates) awaitTurn(ctx context.Context, turn chan *sharedTx) (*sharedTx, error) {
	timeout := time.NewTimer(u.maxWait)
	defer timeout.Stop()
	var err error
	select {
	case open := <-turn:
		return open, nil
	case <-ctx.Done():
		err = domain.ErrUnavailable(ctx.Err())
	case <-timeout.C:
		err = poolBusy()
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if at := slices.Index(u.line, turn); at >= 0 {
		u.line = slices.Delete(u.line, at, at+1)
		return nil, err
	}
	return <-turn, nil // The turn came at the same moment. Others depend on what is done with it.
}

// errClosed is the error of Updates that come after Close.
var errClosed = errors.New("sqlstore: the store is closed")

// close lets no further Update begin and waits up to maxWait until all others have ended.
func (u *sharedUpdates) close() {
	turn := make(chan *sharedTx, 1)
	u.mutex.Lock()
	u.closed = true
	isIdle := !u.taken
	if !isIdle {
		u.line = append(u.line, turn)
	}
	u.mutex.Unlock()
	if isIdle {
		return
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if open := <-turn; open != nil {
			u.end(context.Background(), open)
		} else {
			u.leaveTurn()
		}
	}()
	select {
	case <-ended:
	case <-time.After(u.maxWait):
	}
}

// endTurn hands the transaction on to the next Update, or lets it end in the background.
func (u *sharedUpdates) endTurn(ctx context.Context, shared *sharedTx) {
	switch {
	case shared == nil:
		u.leaveTurn()
	case shared.err == nil && !shared.undone && u.handOn(shared):
	default:
		go u.end(context.WithoutCancel(ctx), shared)
	}
}

// end ends the transaction and then the turn.
func (u *sharedUpdates) end(ctx context.Context, shared *sharedTx) {
	if shared.err == nil && !shared.undone {
		shared.err = shared.endIndexing(ctx)
	}
	if shared.err != nil || shared.undone {
		shared.rollback()
	} else {
		shared.err = u.store.commit(ctx, shared.transaction)
		u.count(shared)
	}
	close(shared.ended)
	if u.isFull(shared) {
		time.Sleep(giveWay)
	}
	u.leaveTurn()
}

// count counts a transaction if it was committed.
func (u *sharedUpdates) count(t *sharedTx) {
	if t.err == nil {
		u.commits.Add(1)
		u.committed.Add(uint64(t.members))
	}
}

// leaveTurn lets the next Update begin a transaction.
func (u *sharedUpdates) leaveTurn() {
	u.mutex.Lock()
	defer u.mutex.Unlock()
	if u.taken = u.next(nil); !u.taken {
		u.line = nil
	}
}

// handOn gives the transaction to the next Update, and returns false if there is none or the
// transaction is full.
func (u *sharedUpdates) handOn(shared *sharedTx) bool {
	if u.isFull(shared) {
		return false
	}
	u.mutex.Lock()
	defer u.mutex.Unlock()
	return u.next(shared)
}

func (u *sharedUpdates) isFull(t *sharedTx) bool {
	return t.members >= maxMembers || time.Since(t.begun) >= u.maxShareTime
}

// next gives the first Update in the line its turn, and returns false if the line is empty.
func (u *sharedUpdates) next(open *sharedTx) bool {
	if len(u.line) == 0 {
		return false
	}
	u.line[0] <- open
	u.line = u.line[1:]
	return true
}
