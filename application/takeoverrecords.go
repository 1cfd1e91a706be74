package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// takenRecords says how rows of the old backend become records of one kind.
type takenRecords[Row any, T domain.Record] struct {
	versionedRecords[T]
	id func(Row) domain.ID
	// takeOver returns the record with what the row has. The record is zero if it is new.
	takeOver func(*planned[Row, T]) (T, error)
	// check refuses rows for what the old backend or this store has besides them. It can be
	// nil.
	check func(tx ports.Tx, plans []planned[Row, T]) error
	add   func(ports.Takeover) func(context.Context, ...T) error
}

// Doctors takes over a batch of doctors.
func (s *Takeover) Doctors(ctx context.Context, actor domain.Actor, batch TakeoverBatch[domain.OldDoctor]) ([]TakeoverRow, error) {
	return takeOverRecords(ctx, s.trail, actor, batch, takenRecords[domain.OldDoctor, domain.Doctor]{
		versionedRecords: doctorRecords,
		id:               func(row domain.OldDoctor) domain.ID { return row.ID },
		takeOver: func(planned *planned[domain.OldDoctor, domain.Doctor]) (domain.Doctor, error) {
			if planned.isHere && planned.row.JoinedAt.Text() != planned.before.JoinedAt.String() {
				planned.noteFixed("joined_at")
			}
			return planned.row.TakeOver(planned.before)
		},
		add: func(to ports.Takeover) func(context.Context, ...domain.Doctor) error { return to.AddDoctors },
	})
}

// Patients takes over a batch of patients.
func (s *Takeover) Patients(ctx context.Context, actor domain.Actor, batch TakeoverBatch[domain.OldPatient]) ([]TakeoverRow, error) {
	now := s.trail.clock()
	return takeOverRecords(ctx, s.trail, actor, batch, takenRecords[domain.OldPatient, domain.Patient]{
		versionedRecords: patientRecords,
		id:               func(row domain.OldPatient) domain.ID { return row.ID },
		takeOver: func(planned *planned[domain.OldPatient, domain.Patient]) (domain.Patient, error) {
			before := planned.before
			switch creator := planned.row.CreatedBy; {
			case !planned.isHere && creator != 0:
				before.CreatedBy = creator
			case !planned.isHere && batch.Rules.CreatedBy != 0:
				before.CreatedBy = batch.Rules.CreatedBy
				planned.note("created_by", "The user who registered the patient was deleted. The user of --as takes that place.", "")
			case !planned.isHere:
				planned.refuse("created_by", "The user who registered the patient was deleted.", "Name a user who takes that place: --as EMAIL.")
			case creator != 0 && creator != before.CreatedBy:
				planned.noteFixed("created_by")
			}
			return planned.row.TakeOver(before, now)
		},
		check: func(tx ports.Tx, plans []planned[domain.OldPatient, domain.Patient]) error {
			return requireCreators(ctx, tx, plans, batch)
		},
		add: func(to ports.Takeover) func(context.Context, ...domain.Patient) error { return to.AddPatients },
	})
}

// noteFixed says that a field differs that cannot be changed.
func (r *TakeoverRow) noteFixed(field string) {
	r.note(field, "Differs from the old backend. This field never changes here.", "")
}

// requireCreators refuses patients whose creator is not here.
func requireCreators(ctx context.Context, tx ports.Tx, plans []planned[domain.OldPatient, domain.Patient], batch TakeoverBatch[domain.OldPatient]) error {
	var ids []domain.ID
	for _, planned := range plans {
		ids = append(ids, planned.row.CreatedBy)
	}
	users, err := tx.Users().ListByIDs(ctx, ids...)
	if err != nil {
		return err
	}
	isHere := map[domain.ID]bool{}
	for _, user := range users {
		isHere[user.ID] = true
	}
	for i := range plans {
		planned := &plans[i]
		creator := domain.Reference{Kind: domain.SubjectUser, ID: planned.row.CreatedBy}
		if creator.ID != 0 && !planned.isHere && batch.Earlier.isAbsent(creator, isHere[creator.ID], batch.Rules.DryRun) {
			planned.refuseWithout("created_by", creator)
		}
	}
	return nil
}

// refuseWithout refuses a row because a record that it refers to is not here.
func (r *TakeoverRow) refuseWithout(field string, missing domain.Reference) {
	r.refuse(field, "The "+string(missing.Kind)+" "+missing.ID.String()+" is not here.", "See why the "+string(missing.Kind)+" was refused.")
}

// Mappings takes over a batch of mappings.
func (s *Takeover) Mappings(ctx context.Context, actor domain.Actor, batch TakeoverBatch[domain.OldMapping]) ([]TakeoverRow, error) {
	return takeOverRecords(ctx, s.trail, actor, batch, takenRecords[domain.OldMapping, domain.Mapping]{
		versionedRecords: mappingRecords,
		id:               func(row domain.OldMapping) domain.ID { return row.ID },
		takeOver: func(planned *planned[domain.OldMapping, domain.Mapping]) (domain.Mapping, error) {
			if first := planned.row.First; first != planned.row.ID {
				planned.refuse(domain.NonField, "Mapping "+first.String()+" has the same patient and doctor.", "Delete one of them in the old backend and run the command again.")
			}
			return planned.row.TakeOver(planned.before)
		},
		check: func(tx ports.Tx, plans []planned[domain.OldMapping, domain.Mapping]) error {
			return requireSides(ctx, tx, plans, batch)
		},
		add: func(to ports.Takeover) func(context.Context, ...domain.Mapping) error { return to.AddMappings },
	})
}

// requireSides refuses mappings whose patient or doctor is not here.
func requireSides(ctx context.Context, tx ports.Tx, plans []planned[domain.OldMapping, domain.Mapping], batch TakeoverBatch[domain.OldMapping]) error {
	wanted := map[domain.SubjectKind][]domain.ID{}
	for _, planned := range plans {
		if !planned.isHere || planned.writes() {
			for _, parent := range planned.after.Parents() {
				wanted[parent.Kind] = append(wanted[parent.Kind], parent.ID)
			}
		}
	}
	patients, err := tx.Patients().ExistingIDs(ctx, wanted[domain.SubjectPatient]...)
	if err != nil {
		return err
	}
	doctors, err := tx.Doctors().ExistingIDs(ctx, wanted[domain.SubjectDoctor]...)
	if err != nil {
		return err
	}
	here := map[domain.SubjectKind][]domain.ID{domain.SubjectPatient: patients, domain.SubjectDoctor: doctors}
	for i := range plans {
		for _, parent := range plans[i].after.Parents() {
			if plans[i].writes() && batch.Earlier.isAbsent(parent, contains(here[parent.Kind], parent.ID), batch.Rules.DryRun) {
				plans[i].refuseWithout(string(parent.Kind), parent)
			}
		}
	}
	return nil
}

// takeOverRecords is the use-case for a batch of records of one kind.
func takeOverRecords[Row any, T domain.Record](ctx context.Context, trail *Trail, actor domain.Actor, batch TakeoverBatch[Row], kind takenRecords[Row, T]) ([]TakeoverRow, error) {
	return takeOverBatch(ctx, trail, actor, kind.Kind, batch.Rules.DryRun,
		func(tx ports.Tx) ([]planned[Row, T], error) { return kind.plan(ctx, tx, batch) },
		func(tx ports.Tx, event *pendingEvent, plans []planned[Row, T]) error {
			return kind.write(ctx, tx, event, plans)
		})
}

// plan decides what to do with each row of a batch.
func (k takenRecords[Row, T]) plan(ctx context.Context, tx ports.Tx, batch TakeoverBatch[Row]) ([]planned[Row, T], error) {
	plans := make([]planned[Row, T], len(batch.Rows))
	ids := make([]domain.ID, len(batch.Rows))
	for i, row := range batch.Rows {
		ids[i] = k.id(row)
	}
	existing, err := k.repository(tx).ExistingIDs(ctx, ids...)
	if err != nil {
		return nil, err
	}
	deleted, err := k.history(tx).DeletedIDs(ctx, ids...)
	if err != nil {
		return nil, err
	}
	for i, row := range batch.Rows {
		plans[i] = planned[Row, T]{row: row, TakeoverRow: newTakeoverRow(k.Kind, ids[i])}
		switch {
		case plans[i].Outcome == TakenRefused:
		case contains(deleted, ids[i]):
			plans[i].refuse("id", "The "+string(k.Kind)+" was deleted here.", "Restore it here, or delete it in the old backend.")
		default:
			plans[i].isHere = contains(existing, ids[i])
			if err := k.planRow(ctx, tx, &plans[i]); err != nil {
				return nil, err
			}
		}
	}
	if k.check != nil {
		if err := k.check(tx, plans); err != nil {
			return nil, err
		}
	}
	return plans, k.requireFreeKeys(ctx, tx, plans, batch.Earlier)
}

// planRow decides what to do with one row, which is not deleted here.
func (k takenRecords[Row, T]) planRow(ctx context.Context, tx ports.Tx, planned *planned[Row, T]) (err error) {
	if planned.isHere {
		if planned.before, err = k.repository(tx).Get(ctx, planned.Record.ID); err != nil {
			return err
		}
		planned.Outcome = TakenSame
	}
	if planned.after, err = k.takeOver(planned); err != nil {
		if err := planned.refuseInvalid(err); err != nil {
			return err
		}
	}
	if !planned.isHere {
		return nil
	}
	if planned.Outcome == TakenSame {
		for _, change := range domain.Diff(&planned.before, planned.after) {
			planned.Outcome = TakenChanged
			planned.Changed = append(planned.Changed, change.Name)
		}
	}
	if planned.Outcome == TakenSame {
		return nil
	}
	return requireTakenOver(ctx, tx, &planned.TakeoverRow, domain.StampOf(planned.before).UpdatedAt)
}

// requireFreeKeys refuses rows whose natural key another row or record has.
func (k takenRecords[Row, T]) requireFreeKeys(ctx context.Context, tx ports.Tx, plans []planned[Row, T], earlier *TakeoverMemory) error {
	owners := map[domain.NaturalKey]domain.ID{}
	var wanted []T
	for _, planned := range plans {
		if planned.writes() {
			wanted = append(wanted, planned.after)
		}
	}
	found, err := k.repository(tx).ListByKeys(ctx, wanted...)
	if err != nil {
		return err
	}
	for _, record := range found {
		owners[record.NaturalKey()] = record.Self().ID
	}
	for i := range plans {
		planned := &plans[i]
		if planned.Outcome == TakenRefused {
			continue
		}
		key, id := planned.after.NaturalKey(), planned.Record.ID
		owner := owners[key]
		if owner == 0 {
			owner = earlier.owner(k.Kind, string(key))
		}
		if key != "" && owner != 0 && owner != id && planned.writes() {
			planned.refuse(k.KeyField(), "The "+string(k.Kind)+" "+owner.String()+" has the same. Letter case and blanks around it do not count here.", runAgain)
			continue
		}
		planned.isHere = true
		if key != "" {
			owners[key] = id
		}
		if k.Kind == domain.SubjectDoctor {
			planned.key = string(key)
		}
	}
	return nil
}

// write adds and saves what the plans say, with one version of each record.
func (k takenRecords[Row, T]) write(ctx context.Context, tx ports.Tx, event *pendingEvent, plans []planned[Row, T]) error {
	var added []T
	var versions []domain.Version[T]
	for _, planned := range plans {
		if !planned.writes() {
			continue
		}
		event.addRelated(planned.after.Parents()...)
		if planned.Outcome == TakenNew {
			record := domain.FirstVersion(planned.after, event.At)
			added = append(added, record)
			versions = append(versions, k.newVersion(event, domain.Created, record))
			continue
		}
		event.addRelated(planned.before.Parents()...)
		record := domain.NextVersion(planned.after, event.At)
		if err := k.repository(tx).Save(ctx, record); err != nil {
			return err
		}
		versions = append(versions, k.newVersion(event, domain.Updated, record))
	}
	if err := k.add(tx.Takeover())(ctx, added...); err != nil {
		return err
	}
	_, err := k.addVersions(ctx, tx, event, versions...)
	return err
}
