package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var importedPatients = importKind[domain.PatientInput, domain.Patient]{
	versionedRecords: patientRecords,
	importing:        domain.PatientImport, creating: domain.PatientCreate, updating: domain.PatientUpdate,
	propose: func(_ context.Context, _ ports.Tx, job importJob, rows []ImportRow[domain.PatientInput]) ([]proposal[domain.Patient], error) {
		return proposeEach(job, rows, func(in domain.PatientInput, _ bool) (asked proposal[domain.Patient]) {
			// Only the key of keyed counts, so its other fields can be bad.
			asked.keyed, _ = domain.Patient{}.Change(in, job.now)
			asked.key = asked.keyed.NaturalKey()
			asked.fresh, asked.freshErr = domain.NewPatient(in, domain.Actor{UserID: job.CreatedBy}, job.now)
			asked.change = func(stored domain.Patient) (domain.Patient, error) { return stored.Change(in, job.now) }
			return asked
		}), nil
	},
	personKey: domain.Patient.PersonKey,
	namesakes: func(ctx context.Context, tx ports.Tx, patients ...domain.Patient) ([]domain.Patient, error) {
		return tx.Patients().ListNamesakes(ctx, patients...)
	},
}

var importedDoctors = importKind[domain.DoctorInput, domain.Doctor]{
	versionedRecords: doctorRecords,
	importing:        domain.DoctorImport, creating: domain.DoctorCreate, updating: domain.DoctorUpdate,
	propose: func(_ context.Context, _ ports.Tx, job importJob, rows []ImportRow[domain.DoctorInput]) ([]proposal[domain.Doctor], error) {
		return proposeEach(job, rows, func(in domain.DoctorInput, _ bool) (asked proposal[domain.Doctor]) {
			asked.keyed, _ = domain.Doctor{}.Change(in)
			asked.key = asked.keyed.NaturalKey()
			asked.fresh, asked.freshErr = domain.NewDoctor(in, job.now)
			asked.change = func(stored domain.Doctor) (domain.Doctor, error) { return stored.Change(in) }
			return asked
		}), nil
	},
}

// proposeEach returns what each row asks for. isOwn says whether the row is from an export of
// this store.
func proposeEach[In any, T domain.Record](job importJob, rows []ImportRow[In], propose func(in In, isOwn bool) proposal[T]) []proposal[T] {
	proposals := make([]proposal[T], len(rows))
	for i, row := range rows {
		isOwn := row.Store == job.store
		proposals[i] = propose(row.Input, isOwn)
		if isOwn {
			proposals[i].id = row.ID
		}
	}
	return proposals
}
