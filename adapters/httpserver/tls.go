package httpserver

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateCheckInterval is the minimum time between two reads of the files.
const certificateCheckInterval = time.Second

// Certificate is a TLS certificate and its private key in two PEM files. The files can be
// replaced while the service runs: new connections use the new certificate within a second.
// The old one stays in use until both files are replaced and the key belongs to the
// certificate.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mutex   sync.Mutex
	checked time.Time
	files   pemFiles
	inUse   *tls.Certificate
}

// LoadCertificate reads a certificate and its key. The certificate can be followed by its
// chain in the same file. Replacements are logged to log, and so is a certificate that has
// expired. It is served even so: then clients can say what is wrong.
func LoadCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, checked: time.Now()}
	c.files = c.read()
	pair, err := c.files.pair()
	if err != nil {
		return nil, err
	}
	c.use(pair)
	return c, nil
}

// aeadSuites are the TLS 1.2 cipher suites that RFC 9325, 4.2 recommends: forward secrecy
// and authenticated encryption. All suites of TLS 1.3 have both.
var aeadSuites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}

// config allows TLS 1.2 and later (RFC 8996).
func (c *Certificate) config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		CipherSuites:   aeadSuites,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return c.current(), nil },
	}
}

// Expires returns when the certificate in use expires. It reads the files as a new connection
// does.
func (c *Certificate) Expires() time.Time { return c.current().Leaf.NotAfter }

// current returns the certificate for a new connection. It detects a replacement by the
// content of the files, because two certificates can have the same size and time.
func (c *Certificate) current() *tls.Certificate {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if time.Since(c.checked) < certificateCheckInterval {
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
		c.log.Warn("cannot load the new TLS certificate: the previous one stays in use", "error", err)
		return c.inUse
	}
	c.log.Info("TLS certificate replaced", "expires", pair.Leaf.NotAfter)
	c.use(pair)
	return c.inUse
}

// use makes pair the certificate of new connections.
func (c *Certificate) use(pair *tls.Certificate) {
	c.inUse = pair
	if expired := pair.Leaf.NotAfter; time.Now().After(expired) {
		c.log.Warn("the TLS certificate has expired", "expired", expired)
	}
}

func (c *Certificate) read() pemFiles {
	cert, err := os.ReadFile(c.certFile)
	if err != nil {
		return pemFiles{err: err}
	}
	key, err := os.ReadFile(c.keyFile)
	return pemFiles{cert, key, err}
}

// pemFiles is the content of the two files, or the error of reading them.
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
