package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lib/pq"

	"example.com/healthcare/domain"
)

const (
	// revokedChannel is where the trigger sessions_revoked says which session it was,
	// and of which table. All installations in a database share the channel.
	revokedChannel = "healthcare_revoked"
	// sendHeartbeat says when the beat was sent, and which table the instance's sessions are
	// in at that time. The table's number is its own in the whole database; its schema
	// can be renamed, and its rows copied.
	sendHeartbeat = `SELECT pg_notify($1, concat_ws(' ', CAST($2 AS text), CAST(CAST('sessions' AS regclass) AS oid)))`
	// heartbeatInterval is well below the second for which hearing a beat counts.
	heartbeatInterval = 250 * time.Millisecond
	// feedTimeout is long for connections on which something passes all the time.
	// As long a silence is worth a line in the log.
	feedTimeout = 2 * time.Second
	// The waits before another attempt to connect, the first one and the longest.
	minReconnect = 100 * time.Millisecond
	maxReconnect = time.Second
)

var errNotDelivered = errors.New("postgres: notifications are sent but do not come back, as behind a pooler in transaction mode")

// Feed learns of revocations.
type Feed interface {
	// Revoke takes sessions that were revoked.
	Revoke(sessions ...domain.ID)
	// Confirm says that whatever was revoked before asOf has been given to Revoke.
	Confirm(asOf time.Time)
	// Load looks up what was revoked lately, as after a time of not listening. It
	// confirms by itself.
	Load(ctx context.Context) error
}

// FollowRevocations tells feed of every session that is revoked in the database
// that dsn names (see Open), by whomever, until ctx ends; then it closes its two
// connections and returns, which takes seconds when the database is silent. A
// database that is away is waited for. It logs when nothing is heard for two
// seconds, and when that is over.
//
// PostgreSQL delivers notifications in the order of the commits (PostgreSQL
// manual, NOTIFY). So once a second connection's notification is back from the
// first one, all that was revoked before it was sent is known. That holds however
// the connection is lost, and also behind a pooler in transaction mode: there
// LISTEN seems to work, nothing is ever heard, and so nothing is confirmed.
//
// A database can hold several installations, each in a schema of its own. The
// sessions that are followed are those in the schema that dsn leads to.
func FollowRevocations(ctx context.Context, dsn string, feed Feed, log *slog.Logger) {
	connector, err := connect(dsn, feedTimeout, slog.New(slog.DiscardHandler))
	if err != nil {
		log.Error("revocations cannot be followed: each request asks the store", "error", err)
		return
	}
	start := time.Now()
	f := &follower{
		feed:       feed,
		log:        log,
		start:      start,
		confirmed:  start,
		channel:    "healthcare_beat_" + strings.ToLower(rand.Text()),
		heartbeats: sql.OpenDB(connector),
		failures:   make(chan error, 1),
	}
	defer func() { _ = f.heartbeats.Close() }()
	f.heartbeats.SetMaxOpenConns(1)
	dial := dialer{Dialer: net.Dialer{Timeout: feedTimeout}, responseTimeout: feedTimeout}
	listener := pq.NewDialListener(dial, dsn, minReconnect, maxReconnect, func(_ pq.ListenerEventType, err error) { f.reportFailure(err) })

	var background sync.WaitGroup
	background.Go(func() { f.listen(ctx, listener) })
	f.follow(ctx, listener.Notify)
	// Close waits for an attempt to connect and for LISTEN, and these for somebody
	// who takes the notifications.
	background.Go(func() { _ = listener.Close() })
	for range listener.Notify {
		continue
	}
	background.Wait()
}

// follower is the state of FollowRevocations.
type follower struct {
	feed Feed
	log  *slog.Logger
	// start is what the times in beats count from.
	start time.Time
	// channel is where the beats of this instance go.
	channel    string
	heartbeats *sql.DB
	// table is the number of the table that the latest beat named, as text.
	table string
	// complete says that nothing was missed since the feed was loaded.
	complete bool
	// confirmed is when the latest beat that came back was sent.
	confirmed time.Time
	// silent says that the log tells of a silence.
	silent bool
	// failure is the latest error since a beat came back.
	failure error
	// failures has those of the other goroutines.
	failures chan error
}

// listen has listener listen. It waits for the first connection.
func (f *follower) listen(ctx context.Context, listener interface{ Listen(channel string) error }) {
	// In this order, so that where beats are heard, revocations are.
	for _, channel := range []string{revokedChannel, f.channel} {
		for {
			err := listener.Listen(channel)
			if err == nil {
				break
			}
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// Such as on a standby, which may become the primary.
			f.reportFailure(err)
			select {
			case <-time.After(maxReconnect):
			case <-ctx.Done():
				return
			}
		}
	}
}

// reportFailure keeps err, unless another one has not been looked at yet.
func (f *follower) reportFailure(err error) {
	if err == nil {
		return
	}
	select {
	case f.failures <- err:
	default:
	}
}

// follow sends beats and takes notifications until ctx ends.
func (f *follower) follow(ctx context.Context, notifications <-chan *pq.Notification) {
	ticker := time.NewTicker(heartbeatInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			f.sendHeartbeat(ctx)
		case f.failure = <-f.failures:
		case notification := <-notifications:
			f.handle(ctx, notification)
		}
	}
}

// sendHeartbeat sends a notification that bears its own time.
func (f *follower) sendHeartbeat(ctx context.Context) {
	sent := strconv.FormatInt(int64(time.Since(f.start)), 10)
	// The silence bounds it. lib/pq leaves a goroutine behind when ctx does.
	_, err := f.heartbeats.ExecContext(context.WithoutCancel(ctx), sendHeartbeat, f.channel, sent)
	if err != nil {
		f.failure = err
	}
	if time.Since(f.confirmed) > feedTimeout && !f.silent {
		f.silent = true
		f.log.Warn("nothing is heard of revocations: each request asks the store", "error", cmp.Or(f.failure, errNotDelivered))
	}
}

// handle passes on what the listener brings.
func (f *follower) handle(ctx context.Context, notification *pq.Notification) {
	switch {
	case notification == nil: // The connection is a new one.
		f.complete = false
	case notification.Channel == revokedChannel:
		f.handleRevocation(notification.Extra)
	default:
		f.handleHeartbeat(ctx, notification.Extra)
	}
}

// handleRevocation passes on a session of this installation's. Before the first beat,
// which tells which these are, nothing is complete, and so nothing is missed.
func (f *follower) handleRevocation(text string) {
	table, id, _ := strings.Cut(text, " ")
	_, tableErr := strconv.ParseUint(table, 10, 32)
	session, err := domain.ParseID(id)
	switch {
	case tableErr != nil || err != nil: // It may have meant any session.
		f.complete = false
	case table == f.table:
		f.feed.Revoke(session)
	}
}

// handleHeartbeat confirms what a beat proves. Where something was missed, it proves
// that nothing is any more, so that the rest can be looked up. So it is where the
// sessions are in another table than before: the new one was not listened for.
func (f *follower) handleHeartbeat(ctx context.Context, text string) {
	text, table, _ := strings.Cut(text, " ")
	sent, err := strconv.ParseInt(text, 10, 64)
	if err != nil || table == "" {
		return
	}
	if table != f.table {
		f.table, f.complete = table, false
	}
	asOf := f.start.Add(time.Duration(sent))
	if f.complete {
		f.feed.Confirm(asOf)
	} else if err := f.feed.Load(ctx); err != nil {
		f.failure = err
		return
	}
	f.complete = true
	f.confirmed, f.failure = asOf, nil
	if f.silent && time.Since(asOf) < feedTimeout {
		f.silent = false
		f.log.Info("revocations are heard of again")
	}
}
