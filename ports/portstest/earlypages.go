package portstest

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testSizes checks that pages of long records end early, and that times are cut.
func testSizes(s suite) {
	s.promise("a list of long records ends early, and the next page continues it", func(t *testing.T, store ports.Store) {
		const count, fit = 11, domain.MaxPageBytes / domain.MaxTextBytes
		record := domain.Given(strings.Repeat("x", domain.MaxTextBytes))
		doctor := doctors.addNew(t, store).ID
		var all []domain.ID
		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
			user := users.addIn(t, tx, newUser()).ID
			for range count {
				patient := patients.addIn(t, tx, newPatient(user, func(in *domain.PatientInput) {
					in.MedicalRecord, in.Address = record, domain.Given("")
				}))
				mappings.addIn(t, tx, newMapping(patient.ID, doctor))
				all = append(all, patient.ID)
			}
			return nil
		}))
		for name, list := range map[string]func(ports.Tx, domain.Page) ([]domain.PatientView, error){
			"all": func(tx ports.Tx, page domain.Page) ([]domain.PatientView, error) {
				return tx.Patients().List(t.Context(), pageQuery(page))
			},
			"a doctor's": func(tx ports.Tx, page domain.Page) ([]domain.PatientView, error) {
				return tx.Patients().List(t.Context(), pageQuery(page, is("doctor_id", doctor)))
			},
		} {
			require.NoError(t, store.View(t.Context(), func(tx ports.Tx) error {
				first, err := idsOf(viewID)(list(tx, domain.Page{Limit: domain.MaxPageLimit}))
				require.NoError(t, err)
				require.Equal(t, all[:fit], first, name)
				rest, err := idsOf(viewID)(list(tx, domain.Page{After: all[fit-1], Limit: domain.MaxPageLimit}))
				require.NoError(t, err)
				require.Equal(t, all[fit:], rest, name)
				return nil
			}))
		}
	})

	s.promise("times are cut to the microsecond", func(t *testing.T, store ports.Store) {
		precise := now.Add(999 * time.Nanosecond)
		require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
			user := newUser()
			user.CreatedAt = precise
			user = users.addIn(t, tx, user)
			require.Equal(t, now, user.CreatedAt)
			session := newSession(user)
			session.CreatedAt, session.ExpiresAt, session.RevokedAt = precise, precise, precise
			session = sessions.addIn(t, tx, session)
			patient, doctor := patients.addIn(t, tx, newPatient(user.ID)), doctors.addIn(t, tx, newDoctor())
			mapping := newMapping(patient.ID, doctor.ID)
			mapping.AssignedAt = precise
			mapping = mappings.addIn(t, tx, mapping)
			for _, stored := range []time.Time{session.CreatedAt, session.ExpiresAt, session.RevokedAt, mapping.AssignedAt} {
				require.Equal(t, now, stored)
			}
			return nil
		}))
	})
}
