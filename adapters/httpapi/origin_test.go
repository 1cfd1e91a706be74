package httpapi

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/labstack/echo/v4"
	"github.com/stretchr/testify/assert"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/domain"
)

type authenticatorFunc func(origin domain.Origin, token string) (domain.Actor, error)

func (f authenticatorFunc) Authenticate(_ context.Context, origin domain.Origin, token string) (domain.Actor, error) {
	return f(origin, token)
}

func (authenticatorFunc) Recheck(context.Context, domain.ID) error { return nil }

func (authenticatorFunc) RecheckAtEnd(_ context.Context, _ string, body io.ReadCloser) io.ReadCloser {
	return body
}

func TestEveryActorHasAnOrigin(t *testing.T) {
	auth := authenticatorFunc(func(origin domain.Origin, _ string) (domain.Actor, error) {
		return domain.Actor{UserID: 7, Origin: origin}, nil
	})
	want := domain.Origin{Address: netip.MustParseAddr("203.0.113.9"), Device: "curl/8.5.0", RequestID: "a-request"}
	for _, tt := range []struct {
		rule  tokenRule
		token string
		user  domain.ID
	}{{tokenIgnored, "", 0}, {tokenIgnored, "Bearer x", 0}, {tokenOptional, "", 0}, {tokenOptional, "Bearer x", 7}, {tokenRequired, "Bearer x", 7}} {
		var got domain.Actor
		routes := []route{{http.MethodGet, "/", tt.rule, handler(func(c echo.Context, actor domain.Actor) error {
			got = actor
			return liveness(c, actor)
		})}}
		options := httpserver.Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
		service := httpserver.Wrap(newTransport(auth, routes, Options{Options: options}, discard), options, discard)
		req := httptest.NewRequest(http.MethodGet, "/", nil)
		req.RemoteAddr = "10.0.0.1:443"
		req.Header.Set("X-Forwarded-For", "203.0.113.9")
		req.Header.Set("User-Agent", " curl/8.5.0\x00")
		req.Header.Set("X-Request-Id", "a-request")
		if tt.token != "" {
			req.Header.Set("Authorization", tt.token)
		}
		service.ServeHTTP(httptest.NewRecorder(), req)
		assert.Equal(t, domain.Actor{UserID: tt.user, Origin: want}, got)
	}
}
