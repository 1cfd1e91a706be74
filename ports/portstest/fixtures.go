package portstest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"example.com/healthcare/domain"
)

// now is the time of all fixtures. Like ports.Clock it has microseconds.
var now = time.Date(2024, time.February, 29, 23, 59, 58, 123456000, time.UTC)

// serial makes unique fields differ between fixtures.
var serial atomic.Int64

// newUser and the other fixtures are built as use-cases build them. They have default
// values, which changes override.
func newUser(changes ...func(*domain.Registration)) domain.User {
	in := domain.Registration{
		Email:     domain.Given(fmt.Sprintf("user%d@clinic.example", serial.Add(1))),
		Password:  domain.Given("a password nobody guesses"),
		FirstName: domain.Given("Lisa"),
		LastName:  domain.Given("Cuddy"),
		Phone:     domain.Given("+1 (609) 555-01"),
	}
	apply(&in, changes)
	user, _, err := domain.NewUser(in, now, func(domain.Password, ...string) string { return "" })
	user.PasswordHash = domain.StoredPasswordHash("$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNo")
	return must(user, err)
}

// newAdmin returns an active administrator.
func newAdmin() domain.User {
	return newUser(func(in *domain.Registration) { in.Role = domain.Given("ADMIN") })
}

var origin = domain.NewOrigin(netip.MustParseAddr("203.0.113.7"), "Ward tablet")

func newSession(user domain.User) domain.Session {
	return domain.NewSession(user, origin, newRefreshToken(), now, time.Hour)
}

func newRefreshToken() domain.RefreshToken {
	seed := binary.BigEndian.AppendUint64(nil, uint64(serial.Add(1)))
	selector := sha256.Sum256(append(seed, 's'))
	return domain.NewRefreshToken(domain.RefreshSelector(selector[:16]), sha256.Sum256(seed))
}

// newKey returns a key without a counter.
func newKey() domain.AttemptKey {
	return sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(serial.Add(1))))
}

// newAttempts returns failures that lock the next attempt.
func newAttempts(count int) domain.Attempts {
	return domain.Attempts{
		Count:       count,
		Since:       now.Add(-time.Minute),
		LockedUntil: now.Add(time.Minute),
		KnownUntil:  now.AddDate(0, 0, 90),
		Expires:     now.AddDate(0, 0, 90),
	}
}

func newDoctor(changes ...func(*domain.DoctorInput)) domain.Doctor {
	in := domain.DoctorInput{
		Name:           domain.Given("Gregory House"),
		Specialization: domain.Given("Diagnostics"),
		LicenseNumber:  domain.Given(fmt.Sprintf("NJ-%06d", serial.Add(1))),
		Salary:         domain.Given("1234.50"),
	}
	apply(&in, changes)
	return domain.FirstVersion(must(domain.NewDoctor(in, now)), now)
}

func licensed(number string) func(*domain.DoctorInput) {
	return func(in *domain.DoctorInput) { in.LicenseNumber = domain.Given(number) }
}

func newPatient(creator domain.ID, changes ...func(*domain.PatientInput)) domain.Patient {
	in := domain.PatientInput{
		Name:          domain.Given("Rebecca Adler"),
		DateOfBirth:   domain.Given("1975-05-17"),
		Phone:         domain.Given("609-555-0123"),
		Gender:        domain.Given("F"),
		Address:       domain.Given("221B Baker Street\nPrinceton, NJ"),
		MedicalRecord: domain.Given("Aphasia.\n\tIt is never lupus."),
		Email:         domain.Given("adler@example.com"),
		ExternalID:    domain.Given(fmt.Sprintf("MRN-%06d", serial.Add(1))),
	}
	apply(&in, changes)
	return domain.FirstVersion(must(domain.NewPatient(in, domain.Actor{UserID: creator, Role: domain.Staff}, now)), now)
}

// assigned returns the view of a patient to whom exactly these doctors are assigned.
func assigned(patient domain.Patient, doctors ...domain.ID) domain.PatientView {
	return domain.PatientView{Patient: patient, AssignedDoctors: append([]domain.ID{}, doctors...)}
}

// newMapping accepts any IDs, including those that domain.ParseID refuses: a store must
// not rely on its callers to have parsed them.
func newMapping(patient, doctor domain.ID) domain.Mapping {
	return domain.FirstVersion(domain.Mapping{PatientID: patient, DoctorID: doctor, AssignedAt: now}, now)
}

func apply[T any](in *T, changes []func(*T)) {
	for _, change := range changes {
		change(in)
	}
}

// must panics on an error. It is for constant values that are valid.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
