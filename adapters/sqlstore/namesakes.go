package sqlstore

import (
	"cmp"
	"context"
	"slices"

	"example.com/healthcare/domain"
)

// selectNamesakes finds patients by their folded names and birth dates. It is written like
// selectByKey.
var selectNamesakes = forRows(Unprepared+`SELECT `+patientKind.short+`
	FROM (VALUES (CAST(NULL AS text), CAST(NULL AS date)),`, 2, `) AS wanted CROSS JOIN patients
	WHERE patients.date_of_birth = wanted.column2 AND patients.name_folded = wanted.column1`)

func (s patients) ListNamesakes(ctx context.Context, list ...domain.Patient) ([]domain.Patient, error) {
	wanted := map[string]bool{}
	var named []domain.Patient
	for _, patient := range list {
		if key := patient.PersonKey(); key != "" && !wanted[key] {
			wanted[key] = true
			named = append(named, patient)
		}
	}
	found := []domain.Patient{}
	for batch := range batches(named) {
		args := arguments(batch, func(patient domain.Patient) []any {
			return []any{domain.SortKey(patient.Name.String()), day(patient.DateOfBirth.String())}
		})
		rows, err := entities[patientRow](ctx, s.records.querier, selectNamesakes.text(s.records.querier, len(batch)), args...)
		if err != nil {
			return nil, err
		}
		found = append(found, rows...)
	}
	slices.SortFunc(found, func(a, b domain.Patient) int { return cmp.Compare(a.ID, b.ID) })
	return found, nil
}
