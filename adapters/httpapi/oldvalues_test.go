package httpapi_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// Values that the old backend accepted and that are invalid now.
const (
	oldName    = "\u200bAda\n\u202eLovelace\u00ad"
	oldPhone   = "n/a"
	oldText    = "\x0bsince\x07 1990 "
	oldBirth   = "1066-10-14"
	oldLicense = "straße-1"
)

// addOldRecords adds records with these values directly to the store, as a script that copies
// the old backend's database does.
func (a *api) addOldRecords(creator domain.ID) (patient domain.Patient, doctor domain.Doctor) {
	a.t.Helper()
	require.NoError(a.t, a.Ports.Store.Update(a.t.Context(), func(tx ports.Tx) (err error) {
		if patient, err = ports.AddOne(a.t.Context(), tx.Patients(), domain.FirstVersion(domain.Patient{
			CreatedBy:     creator,
			Name:          domain.FromStored[domain.Name](oldName),
			DateOfBirth:   domain.FromStored[domain.Date](oldBirth),
			Phone:         domain.FromStored[domain.Phone](oldPhone),
			Address:       domain.FromStored[domain.Text](oldText),
			MedicalRecord: domain.FromStored[domain.Text](oldText),
		}, a.Now())); err != nil {
			return err
		}
		for _, number := range []domain.LicenseNumber{
			domain.StoredLicenseNumber("STRASSE-1", ""),
			domain.StoredLicenseNumber(oldLicense, "straße-1"), // lower(...) in SQL
		} {
			if doctor, err = ports.AddOne(a.t.Context(), tx.Doctors(), domain.FirstVersion(domain.Doctor{
				Name:           domain.FromStored[domain.Name](oldName),
				JoinedAt:       domain.FromStored[domain.Date]("2020-02-02"),
				Specialization: domain.FromStored[domain.Specialization](" \u200b"),
				LicenseNumber:  number,
				Salary:         domain.FromStored[domain.Salary]("1234.50"),
			}, a.Now())); err != nil {
				return err
			}
		}
		return nil
	}))
	return patient, doctor
}

// changedFields returns the names of the fields that the last version of a record changed.
func (a *api) changedFields(path, token string) (names []string) {
	a.t.Helper()
	versions := a.want(200, "GET", path+"history/", token, "").objects(a.t)
	for _, changed := range versions[len(versions)-1]["changed"].([]any) {
		names = append(names, changed.(map[string]any)["field"].(string))
	}
	return names
}

func TestValuesOfTheOldBackendCanBeKept(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		patient, doctor := api.addOldRecords(1)
		for path, change := range map[string]struct{ body, field string }{
			fmt.Sprintf("/api/patients/%d/", patient.ID): {`{"gender":"F"}`, "gender"},
			fmt.Sprintf("/api/doctors/%d/", doctor.ID):   {`{"salary":"1.00"}`, "salary"},
		} {
			got := api.want(200, "GET", path, admin, "")
			assert.Equal(t, oldName, got.object(t)["name"])
			put := api.want(200, "PUT", path, admin, string(got.body))
			assert.JSONEq(t, string(got.body), string(put.body))
			assert.Len(t, api.want(200, "GET", path+"history/", admin, "").objects(t), 1, "a PUT of the answer to GET adds no version")

			patched := api.want(200, "PATCH", path, admin, change.body)
			want := got.object(t)
			for _, member := range []string{change.field, "version", "updated_at"} {
				want[member] = patched.object(t)[member]
			}
			assert.Equal(t, want, patched.object(t))
			assert.Equal(t, []string{change.field}, api.changedFields(path, admin))

			api.want(204, "DELETE", path, admin, "")
			restored := api.want(200, "POST", path+"restore/", admin, "")
			version := int(restored.object(t)["version"].(float64))
			assert.JSONEq(t, moved(string(patched.body), version, restored.object(t)["updated_at"].(string)), string(restored.body))
			put = api.want(200, "PUT", path, admin, string(patched.body))
			assert.JSONEq(t, string(restored.body), string(put.body))
			assert.Len(t, api.want(200, "GET", path+"history/", admin, "").objects(t), version, "a PUT of the answer to GET adds no version after a restore")
		}
	})
}

func TestNewValuesOfOldRecordsAreValidated(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin := api.signUp("admin@example.com", domain.Admin)
		patient, doctor := api.addOldRecords(1)
		refused := api.want(400, "PATCH", fmt.Sprintf("/api/patients/%d/", patient.ID), admin, `{"phone_number":"N/A","gender":"F"}`)
		assert.Len(t, refused.object(t)["errors"], 1)
		licence := fmt.Sprintf("/api/doctors/%d/", doctor.ID)
		refused = api.want(400, "PATCH", licence, admin, `{"license_number":"Straße-1"}`)
		assert.Contains(t, refused.object(t)["errors"], "license_number")
		api.want(200, "PATCH", licence, admin, `{"license_number":"straße-2"}`)
		refused = api.want(400, "PATCH", licence, admin, `{"license_number":"straße-1"}`)
		assert.Contains(t, refused.object(t)["errors"], "license_number", "a new number must be unique under the current rules")
	})
}

func TestOtherMembersOfAnOldAccountCanBeChanged(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		admin, staff := api.signUp("admin@example.com", domain.Admin), api.signUp("staff@example.com", domain.Staff)
		require.NoError(t, api.Ports.Store.Update(t.Context(), func(tx ports.Tx) error {
			user, err := tx.Users().Get(t.Context(), 2)
			if err != nil {
				return err
			}
			user.LastName, user.Phone = domain.FromStored[domain.PersonName](oldName), domain.FromStored[domain.Phone](oldPhone)
			return tx.Users().Save(t.Context(), user)
		}))
		for token, path := range map[string]string{staff: "/api/auth/me/", admin: "/api/users/2/"} {
			own := api.want(200, "GET", path, token, "").object(t)
			own["first_name"] = "Ada of " + strings.Trim(path, "/")
			body, err := json.Marshal(own)
			require.NoError(t, err)
			changed := api.want(200, "PATCH", path, token, string(body)).object(t)
			own["version"] = own["version"].(float64) + 1
			if _, shown := own["updated_at"]; shown {
				own["updated_at"] = changed["updated_at"]
			}
			assert.Equal(t, own, changed)
		}
	})
}

func TestAnOldAccountLogsInWithItsAddress(t *testing.T) {
	forEachStore(t, func(t *testing.T, api *api) {
		for i, address := range []string{"ada@localhost", "zoë@example.com"} {
			api.signUp(fmt.Sprintf("user%d@example.com", i), domain.Staff)
			require.NoError(t, api.Ports.Store.Update(t.Context(), func(tx ports.Tx) error {
				user, err := tx.Users().Get(t.Context(), domain.ID(i+1))
				if err != nil {
					return err
				}
				user.Email = domain.FromStored[domain.Email](address)
				return tx.Users().Save(t.Context(), user)
			}))
			api.want(200, "POST", "/api/auth/login/", "", credentials(strings.ToUpper(address), goodPassword))
			api.want(401, "POST", "/api/auth/login/", "", credentials(address, "wrong"))
		}
	})
}

// A script can have copied Latin-1 texts into SQLite.
func TestAStoredTextThatIsNotUTF8HidesNoRecord(t *testing.T) {
	api := newAPI(t, stores["sqlite"](t))
	admin := api.signUp("admin@example.com", domain.Admin)
	require.NoError(t, api.Ports.Store.Update(t.Context(), func(tx ports.Tx) error {
		_, err := tx.Patients().Add(t.Context(), domain.FirstVersion(domain.Patient{CreatedBy: 1, Name: domain.FromStored[domain.Name]("Zo\xeb")}, api.Now()))
		return err
	}))
	assert.Equal(t, "Zo\ufffd", api.want(200, "GET", "/api/patients/1/", admin, "").object(t)["name"])
	assert.Len(t, api.want(200, "GET", "/api/patients/", admin, "").objects(t), 1)
	api.want(200, "PATCH", "/api/patients/1/", admin, `{"gender":"F"}`)
	assert.Equal(t, []string{"gender"}, api.changedFields("/api/patients/1/", admin))
	require.NoError(t, api.Ports.Store.View(t.Context(), func(tx ports.Tx) error {
		patient, err := tx.Patients().Get(t.Context(), 1)
		assert.Equal(t, "Zo\xeb", patient.Name.String(), "the stored text is unchanged")
		return err
	}))
	assert.Equal(t, "Zoë", api.want(200, "PATCH", "/api/patients/1/", admin, `{"name":"Zoë"}`).object(t)["name"])
}
