package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Records are records of one call, in the order of its input.
type Records[T any] []T

// VisibleTo returns the records with the fields that actor may see.
func (r Records[T]) VisibleTo(actor domain.Actor) Records[T] {
	visible := make(Records[T], len(r))
	for i, record := range r {
		visible[i] = domain.VisibleTo(record, actor)
	}
	return visible
}

// CreateAll is Create for up to domain.MaxItems patients: it adds all of them or none. An
// error names every bad field of every item (see domain.ParseItems). All patients have one
// audit event, in which they are the records shown.
func (s *Patients) CreateAll(ctx context.Context, actor domain.Actor, once Once, in domain.Items[domain.PatientInput]) (Records[domain.PatientView], error) {
	now := s.clock()
	patients, inputErr := domain.ParseItems(in, func(item domain.PatientInput) (domain.Patient, error) {
		return domain.NewPatient(item, actor, now)
	})
	c := call{actor: actor, permission: domain.PatientCreate, kind: domain.SubjectPatient, inputErr: inputErr}
	added, err := patientRecords.createAllOnce(ctx, s.trail, s.macs, c, once, contentOf(in.List...), patients)
	if err != nil {
		return nil, err
	}
	views := make(Records[domain.PatientView], len(added))
	for i, patient := range added {
		views[i] = domain.NewPatientView(patient, nil)
	}
	return views, nil
}

// CreateAll is Create for up to domain.MaxItems doctors: it adds all of them or none. An error
// names every bad field of every item (see domain.ParseItems). All doctors have one audit
// event, in which they are the records shown.
func (s *Doctors) CreateAll(ctx context.Context, actor domain.Actor, once Once, in domain.Items[domain.DoctorInput]) (Records[domain.Doctor], error) {
	now := s.clock()
	doctors, inputErr := domain.ParseItems(in, func(item domain.DoctorInput) (domain.Doctor, error) { return domain.NewDoctor(item, now) })
	c := call{actor: actor, permission: domain.DoctorCreate, kind: domain.SubjectDoctor, inputErr: inputErr}
	return doctorRecords.createAllOnce(ctx, s.trail, s.macs, c, once, contentOf(in.List...), doctors)
}

// AssignAll is Assign for up to domain.MaxItems mappings: it adds all of them or none. An
// error names every bad field of every item (see domain.ParseItems). All mappings have one
// audit event, in which they are the records shown; it also names their patients and doctors.
func (s *Mappings) AssignAll(ctx context.Context, actor domain.Actor, once Once, in domain.Items[domain.MappingInput]) (Records[domain.Mapping], error) {
	now := s.clock()
	mappings, inputErr := domain.ParseItems(in, func(item domain.MappingInput) (domain.Mapping, error) { return domain.NewMapping(item, now) })
	c := call{actor: actor, permission: domain.MappingCreate, kind: domain.SubjectMapping, inputErr: inputErr}
	for _, item := range in.List[:min(len(in.List), domain.MaxItems)] {
		c.named = append(c.named, item.References()...)
	}
	return mappingRecords.createAllOnce(ctx, s.trail, s.macs, c, once, contentOf(in.List...), mappings)
}

// createAllOnce runs a use-case that adds records.
func (r versionedRecords[T]) createAllOnce(ctx context.Context, trail *Trail, macs ports.RequestMACs, c call, once Once,
	content func(domain.RequestID) domain.Hash, records []T,
) (Records[T], error) {
	added, err := runOnce(ctx, trail, macs, c, once, onceWrite[Records[T]]{
		operation: "create all", content: content,
		do: func(ctx context.Context, tx ports.Tx, event *pendingEvent) (Records[T], error) {
			return r.createAll(ctx, tx, event, records)
		},
		replay: func(ctx context.Context, tx ports.Tx, event *pendingEvent, names []domain.VersionName) (Records[T], error) {
			for _, name := range names {
				event.Subject.Shown = append(event.Subject.Shown, name.Record.ID)
			}
			return r.replay(ctx, tx, event, names)
		},
	})
	if kind := domain.KindOf(err); c.inputErr == nil && (kind == domain.Conflict || kind == domain.Invalid) {
		return nil, r.explainRefusal(ctx, trail.store, records, err)
	}
	return added, err
}

// createAll adds records. The event names them as it names the records of a list: it is found
// by each of them, and has the commitments of all first versions.
func (r versionedRecords[T]) createAll(ctx context.Context, tx ports.Tx, event *pendingEvent, records []T) (Records[T], error) {
	stamped := make([]T, len(records))
	for i, record := range records {
		stamped[i] = domain.FirstVersion(record, event.At)
	}
	added, err := r.repository(tx).Add(ctx, stamped...)
	if err != nil {
		return nil, err
	}
	versions := make([]domain.Version[T], len(added))
	for i, record := range added {
		event.Subject.Shown = append(event.Subject.Shown, record.Self().ID)
		versions[i] = r.newVersion(event, domain.Created, record)
	}
	_, err = r.addVersions(ctx, tx, event, versions...)
	return added, err
}

// explainRefusal returns the error for all records that the store refuses to add. The store's
// own error is about one of them.
func (r versionedRecords[T]) explainRefusal(ctx context.Context, store ports.Store, records []T, refusal error) error {
	errs, err := viewStore(ctx, store, func(tx ports.Tx) ([]error, error) {
		found, err := r.repository(tx).ListByKeys(ctx, records...)
		if err != nil {
			return nil, err
		}
		taken := map[domain.NaturalKey]bool{}
		for _, record := range found {
			taken[record.NaturalKey()] = true
		}
		parents, err := existingParents(ctx, tx, records)
		errs := make([]error, len(records))
		for i, record := range records {
			var missing []string
			for _, parent := range record.Parents() {
				if !parents[parent] {
					missing = append(missing, string(parent.Kind))
				}
			}
			switch {
			case len(missing) > 0:
				errs[i] = domain.ErrNoSuchReference(missing...)
			case taken[record.NaturalKey()]:
				errs[i] = r.ErrKeyTaken()
			}
		}
		return errs, err
	})
	if err != nil {
		return err
	}
	if explained := domain.ErrItems(errs); explained != nil {
		return explained
	}
	return refusal // What was in the way is gone again.
}

// existingParents returns those of the records' parents that exist.
func existingParents[T domain.Record](ctx context.Context, tx ports.Tx, records []T) (map[domain.Reference]bool, error) {
	wanted := map[domain.SubjectKind][]domain.ID{}
	for _, record := range records {
		for _, parent := range record.Parents() {
			wanted[parent.Kind] = append(wanted[parent.Kind], parent.ID)
		}
	}
	existing := map[domain.Reference]bool{}
	for kind, ids := range wanted {
		found, err := recordsByKind[kind].existing(ctx, tx, ids)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			existing[domain.Reference{Kind: kind, ID: id}] = true
		}
	}
	return existing, nil
}

func (r versionedRecords[T]) existing(ctx context.Context, tx ports.Tx, ids []domain.ID) ([]domain.ID, error) {
	return r.repository(tx).ExistingIDs(ctx, ids...)
}
