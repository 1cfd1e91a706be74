package sqlstore_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/memory"
	"example.com/healthcare/adapters/secretkeys"
	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

var admin = domain.Actor{Role: domain.Admin}

// practice is a doctor with patients, and the use-cases that delete and restore them.
type practice struct {
	store    ports.Store
	doctor   domain.ID
	ill      []domain.ID
	doctors  *application.Doctors
	patients *application.Patients
}

func newPractice(t *testing.T, store ports.Store, patients int) practice {
	t.Helper()
	keys, err := secretkeys.New(domain.NewSecret("a secret for tests only, of enough bytes"))
	require.NoError(t, err)
	cases := application.New(application.Ports{
		Store: store, Revocations: memory.New(), MACs: keys.For("audit trail").MACs(), Clock: ports.SystemClock,
	}, application.Rules{})
	p := practice{store: store, doctors: cases.Doctors, patients: cases.Patients}
	update(t, store, func(tx ports.Tx) error {
		p.ill = nil
		user, err := tx.Users().Add(t.Context(), newUser())
		if err != nil {
			return err
		}
		doctor, err := tx.Doctors().Add(t.Context(), newDoctor("NJ-1"))
		if err != nil {
			return err
		}
		p.doctor = doctor.ID
		for range patients {
			patient, err := tx.Patients().Add(t.Context(), newPatient(user.ID))
			if err != nil {
				return err
			}
			p.ill = append(p.ill, patient.ID)
		}
		// Not in the order of the patients' IDs.
		for _, patient := range slices.Backward(p.ill) {
			mapping := domain.Mapping{PatientID: patient, DoctorID: doctor.ID, AssignedAt: now}
			if _, err := tx.Mappings().Add(t.Context(), mapping); err != nil {
				return err
			}
		}
		return nil
	})
	return p
}

func (p practice) requireMapped(t *testing.T, want ...domain.ID) {
	t.Helper()
	require.NoError(t, p.store.View(t.Context(), func(tx ports.Tx) error {
		found, err := tx.Patients().List(t.Context(), domain.ListQuery{Limit: domain.MaxPageLimit, Conditions: []domain.Condition{{Filter: "doctor_id", Comparison: domain.Equal, Value: p.doctor}}})
		require.Len(t, found, len(want))
		for i, patient := range found {
			require.Equal(t, want[i], patient.ID)
		}
		return err
	}))
}

// 300 mappings are 7 batches, and each step takes one statement per batch.
func TestMappingsAreRestoredWithFewStatements(t *testing.T) {
	const most = 80
	for _, engine := range engines {
		for _, deleted := range []int{0, 100, 300} {
			t.Run(fmt.Sprintf("%s/%d_patients_deleted", engine.name, deleted), func(t *testing.T) {
				var counter counter
				p := newPractice(t, engine.open(t, counter.wrap), 300)
				require.NoError(t, p.doctors.Delete(t.Context(), admin, p.doctor, domain.Precondition{}))
				for _, patient := range p.ill[:deleted] {
					require.NoError(t, p.patients.Delete(t.Context(), admin, patient, domain.Precondition{}))
				}
				got := counter.during(func() {
					_, err := p.doctors.Restore(t.Context(), admin, application.Once{}, p.doctor)
					require.NoError(t, err)
				})
				require.LessOrEqual(t, got, int64(most))
				p.requireMapped(t, p.ill[deleted:]...)
			})
		}
	}
}

func TestMappingsAreRestoredWhenDoctorAndPatientsAreRestoredAtOnce(t *testing.T) {
	for _, engine := range engines {
		t.Run(engine.name, func(t *testing.T) {
			p := newPractice(t, engine.open(t, nil), 4)
			for _, deletePatientsFirst := range []bool{true, false} {
				if !deletePatientsFirst {
					require.NoError(t, p.doctors.Delete(t.Context(), admin, p.doctor, domain.Precondition{}))
				}
				for _, patient := range p.ill {
					require.NoError(t, p.patients.Delete(t.Context(), admin, patient, domain.Precondition{}))
				}
				if deletePatientsFirst {
					require.NoError(t, p.doctors.Delete(t.Context(), admin, p.doctor, domain.Precondition{}))
				}
				var all sync.WaitGroup
				all.Go(func() {
					_, err := p.doctors.Restore(t.Context(), admin, application.Once{}, p.doctor)
					assert.NoError(t, err)
				})
				for _, patient := range p.ill {
					all.Go(func() {
						_, err := p.patients.Restore(t.Context(), admin, application.Once{}, patient)
						assert.NoError(t, err)
					})
				}
				all.Wait()
				p.requireMapped(t, p.ill...)
			}
		})
	}
}
