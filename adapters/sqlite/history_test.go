package sqlite_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/adapters/sqlite"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

func TestPurgingRemovesRecordsFromTheFile(t *testing.T) {
	path := newPath(t)
	// after runs fn in an Update and returns how often the file then contains text.
	after := func(text string, fn func(tx ports.Tx) error) int {
		store, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		require.NoError(t, err)
		require.NoError(t, store.Update(t.Context(), fn))
		require.NoError(t, store.Close())
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		return strings.Count(string(content), text)
	}
	deleted := after("Aphasia.", func(tx ports.Tx) error {
		user, err := tx.Users().Add(t.Context(), domain.User{Role: domain.Staff})
		if err != nil {
			return err
		}
		// The second record fills several pages. The others share one.
		for _, record := range []string{"Aphasia.", strings.Repeat("Aphasia.", 5000), "Hemorrhoids."} {
			patient := domain.Patient{CreatedBy: user.ID, MedicalRecord: domain.FromStored[domain.Text](record)}
			if patient, err = ports.AddOne(t.Context(), tx.Patients(), patient); err != nil {
				return err
			}
			change := domain.Created
			if record != "Hemorrhoids." {
				change = domain.Deleted
				if _, _, err := tx.Patients().Delete(t.Context(), patient.ID); err != nil {
					return err
				}
			}
			if _, err := tx.PatientHistory().Add(t.Context(), domain.Version[domain.Patient]{Change: change, Record: patient}); err != nil {
				return err
			}
		}
		return nil
	})
	require.Positive(t, deleted)
	purged := after("Aphasia.", func(tx ports.Tx) error {
		ids, err := tx.Retention().Purge(t.Context(), domain.SubjectPatient, time.Now(), 10)
		require.Len(t, ids, 2)
		return err
	})
	require.Zero(t, purged)
	require.Equal(t, 2, after("Hemorrhoids.", func(ports.Tx) error { return nil }), "the record and its version")
}

func TestSnapshotsOfOtherReleasesCanBeRead(t *testing.T) {
	path := newPath(t)
	store := open(t, path, sqlite.Options{})
	doctor, err := addDoctor(t.Context(), store, "NJ-1")
	require.NoError(t, err)
	require.NoError(t, store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.DoctorHistory().Add(t.Context(), domain.Version[domain.Doctor]{Change: domain.Created, Record: doctor})
		return err
	}))
	read := func(record string) (domain.Doctor, error) {
		_, err := direct(t, path).ExecContext(t.Context(), `UPDATE versions SET record = ?`, record)
		require.NoError(t, err)
		versions := make([]domain.Version[domain.Doctor], 1)
		err = store.View(t.Context(), func(tx ports.Tx) (err error) {
			found, err := tx.DoctorHistory().List(t.Context(), doctor.ID, domain.Page{Limit: 10})
			copy(versions, found)
			return err
		})
		return versions[0].Record, err
	}

	before, err := read(`{"id": 1, "name": "Gregory House", "pager": "555-1234"}`)
	require.NoError(t, err)
	require.Equal(t, domain.Doctor{ID: 1, Name: doctor.Name, Stamp: domain.Stamp{Version: 1}}, before)
	for _, damaged := range []string{`{"id": 1, "name": "Gregory`, `{"id": "Gregory"}`, `Gregory`, ``} {
		_, err = read(damaged)
		require.Equal(t, domain.Internal, domain.KindOf(err), damaged)
		require.NotContains(t, err.Error(), "Greg")
	}
}
