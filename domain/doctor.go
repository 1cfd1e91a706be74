package domain

import (
	"math/big"
	"regexp"
	"strings"
	"time"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Doctor is a practitioner of the clinic.
type Doctor struct {
	ID             ID
	Name           Name
	JoinedAt       Date
	Specialization Specialization
	LicenseNumber  LicenseNumber
	// Salary is withheld from who may not read it: see VisibleTo.
	Salary Salary
	Stamp
}

// Self implements Record.
func (d Doctor) Self() Reference { return Reference{SubjectDoctor, d.ID} }

// Parents implements Record: a doctor has none.
func (d Doctor) Parents() []Reference { return nil }

func (d Doctor) stamped(stamp Stamp) Record {
	d.Stamp = stamp
	return d
}

// Fields implements Record. A withheld salary is left out.
func (d Doctor) Fields() []Field {
	fields := []Field{
		{"name", d.Name.String()},
		{"joined_at", d.JoinedAt.String()},
		{"specialization", d.Specialization.String()},
		{"license_number", d.LicenseNumber.String()},
	}
	if d.Salary.Withheld() {
		return fields
	}
	return append(fields, Field{"salary", d.Salary.String()})
}

// DoctorFilter narrows a list of doctors; a zero field does not.
type DoctorFilter struct {
	// PatientID keeps the doctors who are assigned to that patient.
	PatientID ID
}

// DoctorInput is what may be set of a doctor. All of it is required.
type DoctorInput struct {
	Name           Input
	Specialization Input
	LicenseNumber  Input
	Salary         Input
	Unknown        []string
}

// NewDoctor builds a doctor who joins today (UTC). Every bad field is reported.
func NewDoctor(in DoctorInput, now time.Time) (Doctor, error) {
	return Doctor{JoinedAt: DateOf(now)}.fill(newForm(false), in)
}

// Replace returns the doctor with all that may be set taken from in.
func (d Doctor) Replace(in DoctorInput) (Doctor, error) { return d.fill(newReplaceForm(), in) }

// Change returns the doctor with the given fields of in; absent ones stay.
func (d Doctor) Change(in DoctorInput) (Doctor, error) { return d.fill(newForm(true), in) }

func (d Doctor) fill(form *form, in DoctorInput) (Doctor, error) {
	form.unknown(in.Unknown)
	d.Name = required(form, "name", in.Name, d.Name, ParseName)
	d.Specialization = required(form, "specialization", in.Specialization, d.Specialization, ParseSpecialization)
	d.LicenseNumber = required(form, "license_number", in.LicenseNumber, d.LicenseNumber, ParseLicenseNumber)
	d.Salary = required(form, "salary", in.Salary, d.Salary, ParseSalary)
	return d, form.err()
}

// VisibleTo returns what actor may see of the doctor: without DoctorReadSalary, no salary.
func (d Doctor) VisibleTo(actor Actor) Doctor {
	if !Can(actor.Role, DoctorReadSalary) {
		d.Salary = Salary{}
	}
	return d
}

func (Doctor) restricted() {}

// ErrLicenseTaken says that the licence number belongs to a doctor already.
func ErrLicenseTaken() error {
	return ErrDuplicate("license_number", "doctor with this license number already exists.")
}

// Specialization is a doctor's field: one line of 1 to 200 characters.
type Specialization struct{ text string }

// ParseSpecialization trims, normalizes to NFC and checks a specialization.
func ParseSpecialization(text string) (Specialization, error) {
	s, err := parseLine(text, 200)
	return Specialization{s}, err
}

// String returns the specialization.
func (s Specialization) String() string { return s.text }

// LicenseNumber is a doctor's licence: one line of 1 to 50 characters, as it was written.
type LicenseNumber struct {
	text string
	// storedKey is the Key under which the number is stored, where an older program has
	// made another one of it; empty otherwise.
	storedKey string
}

// ParseLicenseNumber trims, normalizes to NFC and checks a licence number.
func ParseLicenseNumber(text string) (LicenseNumber, error) {
	s, err := parseLine(text, 50)
	return LicenseNumber{text: s}, err
}

// StoredLicenseNumber rebuilds a licence number from storage as Restore does, with the
// Key under which it is stored; an empty key is the one that the number has by itself.
func StoredLicenseNumber(text, key string) LicenseNumber {
	number := LicenseNumber{text: text}
	if key != "" && key != number.Key() {
		number.storedKey = key
	}
	return number
}

// String returns the number as it was written.
func (l LicenseNumber) String() string { return l.text }

// Key is what makes two spellings the same licence: letter case and
// compatibility forms (full-width digits, ligatures) do not count, nor do
// characters that cannot be seen. The stores keep it unique. A number that is stored
// under another key keeps that one until it is written anew.
func (l LicenseNumber) Key() string {
	if l.storedKey != "" {
		return l.storedKey
	}
	if isASCII(l.text) { // which nearly all are, and every doctor that is read has one
		return strings.ToLower(l.text)
	}
	visible := strings.Map(func(r rune) rune {
		if isIgnorable(r) {
			return -1
		}
		return r
	}, l.text)
	return norm.NFKC.String(cases.Fold().String(norm.NFKC.String(visible)))
}

// Salary is an amount in the clinic's currency: not negative, at most ten
// digits, two of them after the point. The zero Salary is one withheld.
type Salary struct{ text string }

var (
	// The lengths are bounded to keep the exact arithmetic below cheap.
	amountOfMoney  = regexp.MustCompile(`^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$`)
	centsInAUnit   = big.NewRat(100, 1)
	tooManyOfCents = big.NewInt(1e10) // eleven digits
)

// ParseSalary reads a decimal number such as "1234.5", "+5" or "1e3", exactly, and
// writes it with two decimals.
func ParseSalary(text string) (Salary, error) {
	s := trimInvisible(text)
	if !amountOfMoney.MatchString(s) {
		return Salary{}, invalid("A valid number is required.")
	}
	amount, _ := new(big.Rat).SetString(s)
	cents := new(big.Rat).Mul(amount, centsInAUnit)
	switch {
	case amount.Sign() < 0:
		return Salary{}, invalid("Ensure this value is greater than or equal to 0.")
	case !cents.IsInt():
		return Salary{}, invalid("Ensure that there are no more than 2 decimal places.")
	case cents.Num().Cmp(tooManyOfCents) >= 0:
		return Salary{}, invalid("Ensure that there are no more than 10 digits in total.")
	}
	return Salary{amount.FloatString(2)}, nil
}

// Withheld reports whether the salary is not shown.
func (s Salary) Withheld() bool { return s.text == "" }

// String returns the amount with two decimals, or nothing when it is withheld.
func (s Salary) String() string { return s.text }
