package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// misspeltNames maps misspelt names to the intended settings.
var misspeltNames = map[string]string{
	"REGISTRATON": "REGISTRATION", "REGISTARTION": "REGISTRATION", "REGISTRATIONS": "REGISTRATION", "registration": "REGISTRATION", "Registraton": "REGISTRATION",
	"SECRETKEY": "SECRET_KEY", "SECRET-KEY": "SECRET_KEY", "SECRET_KEYS": "SECRET_KEY", "SECRET_KEY_FALLBACK": "SECRET_KEY_FALLBACKS",
	"DATABASE_URI": "DATABASE_URL", "DATABSE_URL": "DATABASE_URL", "DB_SSL_MODE": "DB_SSLMODE", "DB_PASSWD": "DB_PASSWORD", "DB_PASWORD": "DB_PASSWORD",
	"TRUSTED_PROXY": "TRUSTED_PROXIES", "CORS_ALLOWED_ORIGIN": "CORS_ALLOWED_ORIGINS", "CORS_ALOWED_ORIGNS": "CORS_ALLOWED_ORIGINS",
	"REQUIRE_ADMIN_MFAS": "REQUIRE_ADMIN_MFA", "LIMIT_REGISTERS": "LIMIT_REGISTER", "LOGLEVEL": "LOG_LEVEL", "port": "PORT",
	"HTTP_ADDRESS": "HTTP_ADDR", "DATA_DIRECTORY": "DATA_DIR", "TLS_CERTIFICATE_FILE": "TLS_CERT_FILE", "LOG_FMT": "LOG_FORMAT",
	"TRUST_PROXIES": "TRUSTED_PROXIES", "TRUST_PROXY": "TRUSTED_PROXIES", "CORS_ALLOW_ORIGINS": "CORS_ALLOWED_ORIGINS", "LIMIT_LOGIN_ADDR": "LIMIT_LOGIN_ADDRESS",
}

// unrelatedNames are variables of other programs.
var unrelatedNames = []string{
	"ACCESS_TOKEN_URL", "ADMIN_PASSWORD", "ALLOWED_HOSTS", "COMPOSE_FILE", "COMPOSE_PROJECT_NAME", "CSRF_TRUSTED_ORIGINS", "DATABASE_HOST", "DATABASE_SSL",
	"DATABASE_USER", "DB_CONN_MAX_AGE", "DB_ENGINE", "DB_FILE", "DB_PASS", "DB_SSLCERT", "DB_TYPE", "DEBUG", "DJANGO_SECRET_KEY", "DJANGO_SETTINGS_MODULE",
	"DJANGO_SUPERUSER_PASSWORD", "GOMEMLIMIT", "HOME", "HOST", "HTTP_PROXY", "HTTPS_PROXY", "LANG", "LOG_FILE", "LOGNAME", "NO_PROXY", "PATH", "PG_PASSWORD",
	"PGPASSWORD", "PGSSLCERT", "PGSSLKEY", "PGSSLROOTCERT", "POST", "POSTGRES_DB", "POSTGRES_PASSWORD", "POSTGRES_USER", "PWD", "REDIS_URL", "REFRESH_TOKEN",
	"SECRET_KEY_BASE", "SENTRY_DSN", "SSL_CERT_DIR", "SSL_CERT_FILE", "TERM", "USER", "WEB_CONCURRENCY",
}

func TestAMisspeltNameInDotenvIsRefused(t *testing.T) {
	for name, meant := range misspeltNames {
		_, err := load(nil, dotenv(t, "LANG=x\n"+name+"=hunter2\n"))
		require.ErrorContains(t, err, ".env, line 2) must be written "+meant, name)
		assert.ErrorContains(t, err, name)
		assert.NotContains(t, err.Error(), "hunter2")
	}
	_, err := load(nil, dotenv(t, "REGISTRATON=closed\nDATABSE_URL=x\n"))
	require.ErrorContains(t, err, "REGISTRATON", "the error lists all of them")
	require.ErrorContains(t, err, "DATABSE_URL")
	for _, name := range unrelatedNames {
		_, err := load(nil, dotenv(t, name+"=hunter2\n"))
		assert.NoError(t, err, name)
	}
	_, err = load([]string{"DATABASE_URL=postgres://h/x"}, dotenv(t, "DATABASE_URI=of another program\n"))
	assert.NoError(t, err, "the setting itself is set")
	_, err = load([]string{"DATABASE_URL=postgres://h/x"}, dotenv(t, "DB_PASSWD=of another program\nDB_SSL_MODE=x\n"))
	assert.NoError(t, err, "DATABASE_URL excludes the similar settings")
	_, err = load([]string{"DATABASE_URL=postgres://h/x"}, dotenv(t, "DB_PREPARED_STATEMENT=false\n"))
	assert.Error(t, err)
}

func TestAMisspeltVariableIsLogged(t *testing.T) {
	for name, meant := range misspeltNames {
		warned := warningsOf(t, []string{name + "=hunter2"}, "")
		assert.Contains(t, warned, "level=WARN", name)
		assert.Contains(t, warned, "variable="+name+" setting="+meant)
		assert.NotContains(t, warned, "hunter2")
	}
	for _, name := range unrelatedNames {
		assert.Empty(t, warningsOf(t, []string{name + "=x"}, ""), name)
	}
	assert.Empty(t, warningsOf(t, []string{"REGISTRATON=closed", "REGISTRATION=open"}, ""), "the setting itself is set")
	assert.Contains(t, warningsOf(t, []string{"REGISTRATON=closed", "LOG_FORMAT=json"}, ""), `"variable":"REGISTRATON"`)
}

func TestPortChangesThePortOfTheDefaultAddress(t *testing.T) {
	for want, environment := range map[string][]string{
		"127.0.0.1:8000": nil,
		"127.0.0.1:5000": {"PORT=5000"},
		"10.0.0.1:80":    {"PORT=5000", "HTTP_ADDR=10.0.0.1:80"},
		"127.0.0.1:0":    {"PORT=0"},
	} {
		cfg, err := load(environment, "")
		require.NoError(t, err)
		assert.Equal(t, want, cfg.HTTPAddr)
		assert.Equal(t, want != "10.0.0.1:80", isLoopback(cfg.HTTPAddr), "PORT does not change the host")
	}
	cfg, err := load(nil, dotenv(t, "PORT=5000\n"))
	require.NoError(t, err)
	assert.Equal(t, "127.0.0.1:5000", cfg.HTTPAddr)
	for _, port := range []string{"http", ":5000", "0.0.0.0:5000", "65536", "-1", "tcp://10.0.0.7:5000"} {
		_, err := load([]string{"PORT=" + port}, "")
		assert.EqualError(t, err, "PORT must be a port number", port)
	}
}
