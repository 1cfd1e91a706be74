package sqlstore_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Only PostgreSQL needs statements that lock rows: SQLite runs one Update at a time.
func TestRecordsAreWrittenWithFewStatements(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			var counter counter
			store := engine.open(t, counter.wrap)
			fill(t, store, 2) // The user has the ID 1, the doctors 1 and 2, the patients 1 and 2, the mappings 1 to 4.
			locks := int64(2)
			if engine.name == "SQLite" {
				locks = 0
			}
			doctor, patient := newDoctor("NJ-7"), newPatient(1)
			for _, test := range []struct {
				name  string
				want  int64
				write func(ports.Tx) error
			}{
				{"add a doctor", 1, func(tx ports.Tx) error { _, err := tx.Doctors().Add(t.Context(), doctor); return err }},
				{"add a patient", 1, func(tx ports.Tx) error { _, err := tx.Patients().Add(t.Context(), patient); return err }},
				{"add a mapping", 2, func(tx ports.Tx) error { // locks the parents first
					_, err := tx.Mappings().Add(t.Context(), domain.Mapping{PatientID: 3, DoctorID: 1, AssignedAt: now})
					return err
				}},
				{"add 1,000 doctors", 17, func(tx ports.Tx) error { // fifteen times 64, 32 and 8
					list := make([]domain.Doctor, 1000)
					for i := range list {
						list[i] = newDoctor(fmt.Sprint("CA-", i))
					}
					_, err := tx.Doctors().Add(t.Context(), list...)
					return err
				}},
				{"find doctors by their keys", 2, func(tx ports.Tx) error {
					_, err := tx.Doctors().ListByKeys(t.Context(), newDoctor("CA-1"), newDoctor("CA-2"))
					return err
				}},
				{"save a doctor", 1, func(tx ports.Tx) error { doctor.ID = 3; return tx.Doctors().Save(t.Context(), doctor) }},
				{"save a patient", 1, func(tx ports.Tx) error { patient.ID = 3; return tx.Patients().Save(t.Context(), patient) }},
				{"save a mapping", 3, func(tx ports.Tx) error { // locks the mapping and its parents first
					return tx.Mappings().Save(t.Context(), domain.Mapping{ID: 5, PatientID: 3, DoctorID: 2, AssignedAt: now})
				}},
				{"delete a mapping", 1, func(tx ports.Tx) error { _, _, err := tx.Mappings().Delete(t.Context(), 5); return err }},
				{"delete a doctor with mappings", 2 + locks, func(tx ports.Tx) error {
					_, children, err := tx.Doctors().Delete(t.Context(), 1)
					require.Len(t, children, 2)
					return err
				}},
				{"delete a patient with a mapping", 2 + locks, func(tx ports.Tx) error {
					_, children, err := tx.Patients().Delete(t.Context(), 1)
					require.Len(t, children, 1)
					return err
				}},
			} {
				got := counter.during(func() { update(t, store, test.write) })
				require.Equal(t, test.want, got, "statements to %s", test.name)
			}
		})
	}
}
