package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// TakeoverPage is a page of the records of one kind that are here.
type TakeoverPage struct {
	Kind  domain.SubjectKind
	Rules TakeoverRules

	after domain.ID
	// existing returns the IDs that the old backend has.
	existing func(context.Context, domain.SubjectKind, ...domain.ID) ([]domain.ID, error)
}

// TakeoverGone is what Gone found on a page.
type TakeoverGone struct {
	Rows []TakeoverRow
	// next begins the next page. It is zero after the last one.
	next domain.ID
}

// Gone finds the records on a page that were taken over and are gone from the old backend.
// With DeleteGone it deletes them with their mappings, and deactivates users. It refuses a record
// that somebody has changed here since, or given a mapping. Records that were made here stay.
func (s *Takeover) Gone(ctx context.Context, actor domain.Actor, page TakeoverPage) (TakeoverGone, error) {
	return runUseCase(ctx, s.trail, call{actor: actor, permission: domain.StoreTakeOver, kind: page.Kind}, func(ctx context.Context, event *pendingEvent) (TakeoverGone, error) {
		remover := removerOf(page.Kind)
		if remover == nil || page.existing == nil {
			return TakeoverGone{}, nil
		}
		ids, err := viewStore(ctx, s.trail.store, func(tx ports.Tx) ([]domain.ID, error) { return remover.ids(ctx, tx, page.after) })
		if err != nil || len(ids) == 0 {
			return TakeoverGone{}, err
		}
		gone := TakeoverGone{next: ids[len(ids)-1]}
		existing, err := page.existing(ctx, page.Kind, ids...)
		if err != nil {
			return gone, err
		}
		ids = without(ids, existing)
		plan := func(tx ports.Tx) ([]TakeoverRow, error) {
			return planGone(ctx, tx, page, remover, ids)
		}
		if gone.Rows, err = viewStore(ctx, s.trail.store, plan); err != nil || page.Rules.DryRun || !anyDeleted(gone.Rows) {
			return gone, err
		}
		gone.Rows, err = updateWithEvent(ctx, event, func(ctx context.Context, tx ports.Tx, event *pendingEvent) ([]TakeoverRow, error) {
			rows, err := plan(tx)
			if err != nil {
				return nil, err
			}
			children := []TakeoverRow{}
			for _, row := range rows {
				if row.Outcome != TakenDeleted {
					continue
				}
				event.Subject.Shown = append(event.Subject.Shown, row.Record.ID)
				deleted, err := remover.remove(ctx, tx, event, row.Record.ID)
				if err != nil {
					return nil, err
				}
				for _, child := range deleted {
					children = append(children, TakeoverRow{Record: child, Outcome: TakenDeleted})
				}
			}
			return append(rows, children...), nil
		})
		return gone, err
	})
}

func anyDeleted(rows []TakeoverRow) bool {
	for _, row := range rows {
		if row.Outcome == TakenDeleted {
			return true
		}
	}
	return false
}

// remover removes entities of one kind.
type remover interface {
	// ids returns a page of the IDs above after, in ascending order.
	ids(ctx context.Context, tx ports.Tx, after domain.ID) ([]domain.ID, error)
	// origin returns where the entity comes from. For one that is already removed it returns
	// madeHere.
	origin(ctx context.Context, tx ports.Tx, id domain.ID) (origin, error)
	// remove removes an entity, and returns the children that were deleted with it.
	remove(ctx context.Context, tx ports.Tx, event *pendingEvent, id domain.ID) ([]domain.Reference, error)
}

func removerOf(kind domain.SubjectKind) remover {
	switch kind {
	case domain.SubjectUser:
		return userRemover{}
	case domain.SubjectDoctor:
		return recordRemover[domain.Doctor, domain.Doctor]{doctorRecords, func(tx ports.Tx) ports.Lists[domain.Doctor] { return tx.Doctors() }, recordID[domain.Doctor]}
	case domain.SubjectPatient:
		return recordRemover[domain.Patient, domain.PatientView]{patientRecords, func(tx ports.Tx) ports.Lists[domain.PatientView] { return tx.Patients() }, recordID[domain.PatientView]}
	case domain.SubjectMapping:
		return recordRemover[domain.Mapping, domain.Assignment]{
			mappingRecords, func(tx ports.Tx) ports.Lists[domain.Assignment] { return tx.Mappings() },
			func(assignment domain.Assignment) domain.ID { return assignment.ID },
		}
	default:
		return nil
	}
}

// planGone returns what to do with those of the ids that were taken over. The old backend has
// none of them.
func planGone(ctx context.Context, tx ports.Tx, page TakeoverPage, remover remover, ids []domain.ID) ([]TakeoverRow, error) {
	rows := []TakeoverRow{}
	for _, id := range ids {
		found, err := remover.origin(ctx, tx, id)
		if err != nil {
			return nil, err
		}
		row := TakeoverRow{Record: domain.Reference{Kind: page.Kind, ID: id}, isHere: true}
		switch {
		case found == madeHere:
			continue
		case found == changedHere:
			row.refuse("id", "Gone from the old backend, but somebody has changed the "+string(page.Kind)+" or its mappings here since it was taken over.",
				"Delete it here, if nobody needs it.")
		case page.Rules.DeleteGone:
			row.Outcome = TakenDeleted
		default:
			row.Outcome = TakenGone
			row.Problems = []TakeoverNote{{"id", "Gone from the old backend.", "Run the command with --delete, or delete it here."}}
		}
		rows = append(rows, row)
	}
	if page.Kind != domain.SubjectUser {
		return rows, nil
	}
	return rows, keepAnAdministrator(ctx, tx, rows)
}

// keepAnAdministrator refuses to deactivate the last active administrator.
func keepAnAdministrator(ctx context.Context, tx ports.Tx, rows []TakeoverRow) error {
	administrators, err := activeAdministrators(ctx, tx)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Outcome == TakenDeleted && administrators[rows[i].Record.ID] {
			if len(administrators) == 1 {
				rows[i].refuse("id", "Gone from the old backend, but the last active administrator here.", "Make another user an administrator first.")
				continue
			}
			delete(administrators, rows[i].Record.ID)
		}
	}
	return nil
}

// takeoverPageSize is the number of records that Gone compares at once.
const takeoverPageSize = 500

// pageByID returns the query for the entities with IDs above after. It leaves out long texts.
func pageByID(after domain.ID) domain.ListQuery {
	return domain.ListQuery{Limit: takeoverPageSize, After: &domain.Position{ID: after}, Fields: []string{"id"}}
}

// recordRemover removes records of one kind, which lists show as V.
type recordRemover[T domain.Record, V any] struct {
	versionedRecords[T]
	list func(ports.Tx) ports.Lists[V]
	id   func(V) domain.ID
}

func (r recordRemover[T, V]) ids(ctx context.Context, tx ports.Tx, after domain.ID) ([]domain.ID, error) {
	list, err := r.list(tx).List(ctx, pageByID(after))
	ids := make([]domain.ID, len(list))
	for i, listed := range list {
		ids[i] = r.id(listed)
	}
	return ids, err
}

func (r recordRemover[T, V]) origin(ctx context.Context, tx ports.Tx, id domain.ID) (origin, error) {
	record, err := r.repository(tx).Get(ctx, id)
	if domain.KindOf(err) == domain.NotFound { // deleted since it was listed
		return madeHere, nil
	}
	if err != nil {
		return madeHere, err
	}
	found, err := originOf(ctx, tx, record.Self(), domain.StampOf(record).UpdatedAt)
	if err != nil || found != takenOver || len(domain.Children(r.Kind)) == 0 {
		return found, err
	}
	untouched, err := hasOnlyTakenMappings(ctx, tx, record.Self())
	if err == nil && !untouched {
		found = changedHere
	}
	return found, err
}

// hasOnlyTakenMappings reports whether all mappings of a patient or doctor are as they were
// taken over.
func hasOnlyTakenMappings(ctx context.Context, tx ports.Tx, parent domain.Reference) (bool, error) {
	query := pageByID(0)
	query.Conditions = []domain.Condition{{Filter: string(parent.Kind) + "_id", Comparison: domain.Equal, Value: parent.ID}}
	for {
		assignments, err := tx.Mappings().List(ctx, query)
		if err != nil || len(assignments) == 0 {
			return err == nil, err
		}
		for _, assignment := range assignments {
			mapping, err := tx.Mappings().Get(ctx, assignment.ID)
			if err != nil {
				return false, err
			}
			if found, err := originOf(ctx, tx, mapping.Self(), mapping.UpdatedAt); err != nil || found != takenOver {
				return false, err
			}
		}
		query.After = &domain.Position{ID: assignments[len(assignments)-1].ID}
	}
}

func (r recordRemover[T, V]) remove(ctx context.Context, tx ports.Tx, event *pendingEvent, id domain.ID) ([]domain.Reference, error) {
	record, children, err := r.repository(tx).Delete(ctx, id)
	if err != nil {
		return nil, err
	}
	event.addRelated(record.Parents()...)
	if _, err := r.addVersions(ctx, tx, event, r.newVersion(event, domain.Deleted, domain.NextVersion(record, event.At))); err != nil {
		return nil, err
	}
	deleted := make([]domain.Reference, len(children))
	for i, child := range children {
		deleted[i] = child.Self()
	}
	return deleted, r.addChildVersions(ctx, tx, event, record.Self(), children)
}

// userRemover deactivates users.
type userRemover struct{}

func (userRemover) ids(ctx context.Context, tx ports.Tx, after domain.ID) ([]domain.ID, error) {
	users, err := tx.Users().List(ctx, pageByID(after))
	ids := make([]domain.ID, len(users))
	for i, user := range users {
		ids[i] = user.ID
	}
	return ids, err
}

func (userRemover) origin(ctx context.Context, tx ports.Tx, id domain.ID) (origin, error) {
	user, err := tx.Users().Get(ctx, id)
	if err != nil || !user.Active {
		return madeHere, err
	}
	return originOf(ctx, tx, domain.Reference{Kind: domain.SubjectUser, ID: id}, user.UpdatedAt)
}

func (userRemover) remove(ctx context.Context, tx ports.Tx, event *pendingEvent, id domain.ID) ([]domain.Reference, error) {
	user, err := tx.Users().Get(ctx, id)
	if err != nil {
		return nil, err
	}
	inactive := user
	inactive.Active = false
	if _, err := saveUser(ctx, tx, event, user, inactive); err != nil {
		return nil, err
	}
	return nil, revokeSessions(ctx, tx, event, id, 0, event.At)
}
