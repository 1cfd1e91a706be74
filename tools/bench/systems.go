package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// What every system holds before it is measured. Each patient has doctorsPerPatient doctors.
const (
	patients          = 1000
	doctors           = 100
	doctorsPerPatient = 3
)

// The operations that are measured, in this order: those that make tables longer come last.
const (
	getOne         = "GET one"
	list           = "list of 100"
	patientDoctors = "doctors of a patient"
	patch          = "PATCH"
	post           = "POST"
)

var operations = []string{getOne, list, patientDoctors, patch, post}

// The names of the systems.
const (
	oursSQLite   = "ours, SQLite"
	oursPostgres = "ours, PostgreSQL"
	pocketBase   = "PocketBase"
	bare         = "bare net/http + pgx"
	statements   = "pgbench, the statements of bare"
)

// call is a request of an operation. wrk.lua says what braces mean.
type call struct{ method, path, body string }

// system is one of the servers that are compared, or pgbench.
type system struct {
	name  string
	url   string
	token string
	calls map[string]call // the operations that it has
	// processes are those whose CPU time is counted.
	processes []*process
	// database is the database of pgbench. For servers it is empty.
	database string
}

// newPatient has every member of a patient.
const newPatient = `{"name": "Rebecca Adler", "date_of_birth": "1971-04-16", "gender": "F", "phone_number": "+44 20 7946 0123",
 "email": "rebecca.adler@example.com", "external_id": "MRN-{u}", "address": "12 Main Street, Princeton",
 "medical_record": "Kindergarten teacher. Aphasia, then a seizure. Neurocysticercosis; albendazole for two weeks. Seen again after six weeks, free of symptoms."}`

const changedPatient = `{"medical_record": "Seen again, free of symptoms. Note {u}"}`

// oursCalls are the requests to healthcare.
var oursCalls = map[string]call{
	getOne:         {http.MethodGet, "/api/patients/{n}/", ""},
	list:           {http.MethodGet, "/api/patients/", ""},
	patientDoctors: {http.MethodGet, "/api/patients/{n}/doctors/", ""},
	patch:          {http.MethodPatch, "/api/patients/{n}/", changedPatient},
	post:           {http.MethodPost, "/api/patients/", newPatient},
}

// pocketBaseCalls are the requests to PocketBase. Its lists also count all records unless they
// are told not to, which those of healthcare do only if asked.
var pocketBaseCalls = map[string]call{
	getOne:         {http.MethodGet, "/api/collections/patients/records/{id}", ""},
	list:           {http.MethodGet, "/api/collections/patients/records?perPage=100&skipTotal=1", ""},
	patientDoctors: {http.MethodGet, "/api/collections/mappings/records?perPage=100&skipTotal=1&expand=doctor&filter=patient='{id}'", ""},
	patch:          {http.MethodPatch, "/api/collections/patients/records/{id}", changedPatient},
	post:           {http.MethodPost, "/api/collections/patients/records", newPatient},
}

var bareCalls = map[string]call{
	getOne: {http.MethodGet, "/patients/{n}", ""},
	post:   {http.MethodPost, "/patients", newPatient},
}

// programs holds the paths of the built servers.
type programs struct{ healthcare, bare, pocketBase string }

// build compiles the servers into the folder dir, as make build compiles healthcare.
func build(ctx context.Context, dir string) (programs, error) {
	built := programs{filepath.Join(dir, "healthcare"), filepath.Join(dir, "bare"), filepath.Join(dir, "pocketbase")}
	return built, errors.Join(
		buildProgram(ctx, "../..", "./cmd/healthcare", built.healthcare),
		buildProgram(ctx, ".", "./bare", built.bare),
		buildProgram(ctx, "pocketbase", ".", built.pocketBase),
	)
}

// buildProgram compiles the package target of the module in a folder to the file path.
func buildProgram(ctx context.Context, module, target, path string) error {
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", path, target)
	command.Dir = module
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", target, err, output)
	}
	return nil
}

// healthcare is an installation of healthcare with a folder of its own.
type healthcare struct {
	program string
	dir     string // the working directory, which holds DATA_DIR
	env     []string
}

// newHealthcare returns an installation with the default settings. Without a databaseURL, it has
// the embedded store.
func newHealthcare(program, dir, databaseURL string) (healthcare, error) {
	h := healthcare{program: program, dir: dir, env: []string{"PATH=" + os.Getenv("PATH"), "SUPERUSER_PASSWORD=" + benchPassword}}
	if databaseURL != "" {
		h.env = append(h.env, "DATABASE_URL="+databaseURL)
	}
	return h, os.Mkdir(dir, 0o700)
}

// command returns a command of the program. Only settings says what differs from the defaults.
func (h healthcare) command(ctx context.Context, settings []string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, h.program, args...)
	command.Dir = h.dir
	command.Env = append(h.env, settings...)
	return command
}

// serve starts the service and waits for its first answer.
func (h healthcare) serve(ctx context.Context, settings ...string) (running *process, url string, err error) {
	address, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	running, err = start(h.command(ctx, settings, "serve", "--migrate", "--addr", address), h.dir)
	if err != nil {
		return nil, "", err
	}
	url = "http://" + address
	return running, url, running.awaitAnswer(ctx, url+"/readyz")
}

// The account that signs in.
const (
	benchEmail    = "bench@example.com"
	benchPassword = "orbit-walnut-73-lagoon"
)

// ours starts healthcare and signs in.
func ours(ctx context.Context, name string, h healthcare) (*system, error) {
	running, url, err := h.serve(ctx)
	if err != nil {
		return nil, err
	}
	if output, err := h.command(ctx, nil, "createsuperuser", "--noinput", "--email", benchEmail).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("createsuperuser: %w\n%s", err, output)
	}
	s := &system{name: name, url: url, calls: oursCalls, processes: []*process{running}}
	return s, signInToOurs(ctx, s)
}

// signInToOurs gives the system an access token, which is valid for 15 minutes.
func signInToOurs(ctx context.Context, s *system) (err error) {
	s.token, err = signIn(ctx, s.url+"/api/auth/login/", credentials("username"), "access")
	return err
}

// startPocketBase starts PocketBase, fills it and signs in.
func startPocketBase(ctx context.Context, program, dir string) (*system, error) {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, err
	}
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	// Without --dev=false it prints each statement when it runs from a temporary folder.
	running, err := start(exec.CommandContext(ctx, program, "serve", "--dev=false", "--http="+address, "--dir="+dir), dir)
	if err != nil {
		return nil, err
	}
	url := "http://" + address
	if err := running.awaitAnswer(ctx, url+"/api/health"); err != nil {
		return nil, err
	}
	token, err := signIn(ctx, url+"/api/collections/users/auth-with-password", credentials("identity"), "token")
	if err != nil {
		return nil, err
	}
	return &system{name: pocketBase, url: url, token: token, calls: pocketBaseCalls, processes: []*process{running}},
		fillPocketBase(ctx, url, token)
}

func credentials(member string) string {
	return fmt.Sprintf(`{%q: %q, "password": %q}`, member, benchEmail, benchPassword)
}

// bareTable is the table of the bare server: the columns of healthcare that its answers need,
// and no index but the primary key.
const bareTable = `CREATE TABLE patients (
	id             bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
	created_by     bigint NOT NULL DEFAULT 1,
	name           varchar(100) NOT NULL,
	date_of_birth  date,
	phone_number   varchar(32) NOT NULL,
	gender         varchar(1),
	email          varchar(254) NOT NULL,
	external_id    varchar(100),
	address        text NOT NULL,
	medical_record text NOT NULL,
	version        bigint NOT NULL DEFAULT 1,
	created_at     timestamptz NOT NULL DEFAULT now(),
	updated_at     timestamptz NOT NULL DEFAULT now())`

// startBare starts the bare server and fills its database.
func startBare(ctx context.Context, program, dir string, server *postgres, database string) (*system, error) {
	if err := server.exec(ctx, database, bareTable); err != nil {
		return nil, err
	}
	running, url, err := serveBare(ctx, program, dir, server, database)
	if err != nil {
		return nil, err
	}
	return &system{name: bare, url: url, calls: bareCalls, processes: []*process{running, server.process}}, fillBare(ctx, url)
}

// serveBare starts the bare server and waits for its first answer.
func serveBare(ctx context.Context, program, dir string, server *postgres, database string) (*process, string, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, "", err
	}
	running, err := start(exec.CommandContext(ctx, program, address, server.url(database)), dir)
	if err != nil {
		return nil, "", err
	}
	url := "http://" + address
	return running, url, running.awaitAnswer(ctx, url+"/livez")
}

// stopAll ends the servers, PostgreSQL last. A second signal is not necessary: no client is
// connected any more.
func stopAll(systems []*system, server *postgres) {
	for _, s := range systems {
		if len(s.processes) > 0 && s.processes[0] != server.process {
			s.processes[0].stop(syscall.SIGKILL)
		}
	}
	server.stop(syscall.SIGINT)
}
