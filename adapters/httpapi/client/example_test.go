package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"example.com/healthcare/adapters/clinictest"
	"example.com/healthcare/adapters/httpapi/client"
)

// t stands for the *testing.T of a test, which an example does not have.
var t exampleT

type exampleT struct{}

func (exampleT) Context() context.Context { return context.Background() }
func (exampleT) Fatal(args ...any)        { panic(fmt.Sprint(args...)) }
func (exampleT) Helper()                  {}

// A program signs in, adds records and reads all of them. A Clinic refreshes its session and
// waits when the service is busy.
func Example() {
	_, handler := newHandler(t) // a clinic for tests
	server := httptest.NewServer(handler)
	defer server.Close()

	ctx := context.Background()
	clinic, err := client.SignIn(ctx, server.URL, client.Credentials{Username: "staff@clinic.example", Password: clinictest.Password})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = clinic.SignOut(ctx) }()
	for _, name := range []string{"Zoë Lindqvist", "Νίκος Καραβίας"} {
		added, err := clinic.CreatePatientWithResponse(ctx, nil, client.PatientInput{Name: name})
		if err != nil || added.JSON201 == nil {
			fmt.Println(err, added)
			return
		}
	}
	for patient, err := range clinic.Patients(ctx, nil) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(patient.ID, patient.Name)
	}
	// Output:
	// 1 Zoë Lindqvist
	// 2 Νίκος Καραβίας
}

// The iterators take the parameters of the list.
func ExampleClinic_Patients() {
	_, handler := newHandler(t) // a clinic for tests
	server := httptest.NewServer(handler)
	defer server.Close()

	ctx := context.Background()
	clinic, err := client.SignIn(ctx, server.URL, client.Credentials{Username: "staff@clinic.example", Password: clinictest.Password})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = clinic.SignOut(ctx) }()
	for _, name := range []string{"Zoë Lindqvist", "Νίκος Καραβίας", "Åsa Lindqvist"} {
		if added, err := clinic.CreatePatientWithResponse(ctx, nil, client.PatientInput{Name: name}); err != nil || added.JSON201 == nil {
			fmt.Println(err, added)
			return
		}
	}
	params := client.ListPatientsParams{Search: new("lindqvist"), Ordering: new(client.ListPatientsParamsOrderingName)}
	for patient, err := range clinic.Patients(ctx, &params) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(patient.ID, patient.Name)
	}
	// Output:
	// 3 Åsa Lindqvist
	// 1 Zoë Lindqvist
}

// A refusal is a Problem with a code for programs and a detail for people.
func ExampleSignIn() {
	_, handler := newHandler(t) // a clinic for tests
	server := httptest.NewServer(handler)
	defer server.Close()

	_, err := client.SignIn(context.Background(), server.URL, client.Credentials{Username: "staff@clinic.example", Password: "a guess"})
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		fmt.Println(problem.Status, problem.Detail)
	}
	// Output:
	// 401 No active account found with the given credentials
}
