package portstest

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.com/healthcare/domain"
	"example.com/healthcare/ports"
)

// testValues checks that every value that the domain allows is stored without loss.
func testValues(s suite) {
	testTextValues(s)
	testUserValues(s)
	testNumbersAndTimes(s)
	testSecretBytes(s)
}

func testTextValues(s suite) {
	for name, text := range map[string]string{
		"letters":                  "Zoë Ñandú, Þórður Ærø, Straße, Дмитрий, Ελένη",
		"right-to-left letters":    "محمد علي, דָּוִד",
		"ideographs":               "山田太郎, 김철수, 𠮷野家",
		"emoji":                    "👩🏽‍⚕️ 🏳️‍🌈 👨‍👩‍👧‍👦 🇳🇿 𝒳",
		"combining marks":          "Z̷̛͙a̶l͓g̵o, ẛ̣, नि, ก็",
		"spaces within":            "a  b\u00a0c\u2003d\u3000e\u200bf\ufefff",
		"the syntax of others":     `'; DROP TABLE patients;-- "x" \' \\ \0 \n %s %d $1 ? :id :: {{.}} <b>&amp;</b> _%`,
		"what looks like no text":  "NULL",
		"what looks like a number": "007.50",
		"the last code points":     "\U0010FFFD\uFFFD\uE000",
	} {
		s.promise("texts keep "+name, func(t *testing.T, store ports.Store) {
			requireTextsStored(t, store, textValues{
				name:           text,
				license:        string([]rune(text)[:min(50, len([]rune(text)))]),
				specialization: text,
				free:           "\u2067\u202e" + text + "\r\n\t" + strings.Repeat(text+"\n", 3) + text,
			})
		})
	}

	// The limits count characters. These have 1, 2, 3 and 4 bytes.
	for name, character := range map[string]string{"a": "a", "ß": "ß", "漢": "漢", "𠮷": "𠮷"} {
		s.promise("the longest texts fit, made of "+name, func(t *testing.T, store ports.Store) {
			requireTextsStored(t, store, textValues{
				name:           strings.Repeat(character, 100),
				license:        strings.Repeat(character, 50),
				specialization: strings.Repeat(character, 200),
				free:           strings.Repeat(character, domain.MaxTextBytes/len(character)),
			})
		})
	}

	s.promise("a licence number fits even if its Key is many times as long", func(t *testing.T, store ports.Store) {
		long := newDoctor(licensed(strings.Repeat("\ufdfa", 50)))
		require.Greater(t, len(long.LicenseNumber.Key()), 1500)
		long = doctors.add(t, store, long)
		require.Equal(t, long, doctors.get(t, store, long.ID))
		_, err := doctors.tryAdd(t.Context(), store, long)
		requireRefused(t, domain.ErrLicenseTaken(), err)
	})
}

func testUserValues(s suite) {
	s.promise("the longest values of a user fit", func(t *testing.T, store ports.Store) {
		label := strings.Repeat("d", 61)
		email := strings.Repeat("l", 64) + "@" + strings.Join([]string{label, label, label, "ab"}, ".")
		email += strings.Repeat("c", 254-len(email))
		user := newUser(func(in *domain.Registration) {
			in.Email = domain.Given(email)
			in.FirstName = domain.Given(strings.Repeat("𠮷", 150))
			in.LastName = domain.Given(strings.Repeat("ß", 150))
			in.Phone = domain.Given(longestPhone)
		})
		user.PasswordHash = domain.StoredPasswordHash(strings.Repeat("$h", 128))
		user = users.add(t, store, user)
		require.Equal(t, user, users.get(t, store, user.ID))
		require.Equal(t, user, byEmail(t, store, user.Email))
	})

	s.promise("a user with the fewest values set is stored", func(t *testing.T, store ports.Store) {
		user := newUser(func(in *domain.Registration) {
			*in = domain.Registration{Email: domain.Given("a@b.c"), Password: in.Password}
		})
		user.PasswordHash = domain.PasswordHash{}
		user = users.add(t, store, user)
		require.Equal(t, user, users.get(t, store, user.ID))
	})

	s.promise("every character of an e-mail address is stored", func(t *testing.T, store ports.Store) {
		user := newUser(func(in *domain.Registration) {
			in.Email = domain.Given("!#$%&'*+/=?^_`{|}~.0-z@x-y.example")
		})
		user = users.add(t, store, user)
		require.Equal(t, user, byEmail(t, store, user.Email))
		// The wildcards _ and % of SQL match only themselves.
		other := newUser(func(in *domain.Registration) {
			in.Email = domain.Given("!#$%&'*+/=?^x`{|}~.0-z@x-y.example")
		})
		require.NotEqual(t, user.ID, users.add(t, store, other).ID)
	})
}

func testNumbersAndTimes(s suite) {
	s.promise("salaries are exact", func(t *testing.T, store ports.Store) {
		for _, salary := range []string{"0", "0.00", "0.01", "0.10", "0.29", "1234.5", "90071992.55", "99999999.99"} {
			doctor := doctors.add(t, store, newDoctor(func(in *domain.DoctorInput) { in.Salary = domain.Given(salary) }))
			require.Equal(t, doctor, doctors.get(t, store, doctor.ID), salary)
			require.Contains(t, allDoctors(t, store), doctor)
		}
	})

	s.promise("dates are stored, from the first to the last valid one", func(t *testing.T, store ports.Store) {
		endOfTime := time.Date(9999, time.December, 31, 0, 0, 0, 0, time.UTC)
		creator := users.addNew(t, store).ID
		for _, day := range []string{"1850-01-01", "1899-12-31", "1900-02-28", "1969-12-31", "1970-01-01", "2000-02-29", "9999-12-31"} {
			patient := newPatient(creator)
			patient.DateOfBirth = must(domain.ParseBirthDate(day, endOfTime))
			patient = patients.add(t, store, patient)
			require.Equal(t, day, patients.get(t, store, patient.ID).DateOfBirth.String())
		}
		doctor := newDoctor()
		doctor.JoinedAt = domain.DateOf(endOfTime)
		doctor = doctors.add(t, store, doctor)
		require.Equal(t, doctor, doctors.get(t, store, doctor.ID))
	})

	s.promise("times are stored to the microsecond, in UTC", func(t *testing.T, store ports.Store) {
		for _, moment := range []time.Time{
			time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC),
			time.Date(1969, time.December, 31, 23, 59, 59, 999999000, time.UTC),
			time.Date(2024, time.March, 31, 1, 30, 0, 1000, time.UTC),
			time.Date(2024, time.December, 31, 23, 59, 59, 999999000, time.UTC),
			time.Date(2262, time.April, 12, 0, 0, 0, 123456000, time.UTC),
			time.Date(9999, time.December, 31, 23, 59, 59, 999999000, time.UTC),
		} {
			user := newUser()
			user.CreatedAt = moment
			user = users.add(t, store, user)
			require.Equal(t, user, users.get(t, store, user.ID))

			session := newSession(user)
			session.CreatedAt, session.LastUsedAt = moment, moment
			session.ExpiresAt, session.RevokedAt = moment, moment
			session = sessions.add(t, store, session)
			require.Equal(t, session, sessions.get(t, store, session.ID))

			mapping := mappings.newEntity(t, store)
			mapping.AssignedAt = moment
			mapping = mappings.add(t, store, mapping)
			require.Equal(t, mapping, mappings.get(t, store, mapping.ID))

			key := newKey()
			attempts := domain.Attempts{Since: moment, LockedUntil: moment, KnownUntil: moment, Expires: moment}
			saveAttempts(t, store, key, attempts)
			require.Equal(t, attempts, attemptsOf(t, store, key))
		}
	})

	s.promise("a time in another zone is stored as the same moment in UTC", func(t *testing.T, store ports.Store) {
		mapping := mappings.newEntity(t, store)
		mapping.AssignedAt = now.In(time.FixedZone("", 13*60*60))
		id := mappings.add(t, store, mapping).ID
		require.Equal(t, now, mappings.get(t, store, id).AssignedAt)

		session := sessions.newEntity(t, store)
		session.LastUsedAt = mapping.AssignedAt
		session = sessions.add(t, store, session)
		require.Equal(t, now, session.LastUsedAt)
		require.Equal(t, session, sessions.get(t, store, session.ID))

		key := newKey()
		saveAttempts(t, store, key, domain.Attempts{
			Since: mapping.AssignedAt, LockedUntil: mapping.AssignedAt, KnownUntil: mapping.AssignedAt, Expires: mapping.AssignedAt,
		})
		require.Equal(t, domain.Attempts{Since: now, LockedUntil: now, KnownUntil: now, Expires: now}, attemptsOf(t, store, key))
	})
}

func testSecretBytes(s suite) {
	s.promise("every byte of a session's secrets is stored", func(t *testing.T, store ports.Store) {
		for _, b := range []byte{0x00, 0x27, 0x5c, 0x80, 0xff} {
			session := sessions.newEntity(t, store)
			copy(session.Selector[:], bytes.Repeat([]byte{b}, len(session.Selector)))
			session.Selector[0] = 1 // BySelector never finds the zero selector
			copy(session.RefreshHash[:], bytes.Repeat([]byte{b}, len(session.RefreshHash)))
			session = sessions.add(t, store, session)
			require.Equal(t, session, bySelector(t, store, session.Selector))
		}
	})
}

const longestPhone = "+12 (34) 567 89 01 / 23       45"

type textValues struct{ name, license, specialization, free string }

// requireTextsStored stores the texts in every field, by Add and by Save, and reads them
// with every method.
func requireTextsStored(t tester, store ports.Store, want textValues) {
	t.Helper()
	user := newUser(func(in *domain.Registration) {
		in.FirstName, in.LastName = domain.Given(want.name), domain.Given(want.name)
	})
	user = users.add(t, store, user)
	require.Equal(t, user, users.get(t, store, user.ID))

	doctor := newDoctor(licensed(want.license), func(in *domain.DoctorInput) {
		in.Name, in.Specialization = domain.Given(want.name), domain.Given(want.specialization)
	})
	doctor = doctors.add(t, store, doctor)
	require.Equal(t, doctor, doctors.get(t, store, doctor.ID))

	patient := patients.add(t, store, newPatient(user.ID))
	patient, err := patient.Replace(domain.PatientInput{
		Phone:         domain.Given(longestPhone),
		Name:          domain.Given(want.name),
		Address:       domain.Given(want.free),
		MedicalRecord: domain.Given(want.free),
	}, now)
	require.NoError(t, err)
	patients.save(t, store, patient)
	mapping := mappings.add(t, store, newMapping(patient.ID, doctor.ID))

	require.Equal(t, patient, patients.get(t, store, patient.ID))
	require.Equal(t, assigned(patient, doctor.ID), patientView(t, store, patient.ID))
	require.Equal(t, []domain.Doctor{doctor}, doctorsOfPatient(t, store, patient.ID))
	require.Equal(t, []domain.PatientView{assigned(patient, doctor.ID)}, patientsOfDoctor(t, store, doctor.ID))
	require.Equal(t, []domain.Assignment{assignmentOf(mapping, patient, doctor)}, allMappings(t, store))
}
