package application_test

import (
	"context"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// file returns the rows of a file, which begin on line 2.
func file[In any](rows ...application.ImportRow[In]) application.ImportRows[In] {
	return func(context.Context) iter.Seq2[application.ImportRow[In], error] {
		return func(yield func(application.ImportRow[In], error) bool) {
			for i, row := range rows {
				row.Line = i + 2
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// patientRow returns a row of a file of patients. An empty value is an absent field.
func patientRow(externalID, name string, changes ...func(*application.ImportRow[domain.PatientInput])) application.ImportRow[domain.PatientInput] {
	row := application.ImportRow[domain.PatientInput]{Cells: []string{externalID, name}}
	row.Input.ExternalID, row.Input.Name = givenOrAbsent(externalID), givenOrAbsent(name)
	for _, change := range changes {
		change(&row)
	}
	return row
}

func givenOrAbsent(text string) domain.Input {
	if text == "" {
		return domain.Input{}
	}
	return domain.Given(text)
}

func bornOn(day string) func(*application.ImportRow[domain.PatientInput]) {
	return func(row *application.ImportRow[domain.PatientInput]) { row.Input.DateOfBirth = domain.Given(day) }
}

func livingIn(address string) func(*application.ImportRow[domain.PatientInput]) {
	return func(row *application.ImportRow[domain.PatientInput]) { row.Input.Address = domain.Given(address) }
}

// ofExport makes a row one of an export from a store.
func ofExport(store domain.StoreID, id domain.ID) func(*application.ImportRow[domain.PatientInput]) {
	return func(row *application.ImportRow[domain.PatientInput]) { row.Store, row.ID = store, id }
}

// imported runs an import of patients and returns one text for each row, such as
// "2 changed address", and the summary.
func (c *clinic) imported(rules application.ImportRules, rows ...application.ImportRow[domain.PatientInput]) ([]string, application.ImportSummary) {
	c.t.Helper()
	rules.CreatedBy = c.Staff().UserID
	var lines []string
	summary, err := c.Imports.Patients(c.ctx, operator, file(rows...), rules, reportTo(&lines))
	require.NoError(c.t, err)
	return lines, summary
}

func reportTo(lines *[]string) func(application.ImportResult) error {
	return func(result application.ImportResult) error {
		line := fmt.Sprintf("%d %s", result.Line, result.Outcome)
		if len(result.Changed) > 0 {
			line += " " + strings.Join(result.Changed, ",")
		}
		if result.Reason != nil {
			line += ": " + result.Reason.Error()
		}
		if len(result.Namesakes) > 0 {
			line += fmt.Sprintf(", like patient %v", result.Namesakes)
		}
		if result.NamesakeLine > 0 {
			line += fmt.Sprintf(", like line %d", result.NamesakeLine)
		}
		*lines = append(*lines, line)
		return nil
	}
}

// storeID returns the ID of the clinic's store.
func (c *clinic) storeID() (id domain.StoreID) {
	require.NoError(c.t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) (err error) {
		id, err = tx.StoreID(c.ctx)
		return err
	}))
	return id
}

func (c *clinic) patients() (names []string) {
	page, err := c.Patients.List(c.ctx, c.Staff(), domain.Parameters{"limit": domain.Given("1000")})
	require.NoError(c.t, err)
	for _, patient := range page.Items {
		names = append(names, fmt.Sprintf("%s %s v%d", patient.ExternalID, patient.Name, patient.Version))
	}
	return names
}

func TestAnImportAddsAndChangesPatientsByTheirExternalID(t *testing.T) {
	c := newClinic(t)
	lines, summary := c.imported(application.ImportRules{}, patientRow("A-1", "Ada"), patientRow("A-2", "Bob", livingIn("Ward 2")))
	assert.Equal(t, []string{"2 new", "3 new"}, lines)
	assert.Equal(t, application.ImportSummary{New: 2, Written: true}, summary)

	lines, summary = c.imported(application.ImportRules{}, patientRow("A-1", "Ada"), patientRow("A-2", "", livingIn("Ward 3")), patientRow("A-3", "Eve"))
	assert.Equal(t, []string{"2 same", "3 changed address", "4 new"}, lines)
	assert.Equal(t, application.ImportSummary{New: 1, Changed: 1, Same: 1, Written: true}, summary)
	assert.Equal(t, []string{"A-1 Ada v1", "A-2 Bob v2", "A-3 Eve v1"}, c.patients(), "an absent name is kept")
	c.seal()
	assert.Empty(t, c.faultsIn())
}

func TestImportingAFileTwiceChangesNothing(t *testing.T) {
	for name, rules := range map[string]application.ImportRules{"at once": {}, "in batches": {Batch: 2}} {
		t.Run(name, func(t *testing.T) {
			c := newClinic(t)
			rows := []application.ImportRow[domain.PatientInput]{patientRow("A-1", "Ada"), patientRow("A-2", "Bob"), patientRow("A-3", "Eve")}
			c.imported(rules, rows...)
			before, events := storedRecords(c), len(c.Events())
			lines, summary := c.imported(rules, rows...)
			assert.Equal(t, []string{"2 same", "3 same", "4 same"}, lines)
			assert.Zero(t, summary.New+summary.Changed)
			assert.Equal(t, before, storedRecords(c))
			for _, event := range c.Events()[events:] {
				assert.Equal(t, domain.PatientImport, event.Action)
				assert.Empty(t, event.Commitments)
			}
		})
	}
}

func TestARefusedRowPreventsAnImportAtOnce(t *testing.T) {
	c := newClinic(t)
	rows := []application.ImportRow[domain.PatientInput]{
		patientRow("A-1", "Ada"), patientRow("A-2", ""), patientRow("", "Keyless"), patientRow("A-1", "Ada again"), patientRow("A-4", "Bob", bornOn("yesterday")),
	}
	rows[4].Input.Gender = domain.Given("X")
	lines, summary := c.imported(application.ImportRules{}, rows...)
	assert.Equal(t, []string{
		"2 new",
		"3 refused: Invalid input. [name: This field is required.]",
		"4 refused: Invalid input. [external_id: Without an external id, each import would add this patient again.]",
		"5 refused: Invalid input. [non_field_errors: Line 2 is about the same patient.]",
		"6 refused: Invalid input. [date_of_birth: Date has wrong format. Use YYYY-MM-DD.] [gender: Not a valid choice: use M, F or O.]",
	}, lines)
	assert.Equal(t, application.ImportSummary{New: 1, Refused: 4}, summary)
	assert.Empty(t, c.patients())

	lines, summary = c.imported(application.ImportRules{Batch: 2, AddKeyless: true}, rows...)
	assert.Len(t, lines, 5)
	assert.Equal(t, application.ImportSummary{New: 2, Refused: 3, Written: true}, summary)
	assert.Equal(t, []string{"A-1 Ada v1", " Keyless v1"}, c.patients(), "in batches the other rows are imported")
}

func TestADryRunOfAnImportChangesNothing(t *testing.T) {
	c := newClinic(t)
	c.imported(application.ImportRules{}, patientRow("A-1", "Ada"))
	before := storedRecords(c)
	for _, batch := range []int{0, 1} {
		events := len(c.Events())
		lines, summary := c.imported(application.ImportRules{DryRun: true, Batch: batch}, patientRow("A-1", "Ada Lovelace"), patientRow("A-2", "Bob"))
		assert.Equal(t, []string{"2 changed name", "3 new"}, lines)
		assert.Equal(t, application.ImportSummary{New: 1, Changed: 1}, summary)
		assert.Equal(t, before, storedRecords(c))
		trail := c.Events()[events:]
		require.Len(t, trail, 2, "the comparison and the run")
		assert.Equal(t, ids(1), trail[0].Subject.Shown, "the plan tells the operator something about this patient")
		assert.Equal(t, domain.PatientImport, trail[1].Action)
	}
}

func TestAnImportInTheTrail(t *testing.T) {
	c := newClinic(t)
	c.imported(application.ImportRules{}, patientRow("A-1", "Ada"))
	before := len(c.Events())
	c.imported(application.ImportRules{}, patientRow("A-1", "Ada Lovelace"), patientRow("A-2", "Bob"), patientRow("A-3", "Eve"))
	events := c.Events()[before:]
	creator := []domain.Reference{{Kind: domain.SubjectUser, ID: c.Staff().UserID}}
	require.Len(t, events, 4)
	for i, want := range []domain.AuditEvent{
		{Action: domain.PatientImport, Subject: domain.Subject{Kind: domain.SubjectPatient, Shown: ids(1)}},
		{Action: domain.PatientCreate, Subject: domain.Subject{Kind: domain.SubjectPatient, Shown: ids(2, 3)}},
		{Action: domain.PatientUpdate, Subject: domain.Subject{Kind: domain.SubjectPatient, Shown: ids(1)}},
		{Action: domain.PatientImport, Subject: domain.Subject{Kind: domain.SubjectPatient}, Related: creator},
	} {
		assert.Equal(t, want.Action, events[i].Action)
		assert.Equal(t, want.Subject, events[i].Subject)
		assert.Equal(t, want.Related, events[i].Related)
		assert.Equal(t, domain.Allowed, events[i].Outcome)
		assert.Equal(t, operator, events[i].Actor)
	}
	history, err := c.Patients.List(c.ctx, c.Staff(), nil)
	require.NoError(t, err)
	assert.Equal(t, c.Staff().UserID, history.Items[1].CreatedBy)
	versions, err := c.Patients.ListVersions(c.ctx, c.Admin(), 1, domain.PageInput{})
	require.NoError(t, err)
	require.Len(t, versions.Items, 2)
	assert.Equal(t, domain.Author{Role: domain.Operator}, versions.Items[1].Author)
}

func TestRowsOfAnExportMatchByIDInTheirOwnStore(t *testing.T) {
	c := newClinic(t)
	own, other := c.storeID(), domain.NewStoreID()
	ada, bob := c.addPatient(c.Staff(), "Ada"), c.addPatient(c.Staff(), "Bob")
	gone := c.addPatient(c.Staff(), "Gone")
	require.NoError(t, c.Patients.Delete(c.ctx, c.Staff(), gone.ID, domain.AnyState()))

	lines, _ := c.imported(application.ImportRules{DryRun: true},
		patientRow("", "Ada", ofExport(own, ada.ID)),
		patientRow("B-1", "Bob", ofExport(own, bob.ID)),
		patientRow("", "Gone", ofExport(own, gone.ID)),
		patientRow("", "Nobody", ofExport(own, missingID)),
		patientRow("", "Ada", ofExport(other, ada.ID)),
		patientRow("", "Ada", ofExport(own, ada.ID)),
		patientRow("B-1", "Bob"),
	)
	assert.Equal(t, []string{
		"2 same", "3 changed external_id",
		"4 refused: Invalid input. [id: This patient was deleted since the export. Restore it, or leave out the id to add a new one.]",
		"5 refused: Invalid input. [id: No patient has this id any more. Leave out the id to add a new one.]",
		"6 refused: Invalid input. [external_id: Without an external id, each import would add this patient again.]",
		"7 refused: Invalid input. [non_field_errors: Line 2 is about the same patient.]",
		"8 refused: Invalid input. [non_field_errors: Line 3 is about the same patient.]",
	}, lines)
}

func TestAnExternalIDOfAnotherPatientIsRefused(t *testing.T) {
	c := newClinic(t)
	c.imported(application.ImportRules{}, patientRow("A-1", "Ada"), patientRow("B-1", "Bob"))
	lines, _ := c.imported(application.ImportRules{}, patientRow("B-1", "Ada", ofExport(c.storeID(), 1)))
	assert.Equal(t, []string{"2 refused: Invalid input. [external_id: patient with this external id already exists.]"}, lines)
}

func TestAnImportWarnsOfPatientsWithTheSameNameAndBirthDate(t *testing.T) {
	c := newClinic(t)
	c.imported(application.ImportRules{}, patientRow("A-1", "Zoë Ng", bornOn("1990-01-05")), patientRow("A-2", "Zoe Ng", bornOn("1991-01-05")))
	events := len(c.Events())
	lines, _ := c.imported(application.ImportRules{DryRun: true},
		patientRow("B-1", "ZOE NG", bornOn("1990-01-05")), patientRow("B-2", "zoe ng", bornOn("1990-01-05")), patientRow("B-3", "Zoe Ng"))
	assert.Equal(t, []string{"2 new, like patient [1]", "3 new, like patient [1], like line 2", "4 new"}, lines)
	assert.Equal(t, ids(1), c.Events()[events:][0].Subject.Shown)
}

func TestAnImportOfDoctorsMatchesByTheKeyOfTheLicenceNumber(t *testing.T) {
	c := newClinic(t)
	doctor := func(license, name, salary string) application.ImportRow[domain.DoctorInput] {
		return application.ImportRow[domain.DoctorInput]{Input: domain.DoctorInput{
			Name: givenOrAbsent(name), LicenseNumber: givenOrAbsent(license), Salary: givenOrAbsent(salary), Specialization: domain.Given("Cardiology"),
		}}
	}
	var lines []string
	_, err := c.Imports.Doctors(c.ctx, operator, file(doctor("NJ-1", "House", "10.00"), doctor("NJ-2", "Wilson", "5")), application.ImportRules{}, reportTo(&lines))
	require.NoError(t, err)
	_, err = c.Imports.Doctors(c.ctx, operator, file(doctor("nj-1", "", "11"), doctor("NJ-2", "Wilson", ""), doctor("", "Nobody", "1")), application.ImportRules{Batch: 10}, reportTo(&lines))
	require.NoError(t, err)
	assert.Equal(t, []string{
		"2 new", "3 new",
		"2 changed license_number,salary", "3 same", "4 refused: Invalid input. [license_number: This field is required.]",
	}, lines)
}

const noExternalID = "This field is required: without an external id, the patient cannot be found. In an export, give the patient one, and export again."

func TestAnImportOfMappingsMatchesByBothSides(t *testing.T) {
	c := newClinic(t)
	c.imported(application.ImportRules{}, patientRow("A-1", "Ada"), patientRow("B-1", "Bob"))
	house := c.addDoctor("NJ-1")
	mapping := func(patient, doctor string) application.ImportRow[application.MappingKeys] {
		return application.ImportRow[application.MappingKeys]{Input: application.MappingKeys{PatientExternalID: givenOrAbsent(patient), DoctorLicenseNumber: givenOrAbsent(doctor)}}
	}
	own := application.ImportRow[application.MappingKeys]{Store: c.storeID(), ID: 1, Input: application.MappingKeys{Patient: domain.Given("2"), Doctor: domain.Given(house.ID.String())}}
	elsewhere := own
	elsewhere.Store = domain.NewStoreID()
	var lines []string
	run := func(rules application.ImportRules, rows ...application.ImportRow[application.MappingKeys]) []string {
		lines = nil
		_, err := c.Imports.Mappings(c.ctx, operator, file(rows...), rules, reportTo(&lines))
		require.NoError(t, err)
		return lines
	}
	assert.Equal(t, []string{"2 new"}, run(application.ImportRules{}, mapping("A-1", "nj-1")))
	created := c.Events()[len(c.Events())-2]
	assert.Equal(t, domain.MappingCreate, created.Action)
	assert.ElementsMatch(t, []domain.Reference{patientRef(1), doctorRef(house.ID)}, created.Related)
	assert.Equal(t, []string{
		"2 same",
		"3 refused: Invalid input. [patient_external_id: No patient has this external id. Import the patients first.]",
		"4 refused: Invalid input. [doctor_license_number: No doctor has this license number. Import the doctors first.]",
		"5 refused: Invalid input. [doctor_license_number: This field is required.] [patient_external_id: " + noExternalID + "]",
		"6 refused: Invalid input. [doctor_license_number: This field is required.] [patient_external_id: " + noExternalID + "]",
		"7 new",
	}, run(application.ImportRules{DryRun: true}, mapping("A-1", "NJ-1"), mapping("Z-9", "NJ-1"), mapping("A-1", "NJ-9"), mapping("", ""), elsewhere, mapping("B-1", "NJ-1")))

	assert.Equal(t, []string{"2 refused: Invalid input. [id: The mapping with this id has another patient or doctor now. Leave out the id to add this one.]"}, run(application.ImportRules{}, own))
	require.NoError(t, c.Mappings.Unassign(c.ctx, c.Staff(), 1, domain.AnyState()))
	own.Input.Patient = domain.Given("1")
	assert.Equal(t, []string{"2 refused: Invalid input. [id: This mapping was deleted since the export. Restore it, or leave out the id to add a new one.]"}, run(application.ImportRules{}, own))
	c.seal()
	assert.Empty(t, c.faultsIn())
}

func TestAnImportOfManyRowsNamesAtMostOneThousandRecordsInAnEvent(t *testing.T) {
	c := newClinic(t)
	var rows []application.ImportRow[domain.PatientInput]
	for i := range 2500 {
		rows = append(rows, patientRow(fmt.Sprintf("A-%d", i), "Ada"))
	}
	c.Staff()
	before := len(c.Events())
	_, summary := c.imported(application.ImportRules{}, rows...)
	assert.Equal(t, 2500, summary.New)
	var shown []int
	for _, event := range c.Events()[before:] {
		shown = append(shown, len(event.Subject.Shown))
	}
	assert.Equal(t, []int{1000, 1000, 500, 0}, shown)
	c.seal()
	assert.Empty(t, c.faultsIn())
}

func TestARecordOlderThanTheHistoryKeepsItsFirstVersion(t *testing.T) {
	c := newClinic(t)
	_, patient, _ := c.addUnversioned()
	lines, _ := c.imported(application.ImportRules{}, patientRow("A-1", "New", ofExport(c.storeID(), patient.ID)))
	assert.Equal(t, []string{"2 changed external_id,name"}, lines)
	versions, err := c.Patients.ListVersions(c.ctx, c.Admin(), patient.ID, domain.PageInput{})
	require.NoError(t, err)
	require.Len(t, versions.Items, 2)
	assert.Equal(t, domain.Found, versions.Items[0].Change)
	c.seal()
	assert.Empty(t, c.faultsIn())
}

// keysMissedOnce is a store in whose first Update no patient has a key, as if a request added
// them a moment later.
type keysMissedOnce struct {
	ports.Store
	updates int
}

func (s *keysMissedOnce) Update(ctx context.Context, fn func(ports.Tx) error) error {
	s.updates++
	if s.updates > 1 {
		return s.Store.Update(ctx, fn)
	}
	return s.Store.Update(ctx, func(tx ports.Tx) error { return fn(txWithoutKeys{tx}) })
}

type txWithoutKeys struct{ ports.Tx }

func (t txWithoutKeys) Patients() ports.Patients { return patientsWithoutKeys{t.Tx.Patients()} }

type patientsWithoutKeys struct{ ports.Patients }

func (patientsWithoutKeys) ListByKeys(context.Context, ...domain.Patient) ([]domain.Patient, error) {
	return nil, nil
}

func TestAnImportDecidesAgainWhatARequestHasChanged(t *testing.T) {
	for name, rules := range map[string]application.ImportRules{"at once": {}, "in batches": {Batch: 5}} {
		create := func(c *clinic) {
			_, err := c.Patients.Create(c.ctx, c.Staff(), application.Once{}, domain.PatientInput{Name: domain.Given("Ada"), ExternalID: domain.Given("A-1")})
			require.NoError(t, err)
		}
		for when, racing := range map[string]func(c *clinic) ports.Store{
			"before the Update": func(c *clinic) ports.Store {
				return &onceBeforeUpdate{Store: c.Ports.Store, happen: func() { create(c) }}
			},
			"during the Update, which adds the patient": func(c *clinic) ports.Store {
				return &onceBeforeUpdate{Store: &keysMissedOnce{Store: c.Ports.Store}, happen: func() { create(c) }}
			},
			"during the Update, which collides": func(c *clinic) ports.Store {
				return &collidingStore{Store: c.Ports.Store, between: func() { create(c) }}
			},
		} {
			t.Run(name+", "+when, func(t *testing.T) {
				c := newClinic(t)
				c.Staff()
				acting := *c
				acting.use(onStore(racing(c)))
				_, summary := acting.imported(rules, patientRow("A-1", "Ada Lovelace"))
				assert.Equal(t, application.ImportSummary{Changed: 1, Written: true}, summary)
				assert.Equal(t, []string{"A-1 Ada Lovelace v2"}, c.patients())
			})
		}
	}
}

func TestAnUnknownCreatorIsRefused(t *testing.T) {
	c := newClinic(t)
	_, err := c.Imports.Patients(c.ctx, operator, file(patientRow("A-1", "Ada")), application.ImportRules{CreatedBy: missingID}, nil)
	assert.Equal(t, domain.Invalid, domain.KindOf(err))
	assert.Equal(t, domain.Failed, c.LastEvent().Outcome)
}

func TestAFileThatCannotBeReadEndsTheImport(t *testing.T) {
	broken := func(context.Context) iter.Seq2[application.ImportRow[domain.PatientInput], error] {
		return func(yield func(application.ImportRow[domain.PatientInput], error) bool) {
			_ = yield(patientRow("A-1", "Ada"), nil) && yield(patientRow("A-2", "Bob"), nil) && yield(application.ImportRow[domain.PatientInput]{}, assert.AnError)
		}
	}
	for batch, want := range []int{0, 2, 2} {
		c := newClinic(t)
		_, err := c.Imports.Patients(c.ctx, operator, broken, application.ImportRules{Batch: batch, CreatedBy: c.Staff().UserID}, nil)
		require.ErrorIs(t, err, assert.AnError)
		assert.Len(t, c.patients(), min(want, 2/max(batch, 1)*batch), "batches of %d", batch)
	}
}
