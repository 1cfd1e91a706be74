package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Doctors is the use-cases on doctors. Whoever may not read salaries gets
// doctors without them.
type Doctors struct {
	History[domain.Doctor]
	clock ports.Clock
}

var doctorKind = kind[domain.Doctor]{
	subject:      domain.AboutDoctor,
	readVersions: domain.DoctorReadHistory,
	readDeleted:  domain.DoctorReadDeleted,
	id:           func(doctor domain.Doctor) domain.ID { return doctor.ID },
	repository:   func(tx ports.Tx) repository[domain.Doctor] { return tx.Doctors() },
	history:      ports.Tx.DoctorHistory,
	about:        noOther[domain.Doctor],
	visibleTo:    domain.Doctor.VisibleTo,
}

// NewDoctors returns the use-cases on doctors.
func NewDoctors(trail *Trail, clock ports.Clock) *Doctors {
	return &Doctors{History: History[domain.Doctor]{trail: trail, kind: doctorKind}, clock: clock}
}

// Create adds a doctor who joins today. A taken licence number is a Conflict.
func (s *Doctors) Create(ctx context.Context, actor domain.Actor, in domain.DoctorInput) (domain.Doctor, error) {
	doctor, err := account(ctx, s.trail, actor, domain.DoctorCreate, on(domain.AboutDoctor, 0), func(e *entry) (domain.Doctor, error) {
		doctor, err := domain.NewDoctor(in, s.clock())
		if err != nil {
			return domain.Doctor{}, err
		}
		return doctorKind.add(ctx, e, func(tx ports.Tx) (domain.Doctor, error) {
			return tx.Doctors().Add(ctx, doctor)
		})
	})
	return doctor.VisibleTo(actor), err
}

// Get returns one doctor.
func (s *Doctors) Get(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Doctor, error) {
	doctor, err := account(ctx, s.trail, actor, domain.DoctorRead, on(domain.AboutDoctor, id), func(*entry) (domain.Doctor, error) {
		return view(ctx, s.trail.store, func(tx ports.Tx) (domain.Doctor, error) {
			return tx.Doctors().Get(ctx, id)
		})
	})
	return doctor.VisibleTo(actor), err
}

// List returns a page of all doctors.
func (s *Doctors) List(ctx context.Context, actor domain.Actor, in domain.PageInput) (Page[domain.Doctor], error) {
	return account(ctx, s.trail, actor, domain.DoctorRead, on(domain.AboutDoctor, 0), func(e *entry) (Page[domain.Doctor], error) {
		return s.list(ctx, e, actor, in, func(tx ports.Tx, page domain.Page) ([]domain.Doctor, error) {
			return tx.Doctors().List(ctx, page)
		})
	})
}

// OfPatient returns a page of the doctors assigned to a patient. Who treats
// whom is what mappings say, so it needs MappingRead. An unknown patient is NotFound.
func (s *Doctors) OfPatient(ctx context.Context, actor domain.Actor, patient domain.ID, in domain.PageInput) (Page[domain.Doctor], error) {
	return account(ctx, s.trail, actor, domain.MappingRead, on(domain.AboutDoctor, 0), func(e *entry) (Page[domain.Doctor], error) {
		e.about(domain.AboutPatient, patient)
		return s.list(ctx, e, actor, in, func(tx ports.Tx, page domain.Page) ([]domain.Doctor, error) {
			if _, err := tx.Patients().Get(ctx, patient); err != nil {
				return nil, err
			}
			return tx.Doctors().OfPatient(ctx, patient, page)
		})
	})
}

func (s *Doctors) list(ctx context.Context, e *entry, actor domain.Actor, in domain.PageInput,
	read func(ports.Tx, domain.Page) ([]domain.Doctor, error),
) (Page[domain.Doctor], error) {
	page, err := in.Parse()
	if err != nil {
		return Page[domain.Doctor]{}, err
	}
	doctors, err := list(ctx, e, page, doctorKind.id, read)
	for i, doctor := range doctors.Items {
		doctors.Items[i] = doctor.VisibleTo(actor)
	}
	return doctors, err
}

// Replace sets all that may be set of a doctor.
func (s *Doctors) Replace(ctx context.Context, actor domain.Actor, id domain.ID, in domain.DoctorInput) (domain.Doctor, error) {
	doctor, err := account(ctx, s.trail, actor, domain.DoctorUpdate, on(domain.AboutDoctor, id), func(e *entry) (domain.Doctor, error) {
		return doctorKind.change(ctx, e, func(doctor domain.Doctor) (domain.Doctor, error) {
			return doctor.Replace(in)
		})
	})
	return doctor.VisibleTo(actor), err
}

// Change sets what is given of a doctor.
func (s *Doctors) Change(ctx context.Context, actor domain.Actor, id domain.ID, in domain.DoctorInput) (domain.Doctor, error) {
	doctor, err := account(ctx, s.trail, actor, domain.DoctorUpdate, on(domain.AboutDoctor, id), func(e *entry) (domain.Doctor, error) {
		return doctorKind.change(ctx, e, func(doctor domain.Doctor) (domain.Doctor, error) {
			return doctor.Change(in)
		})
	})
	return doctor.VisibleTo(actor), err
}

// Delete deletes a doctor, and their mappings with them.
func (s *Doctors) Delete(ctx context.Context, actor domain.Actor, id domain.ID) error {
	return perform(ctx, s.trail, actor, domain.DoctorDelete, on(domain.AboutDoctor, id), func(e *entry) error {
		return e.update(ctx, func(tx ports.Tx) error {
			doctor, ended, err := tx.Doctors().Delete(ctx, id)
			if err != nil {
				return err
			}
			if err := doctorKind.keep(ctx, tx, e, domain.Deleted, doctor); err != nil {
				return err
			}
			return e.endMappings(ctx, tx, ended)
		})
	})
}

// Restore puts a deleted doctor back, and the mappings that were deleted with them.
// NotFound when the doctor is not deleted, a Conflict when the licence number
// has become another doctor's.
func (s *Doctors) Restore(ctx context.Context, actor domain.Actor, id domain.ID) (domain.Doctor, error) {
	doctor, err := account(ctx, s.trail, actor, domain.DoctorRestore, on(domain.AboutDoctor, id), func(e *entry) (domain.Doctor, error) {
		return update(ctx, e, func(tx ports.Tx) (domain.Doctor, error) {
			doctor, err := doctorKind.restore(ctx, tx, e)
			if err != nil {
				return domain.Doctor{}, err
			}
			return doctor, e.restoreMappings(ctx, tx)
		})
	})
	return doctor.VisibleTo(actor), err
}
