package application_test

import (
	"context"
	"iter"

	"example.com/healthcare/domain"
)

// oldClinic is the content of an old backend.
type oldClinic struct {
	users    []domain.OldUser
	doctors  []domain.OldDoctor
	patients []domain.OldPatient
	mappings []domain.OldMapping
}

func each[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func (o *oldClinic) Users(context.Context) iter.Seq2[domain.OldUser, error] { return each(o.users) }
func (o *oldClinic) Doctors(context.Context) iter.Seq2[domain.OldDoctor, error] {
	return each(o.doctors)
}

func (o *oldClinic) Patients(context.Context) iter.Seq2[domain.OldPatient, error] {
	return each(o.patients)
}

func (o *oldClinic) Mappings(context.Context) iter.Seq2[domain.OldMapping, error] {
	return each(o.mappings)
}

func (o *oldClinic) ExistingIDs(_ context.Context, kind domain.SubjectKind, ids ...domain.ID) (existing []domain.ID, _ error) {
	has := map[domain.ID]bool{}
	switch kind {
	case domain.SubjectUser:
		for _, row := range o.users {
			has[row.ID] = true
		}
	case domain.SubjectDoctor:
		for _, row := range o.doctors {
			has[row.ID] = true
		}
	case domain.SubjectPatient:
		for _, row := range o.patients {
			has[row.ID] = true
		}
	default:
		for _, row := range o.mappings {
			has[row.ID] = true
		}
	}
	for _, id := range ids {
		if has[id] {
			existing = append(existing, id)
		}
	}
	return existing, nil
}

func oldDoctor(id domain.ID, license string) domain.OldDoctor {
	return domain.OldDoctor{ID: id, DoctorInput: doctorInput(license), JoinedAt: domain.Given("2020-02-02")}
}

func oldPatient(id, createdBy domain.ID, name string) domain.OldPatient {
	return domain.OldPatient{ID: id, CreatedBy: createdBy, PatientInput: domain.PatientInput{
		Name: domain.Given(name), DateOfBirth: domain.Null(), Gender: domain.Null(),
		Phone: domain.Given(""), Address: domain.Given(""), MedicalRecord: domain.Given(""),
	}}
}

func oldMapping(id, patient, doctor domain.ID) domain.OldMapping {
	return domain.OldMapping{ID: id, First: id, MappingInput: pair(patient, doctor), AssignedAt: domain.Given("2025-10-01T12:00:00Z")}
}

// smallOldClinic has an administrator, two patients and two doctors.
func smallOldClinic() *oldClinic {
	admin, ada := oldUser(11, "root@example.com"), oldUser(12, "ada@example.com")
	admin.Superuser = domain.Given("true")
	return &oldClinic{
		users:    []domain.OldUser{admin, ada},
		doctors:  []domain.OldDoctor{oldDoctor(21, "NJ-1"), oldDoctor(22, "NJ-2")},
		patients: []domain.OldPatient{oldPatient(31, 12, "Eve"), oldPatient(32, 12, "Bob")},
		mappings: []domain.OldMapping{oldMapping(41, 31, 21), oldMapping(42, 32, 22)},
	}
}
