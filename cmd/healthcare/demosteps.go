package main

import (
	"context"
	"fmt"
	"strconv"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
)

// demoStep is something that a user of the demo does.
type demoStep func(context.Context) error

// refused is a step that the policy refuses.
func refused(step demoStep) demoStep {
	return func(ctx context.Context) error {
		err := step(ctx)
		if domain.KindOf(err) == domain.Forbidden {
			return nil
		}
		return fmt.Errorf("should be forbidden, but: %w", err)
	}
}

func (h *demoHistory) register(user *demoUser) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Users.Register(ctx, operator, domain.Registration{
			Email: domain.Given(user.email), Password: domain.Given(user.password), Role: domain.Given(string(user.role)),
			FirstName: domain.Given("Demo"), LastName: domain.Given(user.title),
		})
		return err
	}
}

func (h *demoHistory) signIn(user *demoUser) demoStep {
	return func(ctx context.Context) error {
		grant, err := h.Sessions.Login(ctx, domain.Actor{Origin: user.origin}, domain.Credentials{
			Username: domain.Given(user.email), Password: domain.Given(user.password),
		})
		return h.useGrant(ctx, user, grant, err)
	}
}

// continueSession refreshes the user's session, as a browser does in the morning.
func (h *demoHistory) continueSession(user *demoUser) demoStep {
	return func(ctx context.Context) error {
		grant, err := h.Sessions.Refresh(ctx, domain.Actor{Origin: user.origin}, domain.Refresh{Token: domain.Given(user.refresh.Reveal())})
		return h.useGrant(ctx, user, grant, err)
	}
}

// useGrant makes the user the actor of the next steps.
func (h *demoHistory) useGrant(ctx context.Context, user *demoUser, grant application.Grant, err error) error {
	if err != nil {
		return err
	}
	user.refresh = grant.Refresh
	user.actor, err = h.Authenticator.Authenticate(ctx, user.origin, grant.Access.Reveal())
	return err
}

func (h *demoHistory) signOut(user *demoUser) demoStep {
	return func(ctx context.Context) error { return h.Sessions.Logout(ctx, user.actor) }
}

func (h *demoHistory) addDoctor(row []string) demoStep {
	return func(ctx context.Context) error {
		doctor, err := h.Doctors.Create(ctx, h.admin.actor, application.Once{}, domain.DoctorInput{
			Name: domain.Given(row[0]), Specialization: domain.Given(row[1]), LicenseNumber: domain.Given(row[2]), Salary: domain.Given(row[3]),
		})
		h.doctors = append(h.doctors, doctor.ID)
		return err
	}
}

func (h *demoHistory) changeDoctor(user *demoUser, number int, in domain.DoctorInput) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Doctors.Change(ctx, user.actor, h.doctors[number], domain.Precondition{}, in)
		return err
	}
}

func (h *demoHistory) deleteDoctor(number int) demoStep {
	return func(ctx context.Context) error {
		return h.Doctors.Delete(ctx, h.admin.actor, h.doctors[number], domain.Precondition{})
	}
}

func (h *demoHistory) restoreDoctor(number int) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Doctors.Restore(ctx, h.admin.actor, application.Once{}, h.doctors[number])
		return err
	}
}

func (h *demoHistory) addPatient(row []string) demoStep {
	return func(ctx context.Context) error {
		patient, err := h.Patients.Create(ctx, h.staff.actor, application.Once{}, domain.PatientInput{
			Name: domain.Given(row[0]), DateOfBirth: domain.Given(row[1]), Gender: domain.Given(row[2]),
			Phone: domain.Given(row[3]), Address: domain.Given(row[4]), MedicalRecord: domain.Given(row[5]),
			Email:      domain.Given(fmt.Sprintf("patient%d@mail.example", len(h.patients)+1)),
			ExternalID: domain.Given(fmt.Sprintf("MRN-%d", 1001+len(h.patients))),
		})
		h.patients = append(h.patients, patient.ID)
		return err
	}
}

// readPatients reads the list of patients and then one of them.
func (h *demoHistory) readPatients(number int) demoStep {
	return func(ctx context.Context) error {
		if _, err := h.Patients.List(ctx, h.staff.actor, nil); err != nil {
			return err
		}
		_, err := h.Patients.Get(ctx, h.staff.actor, h.patientFor(number), nil)
		return err
	}
}

// checkUp adds a line to a patient's medical record.
func (h *demoHistory) checkUp(number int) demoStep {
	return func(ctx context.Context) error {
		patient, err := h.Patients.Get(ctx, h.staff.actor, h.patientFor(number), nil)
		if err != nil {
			return err
		}
		note := fmt.Sprintf("%s\nCheck-up on %s: pulse %d, no new complaints.", patient.MedicalRecord, domain.DateOf(h.clock.now), 60+number%30)
		_, err = h.Patients.Change(ctx, h.staff.actor, patient.ID, domain.Precondition{}, domain.PatientInput{MedicalRecord: domain.Given(note)})
		return err
	}
}

// patientFor returns one of the patients so far, but not the one who is deleted for a day.
func (h *demoHistory) patientFor(number int) domain.ID {
	if number %= len(h.patients); number == 4 {
		number++
	}
	return h.patients[number]
}

func (h *demoHistory) changePatient(number int, in domain.PatientInput) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Patients.Change(ctx, h.staff.actor, h.patients[number], domain.Precondition{}, in)
		return err
	}
}

func (h *demoHistory) deletePatient(number int) demoStep {
	return func(ctx context.Context) error {
		return h.Patients.Delete(ctx, h.staff.actor, h.patients[number], domain.Precondition{})
	}
}

func (h *demoHistory) restorePatient(number int) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Patients.Restore(ctx, h.admin.actor, application.Once{}, h.patients[number])
		return err
	}
}

// assign assigns the doctor in this line of the file to the newest patient.
func (h *demoHistory) assign(line string) demoStep {
	return func(ctx context.Context) error {
		number, err := strconv.Atoi(line)
		if err != nil {
			return err
		}
		mapping, err := h.Mappings.Assign(ctx, h.staff.actor, application.Once{}, domain.MappingInput{
			Patient: domain.Given(h.patients[len(h.patients)-1].String()), Doctor: domain.Given(h.doctors[number-1].String()),
		})
		h.mappings = append(h.mappings, mapping.ID)
		return err
	}
}

func (h *demoHistory) reassign(number, doctor int) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Mappings.Change(ctx, h.staff.actor, h.mappings[number], domain.Precondition{}, domain.MappingInput{Doctor: domain.Given(h.doctors[doctor].String())})
		return err
	}
}

func (h *demoHistory) unassign(number int) demoStep {
	return func(ctx context.Context) error {
		return h.Mappings.Unassign(ctx, h.staff.actor, h.mappings[number], domain.Precondition{})
	}
}

func (h *demoHistory) restoreMapping(number int) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Mappings.Restore(ctx, h.admin.actor, application.Once{}, h.mappings[number])
		return err
	}
}

func (h *demoHistory) readTrail(user *demoUser) demoStep {
	return func(ctx context.Context) error {
		_, err := h.Audit.List(ctx, user.actor, domain.AuditQuery{})
		return err
	}
}
