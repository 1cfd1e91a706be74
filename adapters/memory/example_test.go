package memory_test

import (
	"context"
	"fmt"
	"time"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// A use-case is driven with the store and a clock that stands still.
func ExampleNew() {
	ctx := context.Background()
	clock := func() time.Time { return time.Date(2024, time.February, 29, 9, 0, 0, 0, time.UTC) }
	keys, err := secretkeys.New(domain.NewSecret("a secret for tests only, of enough bytes"))
	fmt.Println(err)
	store := memory.New()
	doctors := application.New(application.Ports{
		Store: store, Revocations: store, MACs: keys.For("audit trail").MACs(), Clock: clock,
	}, application.Rules{}).Doctors

	admin := domain.Actor{UserID: 1, Role: domain.Admin}
	house := domain.DoctorInput{
		Name:           domain.Given("Gregory House"),
		Specialization: domain.Given("Diagnostics"),
		LicenseNumber:  domain.Given("NJ-1"),
		Salary:         domain.Given("1234.5"),
	}
	doctor, err := doctors.Create(ctx, admin, house)
	fmt.Println(doctor.ID, doctor.Name, doctor.JoinedAt, doctor.Salary, err)

	_, err = doctors.Create(ctx, admin, house)
	fmt.Println(domain.KindOf(err) == domain.Conflict, err)

	// Output:
	// <nil>
	// 1 Gregory House 2024-02-29 1234.50 <nil>
	// true Invalid input. [license_number: doctor with this license number already exists.]
}
