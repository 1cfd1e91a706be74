package domain

import "time"

// OldUser is an account of the backend that this service replaces.
type OldUser struct {
	ID ID
	// Username is the name with which the user signed in there.
	Username  Input
	Email     Input
	FirstName Input
	LastName  Input
	Phone     Input
	Role      Input
	// Superuser makes the user an administrator, whatever the role is.
	Superuser    Input
	Active       Input
	CreatedAt    Input
	PasswordHash PasswordHash
}

// TakeOver returns user with what the old backend has, except the password hash. The user is
// zero if the account is new. Every invalid field is reported.
func (o OldUser) TakeOver(user User) (User, error) {
	form := newForm(user.ID != 0)
	user.ID = o.ID
	user.Email = required(form, "email", o.Email, user.Email, ParseEmail)
	user.FirstName = required(form, "first_name", o.FirstName, user.FirstName, ParsePersonName)
	user.LastName = required(form, "last_name", o.LastName, user.LastName, ParsePersonName)
	user.Phone = required(form, "phone_number", o.Phone, user.Phone, ParsePhone)
	if o.Superuser == Given("true") {
		user.Role = Admin
	} else {
		user.Role = required(form, "role", o.Role, user.Role, ParseRole)
	}
	user.Active = required(form, "is_active", o.Active, user.Active, parseFlag)
	created := required(form, "date_joined", o.CreatedAt, user.CreatedAt, parseInstant)
	if user.CreatedAt.IsZero() {
		user.CreatedAt = created
	}
	return user, form.err()
}

// SignsInAs reports whether the user name is the e-mail address, which is the name to sign
// in with here.
func (o OldUser) SignsInAs(email Email) bool {
	typed, err := ParseEmail(o.Username.Text())
	return err == nil && typed == email
}

// OldDoctor is a doctor of the backend that this service replaces.
type OldDoctor struct {
	ID ID
	DoctorInput
	JoinedAt Input
}

// TakeOver returns doctor with what the old backend has. The doctor is zero if it is new.
// JoinedAt of another doctor stays. Every invalid field is reported.
func (o OldDoctor) TakeOver(doctor Doctor) (Doctor, error) {
	form := newForm(doctor.ID != 0)
	joined := required(form, "joined_at", o.JoinedAt, doctor.JoinedAt, parseDate)
	if doctor.ID == 0 {
		doctor.ID, doctor.JoinedAt = o.ID, joined
	}
	return doctor.fill(form, o.DoctorInput)
}

// OldPatient is a patient of the backend that this service replaces.
type OldPatient struct {
	ID ID
	// CreatedBy is zero if the user was deleted there.
	CreatedBy ID
	PatientInput
}

// TakeOver returns patient with what the old backend has. The patient is zero if it is new;
// then the caller must have set CreatedBy. Fields that the old backend does not have stay.
// Every invalid field is reported.
func (o OldPatient) TakeOver(patient Patient, now time.Time) (Patient, error) {
	form := newForm(patient.ID != 0)
	patient.ID = o.ID
	return patient.fill(form, o.PatientInput, now)
}

// OldMapping is a mapping of the backend that this service replaces.
type OldMapping struct {
	ID ID
	MappingInput
	AssignedAt Input
	// First is the ID of the first mapping of the same pair.
	First ID
}

// TakeOver returns mapping with what the old backend has. The mapping is zero if it is new.
// Every invalid field is reported.
func (o OldMapping) TakeOver(mapping Mapping) (Mapping, error) {
	form := newForm(mapping.ID != 0)
	mapping.ID = o.ID
	assigned := required(form, "assigned_at", o.AssignedAt, mapping.AssignedAt, parseInstant)
	mapping, err := mapping.fill(form, o.MappingInput, assigned)
	mapping.AssignedAt = assigned
	return mapping, err
}

// ErrIDTaken returns a Conflict: another record has, or had, the ID.
func ErrIDTaken() error { return ErrDuplicate("id", "Another record has or had this id.") }
