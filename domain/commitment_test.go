package domain_test

import (
	"encoding/hex"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"example.com/healthcare/domain"
)

// committed is a record whose fields a test chooses.
type committed struct {
	domain.Record
	id     domain.ID
	fields []domain.Field
}

func (c committed) Self() domain.Reference {
	return domain.Reference{Kind: domain.SubjectPatient, ID: c.id}
}
func (c committed) Fields() []domain.Field { return c.fields }

func newCommitted() domain.Version[committed] {
	return domain.Version[committed]{
		Number: 3,
		At:     fullEvent().At,
		Author: domain.Author{UserID: 9, Role: domain.Admin},
		Change: domain.Deleted,
		Cause:  domain.Reference{Kind: domain.SubjectDoctor, ID: 6},
		Salt:   salt(),
		Record: committed{Record: domain.Mapping{}, id: 5, fields: []domain.Field{{Name: "name", Value: "Ada"}, {Name: "doctor", Value: domain.ID(6)}, {Name: "since", Value: fullEvent().At}}},
	}
}

func salt() (salt domain.Salt) {
	for i := range salt {
		salt[i] = byte(i + 1)
	}
	return salt
}

// Later releases verify stored commitments, so these digests must never change.
func TestCommitmentsDoNotChangeBetweenReleases(t *testing.T) {
	// The digests were computed with Python's hashlib.
	at := fullEvent().At
	mapping := domain.Version[domain.Mapping]{
		Number: 3, At: at, Author: domain.Author{UserID: 9, Role: domain.Admin}, Change: domain.Deleted, Cause: domain.Reference{Kind: domain.SubjectDoctor, ID: 6},
		Salt: salt(), Record: domain.Mapping{ID: 7, PatientID: 5, DoctorID: 6, AssignedAt: at},
	}.Commitment()
	assert.Equal(t, domain.VersionName{Record: domain.Reference{Kind: domain.SubjectMapping, ID: 7}, Number: 3}, mapping.VersionName)
	assert.Equal(t, "74c16b7471564201443683ed2bfdfd6a", hex.EncodeToString(mapping.Digest[:]))
	patient := domain.Version[domain.Patient]{Number: 1, At: at, Change: domain.Found, Salt: salt(), Record: domain.Patient{
		ID: 5, CreatedBy: 9, Name: domain.FromStored[domain.Name]("Ada"), Address: domain.FromStored[domain.Text]("12 High St\nLeeds"),
	}}.Commitment()
	assert.Equal(t, "1bc6a6f5895f7ec86a1018a281f3b0e3", hex.EncodeToString(patient.Digest[:]))
}

func TestACommitmentCoversEveryFieldOfAVersion(t *testing.T) {
	seen := map[domain.Commitment]string{newCommitted().Commitment(): "nothing changed"}
	for name, change := range map[string]func(*domain.Version[committed]){
		"number":    func(v *domain.Version[committed]) { v.Number++ },
		"time":      func(v *domain.Version[committed]) { v.At = v.At.Add(time.Microsecond) },
		"author":    func(v *domain.Version[committed]) { v.Author.UserID++ },
		"role":      func(v *domain.Version[committed]) { v.Author.Role = domain.Staff },
		"change":    func(v *domain.Version[committed]) { v.Change = domain.Updated },
		"cause":     func(v *domain.Version[committed]) { v.Cause.ID++ },
		"with kind": func(v *domain.Version[committed]) { v.Cause.Kind = domain.SubjectPatient },
		"salt":      func(v *domain.Version[committed]) { v.Salt[15]++ },
		"record":    func(v *domain.Version[committed]) { v.Record.id++ },
		"text":      func(v *domain.Version[committed]) { v.Record.fields[0].Value = "Ada King" },
		"no text":   func(v *domain.Version[committed]) { v.Record.fields[0].Value = "" },
		"name":      func(v *domain.Version[committed]) { v.Record.fields[0].Name = "nom" },
		"id":        func(v *domain.Version[committed]) { v.Record.fields[1].Value = domain.ID(7) },
		"moment":    func(v *domain.Version[committed]) { v.Record.fields[2].Value = fullEvent().At.Add(time.Microsecond) },
		"version":   func(v *domain.Version[committed]) { v.Record.Record = domain.Mapping{Stamp: domain.Stamp{Version: 1}} },
		"created": func(v *domain.Version[committed]) {
			v.Record.Record = domain.Mapping{Stamp: domain.Stamp{CreatedAt: v.At}}
		},
		"updated": func(v *domain.Version[committed]) {
			v.Record.Record = domain.Mapping{Stamp: domain.Stamp{UpdatedAt: v.At}}
		},
		"type": func(v *domain.Version[committed]) { v.Record.fields[1].Value = "\x0c" },
	} {
		version := newCommitted()
		change(&version)
		assert.Empty(t, seen[version.Commitment()], name)
		seen[version.Commitment()] = name
	}
}

func TestANewEmptyFieldDoesNotChangeCommitments(t *testing.T) {
	version := newCommitted()
	want := version.Commitment()
	version.Record.fields = append([]domain.Field{
		{Name: "email", Value: ""}, {Name: "external_id", Value: nil}, {Name: "ward", Value: domain.ID(0)}, {Name: "seen_at", Value: time.Time{}},
	}, version.Record.fields...)
	assert.Equal(t, want, version.Commitment())
	version.Record.fields[0].Value = "x"
	assert.NotEqual(t, want, version.Commitment())
	version.Record.fields[0].Value = 1.5
	assert.Panics(t, func() { version.Commitment() })
}

func TestACommitmentIsComputedFromTheStoredForm(t *testing.T) {
	version := newCommitted()
	want := version.Commitment()
	version.At = version.At.Add(999 * time.Nanosecond).In(time.FixedZone("", 3600))
	assert.Equal(t, want, version.Commitment())
	version.Record.fields[0].Value = "Ada\xff\xfe"
	broken := version.Commitment()
	version.Record.fields[0].Value = "Ada\uFFFD\uFFFD"
	assert.Equal(t, version.Commitment(), broken)
	version.Salt = domain.Salt{}
	assert.Equal(t, domain.Commitment{VersionName: want.VersionName}, version.Commitment())
}

// Version.Commitment panics for a field of an unsupported type.
func TestEveryKindOfRecordHasCommitments(t *testing.T) {
	for kind, record := range someRecords(t) {
		version := domain.Version[domain.Record]{Number: 1, Salt: salt(), Record: record}
		assert.NotZero(t, version.Commitment().Digest, kind)
	}
}
