package application_test

import (
	"bufio"
	"context"
	"fmt"
	"strings"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// A test suite calls the real use-cases over the memory store, with a clock that it sets, in
// any role. A test passes its *testing.T as t.
func Example_testSuite() {
	clinic := clinictest.New(t)
	doctor, err := clinic.Doctors.Create(t.Context(), clinic.Admin(), noKey, domain.DoctorInput{
		Name: domain.Given("Gregory House"), Specialization: domain.Given("Diagnostics"),
		LicenseNumber: domain.Given("NJ-1"), Salary: domain.Given("1234.5"),
	})
	fmt.Println(doctor.JoinedAt, doctor.Salary, err)
	doctor, _ = clinic.Doctors.Get(t.Context(), clinic.Staff(), doctor.ID, nil)
	fmt.Println("Staff sees the salary:", !doctor.Salary.Withheld())
	fmt.Println(clinic.Doctors.Delete(t.Context(), clinic.Staff(), doctor.ID, domain.Precondition{}))
	fmt.Println(clinic.LastEvent().Action, clinic.LastEvent().Outcome)
	// Output:
	// 2026-11-22 1234.50 <nil>
	// Staff sees the salary: false
	// You do not have permission to perform this action.
	// doctor:delete denied
}

// t stands for the *testing.T of a test, which an example does not have.
var t exampleT

type exampleT struct{}

func (exampleT) Context() context.Context { return context.Background() }
func (exampleT) Fatal(args ...any)        { panic(fmt.Sprint(args...)) }
func (exampleT) Helper()                  {}

// consoleTransport is a complete transport. It reads a request, authenticates the caller,
// calls the use-case and writes the answer. The use-case decides what the caller may do.
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
		page, err := t.doctors.List(ctx, actor, nil)
		if err != nil {
			return t.refuse(err)
		}
		return fmt.Sprintf("OK %d doctors", len(page.Items))
	default:
		return "ERROR unknown command"
	}
}

// refuse maps kinds of errors to the codes of this transport.
func (consoleTransport) refuse(err error) string {
	code, known := map[domain.Kind]string{
		domain.Invalid: "INVALID", domain.Unauthenticated: "WHO", domain.Forbidden: "NO", domain.NotFound: "NONE",
		domain.Conflict: "TAKEN", domain.Unavailable: "LATER", domain.TooMany: "SLOWLY",
	}[domain.KindOf(err)]
	if !known {
		return "BROKEN" // The text of the error is only for the log.
	}
	return code + " " + err.Error()
}

// A new transport is a package beside httpapi. It needs no change of the application.
func Example_newTransport() {
	clinic := clinictest.New(t)
	transport := consoleTransport{clinic.Authenticator, clinic.Doctors}
	requests := bufio.NewScanner(strings.NewReader("- doctors\nforged doctors\n"))
	for requests.Scan() {
		fmt.Println(transport.serve(t.Context(), requests.Text()))
	}
	// Output:
	// WHO Authentication credentials were not provided.
	// WHO Given token not valid for any token type
}
