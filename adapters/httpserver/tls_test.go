package httpserver

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pemPair creates a certificate for localhost and its key.
func pemPair(t *testing.T, name string) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return pemPairOf(t, name, private)
}

func pemPairOf(t *testing.T, name string, private crypto.Signer) (cert, key []byte) {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		// It is self-signed.
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

// put replaces a file as renewal programs do.
func put(t *testing.T, path string, content []byte) {
	t.Helper()
	require.NoError(t, os.WriteFile(path+".new", content, 0o600))
	require.NoError(t, os.Rename(path+".new", path))
}

func newCertificate(t *testing.T, dir string) *Certificate {
	t.Helper()
	cert, key := pemPair(t, "first")
	put(t, filepath.Join(dir, "cert.pem"), cert)
	put(t, filepath.Join(dir, "key.pem"), key)
	certificate, err := LoadCertificate(filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), discard)
	require.NoError(t, err)
	return certificate
}

// trust returns the configuration of a client that trusts the certificate.
func trust(certificate *Certificate) *tls.Config {
	known := x509.NewCertPool()
	known.AddCert(certificate.current().Leaf)
	return &tls.Config{RootCAs: known}
}

// browser is a client with HTTP/2.
func browser(certificate *Certificate) *http.Client {
	transport := &http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: true}
	if certificate != nil {
		transport.TLSClientConfig = trust(certificate)
	}
	return &http.Client{Transport: transport}
}

func TestTLS12AndLaterAreSupported(t *testing.T) {
	certificate := newCertificate(t, t.TempDir())
	address, stop, stopped := start(t, serve(io.Discard, Options{}, live), certificate, 0)
	for version, refused := range map[uint16]bool{tls.VersionTLS10: true, tls.VersionTLS11: true, tls.VersionTLS12: false, tls.VersionTLS13: false} {
		config := trust(certificate)
		config.MinVersion, config.MaxVersion = version, version
		conn, err := tls.Dial("tcp", address, config)
		if refused {
			assert.ErrorContains(t, err, "remote error: tls: protocol version not supported", tls.VersionName(version))
			continue
		}
		require.NoError(t, err, tls.VersionName(version))
		assert.Equal(t, version, conn.ConnectionState().Version)
		assert.NoError(t, conn.Close())
	}
	stop()
	assert.NoError(t, <-stopped)
}

// TestTLS12HasAEADSuitesOnly offers every suite that Go supports, one at a time, for
// each kind of key that a certificate can have.
func TestTLS12HasAEADSuitesOnly(t *testing.T) {
	dir := t.TempDir()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	cert, key := pemPairOf(t, "rsa", private)
	certFile, keyFile := filepath.Join(dir, "rsa.pem"), filepath.Join(dir, "rsa-key.pem")
	put(t, certFile, cert)
	put(t, keyFile, key)
	withRSA, err := LoadCertificate(certFile, keyFile, discard)
	require.NoError(t, err)
	var accepted []string
	for _, certificate := range []*Certificate{newCertificate(t, dir), withRSA} {
		for _, suite := range slices.Concat(tls.CipherSuites(), tls.InsecureCipherSuites()) {
			if !slices.Contains(suite.SupportedVersions, tls.VersionTLS12) {
				continue
			}
			near, far := net.Pipe()
			go func() {
				_ = tls.Server(far, certificate.config()).Handshake()
				far.Close()
			}()
			config := trust(certificate)
			config.ServerName, config.MaxVersion, config.CipherSuites = "127.0.0.1", tls.VersionTLS12, []uint16{suite.ID}
			if tls.Client(near, config).Handshake() == nil {
				accepted = append(accepted, suite.Name)
			}
			near.Close()
		}
	}
	assert.ElementsMatch(t, []string{
		"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
		"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
	}, accepted)
}

func TestHTTPOverTLS(t *testing.T) {
	certificate := newCertificate(t, t.TempDir())
	address, stop, stopped := start(t, serve(io.Discard, Options{}, live), certificate, 0)
	onlyHTTP1 := &http.Client{Transport: &http.Transport{TLSClientConfig: trust(certificate), DisableKeepAlives: true}}
	for protocol, client := range map[string]*http.Client{"HTTP/2.0": browser(certificate), "HTTP/1.1": onlyHTTP1} {
		resp, err := client.Get("https://" + address)
		require.NoError(t, err)
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, protocol, resp.Proto)
		assert.NotEmpty(t, resp.Header.Get("Strict-Transport-Security"))
		resp.Body.Close()
	}
	resp, err := http.Get("http://" + address)
	require.NoError(t, err)
	assert.Equal(t, 400, resp.StatusCode, "plain HTTP is refused")
	resp.Body.Close()
	stop()
	assert.NoError(t, <-stopped)
}

// meet makes a handshake and returns the name in the server's certificate.
func meet(t *testing.T, certificate *Certificate) string {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer far.Close()
		_ = tls.Server(far, certificate.config()).Handshake()
	}()
	client := tls.Client(near, &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS12})
	require.NoError(t, client.Handshake())
	<-done
	return client.ConnectionState().PeerCertificates[0].Subject.CommonName
}

func TestAReplacedCertificateIsUsedWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certificate := newCertificate(t, dir)
		var log bytes.Buffer
		certificate.log = slog.New(slog.NewTextHandler(&log, nil))
		certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		assert.Equal(t, "first", meet(t, certificate))

		cert, key := pemPair(t, "second")
		put(t, certFile, cert)
		time.Sleep(certificateCheckInterval - 1)
		assert.Equal(t, "first", meet(t, certificate))
		assert.Empty(t, log.String(), "the files are not read again within a second")

		time.Sleep(time.Nanosecond)
		for range 3 {
			assert.Equal(t, "first", meet(t, certificate), "the certificate without its new key is not used")
			time.Sleep(certificateCheckInterval)
		}
		assert.Equal(t, 1, strings.Count(log.String(), "level=WARN"), log.String())

		put(t, keyFile, key)
		for range 3 {
			assert.Equal(t, "second", meet(t, certificate))
			time.Sleep(certificateCheckInterval)
		}
		assert.Equal(t, 1, strings.Count(log.String(), "level=INFO"), log.String())

		log.Reset()
		require.NoError(t, os.Remove(keyFile))
		for range 3 {
			assert.Equal(t, "second", meet(t, certificate), "the key file is missing")
			time.Sleep(certificateCheckInterval)
		}
		put(t, keyFile, []byte("no key"))
		assert.Equal(t, "second", meet(t, certificate), "the key file is invalid")
		assert.Equal(t, 2, strings.Count(log.String(), "level=WARN"), log.String())

		// Written in place, with the same length and modification time.
		before, err := os.Stat(certFile)
		require.NoError(t, err)
		cert, key = pemPair(t, "third!")
		require.NoError(t, os.WriteFile(certFile, cert, 0o600))
		require.NoError(t, os.WriteFile(keyFile, key, 0o600))
		require.NoError(t, os.Chtimes(certFile, before.ModTime(), before.ModTime()))
		require.NoError(t, os.Chtimes(keyFile, before.ModTime(), before.ModTime()))
		time.Sleep(certificateCheckInterval)
		assert.Equal(t, "third!", meet(t, certificate))
		assert.NotContains(t, log.String(), "PRIVATE")
	})
}

func TestTheExpiryIsThatOfTheCertificateInUse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certificate := newCertificate(t, dir)
		certificate.log = discard
		first := certificate.Expires()
		assert.WithinDuration(t, time.Now().Add(time.Hour), first, time.Second)
		time.Sleep(10 * time.Minute)
		cert, key := pemPair(t, "second")
		put(t, filepath.Join(dir, "cert.pem"), cert)
		assert.Equal(t, first, certificate.Expires(), "the certificate without its new key is not used")
		put(t, filepath.Join(dir, "key.pem"), key)
		time.Sleep(certificateCheckInterval)
		assert.Equal(t, 10*time.Minute, certificate.Expires().Sub(first).Round(time.Minute), "without a new connection")
	})
}

func TestAnExpiredCertificateIsInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		certificate := newCertificate(t, dir)
		certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
		cert, key := pemPair(t, "second")
		time.Sleep(time.Hour + certificateCheckInterval)
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, nil))

		_, err := LoadCertificate(certFile, keyFile, logger)
		require.NoError(t, err)
		assert.Contains(t, log.String(), "level=WARN msg=\"the TLS certificate has expired\"", "at the start")

		log.Reset()
		certificate.log = logger
		put(t, certFile, cert)
		put(t, keyFile, key)
		certificate.current()
		assert.Contains(t, log.String(), "level=WARN msg=\"the TLS certificate has expired\"", "a replacement")

		log.Reset()
		newCertificate(t, dir)
		time.Sleep(certificateCheckInterval)
		certificate.current()
		assert.Contains(t, log.String(), "TLS certificate replaced")
		assert.NotContains(t, log.String(), "level=WARN", "a valid one")
	})
}

func TestACertificateThatCannotBeUsedStopsTheStart(t *testing.T) {
	dir := t.TempDir()
	newCertificate(t, dir)
	certFile, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	_, other := pemPair(t, "other")
	put(t, filepath.Join(dir, "other.pem"), other)
	for _, files := range [][2]string{
		{certFile, filepath.Join(dir, "other.pem")}, {filepath.Join(dir, "none.pem"), keyFile}, {certFile, filepath.Join(dir, "none.pem")}, {keyFile, certFile}, {"", ""}, {dir, keyFile},
	} {
		_, err := LoadCertificate(files[0], files[1], discard)
		assert.Error(t, err, files)
	}
}
