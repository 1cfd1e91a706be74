package main

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"example.com/healthcare/adapters/httpserver"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// config is every setting there is. A hint says what a variable may be set to,
// and is all that an error shows: what was set may be a secret.
type config struct {
	SecretKey domain.Secret `env:"SECRET_KEY"`
	// SecretKeyFallbacks are earlier ones, which verify and never sign.
	SecretKeyFallbacks secretList `env:"SECRET_KEY_FALLBACKS"`
	// keyIsNew says that this process has made the key that DATA_DIR keeps.
	keyIsNew bool

	DatabaseURL        domain.Secret `env:"DATABASE_URL"`
	DBName             string        `env:"DB_NAME"`
	DBUser             string        `env:"DB_USER"`
	DBPassword         domain.Secret `env:"DB_PASSWORD"`
	DBHost             string        `env:"DB_HOST"`
	DBPort             string        `env:"DB_PORT"`
	DBSSLMode          string        `env:"DB_SSLMODE"`
	PGSSLMode          string        `env:"PGSSLMODE"`
	PreparedStatements bool          `env:"DB_PREPARED_STATEMENTS" envDefault:"true" hint:"true or false"`

	DataDir  string `env:"DATA_DIR" envDefault:"data"`
	HTTPAddr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8000"`
	// Port is what platforms set. It never says who can reach the service.
	Port string `env:"PORT"`

	IdleTimeout   time.Duration `env:"IDLE_TIMEOUT" envDefault:"90s" hint:"a duration such as 90s"`
	ShutdownDelay time.Duration `env:"SHUTDOWN_DELAY" envDefault:"2s" hint:"a duration such as 2s, or 0 for none"`

	TLSCertFile    string     `env:"TLS_CERT_FILE"`
	TLSKeyFile     string     `env:"TLS_KEY_FILE"`
	TrustedProxies proxyList  `env:"TRUSTED_PROXIES" hint:"addresses or CIDRs with commas between them, such as 10.0.0.0/8,192.168.1.5"`
	AllowedOrigins originList `env:"CORS_ALLOWED_ORIGINS" hint:"origins with commas between them, such as https://clinic.example"`

	Registration    application.RegistrationMode `env:"REGISTRATION"`
	AccessTokenTTL  time.Duration                `env:"ACCESS_TOKEN_TTL" envDefault:"15m" hint:"a duration such as 15m"`
	RefreshTokenTTL time.Duration                `env:"REFRESH_TOKEN_TTL" envDefault:"24h" hint:"a duration such as 24h"`
	RefreshGrace    time.Duration                `env:"REFRESH_GRACE" envDefault:"30s" hint:"a duration such as 30s, or 0 for none"`

	DjangoCompat    bool `env:"DJANGO_COMPAT" envDefault:"false" hint:"true or false"`
	RequireAdminMFA bool `env:"REQUIRE_ADMIN_MFA" envDefault:"false" hint:"true or false"`

	LimitLoginPair    domain.Limit `env:"LIMIT_LOGIN_PAIR" envDefault:"10/15m" hint:"a count and a time, such as 10/15m, or 0 for no limit"`
	LimitLoginAccount domain.Limit `env:"LIMIT_LOGIN_ACCOUNT" envDefault:"100/15m" hint:"a count and a time, such as 100/15m, or 0 for no limit"`
	LimitLoginPlace   domain.Limit `env:"LIMIT_LOGIN_ADDRESS" envDefault:"500/15m" hint:"a count and a time, such as 500/15m, or 0 for no limit"`
	LimitRegister     domain.Limit `env:"LIMIT_REGISTER" envDefault:"20/1h" hint:"a count and a time, such as 20/1h, or 0 for no limit"`
	LimitRefresh      domain.Limit `env:"LIMIT_REFRESH" envDefault:"60/1m" hint:"a count and a time, such as 60/1m, or 0 for no limit"`

	// These are for commands with --noinput.
	SuperuserPassword domain.Secret `env:"SUPERUSER_PASSWORD"`
	UserPassword      domain.Secret `env:"USER_PASSWORD"`

	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"INFO" hint:"DEBUG, INFO, WARN or ERROR"`
	LogFormat string     `env:"LOG_FORMAT" envDefault:"text"`
}

// portHost is where a service listens that was given no more than a PORT.
const portHost = "127.0.0.1"

// These are written with commas between their items.
type (
	secretList []domain.Secret
	proxyList  []netip.Prefix
	originList []string
)

// The bounds of lifetimes, against slips such as 15h for 15m. What is wise is
// shorter: an hour or less for an access token (RFC 6750, 5.3).
const (
	maxAccessTTL  = 24 * time.Hour
	maxRefreshTTL = 90 * 24 * time.Hour
	// A longer grace would be more than what lost answers and tabs need.
	maxRefreshGrace = 5 * time.Minute
)

// maxIdleTimeout is more than proxies keep a connection.
const maxIdleTimeout = time.Hour

// maxShutdownDelay is more than load balancers take to notice that a service stops.
const maxShutdownDelay = time.Minute

// loadConfig returns the settings of the process: from its environment, and
// what that does not set from its .env file, which need not exist. All errors
// are reported at once.
func loadConfig(p process) (config, error) {
	cfg, bad := readConfig(p)
	return cfg, bad.err()
}

// loadServingConfig does the same for a process that serves. What it needs and
// was not set, the key apart, it chooses by itself, but on a loopback address only:
// whoever opens the service to others says how.
func loadServingConfig(p process) (config, error) {
	cfg, bad := readConfig(p)
	if !isLoopback(cfg.HTTPAddr) {
		if cfg.SecretKey.IsZero() {
			bad.add("SECRET_KEY", "set to serve beyond a loopback address: "+goodSecretKey)
		}
		if cfg.Registration == "" {
			bad.add("REGISTRATION", "set to serve beyond a loopback address: closed, approval, or open to let anyone register as Staff")
		}
	}
	if err := bad.err(); err != nil {
		return config{}, err
	}
	if cfg.Registration == "" {
		cfg.Registration = application.RegistrationOpen
	}
	return cfg, nil
}

// check applies the rules that hold for every command.
func (c config) check(bad badSettings) {
	if !c.SecretKey.IsZero() {
		if must := secretKeyMust(c.SecretKey); must != "" {
			bad.add("SECRET_KEY", must)
		}
	}
	c.checkPostgres(bad)
	for _, key := range c.SecretKeyFallbacks {
		if must := secretKeyMust(key); must != "" {
			bad.add("SECRET_KEY_FALLBACKS", "earlier keys with commas between them, each "+must)
		}
	}
	switch c.Registration {
	case "", application.RegistrationOpen, application.RegistrationApproval, application.RegistrationClosed:
	default:
		bad.add("REGISTRATION", "open, approval or closed")
	}
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		bad.add("TLS_KEY_FILE", "set along with TLS_CERT_FILE")
	}
	access := c.AccessTokenTTL
	if access < time.Second || access > maxAccessTTL {
		bad.add("ACCESS_TOKEN_TTL", "from 1s to 24h")
		access = time.Second
	}
	if c.RefreshTokenTTL < access || c.RefreshTokenTTL > maxRefreshTTL {
		bad.add("REFRESH_TOKEN_TTL", "from ACCESS_TOKEN_TTL to 2160h (90 days)")
	}
	if c.RefreshGrace < 0 || c.RefreshGrace > maxRefreshGrace {
		bad.add("REFRESH_GRACE", "from 0 to 5m")
	}
	if c.IdleTimeout < time.Second || c.IdleTimeout > maxIdleTimeout {
		bad.add("IDLE_TIMEOUT", "from 1s to 1h")
	}
	if c.ShutdownDelay < 0 || c.ShutdownDelay > maxShutdownDelay {
		bad.add("SHUTDOWN_DELAY", "from 0 to 1m")
	}
	if !slices.Contains([]string{"text", "json"}, c.LogFormat) {
		bad.add("LOG_FORMAT", "text or json")
	}
	if c.Port != "" && !isPort(c.Port) {
		bad.add("PORT", "a port number")
	}
	if _, port, err := net.SplitHostPort(c.HTTPAddr); err != nil || !isPort(port) {
		bad.add("HTTP_ADDR", "host:port, such as 127.0.0.1:8000")
	}
}

// isPort accepts 0, which stands for any free port when listening.
func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

func isLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// certificate returns what to serve TLS with, nil for plain HTTP, and the
// scheme of the service's address.
func (c config) certificate(log *slog.Logger) (*httpserver.Certificate, string, error) {
	if c.TLSCertFile == "" {
		return nil, "http", nil
	}
	certificate, err := httpserver.LoadCertificate(c.TLSCertFile, c.TLSKeyFile, log)
	if err != nil {
		return nil, "", fmt.Errorf("cannot use TLS_CERT_FILE with TLS_KEY_FILE: %w", err)
	}
	return certificate, "https", nil
}

// logger returns the logger that the settings ask for.
func (c config) logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		options.ReplaceAttr = inMilliseconds
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// inMilliseconds gives the durations of a JSON log a unit, in which they can be added up.
func inMilliseconds(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() == slog.KindDuration {
		return slog.Float64(attr.Key+"_ms", float64(attr.Value.Duration())/float64(time.Millisecond))
	}
	return attr
}
