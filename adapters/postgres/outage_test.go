package postgres_test

import (
	"net"
	"net/url"
	"strings"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/postgres"
	"example.com/healthcare/adapters/postgres/pgtest"
	"example.com/healthcare/domain"
)

// startToxiproxy returns a proxy of the server that dsn names, and the dsn that
// leads through it.
func startToxiproxy(t *testing.T, dsn string) (*toxiproxy.Proxy, string) {
	t.Helper()
	address, err := url.Parse(dsn)
	require.NoError(t, err)
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, "postgres", "127.0.0.1:0", address.Host)
	require.NoError(t, proxy.Start())
	t.Cleanup(proxy.Stop)
	address.Host = proxy.Listen
	return proxy, address.String()
}

// toxic returns what puts a toxic on proxy.
func toxic(proxy *toxiproxy.Proxy, description string) func(*testing.T) {
	return func(t *testing.T) {
		_, err := proxy.Toxics.AddToxicJson(strings.NewReader(description))
		require.NoError(t, err)
	}
}

// TestAnOutageIsNoticedAndMadeUpFor makes the network between an instance and the
// database fail in several ways, and sessions be revoked meanwhile.
func TestAnOutageIsNoticedAndMadeUpFor(t *testing.T) {
	for name, begin := range map[string]func(*toxiproxy.Proxy) func(*testing.T){
		"connections are cut": func(proxy *toxiproxy.Proxy) func(*testing.T) {
			return func(*testing.T) { proxy.Stop() }
		},
		"nothing comes from the server": func(proxy *toxiproxy.Proxy) func(*testing.T) {
			return toxic(proxy, `{"type": "timeout", "stream": "downstream"}`)
		},
		"nothing gets to the server": func(proxy *toxiproxy.Proxy) func(*testing.T) {
			return toxic(proxy, `{"type": "timeout", "stream": "upstream"}`)
		},
		"everything comes late": func(proxy *toxiproxy.Proxy) func(*testing.T) {
			return toxic(proxy, `{"type": "latency", "stream": "downstream", "attributes": {"latency": 1500}}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // They mostly wait.
			dsn := pgtest.New(t)
			db := openDatabase(t, dsn, 4)
			proxy, proxied := startToxiproxy(t, dsn)
			i := follow(t, proxied)
			i.awaitRevoked(t, 1, db.revoke(t, 1))

			begin(proxy)(t)
			// Half a second for what was under way.
			outage := time.Now()
			eventually(t, func() bool { return i.ask(2) == "unknown" })
			require.LessOrEqual(t, time.Since(outage), promised+500*time.Millisecond)
			early := db.revoke(t, 2)
			eventually(t, func() bool {
				i.keepsPromise(t, 2, early)
				return len(i.log.lines()) > 0 && time.Since(early) > promised
			})
			require.Equal(t, "unknown", i.ask(4))
			require.Equal(t, "revoked", i.ask(1), "that is final")
			late := db.revoke(t, 3)

			proxy.Toxics.ResetToxics(t.Context())
			if !proxy.Enabled {
				require.NoError(t, proxy.Start())
			}
			eventually(t, func() bool {
				i.keepsPromise(t, 2, early)
				i.keepsPromise(t, 3, late)
				return i.ask(4) == "live"
			})
			require.Equal(t, "revoked", i.ask(2))
			i.awaitRevoked(t, 3, late)
			require.LessOrEqual(t, i.awaitRevoked(t, 4, db.revoke(t, 4)), promised)

			i.stop()
			lines := i.log.lines()
			require.Len(t, lines, 2, "one at the beginning, one at the end")
			require.Contains(t, lines[0], "nothing is heard")
			require.Contains(t, lines[1], "heard of again")
		})
	}
}

// TestConnectionsThatDieSilentlyAreReplaced has a second way to the database, as
// nothing that passes the first one is ever answered again.
func TestConnectionsThatDieSilentlyAreReplaced(t *testing.T) {
	dsn := pgtest.New(t)
	db := openDatabase(t, dsn, 2)
	proxy, _ := startToxiproxy(t, dsn)
	other, proxied := startToxiproxy(t, dsn)
	address, err := url.Parse(proxied)
	require.NoError(t, err)
	hosts := address.Query()
	address.Host = ""
	hosts.Set("host", "127.0.0.1,127.0.0.1")
	hosts.Set("port", port(t, proxy)+","+port(t, other))
	address.RawQuery = hosts.Encode()
	i := followSource(t, address.String(), open(t, dsn, postgres.Options{}))
	eventually(t, func() bool { return i.ask(1) == "live" })

	toxic(proxy, `{"type": "timeout", "stream": "downstream"}`)(t)
	eventually(t, func() bool { return i.ask(1) == "unknown" })
	i.awaitRevoked(t, 1, db.revoke(t, 1))
	eventually(t, func() bool { return i.ask(2) == "live" })
}

func port(t *testing.T, proxy *toxiproxy.Proxy) string {
	t.Helper()
	_, port, err := net.SplitHostPort(proxy.Listen)
	require.NoError(t, err)
	return port
}

// TestARestartOfTheServer has one session revoked just before the server goes, too
// late for a notification, and another as soon as it is back.
func TestARestartOfTheServer(t *testing.T) {
	server := pgtest.Start(t)
	db := openDatabase(t, server.DSN(), 5)
	i := follow(t, server.DSN())
	for n, end := range []func(testing.TB){server.Stop, server.Kill} {
		before, after := domain.ID(2*n+1), domain.ID(2*n+2)
		db.revokeUnheard(t, before)
		end(t)
		eventually(t, func() bool { return i.ask(5) == "unknown" })
		server.Restart(t)
		i.awaitRevoked(t, after, db.revoke(t, after))
		eventually(t, func() bool { return i.ask(5) == "live" })
		require.Equal(t, "revoked", i.ask(before))
	}
}

func TestADatabaseThatIsAwayAtTheStartIsWaitedFor(t *testing.T) {
	dsn := pgtest.New(t)
	proxy, proxied := startToxiproxy(t, dsn)
	store := open(t, proxied, postgres.Options{})
	proxy.Stop()
	i := followSource(t, strings.Replace(proxied, "@", ":swordfish@", 1), store)
	eventually(t, func() bool { return len(i.log.lines()) > 0 })
	require.Contains(t, i.log.lines()[0], "refused")
	require.NotContains(t, i.log.lines()[0], "swordfish")
	require.Equal(t, "unknown", i.ask(1))
	require.NoError(t, proxy.Start())
	eventually(t, func() bool { return i.ask(1) == "live" })
}

func TestFollowingEndsWhileTheDatabaseIsSilent(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	i := followSource(t, "postgres://clinic@"+silent.Addr().String()+"/none?sslmode=disable", nil)
	for range 2 { // One that listens, one that notifies.
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
	case <-time.After(28 * time.Second): // as long as the service gives its last requests
		t.Fatal("it goes on")
	}
}
