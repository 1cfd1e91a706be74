package postgres_test

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
)

// TestRevocationsDuringAnOutageAreLoadedAfterIt makes the network between an instance and the
// database fail in several ways, and revokes sessions during the failure.
func TestRevocationsDuringAnOutageAreLoadedAfterIt(t *testing.T) {
	for name, begin := range map[string]func(*pgtest.Proxy){
		"connections are cut":           func(p *pgtest.Proxy) { p.Stop() },
		"nothing comes from the server": func(p *pgtest.Proxy) { p.FromServer.Hang() },
		"nothing gets to the server":    func(p *pgtest.Proxy) { p.ToServer.Hang() },
		"everything comes late":         func(p *pgtest.Proxy) { p.FromServer.Store(int64(1500 * time.Millisecond)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // They mostly wait.
			dsn := pgtest.New(t)
			db := openDatabase(t, dsn, 4)
			proxy, proxied := pgtest.StartProxy(t, dsn)
			i := follow(t, proxied)
			i.awaitRevoked(t, 1, db.revoke(t, 1))

			begin(proxy)
			// Allow half a second for messages on their way.
			outage := time.Now()
			eventually(t, func() bool { return i.state(2) == "unknown" })
			require.LessOrEqual(t, time.Since(outage), maxDelay+500*time.Millisecond)
			early := db.revoke(t, 2)
			eventually(t, func() bool {
				i.requireInTime(t, 2, early)
				return len(i.log.lines()) > 0 && time.Since(early) > maxDelay
			})
			require.Equal(t, "unknown", i.state(4))
			require.Equal(t, "revoked", i.state(1), "a revocation is final")
			late := db.revoke(t, 3)

			proxy.Restore(t)
			eventually(t, func() bool {
				i.requireInTime(t, 2, early)
				i.requireInTime(t, 3, late)
				return i.state(4) == "live"
			})
			require.Equal(t, "revoked", i.state(2))
			i.awaitRevoked(t, 3, late)
			require.LessOrEqual(t, i.awaitRevoked(t, 4, db.revoke(t, 4)), maxDelay)

			i.stop()
			lines := i.log.lines()
			require.Len(t, lines, 2, "one line at the beginning and one at the end")
			require.Contains(t, lines[0], "revocation feed silent")
			require.Contains(t, lines[1], "revocation feed works again")
		})
	}
}

// TestConnectionsThatDieSilentlyAreReplaced uses two proxies, because the first one never
// answers again.
func TestConnectionsThatDieSilentlyAreReplaced(t *testing.T) {
	t.Parallel() // It mostly waits.
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 2)
	proxy, _ := pgtest.StartProxy(t, dsn)
	other, proxied := pgtest.StartProxy(t, dsn)
	address, err := url.Parse(proxied)
	require.NoError(t, err)
	hosts := address.Query()
	address.Host = ""
	hosts.Set("host", "127.0.0.1,127.0.0.1")
	hosts.Set("port", port(t, proxy)+","+port(t, other))
	address.RawQuery = hosts.Encode()
	i := followSource(t, address.String(), open(t, dsn, postgres.Options{}))
	eventually(t, func() bool { return i.state(1) == "live" })

	proxy.FromServer.Hang()
	eventually(t, func() bool { return i.state(1) == "unknown" })
	i.awaitRevoked(t, 1, db.revoke(t, 1))
	eventually(t, func() bool { return i.state(2) == "live" })
}

func port(t *testing.T, proxy *pgtest.Proxy) string {
	t.Helper()
	_, port, err := net.SplitHostPort(proxy.Address)
	require.NoError(t, err)
	return port
}

// TestRevocationsAroundARestartOfTheServerAreKnown revokes a session just before the server
// stops, without a notification, and another one as soon as the server runs again.
func TestRevocationsAroundARestartOfTheServerAreKnown(t *testing.T) {
	t.Parallel() // It mostly waits.
	server := pgtest.Start(t)
	db := openDatabase(t, server.DSN(), 5)
	i := follow(t, server.DSN())
	for n, end := range []func(testing.TB){server.Stop, server.Kill} {
		before, after := domain.ID(2*n+1), domain.ID(2*n+2)
		db.revokeWithoutNotification(t, before)
		end(t)
		eventually(t, func() bool { return i.state(5) == "unknown" })
		server.Restart(t)
		i.awaitRevoked(t, after, db.revoke(t, after))
		eventually(t, func() bool { return i.state(5) == "live" })
		require.Equal(t, "revoked", i.state(before))
	}
}

func TestFollowingWaitsForADatabaseThatIsDownAtTheStart(t *testing.T) {
	t.Parallel() // It mostly waits.
	dsn := pgtest.New(t)
	proxy, proxied := pgtest.StartProxy(t, dsn)
	store := open(t, proxied, postgres.Options{})
	proxy.Stop()
	i := followSource(t, strings.Replace(proxied, "@", ":swordfish@", 1), store)
	eventually(t, func() bool { return len(i.log.lines()) > 0 })
	require.Contains(t, i.log.lines()[0], "refused")
	require.NotContains(t, i.log.lines()[0], "swordfish")
	require.Equal(t, "unknown", i.state(1))
	proxy.Start(t)
	eventually(t, func() bool { return i.state(1) == "live" })
}

func TestFollowingEndsWhileTheDatabaseIsSilent(t *testing.T) {
	t.Parallel() // It mostly waits.
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	i := followSource(t, "postgres://clinic@"+silent.Addr().String()+"/none?sslmode=disable", nil)
	for range 2 { // One connection listens, and one sends heartbeats.
		conn, err := silent.Accept()
		require.NoError(t, err)
		defer conn.Close()
	}
	stopped := make(chan struct{})
	go func() {
		i.stop()
		close(stopped)
	}()
	select {
	case <-stopped:
	case <-time.After(28 * time.Second): // A stopping service waits as long for its last requests.
		t.Fatal("FollowRevocations did not return")
	}
}
