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
	// Salary is withheld from actors without DoctorReadSalary: see VisibleTo.
	Salary Salary
	Stamp
}

// Self implements Record.
func (d Doctor) Self() Reference { return Reference{SubjectDoctor, d.ID} }

// Parents implements Record: a doctor has none.
func (d Doctor) Parents() []Reference { return nil }

// NaturalKey implements Record: it is the licence number's Key.
func (d Doctor) NaturalKey() NaturalKey { return NaturalKey(d.LicenseNumber.Key()) }

func (d Doctor) stamped(stamp Stamp) Record {
	d.Stamp = stamp
	return d
}

// Fields implements Record. It leaves out a withheld salary.
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

// DoctorList declares the list of doctors. Salaries can be neither filtered nor ordered by,
// because the result would tell them to whoever may not see them.
var DoctorList = Listing[Doctor]{
	name:       "doctors",
	id:         func(d Doctor) ID { return d.ID },
	searchText: Doctor.SearchText,
	filters: []filter[Doctor]{
		{name: "specialization", kind: foldedValue, value: func(d Doctor) Value { return SortKey(d.Specialization.text) }},
		{name: "license_number", kind: licenseValue, value: func(d Doctor) Value { return d.LicenseNumber.Key() }},
		{name: "joined_at", kind: dateValue, ranges: true, value: func(d Doctor) Value { return dateOrNil(d.JoinedAt) }},
		{name: "patient_id", kind: idValue},
		{name: "created_at", kind: instantValue, ranges: true, value: func(d Doctor) Value { return d.CreatedAt }},
		{name: "updated_at", kind: instantValue, ranges: true, value: func(d Doctor) Value { return d.UpdatedAt }},
	},
	orderings: []ordering[Doctor]{
		byID(func(d Doctor) ID { return d.ID }),
		{"name", foldedValue, func(d Doctor) Value { return SortKey(d.Name.text) }},
		{"specialization", foldedValue, func(d Doctor) Value { return SortKey(d.Specialization.text) }},
		{"license_number", foldedValue, func(d Doctor) Value { return SortKey(d.LicenseNumber.text) }},
		{"joined_at", dateValue, func(d Doctor) Value { return dateOrNil(d.JoinedAt) }},
		{"created_at", instantValue, func(d Doctor) Value { return d.CreatedAt }},
		{"updated_at", instantValue, func(d Doctor) Value { return d.UpdatedAt }},
	},
	members: []string{
		"id", "name", "joined_at", "specialization", "license_number", "salary", "created_at", "updated_at", "version",
	},
	restricted: map[string]Permission{"salary": DoctorReadSalary},
}

// DoctorInput holds the fields of a doctor that a request can set. All are required.
type DoctorInput struct {
	Name           Input
	Specialization Input
	LicenseNumber  Input
	Salary         Input
	Unknown        []string
}

// NewDoctor returns a doctor who joins today (UTC). Every invalid field is reported.
func NewDoctor(in DoctorInput, now time.Time) (Doctor, error) {
	return Doctor{JoinedAt: DateOf(now)}.fill(newForm(false), in)
}

// Replace returns the doctor with all fields replaced by those of in (PUT). Every
// invalid field is reported.
func (d Doctor) Replace(in DoctorInput) (Doctor, error) { return d.fill(newReplaceForm(), in) }

// Change returns the doctor with the fields that in contains; absent ones keep their
// value (PATCH). Every invalid field is reported.
func (d Doctor) Change(in DoctorInput) (Doctor, error) { return d.fill(newForm(true), in) }

func (d Doctor) fill(form *form, in DoctorInput) (Doctor, error) {
	form.unknown(in.Unknown)
	d.Name = required(form, "name", in.Name, d.Name, ParseName)
	d.Specialization = required(form, "specialization", in.Specialization, d.Specialization, ParseSpecialization)
	d.LicenseNumber = required(form, "license_number", in.LicenseNumber, d.LicenseNumber, ParseLicenseNumber)
	d.Salary = required(form, "salary", in.Salary, d.Salary, ParseSalary)
	return d, form.err()
}

// VisibleTo implements the rule that only actors with DoctorReadSalary see salaries.
func (d Doctor) VisibleTo(actor Actor) Doctor {
	if !Can(actor.Role, DoctorReadSalary) {
		d.Salary = Salary{}
	}
	return d
}

func (Doctor) restricted() {}

// ErrLicenseTaken returns a Conflict: another doctor has the licence number.
func ErrLicenseTaken() error { return RecordKindOf(SubjectDoctor).ErrKeyTaken() }

// Specialization is a doctor's medical specialty: one line of 1 to 200 characters.
type Specialization struct{ text string }

// ParseSpecialization trims, normalizes to NFC and checks a specialization.
func ParseSpecialization(text string) (Specialization, error) {
	s, err := parseLine(text, 200)
	return Specialization{s}, err
}

// String returns the specialization.
func (s Specialization) String() string { return s.text }

// LicenseNumber is a doctor's licence number as it was written: one line of 1 to 50
// characters.
type LicenseNumber struct {
	text string
	// storedKey is the number's Key in the store, if an earlier release computed a
	// different one. Otherwise it is empty.
	storedKey string
}

// ParseLicenseNumber trims, normalizes to NFC and checks a licence number.
func ParseLicenseNumber(text string) (LicenseNumber, error) {
	s, err := parseLine(text, 50)
	return LicenseNumber{text: s}, err
}

// StoredLicenseNumber rebuilds a licence number from storage without checking it (see
// FromStored), with the key under which it is stored. An empty key means the key
// computed from the text.
func StoredLicenseNumber(text, key string) LicenseNumber {
	number := LicenseNumber{text: text}
	if key != "" && key != number.Key() {
		number.storedKey = key
	}
	return number
}

// String returns the number as it was written.
func (l LicenseNumber) String() string { return l.text }

// Key returns the text by which licence numbers are compared. Stores keep it unique. It
// ignores letter case, compatibility forms (full-width digits, ligatures) and invisible
// characters. A number that is stored under a different key keeps that key until the
// number is changed.
func (l LicenseNumber) Key() string {
	if l.storedKey != "" {
		return l.storedKey
	}
	if isASCII(l.text) { // The common case, computed for every doctor that is read.
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

// Salary is an amount in the clinic's currency: not negative, with at most ten digits,
// two of them after the decimal point. The zero Salary is withheld.
type Salary struct{ text string }

var (
	// amountOfMoney bounds the number of digits and the exponent to keep the exact
	// arithmetic cheap.
	amountOfMoney  = regexp.MustCompile(`^[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,2})?$`)
	centsInAUnit   = big.NewRat(100, 1)
	tooManyOfCents = big.NewInt(1e10) // the smallest number of cents with eleven digits
)

// ParseSalary parses a decimal number such as "1234.5", "+5" or "1e3" exactly. The
// result has two decimals.
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

// Withheld reports whether the salary is hidden from the actor.
func (s Salary) Withheld() bool { return s.text == "" }

// String returns the amount with two decimals, or an empty text if it is withheld.
func (s Salary) String() string { return s.text }
