package postgres

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"database/sql/driver"
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
	// revokedChannel is the channel to which the trigger sessions_revoked sends the table and
	// the ID of a revoked session. All installations in a database share it.
	revokedChannel = "healthcare_revoked"
	// sendHeartbeat sends the time of the heartbeat and the OID of the table that holds the
	// instance's sessions. The OID is unique in the database. Names are not enough: a schema
	// can be renamed, and its rows copied to another one.
	sendHeartbeat = `SELECT pg_notify($1, concat_ws(' ', CAST($2 AS text), CAST(CAST('sessions' AS regclass) AS oid)))`
	// heartbeatInterval is well below the second for which a heartbeat counts.
	heartbeatInterval = 250 * time.Millisecond
	// feedTimeout is the time of eight heartbeats. It bounds each wait of the feed's
	// connections for the server, and a feed that is silent for longer is logged.
	feedTimeout = 2 * time.Second
	// minReconnect and maxReconnect bound the wait before the next attempt to connect.
	minReconnect = 100 * time.Millisecond
	maxReconnect = time.Second
)

var errNotDelivered = errors.New("postgres: notifications are sent but not received, as behind a pooler in transaction mode")

// Feed receives revocations.
type Feed interface {
	// Revoke receives the IDs of revoked sessions.
	Revoke(sessions ...domain.ID)
	// Confirm says that Revoke has received all revocations before asOf.
	Confirm(asOf time.Time)
	// Load reads the recent revocations from the store and confirms them. It is called when
	// Revoke may have missed some.
	Load(ctx context.Context) error
}

// FollowRevocations passes every session that is revoked in the database that dsn names (see
// Open) to feed, whichever program revokes it, until ctx ends. Then it closes its two
// connections and returns, which takes seconds if the database does not answer. It
// reconnects to a database that is unavailable. It logs a feed that is silent for two
// seconds, and the end of the silence.
//
// One connection listens, and the other sends heartbeats. PostgreSQL delivers notifications
// in the order of the commits (PostgreSQL manual, NOTIFY). So when a heartbeat arrives, all
// revocations before it have arrived too. Without heartbeats nothing is confirmed. That
// covers every way of losing a connection, and also a pooler in transaction mode, where
// LISTEN succeeds but no notification arrives.
//
// A database can hold several installations, each in its own schema. FollowRevocations
// follows the sessions in the schema that dsn selects.
func FollowRevocations(ctx context.Context, dsn string, feed Feed, log *slog.Logger) {
	connector, err := connectQuietly(dsn, log)
	if err != nil {
		log.Error("revocation feed not started, checking the database on every request", "error", err)
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
	if servers, ok := connector.(*servers); ok {
		dial.isOther = servers.isOther
	}
	listener := pq.NewDialListener(dial, dsn, minReconnect, maxReconnect, func(_ pq.ListenerEventType, err error) { f.reportFailure(err) })

	var background sync.WaitGroup
	background.Go(func() { f.listen(ctx, listener) })
	f.follow(ctx, listener.Notify)
	// Close waits for connecting and for LISTEN, which block until the notifications are read.
	background.Go(func() { _ = listener.Close() })
	for range listener.Notify {
		continue
	}
	background.Wait()
}

// connectQuietly connects like connect. It logs no warnings about dsn, because Open has done so.
func connectQuietly(dsn string, log *slog.Logger) (driver.Connector, error) {
	settings, err := parseDSN(dsn, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, dsnError(dsn, err)
	}
	return settings.connector(dsn, feedTimeout, log)
}

// follower is the state of FollowRevocations.
type follower struct {
	feed Feed
	log  *slog.Logger
	// start is the time from which the times in heartbeats are counted.
	start time.Time
	// channel is the channel of this instance's heartbeats.
	channel    string
	heartbeats *sql.DB
	// table is the OID in the latest heartbeat.
	table string
	// complete says that no revocation was missed since the feed was loaded.
	complete bool
	// confirmed is the time in the latest heartbeat that arrived.
	confirmed time.Time
	// silent says that the silence was logged.
	silent bool
	// failure is the latest error since a heartbeat arrived.
	failure error
	// failures passes errors of the other goroutines to follow.
	failures chan error
}

// listen makes listener listen to both channels. It waits for the first connection.
func (f *follower) listen(ctx context.Context, listener interface{ Listen(channel string) error }) {
	// The heartbeats come last, so that a heartbeat proves that revocations arrive.
	for _, channel := range []string{revokedChannel, f.channel} {
		for {
			err := listener.Listen(channel)
			if err == nil {
				break
			}
			if errors.Is(err, net.ErrClosed) {
				return
			}
			// LISTEN fails, for example, on a standby, which can become the primary.
			f.reportFailure(err)
			select {
			case <-time.After(maxReconnect):
			case <-ctx.Done():
				return
			}
		}
	}
}

// reportFailure passes err to follow, unless an earlier error is still waiting.
func (f *follower) reportFailure(err error) {
	if err == nil {
		return
	}
	select {
	case f.failures <- err:
	default:
	}
}

// follow sends heartbeats and handles notifications until ctx ends.
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

// sendHeartbeat sends a notification with the current time.
func (f *follower) sendHeartbeat(ctx context.Context) {
	sent := strconv.FormatInt(int64(time.Since(f.start)), 10)
	// The connection's timeout bounds it. If ctx ended it, lib/pq would leak a goroutine.
	_, err := f.heartbeats.ExecContext(context.WithoutCancel(ctx), sendHeartbeat, f.channel, sent)
	if err != nil {
		f.failure = err
	}
	if time.Since(f.confirmed) > feedTimeout && !f.silent {
		f.silent = true
		f.log.Warn("revocation feed silent, checking the database on every request", "error", cmp.Or(f.failure, errNotDelivered))
	}
}

// handle handles a notification from the listener.
func (f *follower) handle(ctx context.Context, notification *pq.Notification) {
	switch {
	case notification == nil: // The listener has reconnected.
		f.complete = false
	case notification.Channel == revokedChannel:
		f.handleRevocation(notification.Extra)
	default:
		f.handleHeartbeat(ctx, notification.Extra)
	}
}

// handleRevocation passes a revoked session to the feed if it belongs to this installation.
// Before the first heartbeat the table is unknown, but then the feed is not complete, so no
// revocation is lost.
func (f *follower) handleRevocation(text string) {
	table, id, _ := strings.Cut(text, " ")
	_, tableErr := strconv.ParseUint(table, 10, 32)
	session, err := domain.ParseID(id)
	switch {
	case tableErr != nil || err != nil: // Another release can write any session ID in another format.
		f.complete = false
	case table == f.table:
		f.feed.Revoke(session)
	}
}

// handleHeartbeat confirms the revocations before a heartbeat. If some may have been missed, it
// loads the feed first: a heartbeat proves that no more will be missed. The same holds if
// the sessions are in another table than before, whose revocations were ignored so far.
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
		f.log.Info("revocation feed works again")
	}
}
