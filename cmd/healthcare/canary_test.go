package main_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	healthcare "example.com/healthcare/cmd/healthcare"
)

// TestNothingThatIsSentOrStoredLeaks plants a text of its own in each member, parameter and
// header of each operation of openapi.yaml, in valid requests and in invalid ones, and in files
// that are imported; at last with a database that fails. None of these texts may be in the log,
// the traces, the metrics, the answers with errors and the output of commands, except
// allowedCanaries. A member that is added to openapi.yaml is planted, too.
func TestNothingThatIsSentOrStoredLeaks(t *testing.T) {
	overEachEngine(t, func(t *testing.T, env []string) {
		receiver := newCollector(t)
		env = slices.Concat(env, receiver.environment(), []string{
			"SECRET_KEY=" + secretKey, "LOG_LEVEL=DEBUG", "TRUSTED_PROXIES=127.0.0.1", "DB_PREPARED_STATEMENTS=true", "OTEL_BSP_MAX_QUEUE_SIZE=1000000", anyMetricsAddr,
			"LIMIT_LOGIN_PAIR=0", "LIMIT_LOGIN_ACCOUNT=0", "LIMIT_LOGIN_ADDRESS=0", "LIMIT_REGISTER=0", "LIMIT_REFRESH=0",
		})
		createSuperuserOn(t, env)
		p := &planter{canaries: &canaries{}, t: t, s: serve(t, env), statuses: map[string]map[int]int{}}
		p.admin = p.signIn(actor{email: "admin@example.com", password: goodPassword})

		operations := apiOperations(t)
		for i := range operations {
			p.prepare(&operations[i])
			p.refuse(operations[i])
			p.accept(operations[i])
		}
		p.useSecondFactor()
		p.followCursor()
		p.sendFromElsewhere()
		output := p.importFiles(env)
		for name, statuses := range p.statuses {
			if name != "POST /api/auth/mfa/confirm/" && name != "elsewhere" { // for which useSecondFactor has a valid code
				assert.NotZero(t, statuses[2], "no request of %s was valid", name)
			}
			assert.Zero(t, statuses[5], "%s failed, although the database worked", name)
		}

		db := openDatabase(t, env)
		for _, broken := range brokenDatabases(env) {
			for _, statement := range broken {
				_, err := db.ExecContext(t.Context(), statement)
				require.NoError(t, err, statement)
			}
			for _, o := range operations {
				p.accept(o)
			}
		}
		failed := 0
		for _, statuses := range p.statuses {
			if statuses[5] > 0 {
				failed++
			}
		}
		assert.Greater(t, failed, 30, "operations that failed with a broken database")
		metrics := p.s.scrape()
		p.s.stop()

		assert.Contains(t, p.s.log.String(), "level=ERROR", "the errors of the database are in the log")
		assert.Greater(t, len(receiver.spans()), 1000)
		for source, text := range map[string]string{ // Add what else leaves the service.
			"log":     p.s.log.String(),
			"traces":  receiver.text(t),
			"metrics": metrics,
			"errors":  p.errors.String(),
			"output":  output,
		} {
			require.NotEmpty(t, text, source)
			p.expectOnlyAllowed(t, source, text)
		}
		t.Logf("%d planted, %d spans, log of %d bytes", len(p.planted), len(receiver.spans()), len(p.s.log.String()))
	})
}

// brokenDatabases returns statements after which writes of records fail with an error that the
// database explains with the values, and further ones after which all statements fail.
func brokenDatabases(env []string) (stages [][]string) {
	var refuse, rename []string
	for _, table := range []string{"patients", "doctors", "users"} {
		if _, onPostgres := databaseURL(env); onPostgres {
			refuse = append(refuse, "ALTER TABLE "+table+" ADD CHECK (id < 0) NOT VALID")
		} else {
			refuse = append(refuse, "CREATE TRIGGER refuse_"+table+" BEFORE INSERT ON "+table+" BEGIN SELECT RAISE(ABORT, 'refused'); END")
		}
	}
	for _, table := range []string{"patients", "doctors", "mappings", "users", "attempts", "audit_about"} {
		rename = append(rename, "ALTER TABLE "+table+" RENAME TO broken_"+table)
	}
	return [][]string{refuse, rename}
}

// useSecondFactor enables a second factor and signs in with a code and with a recovery code.
func (p *planter) useSecondFactor() {
	p.t.Helper()
	const name = "second factor"
	a := p.newActor(name)
	enrolment := p.must(name, "POST", "/api/auth/mfa/", a.access, fmt.Sprintf(`{"password":%q}`, a.password))
	secret := p.plant(ofRecords, "the secret of a second factor", p.answered(enrolment, "secret"))
	code, err := totp.GenerateCode(secret, time.Now())
	require.NoError(p.t, err)
	confirmed := p.must(name, "POST", "/api/auth/mfa/confirm/", a.access, fmt.Sprintf(`{"otp":%q}`, code))
	recovery := regexp.MustCompile(`"([a-zA-Z0-9-]{10,})"`).FindAllStringSubmatch(confirmed.body, -1)
	require.NotEmpty(p.t, recovery, confirmed.body)
	for _, code := range recovery {
		p.plant(ofRecords, "a recovery code", code[1])
	}
	login := `{"username":%q,"password":%q,"otp":%q}`
	p.send(name, "POST", "/api/auth/login/", "", fmt.Sprintf(login, a.email, a.password, code)) // It is spent.
	p.must(name, "POST", "/api/auth/login/", "", fmt.Sprintf(login, a.email, a.password, recovery[0][1]))
	p.send(name, "POST", "/api/auth/login/", "", fmt.Sprintf(login, a.email, a.password, p.text(ofRecords, "a wrong code")))
	p.send(name, "POST", "/api/auth/login/", "", fmt.Sprintf(login, a.email, p.text(ofRecords, "a wrong password"), ""))
	p.send(name, "POST", "/api/auth/login/", "", fmt.Sprintf(login, p.text(ofRecords, "an unknown address")+"@mail.example", a.password, ""))
}

var nextPage = regexp.MustCompile(`cursor=([^&>]+)[^>]*>; rel="next"`)

// followCursor sends the cursor of a list where it belongs and where it does not.
func (p *planter) followCursor() {
	p.t.Helper()
	first := p.must("cursor", "GET", "/api/patients/?limit=1&ordering=name", p.admin.access, "")
	found := nextPage.FindStringSubmatch(first.header.Get("Link"))
	require.NotNil(p.t, found, first.header)
	cursor := p.plant(ofRecords, "a cursor", found[1])
	p.must("cursor", "GET", "/api/patients/?limit=1&ordering=name&cursor="+cursor, p.admin.access, "")
	p.send("cursor", "GET", "/api/patients/?limit=1&ordering=email&cursor="+cursor, p.admin.access, "")
	p.send("cursor", "GET", "/api/doctors/?cursor="+cursor, p.admin.access, "")
}

// sendFromElsewhere sends what has its place in the log or the traces, so that the test shows
// that it sees both.
func (p *planter) sendFromElsewhere() {
	p.t.Helper()
	address := p.plant(clientAddr, "X-Forwarded-For", "203.0.113.77")
	trace := p.plant(traceID, "traceparent", callersTrace)
	parent := "00-" + trace + "-" + callersSpan + "-01"
	p.send("elsewhere", "POST", "/api/auth/login/", "", `{"username":"nobody@mail.example","password":"x"}`, "X-Forwarded-For", address, "Traceparent", parent)
	p.send("elsewhere", http.MethodGet, "/api/patients/", p.admin.access, "", "X-Forwarded-For", p.text(ofRecords, "X-Forwarded-For"), "Traceparent", p.text(ofRecords, "traceparent"))
}

// importFiles imports a file for each kind of records. The columns are those of an export. It
// returns what the commands have printed.
func (p *planter) importFiles(env []string) (output string) {
	p.t.Helper()
	for _, kind := range []string{"doctors", "patients", "mappings"} {
		code, exported, stderr := healthcare.Run(p.t.Context(), env, "export", kind)
		require.Zero(p.t, code, stderr)
		header, _, _ := strings.Cut(exported, "\n")
		columns := strings.Split(strings.Trim(strings.TrimSpace(header), "\ufeff"), ",")
		file := filepath.Join(p.t.TempDir(), kind+".csv")
		values := make([]string, len(columns))
		for i, column := range columns {
			values[i] = p.text(ofRecords, "import "+kind+" "+column)
			if column == "store" { // Otherwise nothing else of the file would be read.
				values[i] = ""
			}
		}
		rows := strings.Join(columns, ",") + "\n" + strings.Join(values, ",") + "\n" + `"` + p.text(ofRecords, "import "+kind+" open quote") + "\n"
		require.NoError(p.t, os.WriteFile(file, []byte(rows), 0o600))
		for _, flags := range [][]string{{"--dry-run"}, {}, {"--batch", "1", "--refused", file + ".refused"}} {
			_, stdout, stderr := healthcare.Run(p.t.Context(), append(slices.Clone(env), "LOG_LEVEL=DEBUG"), append([]string{"import", kind, file}, flags...)...)
			output += stdout + stderr
		}
	}
	return output
}
