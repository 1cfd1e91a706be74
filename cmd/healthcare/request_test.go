package main_test

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
)

// answer is a response of a service.
type answer struct {
	status int
	header http.Header
	body   string
}

// place is a client computer: requests from it come from its address.
type place struct{ http *http.Client }

// placeAt returns a place on this machine's loopback network, 127.0.0.0/8.
func placeAt(address string) place {
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
	return place{&http.Client{Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 300}, Timeout: time.Minute}}
}

var home = placeAt("127.0.0.1")

// request sends one request. header alternates names and values.
func (p place) request(s *service, method, path, token, body string, header ...string) answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	require.NoError(s.t, err)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := p.http.Do(req)
	require.NoError(s.t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(s.t, err)
	return answer{res.StatusCode, res.Header, string(text)}
}

// login is one attempt to sign in.
func (p place) login(s *service, email, password string, header ...string) answer {
	s.t.Helper()
	return p.request(s, http.MethodPost, "/api/auth/login/", "", `{"username": "`+email+`", "password": "`+password+`"}`, header...)
}

// member returns a member of the response's JSON object as text.
func (a answer) member(s *service, name string) string {
	s.t.Helper()
	var object map[string]any
	require.NoError(s.t, json.Unmarshal([]byte(a.body), &object), a.body)
	text, _ := object[name].(string)
	return text
}

// noLimits turns the rate limits off for tests that sign in often.
var noLimits = []string{"LIMIT_LOGIN_PAIR=0", "LIMIT_LOGIN_ACCOUNT=0", "LIMIT_LOGIN_ADDRESS=0", "LIMIT_REGISTER=0", "LIMIT_REFRESH=0"}
