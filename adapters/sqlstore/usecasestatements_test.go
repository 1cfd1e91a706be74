package sqlstore_test

import (
	"context"
	"database/sql/driver"
	"regexp"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TestUseCasesTakeFewRoundTrips lists every statement of the most frequent use-cases on
// PostgreSQL, where each of them is a round trip.
func TestUseCasesTakeFewRoundTrips(t *testing.T) {
	trips := &roundTrips{}
	store := engines[0].open(t, trips.wrap)
	clinic := clinictest.New(t, func(p *application.Ports, _ *application.Rules) { p.Store = store })
	ctx, staff, admin := t.Context(), clinic.Staff(), clinic.Admin()
	name := func(name string) domain.PatientInput { return domain.PatientInput{Name: domain.Given(name)} }
	create := func() domain.ID {
		patient, err := clinic.Patients.Create(ctx, staff, application.Once{}, name("Rebecca Adler"))
		require.NoError(t, err)
		return patient.ID
	}
	doctor, err := clinic.Doctors.Create(ctx, admin, application.Once{}, domain.DoctorInput{
		Name: domain.Given("Gregory House"), Specialization: domain.Given("Diagnostics"), LicenseNumber: domain.Given("NJ-1"), Salary: domain.Given("1234.50"),
	})
	require.NoError(t, err)
	assign := func(patient domain.ID) (domain.Mapping, error) {
		return clinic.Mappings.Assign(ctx, staff, application.Once{}, domain.MappingInput{
			Patient: domain.Given(patient.String()), Doctor: domain.Given(doctor.ID.String()),
		})
	}
	for _, test := range []struct {
		name    string
		prepare func() domain.ID
		run     func(domain.ID) error
		want    []string
	}{
		{
			"register a patient", func() domain.ID { return 0 }, func(domain.ID) error { create(); return nil },
			[]string{"BEGIN", "INSERT patients", "INSERT versions", "INSERT audit_events", "COMMIT"},
		},
		{
			"change a patient", create, func(id domain.ID) error {
				_, err := clinic.Patients.Change(ctx, staff, id, domain.AnyState(), name("Rebecca House"))
				return err
			},
			[]string{"BEGIN", "SELECT patients", "UPDATE patients", "INSERT versions", "INSERT audit_events", "COMMIT"},
		},
		{
			"assign a doctor", create, func(id domain.ID) error {
				_, err := assign(id)
				return err
			},
			[]string{"BEGIN", "SELECT doctors", "INSERT mappings", "INSERT versions", "INSERT audit_events", "COMMIT"},
		},
		{
			"delete a patient", create, func(id domain.ID) error { return clinic.Patients.Delete(ctx, admin, id, domain.AnyState()) },
			[]string{
				"BEGIN", "SELECT mappings", "SELECT patients", "DELETE mappings", "DELETE patients",
				"INSERT versions", "INSERT deletions", "INSERT audit_events", "COMMIT",
			},
		},
		{
			"read a patient", create, func(id domain.ID) error {
				_, err := clinic.Patients.Get(ctx, staff, id, domain.Parameters{})
				return err
			},
			[]string{"SELECT patients", "BEGIN", "SELECT generate_series", "INSERT audit_events", "COMMIT"},
		},
		{
			"read the doctors of a patient", func() domain.ID {
				id := create()
				_, err := assign(id)
				require.NoError(t, err)
				return id
			}, func(id domain.ID) error {
				_, err := clinic.Doctors.ListByPatient(ctx, staff, id, domain.Parameters{})
				return err
			},
			[]string{"SELECT doctors", "BEGIN", "SELECT generate_series", "INSERT audit_events", "COMMIT"},
		},
		{
			"record the events of 100 reads", func() domain.ID { return 0 }, func(domain.ID) error {
				return store.Update(ctx, func(tx ports.Tx) error { return tx.Audit().Add(ctx, noEvidence, newEvents(100, 3)...) })
			},
			[]string{"BEGIN", "SELECT generate_series", "INSERT audit_events", "COMMIT"},
		},
	} {
		for range 2 { // The first time, the statements are not prepared.
			id := test.prepare()
			trips.reset()
			require.NoError(t, test.run(id), test.name)
		}
		require.Equal(t, test.want, trips.names(), test.name)
	}
}

// roundTrips keeps the statements that a driver runs.
type roundTrips struct {
	mutex      sync.Mutex
	statements []string
}

func (r *roundTrips) wrap(connector driver.Connector) driver.Connector {
	return recordingConnector{connector, r}
}

func (r *roundTrips) add(statement string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.statements = append(r.statements, statement)
}

func (r *roundTrips) reset() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.statements = nil
}

// writes finds the tables that a statement writes to, and reads those that it reads. The last
// one is that of the outermost statement.
var (
	writes = regexp.MustCompile(`(INSERT) INTO (\w+)|(UPDATE) (\w+) SET|(DELETE) FROM (\w+)`)
	reads  = regexp.MustCompile(`FROM (\w+)`)
)

// names returns the statements as a verb and a table.
func (r *roundTrips) names() []string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	names := slices.Clone(r.statements)
	for i, statement := range names {
		if all := writes.FindAllStringSubmatch(statement, -1); all != nil {
			last := all[len(all)-1]
			names[i] = last[1] + last[3] + last[5] + " " + last[2] + last[4] + last[6]
		} else if all := reads.FindAllStringSubmatch(statement, -1); all != nil {
			names[i] = "SELECT " + all[len(all)-1][1]
		}
	}
	return names
}

type recordingConnector struct {
	driver.Connector
	*roundTrips
}

func (c recordingConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	return recordingConn{conn, c.roundTrips}, err
}

// recordingConn makes database/sql prepare every query, like countingConn.
type recordingConn struct {
	driver.Conn
	*roundTrips
}

func (c recordingConn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	c.add("BEGIN")
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, options)
	return recordingTx{tx, c.roundTrips}, err
}

func (c recordingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	stmt, err := c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
	return recordingStmt{stmt, query, c.roundTrips}, err
}

type recordingTx struct {
	driver.Tx
	*roundTrips
}

func (t recordingTx) Commit() error {
	t.add("COMMIT")
	return t.Tx.Commit()
}

type recordingStmt struct {
	driver.Stmt
	query string
	*roundTrips
}

func (s recordingStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	s.add(s.query)
	return s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
}

func (s recordingStmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	s.add(s.query)
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}
