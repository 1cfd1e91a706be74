package main

import (
	"errors"
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

// config holds all settings. The tag hint describes the values that a variable accepts. An
// error shows the hint and never the value, which can be a secret.
type config struct {
	SecretKey domain.Secret `env:"SECRET_KEY"`
	// SecretKeyFallbacks are earlier keys. They verify and never sign.
	SecretKeyFallbacks secretList `env:"SECRET_KEY_FALLBACKS"`
	// createdSecretKey is whether this process created the key in DATA_DIR.
	createdSecretKey bool

	DatabaseURL        domain.Secret `env:"DATABASE_URL"`
	DBName             string        `env:"DB_NAME"`
	DBUser             string        `env:"DB_USER"`
	DBPassword         domain.Secret `env:"DB_PASSWORD"`
	DBHost             string        `env:"DB_HOST"`
	DBPort             string        `env:"DB_PORT"`
	DBSSLMode          string        `env:"DB_SSLMODE"`
	PGSSLMode          string        `env:"PGSSLMODE"`
	PreparedStatements bool          `env:"DB_PREPARED_STATEMENTS" envDefault:"true" hint:"true or false"`

	// DjangoDatabaseURL is the database of the old backend, for import-django.
	DjangoDatabaseURL domain.Secret `env:"DJANGO_DATABASE_URL"`

	DataDir string `env:"DATA_DIR" envDefault:"data"`
	// storeFile is the file of the embedded store if that is not the one in DATA_DIR.
	storeFile string

	HTTPAddr string `env:"HTTP_ADDR" envDefault:"127.0.0.1:8000"`
	// Port is the port for the default host. Hosting platforms set it. It does not change
	// the host, so it never makes the service reachable from other machines.
	Port string `env:"PORT"`

	IdleTimeout   time.Duration `env:"IDLE_TIMEOUT" envDefault:"90s" hint:"a duration such as 90s"`
	MaxInFlight   int           `env:"MAX_REQUESTS_IN_FLIGHT" envDefault:"1000" hint:"a number such as 1000"`
	ShutdownDelay time.Duration `env:"SHUTDOWN_DELAY" envDefault:"2s" hint:"a duration such as 2s, or 0 for none"`

	// MetricsAddr is the address of the metrics, "" for none.
	MetricsAddr  string `env:"METRICS_ADDR"`
	MetricsPprof bool   `env:"METRICS_PPROF" envDefault:"false" hint:"true or false"`

	TLSCertFile    string     `env:"TLS_CERT_FILE"`
	TLSKeyFile     string     `env:"TLS_KEY_FILE"`
	TrustedProxies proxyList  `env:"TRUSTED_PROXIES" hint:"addresses or CIDRs with commas between them, such as 10.0.0.0/8,192.168.1.5"`
	AllowedOrigins originList `env:"CORS_ALLOWED_ORIGINS" hint:"origins with commas between them, such as https://clinic.example"`

	Docs onOff `env:"DOCS" envDefault:"on" hint:"on or off"`

	// Console is nil if it is not set: then only a service on a loopback address has the console.
	Console     *onOff        `env:"CONSOLE" hint:"on or off"`
	ConsoleIdle time.Duration `env:"CONSOLE_IDLE" envDefault:"15m" hint:"a duration such as 15m"`

	Registration    application.RegistrationMode `env:"REGISTRATION"`
	AccessTokenTTL  time.Duration                `env:"ACCESS_TOKEN_TTL" envDefault:"15m" hint:"a duration such as 15m"`
	RefreshTokenTTL time.Duration                `env:"REFRESH_TOKEN_TTL" envDefault:"24h" hint:"a duration such as 24h"`
	RefreshGrace    time.Duration                `env:"REFRESH_GRACE" envDefault:"30s" hint:"a duration such as 30s, or 0 for none"`

	DjangoCompat    bool `env:"DJANGO_COMPAT" envDefault:"false" hint:"true or false"`
	RequireAdminMFA bool `env:"REQUIRE_ADMIN_MFA" envDefault:"false" hint:"true or false"`
	RequireIfMatch  bool `env:"REQUIRE_IF_MATCH" envDefault:"false" hint:"true or false"`

	LimitLoginPair    domain.Limit `env:"LIMIT_LOGIN_PAIR" envDefault:"10/15m" hint:"a count and a time, such as 10/15m, or 0 for no limit"`
	LimitLoginAccount domain.Limit `env:"LIMIT_LOGIN_ACCOUNT" envDefault:"100/15m" hint:"a count and a time, such as 100/15m, or 0 for no limit"`
	LimitLoginNetwork domain.Limit `env:"LIMIT_LOGIN_ADDRESS" envDefault:"500/15m" hint:"a count and a time, such as 500/15m, or 0 for no limit"`
	LimitRegister     domain.Limit `env:"LIMIT_REGISTER" envDefault:"20/1h" hint:"a count and a time, such as 20/1h, or 0 for no limit"`
	LimitRefresh      domain.Limit `env:"LIMIT_REFRESH" envDefault:"60/1m" hint:"a count and a time, such as 60/1m, or 0 for no limit"`

	// The passwords are for commands with --noinput.
	SuperuserPassword domain.Secret `env:"SUPERUSER_PASSWORD"`
	UserPassword      domain.Secret `env:"USER_PASSWORD"`

	LogLevel  slog.Level `env:"LOG_LEVEL" envDefault:"INFO" hint:"DEBUG, INFO, WARN or ERROR"`
	LogFormat string     `env:"LOG_FORMAT" envDefault:"text"`

	// The settings of traces have the names that the OpenTelemetry specification gives them. A
	// path of an endpoint can contain a key.
	OTLPEndpoint       domain.Secret `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	OTLPTracesEndpoint domain.Secret `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	OTLPHeaders        domain.Secret `env:"OTEL_EXPORTER_OTLP_HEADERS"`
	OTLPTracesHeaders  domain.Secret `env:"OTEL_EXPORTER_OTLP_TRACES_HEADERS"`
	ServiceName        string        `env:"OTEL_SERVICE_NAME" envDefault:"healthcare"`
	TracesSampler      string        `env:"OTEL_TRACES_SAMPLER"`
	TracesSamplerArg   string        `env:"OTEL_TRACES_SAMPLER_ARG"`
}

// defaultHost is the host to listen on if PORT is set and HTTP_ADDR is not.
const defaultHost = "127.0.0.1"

// onOff is a setting whose values are on and off.
type onOff bool

// UnmarshalText implements encoding.TextUnmarshaler.
func (o *onOff) UnmarshalText(text []byte) error {
	switch string(text) {
	case "on":
		*o = true
	case "off":
		*o = false
	default:
		return errors.New("neither on nor off")
	}
	return nil
}

// These settings are comma-separated lists.
type (
	secretList []domain.Secret
	proxyList  []netip.Prefix
	originList []string
)

// The limits of durations catch typing errors such as 15h for 15m. They are not
// recommendations: an access token should last an hour at most (RFC 6750, 5.3).
const (
	maxAccessTTL  = 24 * time.Hour
	maxRefreshTTL = 90 * 24 * time.Hour
	// maxRefreshGrace is enough for a lost response and for two browser tabs that
	// refresh at once.
	maxRefreshGrace = 5 * time.Minute
	// maxConsoleIdle is longer than a working day.
	maxConsoleIdle = 12 * time.Hour
	// maxIdleTimeout is longer than proxies keep an idle connection.
	maxIdleTimeout = time.Hour
	// minInFlight lets a browser load a page, and maxInFlight is more than a machine can serve.
	minInFlight = 10
	maxInFlight = 100_000
	// maxShutdownDelay is longer than load balancers need to notice a stopping service.
	maxShutdownDelay = time.Minute
)

// loadConfig returns the settings of the process. The environment takes precedence over
// the .env file, which can be missing. The error lists all invalid settings.
func loadConfig(p process) (config, error) {
	cfg, bad := readConfig(p)
	return cfg, bad.err()
}

// loadServingConfig is loadConfig for serve. It requires SECRET_KEY and REGISTRATION
// unless the service listens on a loopback address. There, REGISTRATION defaults to open.
func loadServingConfig(p process) (config, error) {
	cfg, bad := readConfig(p)
	if !isLoopback(cfg.HTTPAddr) {
		bad.require(!cfg.SecretKey.IsZero(), "SECRET_KEY", "set to serve beyond a loopback address: "+secretKeyAdvice)
		bad.require(cfg.Registration != "", "REGISTRATION", "set to serve beyond a loopback address: closed, approval, or open to let anyone register as Staff")
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
		must := secretKeyProblem(c.SecretKey)
		bad.require(must == "", "SECRET_KEY", must)
	}
	for _, key := range c.SecretKeyFallbacks {
		must := secretKeyProblem(key)
		bad.require(must == "", "SECRET_KEY_FALLBACKS", "earlier keys with commas between them, each "+must)
	}
	c.checkPostgres(bad)
	_, port, err := net.SplitHostPort(c.HTTPAddr)
	bad.require(err == nil && isPort(port), "HTTP_ADDR", "host:port, such as 127.0.0.1:8000")
	bad.require(c.Port == "" || isPort(c.Port), "PORT", "a port number")
	c.checkMetrics(bad)
	bad.require(isWithin(c.IdleTimeout, time.Second, maxIdleTimeout), "IDLE_TIMEOUT", "from 1s to 1h")
	bad.require(minInFlight <= c.MaxInFlight && c.MaxInFlight <= maxInFlight, "MAX_REQUESTS_IN_FLIGHT", "from 10 to 100000")
	bad.require(isWithin(c.ShutdownDelay, 0, maxShutdownDelay), "SHUTDOWN_DELAY", "from 0 to 1m")
	bad.require((c.TLSCertFile == "") == (c.TLSKeyFile == ""), "TLS_KEY_FILE", "set along with TLS_CERT_FILE")
	modes := []application.RegistrationMode{"", application.RegistrationOpen, application.RegistrationApproval, application.RegistrationClosed}
	bad.require(slices.Contains(modes, c.Registration), "REGISTRATION", "open, approval or closed")
	minRefreshTTL := c.AccessTokenTTL
	if !isWithin(c.AccessTokenTTL, time.Second, maxAccessTTL) {
		bad.add("ACCESS_TOKEN_TTL", "from 1s to 24h")
		minRefreshTTL = time.Second
	}
	bad.require(isWithin(c.RefreshTokenTTL, minRefreshTTL, maxRefreshTTL), "REFRESH_TOKEN_TTL", "from ACCESS_TOKEN_TTL to 2160h (90 days)")
	bad.require(isWithin(c.RefreshGrace, 0, maxRefreshGrace), "REFRESH_GRACE", "from 0 to 5m")
	bad.require(isWithin(c.ConsoleIdle, time.Minute, maxConsoleIdle), "CONSOLE_IDLE", "from 1m to 12h")
	bad.require(c.LogFormat == "text" || c.LogFormat == "json", "LOG_FORMAT", "text or json")
	c.checkTracing(bad)
}

// checkMetrics refuses profiles for other machines: everybody there could read what the
// service is doing, and slow it down.
func (c config) checkMetrics(bad badSettings) {
	_, port, err := net.SplitHostPort(c.MetricsAddr)
	bad.require(c.MetricsAddr == "" || err == nil && isPort(port), "METRICS_ADDR", "host:port, such as 127.0.0.1:9464, or empty for no metrics")
	bad.require(!c.MetricsPprof || isLoopback(c.MetricsAddr), "METRICS_PPROF", "false unless METRICS_ADDR is a loopback address: nobody has to sign in there")
}

// servesConsole reports whether the service has the pages for people.
func (c config) servesConsole() bool {
	if c.Console == nil {
		return isLoopback(c.HTTPAddr)
	}
	return bool(*c.Console)
}

func isWithin(d, lowest, highest time.Duration) bool { return lowest <= d && d <= highest }

// isPort accepts 0, with which the service listens on any free port.
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

// certificate returns the TLS certificate and the scheme of the service's URL. Without
// TLS_CERT_FILE, the certificate is nil and the scheme is http.
func (c config) certificate(log *slog.Logger) (*httpserver.Certificate, string, error) {
	if c.TLSCertFile == "" {
		return nil, "http", nil
	}
	certificate, err := httpserver.LoadCertificate(c.TLSCertFile, c.TLSKeyFile, log)
	if err != nil {
		return nil, "", fmt.Errorf("load TLS_CERT_FILE and TLS_KEY_FILE: %w", err)
	}
	return certificate, "https", nil
}

func (c config) logger(out io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		options.ReplaceAttr = durationsInMilliseconds
		return slog.New(slog.NewJSONHandler(out, options))
	}
	return slog.New(slog.NewTextHandler(out, options))
}

// durationsInMilliseconds writes a duration to the JSON log as a number of milliseconds,
// with the suffix _ms in its name.
func durationsInMilliseconds(_ []string, attr slog.Attr) slog.Attr {
	if attr.Value.Kind() == slog.KindDuration {
		return slog.Float64(attr.Key+"_ms", float64(attr.Value.Duration())/float64(time.Millisecond))
	}
	return attr
}
