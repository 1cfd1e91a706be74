package application

import (
	"context"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// endMappings keeps that mappings were deleted with the record that e is about.
func (e *entry) endMappings(ctx context.Context, tx ports.Tx, mappings []domain.Mapping) error {
	versions := make([]domain.Version[domain.Mapping], len(mappings))
	for i, mapping := range mappings {
		e.aboutOtherSide(mapping)
		versions[i] = mappingKind.version(e, domain.Deleted, mapping)
		versions[i].With = domain.Reference{Kind: e.Subject.Kind, ID: e.Subject.ID}
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
	subject := domain.Reference{Kind: e.Subject.Kind, ID: e.Subject.ID}
	page := domain.Page{Limit: domain.MaxPageLimit}
	for {
		ended, err := tx.MappingHistory().Deleted(ctx, subject, page)
		if err != nil || len(ended) == 0 {
			return err
		}
		for _, version := range ended {
			if err := e.restoreMapping(ctx, tx, version.Record.ID); err != nil {
				return err
			}
			page.After = version.Record.ID
		}
	}
}

func (e *entry) restoreMapping(ctx context.Context, tx ports.Tx, id domain.ID) error {
	deleted, err := tx.MappingHistory().Get(ctx, id)
	if err != nil && domain.KindOf(err) == domain.NotFound { // It was purged meanwhile.
		return nil
	}
	if err != nil {
		return err
	}
	e.aboutOtherSide(deleted.Record)
	missing, err := missingSides(ctx, tx, deleted.Record)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		// It stays deleted, since when and by whom it was.
		deleted.With = e.otherSide(deleted.Record)
		return keepMappings(ctx, tx, deleted)
	}
	if err := tx.MappingHistory().Restore(ctx, deleted.Record); err != nil {
		return err
	}
	restored := mappingKind.version(e, domain.Restored, deleted.Record)
	restored.With = domain.Reference{Kind: e.Subject.Kind, ID: e.Subject.ID}
	return keepMappings(ctx, tx, restored)
}

// missingSides names the sides of a mapping that are deleted.
func missingSides(ctx context.Context, tx ports.Tx, mapping domain.Mapping) (sides []string, err error) {
	noPatient, err := isDeleted(ctx, tx, patientKind, mapping.PatientID)
	if err != nil {
		return nil, err
	}
	noDoctor, err := isDeleted(ctx, tx, doctorKind, mapping.DoctorID)
	if noPatient {
		sides = append(sides, "patient")
	}
	if noDoctor {
		sides = append(sides, "doctor")
	}
	return sides, err
}

// isDeleted reports whether a record is, and stays so until the Update returns.
func isDeleted[T any](ctx context.Context, tx ports.Tx, kind kind[T], id domain.ID) (bool, error) {
	_, err := kind.repository(tx).Get(ctx, id)
	if err == nil || domain.KindOf(err) != domain.NotFound {
		return false, err
	}
	_, err = kind.history(tx).Get(ctx, id)
	if err == nil || domain.KindOf(err) != domain.NotFound {
		return true, err
	}
	// It was restored while Get waited, or purged.
	_, err = kind.repository(tx).Get(ctx, id)
	if err != nil && domain.KindOf(err) == domain.NotFound {
		return true, nil
	}
	return false, err
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
