package application_test

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// A test suite drives the real use-cases over the memory store, at a time of
// its choice, as whoever it likes to be.
func Example_testSuite() {
	ctx := context.Background()
	store := memory.New()
	clock := func() time.Time { return time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC) }
	doctors := application.NewDoctors(application.NewTrail(store, macs(), clock), clock)

	admin := domain.Actor{UserID: 1, Role: domain.Admin}
	doctor, err := doctors.Create(ctx, admin, domain.DoctorInput{
		Name:           domain.Given("Gregory House"),
		Specialization: domain.Given("Diagnostics"),
		LicenseNumber:  domain.Given("NJ-1"),
		Salary:         domain.Given("1234.5"),
	})
	fmt.Println(doctor.ID, doctor.JoinedAt, doctor.Salary, err)

	staff := domain.Actor{UserID: 2, Role: domain.Staff}
	doctor, _ = doctors.Get(ctx, staff, doctor.ID)
	fmt.Println("Staff sees the salary:", !doctor.Salary.Withheld())

	_, err = doctors.Create(ctx, staff, domain.DoctorInput{})
	fmt.Println(domain.KindOf(err) == domain.Forbidden, err)
	// Output:
	// 1 2026-11-22 1234.50 <nil>
	// Staff sees the salary: false
	// true You do not have permission to perform this action.
}

// macs are made with a key for the audit trail.
func macs() *secretkeys.MACs {
	keys, err := secretkeys.New(oldSecret)
	if err != nil {
		panic(err)
	}
	return keys.For("audit trail").MACs()
}

// consoleTransport is a whole transport: it reads a request, finds out who
// asks, calls the use-case and writes the answer. What is refused, and to whom,
// is decided further in.
type consoleTransport struct {
	authenticator *application.Authenticator
	doctors       *application.Doctors
}

func (t consoleTransport) serve(ctx context.Context, line string) string {
	token, command, _ := strings.Cut(line, " ")
	var actor domain.Actor // anonymous
	if token != "-" {
		var err error
		if actor, err = t.authenticator.Authenticate(ctx, domain.Origin{}, token); err != nil {
			return t.refuse(err)
		}
	}
	switch command {
	case "doctors":
		page, err := t.doctors.List(ctx, actor, domain.PageInput{})
		if err != nil {
			return t.refuse(err)
		}
		return fmt.Sprintf("OK %d doctors", len(page.Items))
	default:
		return "ERROR unknown command"
	}
}

// refuse is this transport's one table from kinds of failure to its own codes.
func (consoleTransport) refuse(err error) string {
	code, known := map[domain.Kind]string{
		domain.Invalid: "INVALID", domain.Unauthenticated: "WHO", domain.Forbidden: "NO", domain.NotFound: "NONE",
		domain.Conflict: "TAKEN", domain.Unavailable: "LATER", domain.TooMany: "SLOWLY",
	}[domain.KindOf(err)]
	if !known {
		return "BROKEN" // and not a word more: the error is for the log
	}
	return code + " " + err.Error()
}

// A new transport stands beside httpapi and touches nothing inside.
func Example_newTransport() {
	ctx := context.Background()
	store := memory.New()
	now := func() time.Time { return time.Now().UTC() }
	transport := consoleTransport{
		authenticator: application.NewAuthenticator(store, noTokens{}, store, now, application.SessionRules{}),
		doctors:       application.NewDoctors(application.NewTrail(store, macs(), now), now),
	}
	requests := bufio.NewScanner(strings.NewReader("- doctors\nforged doctors\n"))
	for requests.Scan() {
		fmt.Println(transport.serve(ctx, requests.Text()))
	}
	// Output:
	// WHO Authentication credentials were not provided.
	// WHO Given token not valid for any token type
}

// noTokens knows no token; adapters/tokens has the real thing.
type noTokens struct{}

func (noTokens) Issue(domain.Actor, time.Time, time.Time) (domain.AccessToken, error) {
	return domain.AccessToken{}, domain.ErrAccessToken()
}

func (noTokens) Verify(string, time.Time) (domain.Actor, error) {
	return domain.Actor{}, domain.ErrAccessToken()
}
