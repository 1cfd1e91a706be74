package portstest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func testNamesakes(s suite) {
	s.promise("ListNamesakes returns the patients with the folded names and the birth dates of the given ones", func(t *testing.T, store ports.Store) {
		creator := users.addNew(t, store).ID
		person := func(name, born string) domain.Patient {
			return newPatient(creator, func(in *domain.PatientInput) {
				*in = domain.PatientInput{Name: domain.Given(name)}
				if born != "" {
					in.DateOfBirth = domain.Given(born)
				}
			})
		}
		ada := patients.add(t, store, person("Zoë  O’Brien", "1990-01-05"))
		same := patients.add(t, store, person("ZOE OBRIEN", "1990-01-05"))
		patients.add(t, store, person("Zoë O’Brien", "1990-01-06"))
		bob := patients.add(t, store, person("Bob", "1980-12-31"))
		patients.add(t, store, person("Bob", ""))
		for name, tt := range map[string]struct{ asked, want []domain.Patient }{
			"several":               {[]domain.Patient{person("bob", "1980-12-31"), person("zoe o'brien", "1990-01-05"), person("Bob", "1980-12-31")}, []domain.Patient{ada, same, bob}},
			"another day":           {[]domain.Patient{person("Bob", "1980-12-30")}, nil},
			"without a birth date":  {[]domain.Patient{person("Bob", "")}, nil},
			"nobody is asked about": {nil, nil},
		} {
			read := func(tx ports.Tx) ([]domain.ID, error) {
				found, err := tx.Patients().ListNamesakes(t.Context(), tt.asked...)
				require.NotNil(t, found, name)
				ids := []domain.ID{}
				for _, patient := range found {
					require.NotEmpty(t, patient.PersonKey(), name)
					ids = append(ids, patient.ID)
				}
				return ids, err
			}
			want := []domain.ID{}
			for _, patient := range tt.want {
				want = append(want, patient.ID)
			}
			require.Equal(t, want, viewResult(t, store, read), name)
			update(t, store, func(tx ports.Tx) error {
				found, err := read(tx)
				require.Equal(t, want, found, name)
				return err
			})
		}
	})
}
