package domain_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "example.com/healthcare/"

type layer struct {
	folder string
	// ours are the folders of this module that the layer can import, in addition to its
	// own.
	ours []string
	// inTests are further folders that the layer's tests can import.
	inTests []string
	// A pure layer does no I/O. A pure or standard layer imports only these libraries.
	pure, standard bool
	libraries      []string
	why            string
}

// layers lists what each folder can import. The first entry that contains a file applies.
// A folder or library includes everything below it.
var layers = []layer{
	{
		folder: "domain",
		pure:   true,
		// For Unicode normalization and case folding.
		libraries: []string{"golang.org/x/text"},
		why:       "domain is independent of technology, and every other layer depends on it",
	},
	{
		folder: "ports/portstest",
		ours:   []string{"domain", "ports"},
		why:    "portstest checks every store, so it depends on none",
	},
	{
		folder: "ports",
		ours:   []string{"domain"},
		pure:   true,
		why:    "ports declares interfaces in terms of domain; adapters implement them",
	},
	{
		folder:  "application",
		ours:    []string{"domain", "ports"},
		inTests: []string{"adapters/clinictest", "adapters/memory", "adapters/passwords", "adapters/secretkeys", "adapters/tokens", "adapters/totp"},
		pure:    true,
		why:     "the use-cases serve every transport and use every store, so they depend on none",
	},
	{
		folder:  "migrations",
		inTests: []string{"adapters"},
		why:     "migrations only embeds SQL files",
	},
	{
		folder:  "adapters/httpapi/client",
		inTests: []string{"domain", "ports", "application", "adapters/clinictest", "adapters/httpapi"},
		why:     "the client is independent of the service and depends only on openapi.yaml",
	},
	{
		folder:   "adapters/httpserver",
		ours:     []string{"domain"},
		standard: true, libraries: []string{"golang.org/x/sync"},
		why: "httpserver is shared by all HTTP transports, so it depends only on net/http and on no use-case or transport",
	},
	{
		folder:  "adapters/httpapi",
		ours:    []string{"domain", "ports", "application", "adapters/httpapi", "adapters/httpserver", "adapters/recordfiles", "adapters/recordjson"},
		inTests: []string{"adapters", "migrations"},
		why:     "a transport calls use-cases; code shared between transports belongs in httpserver, recordfiles and recordjson",
	},
	{
		folder:  "adapters/console",
		ours:    []string{"domain", "ports", "application", "adapters/httpserver", "adapters/recordfiles", "adapters/recordjson"},
		inTests: []string{"adapters"},
		why:     "a transport calls use-cases; code shared between transports belongs in httpserver, recordfiles and recordjson",
	},
	{
		folder:  "adapters/recordfiles",
		ours:    []string{"domain", "application", "adapters/recordjson"},
		inTests: []string{"adapters"},
		why:     "recordfiles is shared by the transports and the commands, so it depends on no transport and on no store",
	},
	{
		folder: "adapters/recordjson",
		ours:   []string{"domain"},
		why:    "recordjson only shows entities, so it depends on no use-case, transport or store",
	},
	{
		folder:  "adapters/postgres",
		ours:    []string{"domain", "ports", "adapters/postgres", "adapters/sqlstore", "migrations"},
		inTests: []string{"adapters"},
		why:     "an engine adds its own parts to sqlstore and depends on no other adapter",
	},
	{
		folder:  "adapters/sqlite",
		ours:    []string{"domain", "ports", "adapters/sqlite", "adapters/sqlstore", "migrations"},
		inTests: []string{"adapters"},
		why:     "an engine adds its own parts to sqlstore and depends on no other adapter",
	},
	{
		folder:  "adapters/sqlstore",
		ours:    []string{"domain", "ports", "migrations"},
		inTests: []string{"adapters", "application"},
		why:     "sqlstore is shared by both engines; code for one engine belongs in its adapter",
	},
	{
		folder:  "adapters/djangodb",
		ours:    []string{"domain", "ports", "adapters/postgres"},
		inTests: []string{"adapters"},
		why:     "the old backend's database is PostgreSQL, and only that adapter connects to it",
	},
	{
		folder:  "adapters/tokens",
		ours:    []string{"domain", "ports", "adapters/secretkeys"},
		inTests: []string{"adapters"},
		why:     "only secretkeys provides keys",
	},
	{
		folder:  "adapters/totp",
		ours:    []string{"domain", "ports", "adapters/secretkeys"},
		inTests: []string{"adapters"},
		why:     "only secretkeys provides keys",
	},
	{
		folder:  "adapters/metrics",
		ours:    []string{"application", "adapters/httpserver", "adapters/passwords", "adapters/revocations", "adapters/sqlstore"},
		inTests: []string{"adapters", "domain", "ports"},
		why:     "metrics reads the snapshots of other parts; only cmd depends on it, so that it can be left out",
	},
	{
		folder: "adapters",
		// httpserver is for new transports, which have no entry here.
		ours:    []string{"domain", "ports", "application", "adapters/httpserver"},
		inTests: []string{"adapters"},
		why:     "only cmd combines adapters, so that each can be left out; transports never import each other",
	},
	{
		folder:  "cmd",
		ours:    []string{"domain", "ports", "application", "adapters", "migrations"},
		inTests: []string{"cmd"},
		why:     "a command imports inner layers and its own folder only",
	},
}

// forTests are folders that only tests import. Their files count as tests.
var forTests = []string{"ports/portstest", "adapters/clinictest", "adapters/httpapi/apitest", "adapters/postgres/pgtest", "adapters/sqlite/sqlitetest"}

// doesIO lists the packages of the standard library that pure layers cannot import: those
// that do I/O or handle external formats.
var doesIO = []string{
	"database", "embed", "encoding/csv", "encoding/gob", "encoding/json", "encoding/xml", "expvar", "html", "io/fs",
	"io/ioutil", "log/syslog", "mime", "net", "os", "path/filepath", "plugin", "syscall", "text/template", "unsafe",
}

// doesNone lists packages below those of doesIO that do no I/O.
var doesNone = []string{"net/netip"}

// homes lists libraries that only some folders can import. Tests can import them anywhere.
var homes = []struct {
	module  string
	folders []string
	why     string
}{
	{"github.com/labstack/echo", []string{"adapters/httpapi"}, "a change of the Echo version affects one folder"},
	{"github.com/labstack/echo-contrib", []string{"adapters/httpapi"}, "a change of the Echo version affects one folder"},
	{"database/sql", []string{"adapters/sqlstore", "adapters/postgres", "adapters/sqlite", "adapters/djangodb"}, "only databases' adapters use SQL, so that no other layer sees sql.ErrNoRows"},
	{"github.com/jmoiron/sqlx", []string{"adapters/sqlstore", "adapters/postgres", "adapters/sqlite"}, "only the stores use SQL"},
	{"github.com/pressly/goose", []string{"adapters/sqlstore", "adapters/postgres", "adapters/sqlite"}, "only the stores migrate databases"},
	{"github.com/lib/pq", []string{"adapters/sqlstore", "adapters/postgres"}, "only the adapter of an engine uses its driver"},
	{"modernc.org/sqlite", []string{"adapters/sqlite"}, "only the adapter of an engine uses its driver"},
	{"github.com/golang-jwt/jwt", []string{"adapters/tokens"}, "only this adapter signs tokens"},
	{"github.com/alexedwards/argon2id", []string{"adapters/passwords"}, "only this adapter hashes passwords"},
	{"github.com/ccojocar/zxcvbn-go/matching", nil, "it reads all its words whenever a program starts"},
	{"github.com/ccojocar/zxcvbn-go/frequency", nil, "it reads all its words whenever a program starts"},
	{"github.com/ccojocar/zxcvbn-go", []string{"adapters/passwords"}, "only this adapter judges passwords"},
	{"github.com/pquerna/otp", []string{"adapters/totp"}, "only this adapter handles one-time codes"},
	{"github.com/swaggest/swgui", []string{"adapters/httpapi"}, "only this adapter has a documentation page"},
	{"github.com/boombuler/barcode", []string{"adapters/console"}, "only the pages show QR codes"},
	{"go.opentelemetry.io", []string{"adapters/tracing"}, "only this adapter traces; everything else uses ports.Span"},
	{"github.com/google/wire", []string{"cmd"}, "only commands do the wiring"},
	{"math/rand", []string{"adapters/httpapi/client", "adapters/memory", "adapters/postgres", "adapters/sqlstore"}, "secrets must come from crypto/rand"},
	{"github.com/stretchr/testify", nil, "the program must not contain test libraries"},
	{"pgregory.net/rapid", nil, "the program must not contain test libraries"},
	{"testing", nil, "the program must not contain test libraries"},
}

// TestImportsPointInward checks the direction cmd -> adapters -> application -> ports -> domain.
func TestImportsPointInward(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != ".." && strings.HasPrefix(name, ".") || slices.Contains([]string{"deploy", "tools", "testdata", "bin", "data"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		files++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		file = strings.TrimPrefix(filepath.ToSlash(file), "../")
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if why := forbidden(file, imported); why != "" {
				t.Errorf("%s imports %s: %s", file, imported, why)
			}
		}
		return nil
	}))
	assert.Greater(t, files, 20, "the walk did not find the module")
}

// forbidden returns the reason why file cannot import the package, or an empty text.
func forbidden(file, imported string) (why string) {
	folder, inTest := path.Dir(file), strings.HasSuffix(file, "_test.go")
	inTest = inTest || within(folder, forTests...)
	at := slices.IndexFunc(layers, func(l layer) bool { return within(folder, l.folder) })
	if at < 0 {
		return "this folder is in no layer: add it to layers in domain/imports_test.go"
	}
	layer := layers[at]

	if ours, found := strings.CutPrefix(imported, module); found {
		allowed := append([]string{folder}, layer.ours...)
		if inTest {
			allowed = append(allowed, "ports/portstest")
			allowed = append(allowed, layer.inTests...)
		} else if within(ours, forTests...) {
			return "only tests can import it"
		}
		if !within(ours, allowed...) {
			return layer.why
		}
		return ""
	}
	if inTest {
		return ""
	}
	for _, home := range homes {
		if within(imported, home.module) && !within(folder, home.folders...) {
			return home.why
		}
	}
	isLibrary := strings.Contains(strings.Split(imported, "/")[0], ".")
	if layer.pure && within(imported, doesIO...) && !slices.Contains(doesNone, imported) {
		return layer.why
	}
	if (layer.pure || layer.standard) && isLibrary && !within(imported, layer.libraries...) {
		return layer.why
	}
	return ""
}

// within reports whether name is one of roots or below one.
func within(name string, roots ...string) bool {
	return slices.ContainsFunc(roots, func(root string) bool {
		return name == root || strings.HasPrefix(name, root+"/")
	})
}
