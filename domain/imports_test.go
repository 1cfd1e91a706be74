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
	// ours is what may be imported of this module besides what is below the
	// importing folder.
	ours []string
	// inTests is what its tests may import on top.
	inTests []string
	// pure allows no I/O. A pure or standard folder imports no libraries but these.
	pure, standard bool
	libraries      []string
	why            string
}

// layers says what each folder may import. The first that holds a file counts.
// Folders and libraries stand for what is below them too.
var layers = []layer{
	{
		folder: "domain",
		pure:   true,
		// Unicode's normal forms and case folding: values only.
		libraries: []string{"golang.org/x/text"},
		why:       "domain is what is true whatever the technology; every other layer rests on it",
	},
	{
		folder: "ports/portstest",
		ours:   []string{"domain", "ports"},
		why:    "portstest holds every adapter to the ports' promises, so it knows none of them",
	},
	{
		folder: "ports",
		ours:   []string{"domain"},
		pure:   true,
		why:    "ports says what the use-cases need in the domain's words; how it is done is for adapters",
	},
	{
		folder:  "application",
		ours:    []string{"domain", "ports"},
		inTests: []string{"adapters/clinictest", "adapters/memory", "adapters/passwords", "adapters/secretkeys", "adapters/tokens", "adapters/totp"},
		pure:    true,
		why:     "the use-cases serve every transport over every store, so they know none of them",
	},
	{
		folder:  "migrations",
		inTests: []string{"adapters"},
		why:     "migrations are text for whoever applies them",
	},
	{
		folder:  "adapters/httpapi/client",
		inTests: []string{"domain"},
		why:     "the client is a program of its own: all it knows of the service is openapi.yaml",
	},
	{
		folder:   "adapters/httpserver",
		ours:     []string{"domain"},
		standard: true, libraries: []string{"golang.org/x/sync"},
		why: "httpserver is what all HTTP transports share, on net/http alone, so it knows no use-case, no transport and no framework",
	},
	{
		folder:  "adapters/httpapi",
		ours:    []string{"domain", "ports", "application", "adapters/httpapi", "adapters/httpserver"},
		inTests: []string{"adapters", "migrations"},
		why:     "a transport drives use-cases and does not care what they are made of; what it needs of another transport moves into httpserver",
	},
	{
		folder:  "adapters/postgres",
		ours:    []string{"domain", "ports", "adapters/postgres", "adapters/sqlstore", "migrations"},
		inTests: []string{"adapters"},
		why:     "an engine adds to sqlstore what is special about it, and knows no other adapter",
	},
	{
		folder:  "adapters/sqlite",
		ours:    []string{"domain", "ports", "adapters/sqlite", "adapters/sqlstore", "migrations"},
		inTests: []string{"adapters"},
		why:     "an engine adds to sqlstore what is special about it, and knows no other adapter",
	},
	{
		folder:  "adapters/sqlstore",
		ours:    []string{"domain", "ports", "migrations"},
		inTests: []string{"adapters", "application"},
		why:     "sqlstore is the same for both engines: what is special about one goes to its adapter",
	},
	{
		folder:  "adapters/tokens",
		ours:    []string{"domain", "ports", "adapters/secretkeys"},
		inTests: []string{"adapters"},
		why:     "keys come from one place",
	},
	{
		folder:  "adapters/totp",
		ours:    []string{"domain", "ports", "adapters/secretkeys"},
		inTests: []string{"adapters"},
		why:     "keys come from one place",
	},
	{
		folder: "adapters",
		// httpserver is for transports, which come without a rule of their own.
		ours:    []string{"domain", "ports", "application", "adapters/httpserver"},
		inTests: []string{"adapters"},
		why:     "adapters are plugged together in cmd and nowhere else, so that each can be left out; transports never import each other",
	},
	{
		folder:  "cmd",
		ours:    []string{"domain", "ports", "application", "adapters", "migrations"},
		inTests: []string{"cmd"},
		why:     "a command is an end: nothing but its own folder and what is further in",
	},
}

// forTests are the folders that only tests import; they count as tests themselves.
var forTests = []string{"ports/portstest", "adapters/clinictest", "adapters/httpapi/apitest", "adapters/postgres/pgtest", "adapters/sqlite/sqlitetest"}

// doesIO is what pure folders leave alone of the standard library: the world
// outside the process, and the forms in which it is talked to.
var doesIO = []string{
	"database", "embed", "encoding/csv", "encoding/gob", "encoding/json", "encoding/xml", "expvar", "html", "io/fs",
	"io/ioutil", "log/syslog", "mime", "net", "os", "path/filepath", "plugin", "syscall", "text/template", "unsafe",
}

// doesNone are packages below those of doesIO that hold values only.
var doesNone = []string{"net/netip"}

// homes says where alone a library may be imported, tests aside.
var homes = []struct {
	module  string
	folders []string
	why     string
}{
	{"github.com/labstack/echo", []string{"adapters/httpapi"}, "moving to another version of Echo touches one folder"},
	{"github.com/labstack/echo-contrib", []string{"adapters/httpapi"}, "moving to another version of Echo touches one folder"},
	{"database/sql", []string{"adapters/sqlstore", "adapters/postgres", "adapters/sqlite"}, "SQL ends at the stores: nobody above them sees sql.ErrNoRows"},
	{"github.com/jmoiron/sqlx", []string{"adapters/sqlstore", "adapters/postgres", "adapters/sqlite"}, "SQL ends at the stores"},
	{"github.com/pressly/goose", []string{"adapters/sqlstore", "adapters/postgres", "adapters/sqlite"}, "only who opens a database migrates it"},
	{"github.com/lib/pq", []string{"adapters/sqlstore", "adapters/postgres"}, "one engine's driver is that engine's affair"},
	{"modernc.org/sqlite", []string{"adapters/sqlite"}, "one engine's driver is that engine's affair"},
	{"github.com/golang-jwt/jwt", []string{"adapters/tokens"}, "how tokens are signed is decided in one place"},
	{"github.com/alexedwards/argon2id", []string{"adapters/passwords"}, "how passwords are hashed is decided in one place"},
	{"github.com/pquerna/otp", []string{"adapters/totp"}, "how one-time codes are made is decided in one place"},
	{"github.com/google/wire", []string{"cmd"}, "only a command plugs things together"},
	{"math/rand", []string{"adapters/memory", "adapters/postgres", "adapters/sqlstore"}, "what must not be guessed comes from crypto/rand"},
	{"github.com/stretchr/testify", nil, "the program carries no test library"},
	{"pgregory.net/rapid", nil, "the program carries no test library"},
	{"testing", nil, "the program carries no test library"},
}

// Imports point inward: cmd -> adapters -> application -> ports -> domain.
func TestImportsPointInward(t *testing.T) {
	files := 0
	require.NoError(t, filepath.WalkDir("..", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := entry.Name()
		if entry.IsDir() {
			if file != ".." && strings.HasPrefix(name, ".") || slices.Contains([]string{"tools", "testdata", "bin", "data"}, name) {
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
	assert.Greater(t, files, 20, "the walk missed the module")
}

// forbidden says why file may not import imported, or nothing.
func forbidden(file, imported string) (why string) {
	folder, inTest := path.Dir(file), strings.HasSuffix(file, "_test.go")
	inTest = inTest || within(folder, forTests...)
	at := slices.IndexFunc(layers, func(l layer) bool { return within(folder, l.folder) })
	if at < 0 {
		return "no layer holds this folder: say in domain/imports_test.go what it may import"
	}
	layer := layers[at]

	if ours, found := strings.CutPrefix(imported, module); found {
		allowed := append([]string{folder}, layer.ours...)
		if inTest {
			allowed = append(allowed, "ports/portstest")
			allowed = append(allowed, layer.inTests...)
		} else if within(ours, forTests...) {
			return "it is for tests"
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
