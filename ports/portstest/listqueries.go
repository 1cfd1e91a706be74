package portstest

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testListQueries checks that lists contain what their domain.Listing declares, for random
// records and queries.
func testListQueries(s suite) {
	s.promise("every search, filter and order selects what its listing declares", func(t *testing.T, store ports.Store) {
		var creators []domain.ID
		for range 3 {
			creators = append(creators, users.addNew(t, store).ID)
		}
		rapid.Check(t, func(t *rapid.T) {
			deleteAll(t, store)
			addRandomClinic(t, store, creators)
			view(t, store, func(tx ports.Tx) error {
				checkList(t, domain.PatientList, tx.Patients(), relatedPatients)
				checkList(t, domain.DoctorList, tx.Doctors(), relatedDoctors(t, tx))
				checkList(t, domain.AssignmentList, tx.Mappings(), nil)
				checkList(t, domain.UserList, tx.Users(), nil)
				return nil
			})
		})
	})
}

// relatedPatients says which patients belong to the doctor of the filter doctor_id.
func relatedPatients(_ string, doctor domain.ID, patient domain.PatientView) bool {
	return slices.Contains(patient.AssignedDoctors, doctor)
}

// relatedDoctors says which doctors belong to the patient of the filter patient_id.
func relatedDoctors(t tester, tx ports.Tx) func(string, domain.ID, domain.Doctor) bool {
	assignments, err := tx.Mappings().List(t.Context(), everything)
	require.NoError(t, err)
	return func(_ string, patient domain.ID, doctor domain.Doctor) bool {
		return slices.ContainsFunc(assignments, func(a domain.Assignment) bool { return a.PatientID == patient && a.Doctor.ID == doctor.ID })
	}
}

// checkList compares a list with a selection of all entities by the listing, for a few random
// queries. related says which entities belong to another record, for filters by it.
func checkList[T any](t *rapid.T, listing domain.Listing[T], list ports.Lists[T], related func(filter string, id domain.ID, entity T) bool) {
	all, err := list.List(t.Context(), everything)
	require.NoError(t, err)
	for range 3 {
		query := drawQuery(t, listing, all)
		selected := []T{}
		for _, entity := range all {
			if listing.Matches(query, entity) && belongs(query, entity, related) {
				selected = append(selected, entity)
			}
		}
		count, err := list.Count(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, len(selected), count, "count of %+v", query)

		at := func(entity T) domain.Position { return listing.PositionOf(query, entity) }
		slices.SortFunc(selected, func(a, b T) int { return query.Compare(at(a), at(b)) })
		selected = slices.DeleteFunc(selected, func(entity T) bool { return !query.IsOnPage(at(entity)) })
		found, err := list.List(t.Context(), query)
		require.NoError(t, err)
		require.Equal(t, selected[:min(query.Limit, len(selected))], found, "%+v", query)
	}
}

func belongs[T any](query domain.ListQuery, entity T, related func(string, domain.ID, T) bool) bool {
	for _, condition := range query.Conditions {
		if related != nil && (condition.Filter == "doctor_id" || condition.Filter == "patient_id") &&
			!related(condition.Filter, condition.Value.(domain.ID), entity) {
			return false
		}
	}
	return true
}

// drawQuery draws a query whose values are mostly those of the entities.
func drawQuery[T any](t *rapid.T, listing domain.Listing[T], all []T) domain.ListQuery {
	in := domain.Parameters{}
	if listing.Searchable() && rapid.Bool().Draw(t, "search") {
		in["search"] = domain.Given(rapid.SampledFrom(searches).Draw(t, "words"))
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(listing.Filters()), 0, 3, rapid.ID).Draw(t, "filters") {
		in[name] = domain.Given(rapid.SampledFrom(filterValues(name)).Draw(t, name))
	}
	in["ordering"] = domain.Given(rapid.SampledFrom([]string{"", "-"}).Draw(t, "direction") + rapid.SampledFrom(listing.Orderings()).Draw(t, "ordering"))
	query := parseQuery(t, listing, in)
	query.Limit = rapid.SampledFrom([]int{0, 1, 3, math.MaxInt32}).Draw(t, "limit")
	if len(all) > 0 && rapid.Bool().Draw(t, "later page") {
		position := listing.PositionOf(query, rapid.SampledFrom(all).Draw(t, "last"))
		position.ID += domain.ID(rapid.IntRange(-1, 1).Draw(t, "beside"))
		query.After = &position
	}
	return query
}

// filterValues returns values of a filter, some of which random entities have.
func filterValues(name string) []string {
	name, _, _ = strings.Cut(name, "__")
	switch name {
	case "gender":
		return []string{"M", "F", "O", "none"}
	case "role":
		return []string{"ADMIN", "STAFF"}
	case "has_doctor", "is_active":
		return []string{"true", "false"}
	case "date_of_birth":
		return randomDates[1:]
	case "joined_at":
		return []string{"2024-02-28", "2024-02-29", "2024-03-01"}
	case "created_at", "updated_at", "assigned_at":
		return []string{showTime(now), showTime(now.Add(-time.Microsecond)), showTime(now.Add(time.Hour)), showTime(now.Add(2 * time.Hour)), "1970-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"}
	case "email":
		return []string{"a@clinic.example", "B@clinic.example", "nobody@clinic.example"}
	case "external_id":
		return []string{"MRN 1", "mrn 1"}
	case "phone_number":
		return randomPhones[1:]
	case "specialization":
		return []string{"cardiology", "CARDIO-logy", "neurologie"}
	case "license_number":
		return []string{"L-1", "l-1", "L-99"}
	default:
		return []string{"1", "2", "3", "4", "9223372036854775807"}
	}
}

func showTime(at time.Time) string { return at.Format(time.RFC3339Nano) }

var (
	randomNames  = []string{"Ada", "Ãda", "ada-lovelace", "Ada Lovelace", "Zoë", "Zoe", "王", "王 小明", "Дмитрий", "Ωmega", "فاطمة", "😀", "a%_*\"'", "Ødegård", "ß", "Z"}
	randomDates  = []string{"", "1850-01-01", "1987-11-30", "1987-12-01", "2024-02-29"}
	randomPhones = []string{"", "020 7946 0000", "+44 20 7946 0000", "00-44-20", "123"}
	searches     = []string{
		"ada", "a", "zoe", "王", "lovelace ada", "1987-11-30", "02079460", "20-7946", "%", "_", "*", "\"", "'", "a AND", "NEAR", "clinic.example",
		"😀", "ди", "ss", "o", "cardio", "l-1", "mrn", "فاطمة", "nobody",
	}
)

// addRandomClinic adds a few random doctors, patients and mappings.
func addRandomClinic(t *rapid.T, store ports.Store, creators []domain.ID) {
	pick := func(from []string, label string) domain.Input {
		return domain.Given(rapid.SampledFrom(from).Draw(t, label))
	}
	stamp := func() time.Time {
		return now.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "hours")) * time.Hour)
	}
	update(t, store, func(tx ports.Tx) error {
		var doctorIDs, patientIDs []domain.ID
		for i := range rapid.IntRange(0, 6).Draw(t, "doctors") {
			doctor := newDoctor(func(in *domain.DoctorInput) {
				in.Name, in.Specialization = pick(randomNames, "name"), pick([]string{"Cardiology", "cardio logy", "Neurologie", "Innere Medizin"}, "specialization")
				if i == 0 {
					in.LicenseNumber = domain.Given("L-1")
				}
			})
			doctor.Stamp = domain.Stamp{Version: 1, CreatedAt: stamp(), UpdatedAt: stamp()}
			doctorIDs = append(doctorIDs, doctors.addIn(t, tx, doctor).ID)
		}
		for i := range rapid.IntRange(0, 8).Draw(t, "patients") {
			patient := newPatient(rapid.SampledFrom(creators).Draw(t, "creator"), func(in *domain.PatientInput) {
				in.Name, in.DateOfBirth, in.Phone = pick(randomNames, "name"), pick(randomDates, "date of birth"), pick(randomPhones, "phone")
				in.Gender = pick([]string{"", "M", "F", "O"}, "gender")
				in.Email = pick([]string{"", "a@clinic.example", "b@clinic.example"}, "email")
				if in.ExternalID = domain.Given(""); i == 0 {
					in.ExternalID = domain.Given("MRN 1")
				}
			})
			patient.Stamp = domain.Stamp{Version: 1, CreatedAt: stamp(), UpdatedAt: stamp()}
			patientIDs = append(patientIDs, patients.addIn(t, tx, patient).ID)
		}
		for _, doctor := range doctorIDs {
			for _, patient := range patientIDs {
				if rapid.IntRange(0, 2).Draw(t, "assigned") == 0 {
					mapping := newMapping(patient, doctor)
					mapping.AssignedAt = stamp()
					mappings.addIn(t, tx, mapping)
				}
			}
		}
		return nil
	})
}
