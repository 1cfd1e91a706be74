package application

import (
	"context"
	"slices"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// endMappings keeps that mappings were deleted with the record that e is about.
func (e *entry) endMappings(ctx context.Context, tx ports.Tx, mappings []domain.Mapping) error {
	versions := make([]domain.Version[domain.Mapping], len(mappings))
	for i, mapping := range mappings {
		e.aboutOtherSide(mapping)
		versions[i] = mappingKind.version(e, domain.Deleted, mapping)
		versions[i].With = e.side()
	}
	return keepMappings(ctx, tx, versions...)
}

func keepMappings(ctx context.Context, tx ports.Tx, versions ...domain.Version[domain.Mapping]) error {
	if _, err := tx.MappingHistory().Keep(ctx, versions...); err != nil {
		return unaccounted(err)
	}
	return nil
}

// restoreMappings puts the mappings back that were deleted with the record that e
// is about. Those whose other side is deleted meanwhile will be back with that.
func (e *entry) restoreMappings(ctx context.Context, tx ports.Tx) error {
	page := domain.Page{Limit: domain.MaxPageLimit}
	for {
		ended, err := tx.MappingHistory().Deleted(ctx, e.side(), page)
		if err != nil || len(ended) == 0 {
			return err
		}
		// Those that stay deleted are With another side then; but no store has to be
		// right about that for this to end.
		page.After = ended[len(ended)-1].Record.ID
		if err := e.restorePage(ctx, tx, ended); err != nil {
			return err
		}
	}
}

// restorePage is restoreMappings for some of them, which it overwrites.
func (e *entry) restorePage(ctx context.Context, tx ports.Tx, ended []domain.Version[domain.Mapping]) error {
	ids := make([]domain.ID, len(ended))
	for i, version := range ended {
		ids[i] = version.Record.ID
	}
	// None is restored or moved without this side, but all can be purged.
	deleted, err := tx.MappingHistory().StillDeleted(ctx, ids...)
	if err != nil {
		return err
	}
	ended = slices.DeleteFunc(ended, func(version domain.Version[domain.Mapping]) bool {
		return !contains(deleted, version.Record.ID)
	})
	others := make([]domain.ID, len(ended))
	for i, version := range ended {
		e.aboutOtherSide(version.Record)
		others[i] = e.otherSide(version.Record).ID
	}
	missing, err := e.missingOthers(ctx, tx, others)
	if err != nil {
		return err
	}
	var restored []domain.Mapping
	for i, version := range ended {
		if contains(missing, others[i]) {
			// It stays deleted, since when and by whom it was.
			ended[i].With = e.otherSide(version.Record)
			continue
		}
		restored = append(restored, version.Record)
		ended[i] = mappingKind.version(e, domain.Restored, version.Record)
		ended[i].With = e.side()
	}
	if err := tx.MappingHistory().Restore(ctx, restored...); err != nil {
		return err
	}
	return keepMappings(ctx, tx, ended...)
}

// missingOthers is missing for the sides of mappings that e is not about.
func (e *entry) missingOthers(ctx context.Context, tx ports.Tx, ids []domain.ID) ([]domain.ID, error) {
	if e.Subject.Kind == domain.AboutDoctor {
		return missing(ctx, tx.Patients(), tx.PatientHistory(), ids...)
	}
	return missing(ctx, tx.Doctors(), tx.DoctorHistory(), ids...)
}

// missingSides names the sides of a mapping that are deleted.
func missingSides(ctx context.Context, tx ports.Tx, mapping domain.Mapping) (sides []string, err error) {
	patients, err := missing(ctx, tx.Patients(), tx.PatientHistory(), mapping.PatientID)
	if err != nil {
		return nil, err
	}
	doctors, err := missing(ctx, tx.Doctors(), tx.DoctorHistory(), mapping.DoctorID)
	if err != nil {
		return nil, err
	}
	if len(patients) > 0 {
		sides = append(sides, "patient")
	}
	if len(doctors) > 0 {
		sides = append(sides, "doctor")
	}
	return sides, nil
}

// maxRounds is how often missing looks for records that are neither there nor deleted,
// although they have versions. One that still is after so many was removed by hand.
const maxRounds = 3

// missing returns those of the records that are deleted or purged, in ascending
// order. The deleted ones stay so, and the others stay there, until the Update returns.
func missing[T any](ctx context.Context, repository existing, history ports.History[T], ids ...domain.ID) (gone []domain.ID, err error) {
	unknown := slices.Sorted(slices.Values(ids))
	for round := 0; len(unknown) > 0 && round < maxRounds; round++ {
		there, err := repository.Existing(ctx, unknown...)
		if err != nil {
			return nil, err
		}
		unknown = without(unknown, there)
		deleted, err := history.StillDeleted(ctx, unknown...)
		if err != nil {
			return nil, err
		}
		gone = append(gone, deleted...)
		// What is neither was purged, or restored and deleted anew meanwhile, which says nothing yet.
		unknown = without(unknown, deleted)
		for _, id := range unknown {
			versions, err := history.List(ctx, id, domain.Page{Limit: 1})
			if err != nil {
				return nil, err
			}
			if len(versions) == 0 {
				gone = append(gone, id)
			}
		}
		slices.Sort(gone)
		unknown = without(unknown, gone)
	}
	gone = append(gone, unknown...)
	slices.Sort(gone)
	return gone, nil
}

func without(ids, others []domain.ID) []domain.ID {
	return slices.DeleteFunc(ids, func(id domain.ID) bool { return contains(others, id) })
}

// existing is what missing needs of a repository.
type existing interface {
	Existing(ctx context.Context, ids ...domain.ID) ([]domain.ID, error)
}

// contains reports whether id is in a list in ascending order.
func contains(ascending []domain.ID, id domain.ID) bool {
	_, found := slices.BinarySearch(ascending, id)
	return found
}

// side is the side of mappings that e is about.
func (e *entry) side() domain.Reference {
	return domain.Reference{Kind: e.Subject.Kind, ID: e.Subject.ID}
}

// otherSide is the side of a mapping that e is not about.
func (e *entry) otherSide(mapping domain.Mapping) domain.Reference {
	if e.Subject.Kind == domain.AboutDoctor {
		return domain.Reference{Kind: domain.AboutPatient, ID: mapping.PatientID}
	}
	return domain.Reference{Kind: domain.AboutDoctor, ID: mapping.DoctorID}
}

func (e *entry) aboutOtherSide(mapping domain.Mapping) {
	side := e.otherSide(mapping)
	e.about(side.Kind, side.ID)
}
