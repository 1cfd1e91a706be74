package httpserver

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// recheckAfter is how long the files of a certificate are not looked at again.
const recheckAfter = time.Second

// Certificate is a TLS certificate with its private key, kept in two PEM files
// that can be replaced while it is in use: within a second, new connections get
// the new one. The old one stays in use until both new files are there and belong
// together.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mutex   sync.Mutex
	checked time.Time
	files   pemFiles
	inUse   *tls.Certificate
}

// LoadCertificate reads a certificate and its key. The chain can follow the
// certificate in the same file. Replacements are logged to log.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, checked: time.Now()}
	c.files = c.read()
	pair, err := c.files.pair()
	if err != nil {
		return nil, err
	}
	c.inUse = pair
	return c, nil
}

// aead are the cipher suites of TLS 1.2 that RFC 9325, 4.2 recommends: a fresh key
// for each connection, and encryption that authenticates. Those of TLS 1.3 all do.
var aead = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// config allows no version that RFC 8996 forbids, and leaves the order of the
// suites to Go.
func (c *Certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   aead,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

// current returns the certificate to use now. It compares what the files hold,
// because no time or size of a file is sure to tell two certificates apart.
func (c *Certificate) current() *tls.Certificate {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if time.Since(c.checked) < recheckAfter {
		return c.inUse
	}
	c.checked = time.Now()
	files := c.read()
	if files.equal(c.files) {
		return c.inUse
	}
	c.files = files
	pair, err := files.pair()
	if err != nil {
		c.log.Warn("the TLS certificate cannot be replaced yet: the one in use stays", "error", err)
		return c.inUse
	}
	c.log.Info("the TLS certificate was replaced", "expires", pair.Leaf.NotAfter)
	c.inUse = pair
	return c.inUse
}

func (c *Certificate) read() pemFiles {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return pemFiles{err: err}
	}
	key, err := os.ReadFile(c.keyFile)
	return pemFiles{cert, key, err}
}

// pemFiles is what the two files held when they were read.
type pemFiles struct {
	cert, key []byte
	err       error
}

func (f pemFiles) equal(other pemFiles) bool {
	return bytes.Equal(f.cert, other.cert) && bytes.Equal(f.key, other.key)
}

func (f pemFiles) pair() (*tls.Certificate, error) {
	if f.err != nil {
		return nil, f.err
	}
	pair, err := tls.X509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, err
	}
	return &pair, nil
}
