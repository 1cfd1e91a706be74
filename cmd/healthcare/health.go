package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-json-experiment/json"
)

type healthCommand struct {
	Addr    string        `help:"Ask the service on this address instead of HTTP_ADDR." placeholder:"HOST:PORT"`
	Live    bool          `help:"Ask only whether the process answers (/livez), not whether it can use its database."`
	Timeout time.Duration `help:"Give up after this time." default:"4s"`
}

// maxHealthAnswer is many times the length of an answer of /readyz.
const maxHealthAnswer = 4 << 10

// Run asks the service that runs on this machine with the same settings how it is. The error
// says why it is not ready. Run uses neither the database nor DATA_DIR.
func (h healthCommand) Run(ctx context.Context, p process) error {
	if h.Addr != "" {
		p.environment = append(p.environment, "HTTP_ADDR="+h.Addr)
	}
	p.err = io.Discard // The warnings about settings are in the service's log already.
	cfg, err := loadConfig(p)
	if err != nil {
		return err
	}
	address, err := ownAddress(cfg.HTTPAddr)
	if err != nil {
		return err
	}
	scheme, path := "http", "/readyz"
	if cfg.TLSCertFile != "" {
		scheme = "https"
	}
	if h.Live {
		path = "/livez"
	}
	ctx, cancel := context.WithTimeout(ctx, h.Timeout)
	defer cancel()
	url := scheme + "://" + address + path
	switch err := askHealth(ctx, url); {
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s: no answer within %s", url, h.Timeout)
	case err != nil:
		return fmt.Errorf("%s: %w", url, err)
	}
	_, err = fmt.Fprintln(p.out, url+": ok")
	return err
}

// ownAddress returns the address at which this machine reaches a service that listens on
// addr. If that is all addresses, it is a loopback address.
func ownAddress(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	if port == "0" {
		return "", errors.New("with port 0 in HTTP_ADDR the service has a new port at each start: name it with --addr")
	}
	ip, err := netip.ParseAddr(host)
	switch {
	case host == "", err == nil && ip.IsUnspecified() && ip.Is4():
		host = "127.0.0.1"
	case err == nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port), nil
}

// askHealth returns an error unless the service answers url with 200.
//
// It does not check the certificate, which is for the service's public name and not for the
// address that is asked. The address belongs to this machine, since the service listens on
// it, and the request contains no secret. So askHealth uses no proxy and follows no redirect,
// which could lead to another machine.
func askHealth(ctx context.Context, url string) error {
	client := &http.Client{
		Transport: &http.Transport{
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // See above.
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return errors.Unwrap(err) // The *url.Error repeats the URL.
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	var problem struct {
		Code string `json:"code"`
	}
	_ = json.UnmarshalRead(io.LimitReader(response.Body, maxHealthAnswer), &problem) // Another program's answer has no code.
	return fmt.Errorf("status %d, code %q", response.StatusCode, problem.Code)
}
