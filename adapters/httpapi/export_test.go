package httpapi

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/adapters/recordfiles"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

func TestAcceptMustNameTheExportFormat(t *testing.T) {
	const csv, lines, pages = recordfiles.CSV, recordfiles.NDJSON, ""
	for accept, want := range map[string]recordfiles.Format{
		"": pages, "*/*": pages, "application/json": pages, "application/*": pages, "text/*": pages, "text/html, */*": pages, "image/png": pages,
		"text/csv": csv, "TEXT/CSV": csv, "text/csv; charset=utf-8": csv, "text/csv, */*": csv, "text/html, text/csv;q=0.1": csv,
		"application/x-ndjson": lines, "application/x-ndjson, text/csv": lines, "text/csv;q=0.8, application/x-ndjson;q=0.9": lines,
		"application/json, text/csv": pages, "application/json;q=0.5, text/csv": csv, "text/csv;q=0.5, application/json": pages,
		"text/csv;q=0": pages, "text/csv;q=x": pages, "text/csv;q=-1": pages, "text/csv;": csv, ";": pages, ",,": pages, "text/csv;;;q": pages,
	} {
		request := httptest.NewRequest(http.MethodGet, "/", nil)
		request.Header.Set("Accept", accept)
		format, ok := preferredExport(request)
		assert.Equal(t, want != pages, ok, accept)
		if ok {
			assert.Equal(t, want, format, accept)
		}
	}
	request := httptest.NewRequest(http.MethodGet, "/", nil)
	request.Header["Accept"] = []string{"application/json;q=0.2", "text/csv;q=0.3"}
	format, _ := preferredExport(request)
	assert.Equal(t, csv, format)
}

func TestTimesAreInUTCWithMicroseconds(t *testing.T) {
	at := time.Date(2026, 11, 23, 1, 2, 3, 0, time.FixedZone("", 2*60*60))
	assert.Equal(t, "2026-11-22T23:02:03.000000Z", showInstant(at))
	assert.Equal(t, "2026-11-22T23:02:03.120000Z", showInstant(at.Add(120*time.Millisecond)))
}

func TestNoCellIsAFormula(t *testing.T) {
	service := serveOne(io.Discard, liveness)
	for first := range 0x80 {
		id := string(rune(first)) + "cmd"
		if strings.ContainsAny(id[:1], "=+-@\t\r\n\x00") {
			assert.NotEqual(t, id, getRoot(service, "X-Request-Id", id).Header().Get("X-Request-Id"), "%q", id)
		}
	}
	for _, address := range []string{"203.0.113.7", "::", "::1", "2001:db8::1", "::ffff:203.0.113.7", "fe80::1%=cmd", "fe80::1%-1"} {
		origin := domain.NewOrigin(netip.MustParseAddr(address), "=cmd")
		row := eventRow(domain.AuditEventView{AuditEvent: domain.AuditEvent{Actor: domain.Actor{Origin: origin}}})
		assert.Regexp(t, `^[0-9a-f:][0-9a-f:.]*$`, row[len(row)-3])
		assert.NotContains(t, strings.Join(row, ","), "cmd")
	}
	for name, want := range map[string]string{
		"": "", "Sam Lee": "Sam Lee", "'t Hooft": "'t Hooft", "O'Neill-Ray": "O'Neill-Ray", "Zoë +1": "Zoë +1",
		"=cmd": "'=cmd", "+1": "'+1", "-1": "'-1", "@x": "'@x", "'=cmd": "''=cmd", "''@x": "'''@x", "\uff1dcmd": "'\uff1dcmd",
	} {
		row := eventRow(domain.AuditEventView{ActorName: name})
		assert.Equal(t, want, row[len(row)-1])
		assert.Equal(t, want, accessReportRow(domain.DailyUse{ActorName: name})[2])
	}
}

// pipeListener accepts connections in memory, which synctest can wait for.
type pipeListener chan net.Conn

func (p pipeListener) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}
func (p pipeListener) Close() error   { return nil }
func (p pipeListener) Addr() net.Addr { return &net.TCPAddr{} }

// pageFunc returns a page of an export. The first page is 1.
type pageFunc func(ctx context.Context, page int) ([]domain.AuditEventView, error)

// serveExports is serveOverEachHTTP for exports of that many pages.
func serveExports(t *testing.T, pages int, pageOf pageFunc, test func(t *testing.T, get func() *http.Response, log func() string)) {
	t.Helper()
	serveOverEachHTTP(t, func(c echo.Context, _ domain.Actor) error {
		page := 0
		return sendExport(c, exportFormats[recordfiles.NDJSON], func(ctx context.Context) (application.Page[domain.AuditEventView], error) {
			page++
			events, err := pageOf(ctx, page)
			part := application.Page[domain.AuditEventView]{Items: events}
			if page < pages {
				part.Next = "more"
			}
			return part, err
		})
	}, test)
}

// serveOverEachHTTP serves GET with handle over each version of HTTP, with the timeouts of the
// service and the clock of synctest.
func serveOverEachHTTP(t *testing.T, handle handler, test func(t *testing.T, get func() *http.Response, log func() string)) {
	t.Helper()
	for _, version := range []string{"HTTP/1.1", "HTTP/2.0"} {
		t.Run(version, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				server := httpserver.NewServer(serveOne(&log, handle), discard)
				protocols := new(http.Protocols)
				protocols.SetHTTP1(version == "HTTP/1.1")
				protocols.SetUnencryptedHTTP2(version == "HTTP/2.0")
				server.Protocols = protocols
				connections, stopped := make(pipeListener), make(chan struct{})
				go func() {
					defer close(stopped)
					_ = server.Serve(connections)
				}()
				transport := &http.Transport{Protocols: protocols, DialContext: func(context.Context, string, string) (net.Conn, error) {
					here, there := net.Pipe()
					connections <- there
					return here, nil
				}}
				test(t, func() *http.Response {
					resp, err := (&http.Client{Transport: transport}).Get("http://clinic.example/")
					require.NoError(t, err)
					require.Equal(t, version, resp.Proto)
					return resp
				}, func() string {
					synctest.Wait()
					return log.String()
				})
				transport.CloseIdleConnections()
				close(connections)
				<-stopped
				assert.NoError(t, server.Close())
			})
		})
	}
}

func sampleEvent(page int) []domain.AuditEventView {
	return []domain.AuditEventView{{AuditEvent: domain.AuditEvent{ID: domain.ID(page)}}}
}

func TestALongExportHasNoTimeLimitWhileItMakesProgress(t *testing.T) {
	serveExports(t, 6, func(ctx context.Context, page int) ([]domain.AuditEventView, error) {
		time.Sleep(httpserver.RequestTimeout - time.Second)
		return sampleEvent(page), ctx.Err()
	}, func(t *testing.T, get func() *http.Response, log func() string) {
		start := time.Now()
		resp := get()
		defer resp.Body.Close()
		lines := bufio.NewScanner(resp.Body)
		for page := 1; lines.Scan(); page++ {
			assert.Equal(t, time.Duration(page)*(httpserver.RequestTimeout-time.Second), time.Since(start), "a page is sent before the next one is read")
		}
		assert.NoError(t, lines.Err())
		assert.Equal(t, 6*(httpserver.RequestTimeout-time.Second), time.Since(start))
		assert.Contains(t, log(), "level=INFO")
	})
}

func TestAFailedExportIsNoticeablyIncomplete(t *testing.T) {
	for name, pageOf := range map[string]pageFunc{
		"error": func(_ context.Context, page int) ([]domain.AuditEventView, error) {
			if page == 3 {
				return nil, domain.ErrUnavailable(errors.New("the store is gone"))
			}
			return sampleEvent(page), nil
		},
		"timeout": func(ctx context.Context, page int) ([]domain.AuditEventView, error) {
			if page == 3 {
				<-ctx.Done()
				return nil, domain.ErrUnavailable(ctx.Err())
			}
			return sampleEvent(page), nil
		},
		"panic": func(_ context.Context, page int) ([]domain.AuditEventView, error) {
			if page == 3 {
				panic("x")
			}
			return sampleEvent(page), nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			serveExports(t, 4, pageOf, func(t *testing.T, get func() *http.Response, log func() string) {
				resp := get()
				defer resp.Body.Close()
				assert.Equal(t, 200, resp.StatusCode)
				body, err := io.ReadAll(resp.Body)
				assert.Error(t, err, "the client notices that the answer is incomplete")
				assert.Equal(t, 2, bytes.Count(body, []byte("\n")))
				assert.Contains(t, log(), "level=ERROR")
			})
		})
	}
}

func TestAnExportWhoseFirstPageFailsIsAnError(t *testing.T) {
	serveExports(t, 1, func(context.Context, int) ([]domain.AuditEventView, error) {
		return nil, domain.ErrUnavailable(errors.New("the store is gone"))
	}, func(t *testing.T, get func() *http.Response, _ func() string) {
		resp := get()
		defer resp.Body.Close()
		assert.Equal(t, 503, resp.StatusCode)
		assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
	})
}

// The pages do not fit into the buffers of the connection.
func TestASlowReaderGetsTheWholeExport(t *testing.T) {
	event := domain.AuditEventView{AuditEvent: domain.AuditEvent{Subject: domain.Subject{Shown: slices.Repeat([]domain.ID{12345678}, 1000)}}}
	serveExports(t, 3, func(ctx context.Context, _ int) ([]domain.AuditEventView, error) {
		time.Sleep(httpserver.RequestTimeout - time.Second)
		return slices.Repeat([]domain.AuditEventView{event}, domain.MaxPageLimit), ctx.Err()
	}, func(t *testing.T, get func() *http.Response, _ func() string) {
		resp := get()
		defer resp.Body.Close()
		lines := bufio.NewReader(resp.Body)
		for range 3 * domain.MaxPageLimit {
			_, err := lines.ReadString('\n')
			require.NoError(t, err)
			time.Sleep(20 * time.Millisecond)
		}
		_, err := lines.ReadByte()
		assert.Equal(t, io.EOF, err)
	})
}

func TestAnExportThatIsNotReadTimesOut(t *testing.T) {
	serveExports(t, 1<<20, func(ctx context.Context, page int) ([]domain.AuditEventView, error) {
		return slices.Repeat(sampleEvent(page), domain.MaxPageLimit), ctx.Err()
	}, func(t *testing.T, get func() *http.Response, log func() string) {
		resp := get()
		defer resp.Body.Close()
		time.Sleep(httpserver.WriteTimeout + time.Second)
		assert.Contains(t, log(), "msg=request", "the request has ended")
	})
}

// overHTTP10 sends a request with header lines over HTTP/1.0.
func overHTTP10(t *testing.T, handler http.Handler, lines string) (resp *http.Response, body string) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.0\r\n"+lines+"\r\n")
	require.NoError(t, err)
	resp, err = http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

// By default, nginx uses HTTP/1.0 to the service.
func TestExportsOverHTTP10AreRefused(t *testing.T) {
	for media, format := range exportFormats {
		for _, lines := range []string{"", "Connection: keep-alive\r\n", "Connection: close\r\n"} {
			resp, body := overHTTP10(t, serveOne(io.Discard, func(c echo.Context, _ domain.Actor) error {
				return sendExport(c, format, func(context.Context) (application.Page[domain.AuditEventView], error) {
					t.Error("the use-case was called")
					return application.Page[domain.AuditEventView]{}, nil
				})
			}), lines)
			assert.Equal(t, 426, resp.StatusCode, media)
			assert.Equal(t, "HTTP/1.1", resp.Header.Get("Upgrade"))
			assert.Contains(t, resp.Header.Get("Connection"), "Upgrade")
			assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
			assert.Contains(t, body, `"code":"upgrade_required"`)
			assert.Contains(t, body, "proxy_http_version 1.1")
		}
	}
}
