package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Patients holds the use-cases on patients' records.
type Patients struct {
	History[domain.Patient]
	lister        lister[domain.PatientView]
	clock         ports.Clock
	preconditions PreconditionRule
	macs          ports.RequestMACs
}

var patientRecords = versionedRecords[domain.Patient]{
	RecordKind: domain.RecordKindOf(domain.SubjectPatient),
	repository: func(tx ports.Tx) ports.Records[domain.Patient] { return tx.Patients() },
	history:    ports.Tx.PatientHistory,
}

// Create adds a patient. The actor becomes the user who registered the patient.
func (s *Patients) Create(ctx context.Context, actor domain.Actor, once Once, in domain.PatientInput) (domain.PatientView, error) {
	patient, inputErr := domain.NewPatient(in, actor, s.clock())
	return runOnce(ctx, s.trail, s.macs, call{actor: actor, permission: domain.PatientCreate, kind: domain.SubjectPatient, inputErr: inputErr}, once,
		onceWrite[domain.PatientView]{
			operation: "create", content: contentOf(in),
			do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.PatientView, error) {
				added, err := patientRecords.create(ctx, tx, event, patient)
				return domain.NewPatientView(added, nil), err
			},
			replay: replayPatient,
		})
}

// Get returns one patient. in can have the parameter fields.
func (s *Patients) Get(ctx context.Context, actor domain.Actor, id domain.ID, in domain.Parameters) (domain.PatientView, error) {
	fields, inputErr := domain.PatientList.ParseFields(actor, in)
	return runView(ctx, s.trail, call{actor: actor, permission: domain.PatientRead, kind: domain.SubjectPatient, id: id, named: in.References(), inputErr: inputErr},
		func(ctx context.Context, tx ports.Tx, _ *pendingEvent) (domain.PatientView, error) {
			return tx.Patients().GetView(ctx, id, fields...)
		})
}

// List returns a page of the patients that the parameters select (see domain.PatientList).
func (s *Patients) List(ctx context.Context, actor domain.Actor, in domain.Parameters) (Page[domain.PatientView], error) {
	return s.lister.list(ctx, actor, domain.PatientRead, in)
}

// ListByDoctor is List for the patients to whom a doctor is assigned. It needs PatientRead,
// because it shows the whole patients. An unknown doctor is NotFound.
func (s *Patients) ListByDoctor(ctx context.Context, actor domain.Actor, doctor domain.ID, in domain.Parameters) (Page[domain.PatientView], error) {
	return s.lister.listWithin(ctx, actor, domain.PatientRead, in, within[domain.PatientView]{
		filter: "doctor_id", record: domain.Reference{Kind: domain.SubjectDoctor, ID: doctor},
		find: func(tx ports.Tx) error {
			_, err := tx.Doctors().Get(ctx, doctor)
			return err
		},
	})
}

// Replace sets all editable fields of a patient. Absent fields get their defaults.
func (s *Patients) Replace(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.PatientInput) (domain.PatientView, error) {
	return s.update(ctx, actor, id, expected, func(patient domain.Patient) (domain.Patient, error) { return patient.Replace(in, s.clock()) })
}

// Change sets the given fields of a patient.
func (s *Patients) Change(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition, in domain.PatientInput) (domain.PatientView, error) {
	return s.update(ctx, actor, id, expected, func(patient domain.Patient) (domain.Patient, error) { return patient.Change(in, s.clock()) })
}

func (s *Patients) update(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition,
	change func(domain.Patient) (domain.Patient, error),
) (domain.PatientView, error) {
	return runUpdate(ctx, s.trail, call{actor: actor, permission: domain.PatientUpdate, kind: domain.SubjectPatient, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.PatientView, error) {
			patient, err := tx.Patients().GetView(ctx, id)
			if err != nil {
				return patient, err
			}
			if err := domain.CheckPrecondition(expected, patient, actor); err != nil {
				return patient, err
			}
			before := patient.Patient
			if patient.Patient, err = change(before); err != nil {
				return patient, err
			}
			patient.Patient, err = patientRecords.update(ctx, tx, event, before, patient.Patient)
			return patient, err
		})
}

// Delete deletes a patient and the patient's mappings.
func (s *Patients) Delete(ctx context.Context, actor domain.Actor, id domain.ID, expected domain.Precondition) error {
	_, err := runUpdate(ctx, s.trail, call{actor: actor, permission: domain.PatientDelete, kind: domain.SubjectPatient, id: id, inputErr: s.preconditions.missing(expected)},
		func(ctx context.Context, tx ports.Tx, event *pendingEvent) (nothing, error) {
			return nothing{}, patientRecords.delete(ctx, tx, event, func(patient domain.Patient, mappings []domain.Record) error {
				return domain.CheckPrecondition(expected, domain.NewPatientView(patient, mappings), actor)
			})
		})
	return err
}

// Restore restores a deleted patient and the mappings that were deleted with the patient. The
// error is NotFound if the patient is not deleted.
func (s *Patients) Restore(ctx context.Context, actor domain.Actor, once Once, id domain.ID) (domain.PatientView, error) {
	return runOnce(ctx, s.trail, s.macs, call{actor: actor, permission: domain.PatientRestore, kind: domain.SubjectPatient, id: id}, once,
		onceWrite[domain.PatientView]{
			operation: "restore", content: contentOf[nothing](),
			do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (domain.PatientView, error) {
				if _, err := patientRecords.restore(ctx, tx, event); err != nil {
					return domain.PatientView{}, err
				}
				return tx.Patients().GetView(ctx, id)
			},
			kinds:  []domain.SubjectKind{domain.SubjectMapping},
			replay: replayPatient,
		})
}

// replayPatient is the replay of a write whose result is one patient. The doctors are those of
// the mappings that the write restored: it has added versions of no others.
func replayPatient(ctx context.Context, tx ports.Tx, event *pendingEvent, names []domain.VersionName) (domain.PatientView, error) {
	patient, err := patientRecords.replayOne(ctx, tx, event, names)
	if err != nil {
		return domain.PatientView{}, err
	}
	versions, err := mappingRecords.readVersions(ctx, tx, names)
	var mappings []domain.Record
	for _, version := range versions {
		if version.Change == domain.Restored {
			mappings = append(mappings, version.Record)
		}
	}
	return domain.NewPatientView(patient, mappings), err
}
