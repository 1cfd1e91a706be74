package application_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.com/healthcare/application"
	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// takeOver runs a takeover a minute later. It returns a line for each row that is neither new
// nor the same, and for each note, and the number of new rows and of those that are the same.
func (c *clinic) takeOver(old *oldClinic, options application.TakeoverOptions) (lines []string, added, same int) {
	c.t.Helper()
	c.Advance(time.Minute)
	require.NoError(c.t, application.TakeOver(c.ctx, c.Takeover, operator, old, options, func(row application.TakeoverRow) error {
		switch row.Outcome {
		case application.TakenNew:
			added++
		case application.TakenSame:
			same++
		default:
			line := fmt.Sprintf("%s %s %s", row.Record.Kind, row.Record.ID, row.Outcome)
			if row.Changed != nil {
				line += " " + strings.Join(row.Changed, ",")
			}
			for _, problem := range row.Problems {
				line += " " + problem.Field + ": " + problem.Why
			}
			lines = append(lines, line)
		}
		for _, note := range row.Notes {
			if note.Why != "The user has no password, and cannot sign in." {
				lines = append(lines, fmt.Sprintf("%s %s note %s: %s", row.Record.Kind, row.Record.ID, note.Field, note.Why))
			}
		}
		return nil
	}))
	return lines, added, same
}

func TestTakeOverMakesTheStoreEqualToTheOldBackend(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	empty := storedData(c)
	lines, added, _ := c.takeOver(old, application.TakeoverOptions{DryRun: true})
	assert.Empty(t, lines)
	assert.Equal(t, 8, added)
	assert.Equal(t, empty, storedData(c), "a dry run writes nothing")

	lines, added, same := c.takeOver(old, application.TakeoverOptions{})
	assert.Empty(t, lines)
	assert.Equal(t, []int{8, 0}, []int{added, same})
	first := storedData(c)
	lines, added, same = c.takeOver(old, application.TakeoverOptions{})
	assert.Empty(t, lines)
	assert.Equal(t, []int{0, 8}, []int{added, same})
	assert.Equal(t, first, storedData(c), "a second run changes nothing")

	old.users[1].Phone = domain.Given("020 7946 0")
	old.doctors[0].Salary = domain.Given("2")
	old.patients[0].Address = domain.Given("Street 2")
	old.mappings[1].MappingInput = pair(32, 21)
	want := []string{"user 12 changed phone_number", "doctor 21 changed salary", "patient 31 changed address", "mapping 42 changed doctor"}
	before := storedData(c)
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DryRun: true})
	assert.Equal(t, want, lines)
	assert.Equal(t, before, storedData(c))
	lines, _, same = c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, want, lines)
	assert.Equal(t, 4, same)
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{})
	assert.Empty(t, lines)

	versions, err := c.Patients.ListVersions(c.ctx, c.Admin(), 31, domain.PageInput{})
	require.NoError(t, err)
	require.Len(t, versions.Items, 2)
	for i, change := range []domain.Change{domain.Created, domain.Updated} {
		assert.Equal(t, change, versions.Items[i].Change)
		assert.Equal(t, domain.Author{Role: domain.Operator}, versions.Items[i].Author)
	}
	patient := versions.Items[1].Record
	assert.Equal(t, domain.ID(12), patient.CreatedBy)
	user, err := c.Users.Get(c.ctx, c.Admin(), 11, nil)
	require.NoError(t, err)
	assert.Equal(t, domain.Admin, user.Role, "a superuser, whatever the role is")
	assert.Equal(t, "2025-09-20T13:08:00.123456Z", user.CreatedAt.Format(time.RFC3339Nano))
	doctor, err := c.Doctors.Get(c.ctx, c.Admin(), 21, nil)
	require.NoError(t, err)
	assert.Equal(t, "2020-02-02", doctor.JoinedAt.String())
	created, err := c.Patients.Create(c.ctx, c.Staff(), noKey, patientInput("New"))
	require.NoError(t, err)
	assert.Equal(t, domain.ID(33), created.ID)
	c.seal()
	assert.Empty(t, c.verify(domain.Head{}).Faults)
}

func TestTakeOverNeverOverwritesWhatSomebodyChangedHere(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	c.takeOver(old, application.TakeoverOptions{})
	c.Advance(time.Minute)
	_, err := c.Patients.Change(c.ctx, c.Staff(), 31, unconditional, domain.PatientInput{Address: domain.Given("changed here")})
	require.NoError(t, err)
	_, err = c.Users.Change(c.ctx, operator, 12, unconditional, domain.UserChange{Role: domain.Given("ADMIN")})
	require.NoError(t, err)
	require.NoError(t, c.Doctors.Delete(c.ctx, c.Admin(), 22, unconditional))
	before := storedData(c)
	lines, _, _ := c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	assert.Equal(t, []string{
		"user 12 refused role: Differs, and somebody has changed the user here since it was taken over.",
		"doctor 22 refused id: The doctor was deleted here.",
		"patient 31 refused address: Differs, and somebody has changed the patient here since it was taken over.",
		"mapping 42 refused id: The mapping was deleted here.",
	}, lines)
	assert.Equal(t, before, storedData(c))

	old.patients = old.patients[1:]
	old.mappings = nil
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	assert.Contains(t, lines, "patient 31 refused id: Gone from the old backend, but somebody has changed the patient or its mappings here since it was taken over.")
	assert.Contains(t, lines, "mapping 41 deleted")
}

func TestTakeOverTellsRecordsOfThisStoreFromThoseOfTheOldBackend(t *testing.T) {
	c := newClinic(t)
	admin := c.Admin()
	doctor, err := c.Doctors.Create(c.ctx, admin, noKey, doctorInput("MADE-HERE"))
	require.NoError(t, err)
	old := smallOldClinic()
	old.doctors = []domain.OldDoctor{oldDoctor(doctor.ID, "NJ-1"), oldDoctor(22, "made-here")}
	old.mappings = []domain.OldMapping{oldMapping(41, 31, doctor.ID), oldMapping(42, 31, 22)}
	old.users = append([]domain.OldUser{oldUser(admin.UserID, "somebody@example.com")}, old.users...)
	old.users = append(old.users, oldUser(13, "admin@clinic.example"))
	old.patients = append(old.patients, oldPatient(33, admin.UserID, "Dependent"))
	lines, added, _ := c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	other := " has this id here, which did not come from the old backend."
	assert.Equal(t, []string{
		"user 1 refused id: Another user" + other,
		"user 13 refused email: User 1 has the same address. Letter case does not count here.",
		"doctor 1 refused id: Another doctor" + other,
		"doctor 22 refused license_number: The doctor 1 has the same. Letter case and blanks around it do not count here.",
		"patient 33 refused created_by: The user 1 is not here.",
		"mapping 41 refused doctor: The doctor 1 is not here.",
		"mapping 42 refused doctor: The doctor 22 is not here.",
	}, lines)
	assert.Equal(t, 4, added)

	old.doctors[0].Name = domain.Given("")
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{})
	assert.Contains(t, lines, "mapping 41 refused doctor: The doctor 1 is not here.", "an invalid row does not become the other doctor")
}

func TestTakeOverDeletesWhatIsGone(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	c.takeOver(old, application.TakeoverOptions{})
	made, err := c.Patients.Create(c.ctx, c.Staff(), noKey, patientInput("Made here"))
	require.NoError(t, err)
	old.users, old.patients, old.mappings = old.users[:1], old.patients[1:], old.mappings[1:]
	old.patients[0].CreatedBy = 0 // as when Django deletes a user
	before := storedData(c)
	gone := " gone id: Gone from the old backend."
	lines, _, _ := c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []string{"patient 31" + gone, "mapping 41" + gone, "user 12" + gone}, lines)
	assert.Equal(t, before, storedData(c))
	want := []string{"patient 31 deleted", "mapping 41 deleted", "user 12 deleted"}
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true, DryRun: true})
	assert.Equal(t, want, lines)
	assert.Equal(t, before, storedData(c))
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	assert.Equal(t, want, lines)
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	assert.Empty(t, lines)
	_, err = c.Patients.Get(c.ctx, c.Staff(), made.ID, nil)
	require.NoError(t, err)
	user, err := c.Users.Get(c.ctx, c.Admin(), 12, nil)
	require.NoError(t, err)
	assert.False(t, user.Active)
	c.seal()
	assert.Empty(t, c.verify(domain.Head{}).Faults)

	restored, err := c.Patients.Restore(c.ctx, c.Admin(), noKey, 31)
	require.NoError(t, err)
	assert.Equal(t, []domain.ID{21}, restored.AssignedDoctors)
	c.Advance(time.Minute)
	_, err = c.Mappings.Assign(c.ctx, c.Admin(), noKey, pair(32, 21))
	require.NoError(t, err)
	old.patients, old.mappings = nil, nil
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	refused := " refused id: Gone from the old backend, but somebody has changed the patient or its mappings here since it was taken over."
	assert.Equal(t, []string{"patient 31" + refused, "patient 32" + refused, "mapping 41" + strings.Replace(refused, "the patient", "the mapping", 1), "mapping 42 deleted"}, lines)
}

func TestTakeOverKeepsAnAdministrator(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	c.takeOver(old, application.TakeoverOptions{})
	old.users[0].Superuser = domain.Given("false")
	lines, _, _ := c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []string{"user 11 refused role: This is the last active administrator here."}, lines)
	old.users[0].Active = domain.Given("false")
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []string{"user 11 refused is_active: This is the last active administrator here."}, lines)
	old.users = nil
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	assert.Contains(t, lines, "user 11 refused id: Gone from the old backend, but the last active administrator here.")

	c.Admin()
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{DeleteGone: true})
	assert.Contains(t, lines, "user 11 deleted")
}

func TestTakeOverKeepsPasswordsAndRevokesSessions(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	old.users[0].PasswordHash, old.users[1].PasswordHash = djangoHash(t, "old admin password"), djangoHash(t, "old staff password")
	c.takeOver(old, application.TakeoverOptions{})
	login := func(email, password string) error {
		_, err := c.Sessions.Login(c.ctx, from("192.0.2.1"), credentials(email, password))
		return err
	}
	require.NoError(t, login("ada@example.com", "old staff password"))

	old.users[0].PasswordHash, old.users[1].PasswordHash = djangoHash(t, "new admin password"), djangoHash(t, "new staff password")
	lines, _, _ := c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []string{
		"user 11 changed password",
		"user 12 note password: The user has signed in here. The password that was used here stays.",
	}, lines)
	require.NoError(t, login("root@example.com", "new admin password"))
	assertKind(t, domain.Unauthenticated, login("ada@example.com", "new staff password"))
	require.NoError(t, login("ada@example.com", "old staff password"))

	live := func(user domain.ID) (n int) {
		require.NoError(t, c.Ports.Store.View(c.ctx, func(tx ports.Tx) error {
			sessions, err := tx.Sessions().Live(c.ctx, user, c.Now(), domain.Page{Limit: 10})
			n = len(sessions)
			return err
		}))
		return n
	}
	require.Equal(t, 2, live(12))
	old.users[1].Role = domain.Given("ADMIN")
	c.takeOver(old, application.TakeoverOptions{})
	assert.Zero(t, live(12))
}

func TestTakeOverGivesPatientsOfDeletedUsersToTheNamedUser(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	old.patients = append(old.patients, oldPatient(33, 0, "Orphan"))
	lines, _, _ := c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []string{"patient 33 refused created_by: The user who registered the patient was deleted."}, lines)
	ada, err := domain.ParseEmail("ada@example.com")
	require.NoError(t, err)
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{CreatedBy: ada})
	assert.Equal(t, []string{"patient 33 note created_by: The user who registered the patient was deleted. The user of --as takes that place."}, lines)
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{})
	assert.Empty(t, lines)
	unknown, err := domain.ParseEmail("unknown@example.com")
	require.NoError(t, err)
	require.ErrorIs(t, application.TakeOver(c.ctx, c.Takeover, operator, old, application.TakeoverOptions{CreatedBy: unknown}, func(application.TakeoverRow) error { return nil }), application.ErrNoSuchCreator)
	old.patients[0].CreatedBy = 11
	lines, _, _ = c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []string{"patient 31 note created_by: Differs from the old backend. This field never changes here."}, lines)
}

func TestTakeOverThatEndsGoesOnInTheNextRun(t *testing.T) {
	c := newClinic(t)
	old := smallOldClinic()
	for id := range domain.ID(1200) {
		old.patients = append(old.patients, oldPatient(100+id, 12, "Patient"))
	}
	ended := errors.New("ended")
	rows := 0
	err := application.TakeOver(c.ctx, c.Takeover, operator, old, application.TakeoverOptions{}, func(application.TakeoverRow) error {
		if rows++; rows == 600 {
			return ended
		}
		return nil
	})
	require.ErrorIs(t, err, ended)
	var shown []int
	for _, event := range c.Events() {
		if event.Subject.Kind == domain.SubjectPatient && len(event.Subject.Shown) > 0 {
			shown = append(shown, len(event.Subject.Shown))
		}
	}
	assert.Equal(t, []int{500, 500}, shown, "whole batches")
	_, added, same := c.takeOver(old, application.TakeoverOptions{})
	assert.Equal(t, []int{204, 1004}, []int{added, same})
	assert.True(t, slices.ContainsFunc(c.Events(), func(event domain.AuditEvent) bool { return len(event.Subject.Shown) == 202 }))
}
