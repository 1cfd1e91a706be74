package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var importedMappings = importKind[MappingKeys, domain.Mapping]{
	versionedRecords: mappingRecords,
	importing:        domain.MappingImport, creating: domain.MappingCreate, updating: domain.MappingUpdate,
	propose: func(ctx context.Context, tx ports.Tx, job importJob, rows []ImportRow[MappingKeys]) ([]proposal[domain.Mapping], error) {
		patients, err := mappedPatients.find(ctx, tx, job, rows)
		if err != nil {
			return nil, err
		}
		doctors, err := mappedDoctors.find(ctx, tx, job, rows)
		if err != nil {
			return nil, err
		}
		return proposeEach(job, rows, func(keys MappingKeys, isOwn bool) proposal[domain.Mapping] {
			bad := domain.FieldErrors{}
			mapping, err := domain.NewMapping(domain.MappingInput{Patient: patients.id(keys, isOwn, bad), Doctor: doctors.id(keys, isOwn, bad)}, job.now)
			if len(bad) > 0 {
				err = &domain.Error{Kind: domain.Invalid, Message: "Invalid input.", Fields: bad}
			}
			if err != nil {
				return proposal[domain.Mapping]{err: err}
			}
			return proposal[domain.Mapping]{key: mapping.NaturalKey(), keyed: mapping, fresh: mapping, change: func(stored domain.Mapping) (domain.Mapping, error) {
				if stored.NaturalKey() != mapping.NaturalKey() {
					return stored, errRow(domain.Conflict, "id", "", "The mapping with this id has another patient or doctor now. Leave out the id to add this one.")
				}
				return stored, nil
			}}
		}), nil
	},
}

// mappedSide is the patient or the doctor of the mappings in a file.
type mappedSide[T domain.Record] struct {
	repository func(ports.Tx) ports.Records[T]
	// byKey and byID return the two ways in which a row can name the record, and keyField and
	// idField are the names of the columns.
	byKey, byID       func(MappingKeys) domain.Input
	keyField, idField string
	// keyed returns a record with the key, or an error for a bad one.
	keyed func(key string) (T, error)
	// errUnknown is the message for a key that no record has, and errBlank that for none.
	errUnknown, errBlank string
}

var mappedPatients = mappedSide[domain.Patient]{
	repository: patientRecords.repository,
	byKey:      func(keys MappingKeys) domain.Input { return keys.PatientExternalID }, keyField: "patient_external_id",
	byID: func(keys MappingKeys) domain.Input { return keys.Patient }, idField: "patient_id",
	keyed: func(key string) (patient domain.Patient, err error) {
		patient.ExternalID, err = domain.ParseExternalID(key)
		return patient, err
	},
	errUnknown: "No patient has this external id. Import the patients first.",
	errBlank:   "This field is required: without an external id, the patient cannot be found. In an export, give the patient one, and export again.",
}

var mappedDoctors = mappedSide[domain.Doctor]{
	repository: doctorRecords.repository,
	byKey:      func(keys MappingKeys) domain.Input { return keys.DoctorLicenseNumber }, keyField: "doctor_license_number",
	byID: func(keys MappingKeys) domain.Input { return keys.Doctor }, idField: "doctor_id",
	keyed: func(key string) (doctor domain.Doctor, err error) {
		doctor.LicenseNumber, err = domain.ParseLicenseNumber(key)
		return doctor, err
	},
	errUnknown: "No doctor has this license number. Import the doctors first.",
	errBlank:   "This field is required.",
}

// foundSide are the records that the rows name.
type foundSide[T domain.Record] struct {
	mappedSide[T]
	ids map[domain.NaturalKey]domain.ID
	// existing are those of the named IDs that belong to records.
	existing []domain.ID
}

// find reads the records that the rows name. In an Update it locks them.
func (s mappedSide[T]) find(ctx context.Context, tx ports.Tx, job importJob, rows []ImportRow[MappingKeys]) (foundSide[T], error) {
	found := foundSide[T]{mappedSide: s, ids: map[domain.NaturalKey]domain.ID{}}
	var keyed []T
	var named []domain.ID
	for _, row := range rows {
		if id, err := domain.ParseID(s.byID(row.Input).Text()); err == nil && row.Store == job.store {
			named = append(named, id)
		} else if record, err := s.keyed(s.byKey(row.Input).Text()); err == nil && record.NaturalKey() != "" {
			keyed = append(keyed, record)
		}
	}
	records, err := s.repository(tx).ListByKeys(ctx, keyed...)
	if err != nil {
		return found, err
	}
	for _, record := range records {
		found.ids[record.NaturalKey()] = record.Self().ID
	}
	found.existing, err = s.repository(tx).ExistingIDs(ctx, named...)
	return found, err
}

// id returns the ID of the record that a row names. It adds to bad why there is none.
func (s foundSide[T]) id(keys MappingKeys, isOwn bool, bad domain.FieldErrors) domain.Input {
	if id, err := domain.ParseID(s.byID(keys).Text()); err == nil && isOwn {
		if !contains(s.existing, id) {
			bad[s.idField] = []string{"Object does not exist."}
		}
		return s.byID(keys)
	}
	record, err := s.keyed(s.byKey(keys).Text())
	id, found := s.ids[record.NaturalKey()]
	switch {
	case s.byKey(keys).Text() == "":
		bad[s.keyField] = []string{s.errBlank}
	case err != nil:
		bad[s.keyField] = []string{err.Error()}
	case !found:
		bad[s.keyField] = []string{s.errUnknown}
	}
	return domain.Given(id.String())
}
